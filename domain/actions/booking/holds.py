"""Unpaid holds: the request for the advance, and the end of their time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from domain import due
from domain.actions.booking import seats
from domain.actions.booking.seats import expire_hold, holds_of
from domain.actions.messages.notices import notice_about
from domain.actions.messages.outbox import send
from domain.due import OpenWork
from domain.errors import TooManyHolds
from domain.model import queues
from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due
from domain.model.messages import Option
from domain.model.money import Payment
from domain.model.queues import Hold, Token, TokenStatus
from domain.rules import HOLDS_PER_CONTACT
from domain.work import Work


def check_holds(work: Work, contact_id: str, clinic_id: str, *, everywhere: bool) -> None:
    """Raise `TooManyHolds` if a contact holds three unpaid slots already.

    For staff only holds at their own clinic count (*everywhere* False): a refusal must not tell
    them that another clinic knows the phone.

    Raises:
        TooManyHolds: With the holds that count.
    """
    holds = [h for h in holds_of(work, contact_id) if h.held_until > work.now]
    here = [h for h in holds if h.clinic_id == clinic_id]
    counted = holds if everywhere else here
    if len(counted) >= HOLDS_PER_CONTACT:
        raise TooManyHolds(holds=counted)


def ask_advance(work: Work, token: Token, held_until: datetime) -> Token:
    """Hold the slot of *token* until *held_until*, and open a request for its advance.

    Returns the token with the id of the request. There must be room for a hold: see `check_holds`.
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


def give_up_hold(work: Work, old: Hold) -> None:
    """Free the slot of an unpaid hold before its time is over."""
    token = work.get(Token, old.queue_id, old.token_id)
    if token is not None and token.status is TokenStatus.PENDING:
        expire_hold(work, token, why="GIVEN_UP")
    else:
        work.delete(old)


def end_hold(open_work: OpenWork, item: Due) -> None:
    """Free a slot that was not paid in time, and tell the patient."""
    work = open_work()
    work.delete(item)
    token = work.get(Token, item.queue_id or "", item.token_id or "")
    if token is not None and queues.hold_ran_out(token, work.now):
        token = seats.expire_hold(work, token)
    # Another buyer may have ended the hold already; a hold that was given up ended before its time.
    if token is not None and token.status is TokenStatus.EXPIRED and token.updated_at >= item.at:
        clinic = work.get(Clinic, token.clinic_id)
        doctor = work.get(Doctor, token.clinic_id, token.doctor_id)
        if clinic and doctor:
            again = Option(id=f"doc:{doctor.doctor_id}", label="again_button")
            notice = notice_about("booking/hold_ended", token, clinic, doctor, options=[again])
            send(
                work,
                replace(
                    notice,
                    helps_until=work.now + timedelta(minutes=30),
                    message_id=f"msg_hold_{token.token_id}",
                ),
            )
    work.commit()
