"""`flask --app bot pulseops unfreeze`: give a frozen account back to its owner."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from bot.wiring import Parts
from domain.actions.clinics import doctors
from domain.actions.staff import locks, numbers
from domain.errors import PulseOpsError
from domain.model.clinics import Clinic, User
from domain.scopes import SystemScope
from domain.transactions import transact
from domain.work import Work


def add_unfreeze(group: AppGroup, parts: Parts) -> None:
    """Add the command to *group*."""

    @group.command("unfreeze")
    @click.option("--clinic", required=True, help="The clinic's id.")
    @click.option("--user", "user_id", required=True, help="The account's id.")
    @click.option("--number", required=True, help="The owner's right number.")
    def unfreeze(*, clinic: str, user_id: str, number: str) -> None:
        """Set the number of an account that its former number has frozen.

        For a clinic that has no other admin to do so. Make sure first, other than by these
        numbers, whose account it is. A password set with a code then unlocks it.
        """

        def give_back(work: Work) -> User:
            return _give_back(work, clinic, user_id, number)

        try:
            user = transact(
                lambda: parts.open_work(SystemScope("an operator unfreezes an account")), give_back
            )
        except PulseOpsError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{user.user_id} has {user.whatsapp_number}; its owner sets a new password now.")


def _give_back(work: Work, clinic_id: str, user_id: str, number: str) -> User:
    user = work.require(User, clinic_id, user_id)
    number = numbers.parse_number(work, "number", number)
    if number == user.whatsapp_number:
        return locks.unfreeze(work, user)
    if user.doctor_id is not None:
        changes = {"whatsapp_number": number}
        doctors.change_doctor(work, clinic_id, user.doctor_id, changes, by=user)
        return work.require(User, clinic_id, user_id)
    changed = numbers.change_number(work, work.require(Clinic, clinic_id), user, number)
    return work.put(changed)
