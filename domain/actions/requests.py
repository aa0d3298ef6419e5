"""Asking for an advance: a slot held for a while, and a request that can be paid meanwhile."""

from __future__ import annotations

from datetime import datetime

from domain import due
from domain.actions.seats import holds_of
from domain.errors import TooManyHolds
from domain.model.money import Payment
from domain.model.queues import Hold, Token
from domain.rules import HOLDS_PER_CONTACT
from domain.work import Work


def check_holds(work: Work, contact_id: str, clinic_id: str, *, everywhere: bool) -> None:
    """See that a contact may hold another unpaid slot.

    Staff count the holds at their own clinic only (*everywhere* False): a refusal must not tell
    them that the phone is known elsewhere.

    Raises:
        TooManyHolds: If they hold three.
    """
    holds = [h for h in holds_of(work, contact_id) if h.held_until > work.now]
    here = [h for h in holds if h.clinic_id == clinic_id]
    counted = holds if everywhere else here
    if len(counted) >= HOLDS_PER_CONTACT:
        raise TooManyHolds(holds=counted)


def ask_advance(work: Work, token: Token, held_until: datetime) -> Token:
    """Hold *token*'s slot until it is paid or the time is over, and open a request for its advance.

    Returns the token naming the request.
    """
    known = {h.hold: h for h in holds_of(work, token.contact_id)}
    names = (f"{token.clinic_id}#{n}" for n in range(1, HOLDS_PER_CONTACT + 1))
    name = next(n for n in names if n not in known or known[n].held_until <= work.now)
    work.put(
        Hold(
            version=known[name].version if name in known else 0,
            contact_id=token.contact_id,
            hold=name,
            clinic_id=token.clinic_id,
            token_id=token.token_id,
            queue_id=token.queue_id,
            patient_id=token.patient_id,
            doctor_id=token.doctor_id,
            held_until=held_until,
        )
    )
    payment = work.put(
        Payment(
            payment_id=work.ids.secret("payr_"),
            clinic_id=token.clinic_id,
            doctor_id=token.doctor_id,
            queue_id=token.queue_id,
            token_id=token.token_id,
            contact_id=token.contact_id,
            amount_paise=token.advance_paise,
            held_until=held_until,
            created_at=work.now,
        )
    )
    due.schedule_for_token(work, "hold_ends", held_until, token)
    return work.put(token.but(payment_id=payment.payment_id))
