"""Commands about clinics on the shared number: whom the operator trusts."""

from __future__ import annotations

from functools import partial

import click
from flask.cli import AppGroup

from bot.cli.check_money import all_clinics
from bot.wiring import Parts
from domain.actions.clinics import profile
from domain.actions.people.trust import Standing, standing_of
from domain.errors import NotFound
from domain.model.clinics import ClinicStatus
from domain.scopes import SystemScope
from domain.transactions import transact
from domain.work import Work


def clinics_group(parts: Parts) -> AppGroup:
    """Return the commands about clinics that may not write to everybody yet."""
    group = AppGroup("clinics", help="Clinics that may not write to everybody yet.")

    @group.command("review")
    def review() -> None:
        """List clinics that wait for you: first those whose name does, then other new ones."""
        work = _work(parts, "list clinics that are not trusted yet")
        open_ones = [c for c in all_clinics(work) if c.status is not ClinicStatus.PENDING]
        found = [(standing_of(work, c), c) for c in open_ones]
        waiting = [(s, c) for s, c in found if s is not Standing.FREE]
        for standing, clinic in sorted(waiting, key=lambda each: (each[0], each[1].created_at)):
            why = clinic.name_doubt or "no bill paid"
            since = f"{clinic.created_at:%Y-%m-%d}"
            click.echo(f"{clinic.clinic_id}  {since}  {standing}  {why}  {clinic.name}")
        click.echo(f"{len(waiting)} waiting.")

    @group.command("trust")
    @click.argument("clinic_id")
    def trust(clinic_id: str) -> None:
        """Let a clinic write to whomever its staff record; its name is then as it should be."""
        open_work = partial(_work, parts, "trust a clinic")
        try:
            clinic = transact(open_work, partial(profile.trust_clinic, clinic_id=clinic_id))
        except NotFound:
            raise click.ClickException(f"There is no clinic {clinic_id}.") from None
        click.echo(f"{clinic.name} may write to whomever its staff record.")

    return group


def _work(parts: Parts, purpose: str) -> Work:
    return parts.open_work(SystemScope(purpose))
