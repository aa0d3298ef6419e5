"""`flask --app bot pulseops check-money`: whether all money adds up, the clinics' and ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import click
from flask.cli import AppGroup

from bot.rendering.formats import money
from bot.wiring import Parts
from domain.actions.payments import ledger
from domain.actions.payments.ledger import Owner, Statement
from domain.model.clinics import Clinic, ClinicStatus
from domain.scopes import ClinicScope, SystemScope
from domain.work import Work

MOST_DAYS = 366


def add_check_money(group: AppGroup, parts: Parts) -> None:
    """Add the command to *group*."""

    @group.command("check-money")
    @click.option(
        "--days",
        type=click.IntRange(1, MOST_DAYS),
        default=7,
        show_default=True,
        help="How many days back, today included.",
    )
    def check_money(*, days: int) -> None:
        """Add up the money that was taken and where it is; fail if it does not add up.

        This covers every clinic's money, and what clinics have paid for the product.
        """
        wrong: list[str] = []
        totals: list[Statement] = []
        everything = parts.open_work(SystemScope("see whether all money adds up"))
        with click.progressbar(list(all_clinics(everything)), label="Adding up") as clinics:
            for clinic in clinics:
                work = parts.open_work(ClinicScope(clinic.clinic_id))
                _add_owner(work, clinic, days, wrong, totals)
        _add_owner(everything, ledger.PRODUCT_LEDGER, days, wrong, totals)
        total = sum(totals, Statement())
        for name, paise in (
            ("captured", total.captured),
            ("in seats", total.seated),
            ("waiting for another day", total.waiting),
            ("paid by clinics", total.invoiced),
            ("refunded", total.refunded),
            ("of it sent back", total.sent_back),
            ("of it failed at the gateway", total.failed),
            ("returned by hand", total.by_hand),
            ("collected at the desk", total.collected),
            ("of it counted in cash", total.cash),
            ("of it counted by UPI", total.upi),
            ("still due at the desk", total.due),
        ):
            click.echo(f"{name:>28}  {money(paise)}")
        if wrong or total.difference:
            raise click.ClickException(f"These payments do not add up: {', '.join(wrong)}")
        click.echo(f"{total.payments} payments add up.")


def _add_owner(
    work: Work, owner: Owner, days: int, wrong: list[str], totals: list[Statement]
) -> None:
    """Add what *owner* took in the last *days* to *totals*, and wrong payments to *wrong*."""
    last = work.now.astimezone(owner.zone).date()
    for back in range(days):
        day = last - timedelta(days=back)
        totals.append(ledger.statement_of(work, owner, day))
        wrong += ledger.find_discrepancies(work, owner, day)


def all_clinics(work: Work) -> Iterator[Clinic]:
    """Give every clinic, whatever its state; *work* must see all of them."""
    for status in ClinicStatus:
        after = None
        while True:
            page = work.query(Clinic, status.value, index="status-clinicId-idx", after=after)
            yield from page.records
            after = page.after
            if after is None:
                break
