"""Slots of the cast's doctors, held, paid for and given back, each a moment after the last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.actions.booking import booking
from domain.model.people import Contact, Patient
from domain.model.queues import Token
from tests.people import MONDAY, Cast, a_person, address_of, store
from tests.stage import Stage

PHONE = "+9198700500{:02d}"
"""The phone of the patient with that number."""


def do(stage: Stage, action: Callable[..., Any], *args: Any, **given: Any) -> Any:
    """Commit what *action* writes, and return what it returns.

    Time passes: two events of one line never share an instant.
    """
    work = stage.work()
    found = action(work, *args, **given)
    work.commit()
    stage.clock.advance(seconds=0.001)
    return found


def hold(stage: Stage, cast: Cast, number: int, **given: Any) -> Token:
    """Take slot *number*: of Dr. Meera, for Asha, on Monday, where nothing else is *given*."""
    doctor = given.pop("doctor", cast.meera)
    contact, patient = given.pop("person", (cast.asha_contact, cast.asha))
    day = given.pop("day", MONDAY)
    token = do(stage, booking.hold, cast.clinic, doctor, contact, patient, day, number, **given)
    return stage.token(token)


def ravi(cast: Cast) -> tuple[Contact, Patient]:
    """Return Ravi as a *person* of `hold`."""
    return cast.ravi_contact, cast.ravi


def paid(stage: Stage, token: Token) -> Token:
    """Pay for *token*; return it as it is stored now."""
    stage.pay(token)
    stage.clock.advance(seconds=0.001)
    return stage.token(token)


def cancel(stage: Stage, token: Token) -> Token:
    """Cancel *token* as its patient does."""
    cancelled: Token = do(
        stage, booking.cancel, token, by="x", by_name="x", reason="PATIENT_REQUEST"
    )
    return cancelled


def a_patient(stage: Stage, n: int) -> tuple[Contact, Patient]:
    """Store patient *n* of many, who has a phone of their own."""
    patient, contact = a_person(f"p{n}", f"Patient {n}", PHONE.format(n))
    store(stage.records, contact, patient, address_of(contact))
    return contact, patient


def book(stage: Stage, cast: Cast, n: int) -> Token:
    """Book slot *n* of Dr. Khan, who takes no advance, for patient *n*."""
    return hold(stage, cast, n, doctor=cast.khan, person=a_patient(stage, n))


def crowd(stage: Stage, cast: Cast, size: int) -> list[Token]:
    """Book the first *size* slots of Dr. Khan, each for another patient."""
    return [book(stage, cast, n) for n in range(1, size + 1)]
