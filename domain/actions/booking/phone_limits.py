"""How much one phone may take, so that nobody takes a doctor's whole day without paying for it.

Families never meet these limits: they count what patients do in chat, not what staff do for them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from domain.actions.booking.seats import live_tokens
from domain.errors import TooManyBookings, TooOften
from domain.model.clinics import Doctor
from domain.model.people import Contact
from domain.rules import HOLDS_PER_HOUR, REFUNDS_PER_DAY
from domain.work import Work

HOLDS_WITHIN = timedelta(hours=1)
REFUNDS_WITHIN = timedelta(days=1)


def check_bookings(
    work: Work, contact_id: str, doctor: Doctor, day: date, given_up: Collection[str]
) -> None:
    """Raise `TooManyBookings` if a phone has as many live bookings of a doctor's day as it may.

    Bookings *given_up* (tokenIds) do not count.

    Raises:
        TooManyBookings: With `most`, how many it may have (the setting BOOKINGS_PER_PHONE).
    """
    most = work.rules.bookings_per_phone
    taken = [
        token
        for token in live_tokens(work, contact_id, doctor.clinic_id)
        if (token.doctor_id, token.date) == (doctor.doctor_id, day.isoformat())
        and token.token_id not in given_up
    ]
    if len(taken) >= most:
        raise TooManyBookings(most=most)


def count_hold(work: Work, contact_id: str) -> None:
    """Count an unpaid hold of a phone.

    Raises:
        TooOften: If it had as many within an hour as it may, or cancelled and got its money back as
            often within a day as it may.
    """
    contact = work.require(Contact, contact_id)
    holds = _within(contact.holds_at, work.now, HOLDS_WITHIN)
    refunds = _within(contact.refunds_at, work.now, REFUNDS_WITHIN)
    if len(holds) >= HOLDS_PER_HOUR or len(refunds) >= REFUNDS_PER_DAY:
        raise TooOften
    work.put(contact.but(holds_at=(*holds, work.now)))


def count_refund(work: Work, contact_id: str) -> None:
    """Count a paid booking that a patient cancels and gets money back for."""
    contact = work.get(Contact, contact_id)
    if contact is not None:
        refunds = _within(contact.refunds_at, work.now, REFUNDS_WITHIN)
        work.put(contact.but(refunds_at=(*refunds, work.now)))


def _within(moments: Collection[datetime], now: datetime, span: timedelta) -> tuple[datetime, ...]:
    return tuple(at for at in moments if at > now - span)
