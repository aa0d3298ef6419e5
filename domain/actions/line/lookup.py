"""Finding a patient as the desk asks for one: by number of today, by name, or by phone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from domain.actions.booking.queues import current_queue
from domain.actions.booking.tokens import tokens_of_day, tokens_of_patient
from domain.actions.people import directory, patients
from domain.actions.people.patients import KnownPatient
from domain.actors import caller_of
from domain.model.clinics import Clinic, Doctor
from domain.model.queues import LIVE, Token, TokenStatus
from domain.names import fold_name
from domain.timetable import today
from domain.work import Work

MOST_PATIENTS = 10
MOST_TOKENS = 20
LONGEST_NUMBER = 3
"""Digits of a token's number; more are the beginning of a phone number."""
SHOWN = LIVE | {TokenStatus.COMPLETED, TokenStatus.NO_SHOW}


@dataclass(frozen=True)
class Found:
    """Who fits: bookings of today and of days to come, soonest first, and patients by name."""

    tokens: tuple[Token, ...]
    patients: tuple[KnownPatient, ...]


def find(work: Work, clinic: Clinic, doctors: Iterable[Doctor], text: str) -> Found:
    """Return the bookings and patients in the caller's scope that fit *text*.

    Up to three digits are a token's number in a line of today of one of *doctors*, more are the
    beginning of a phone number; anything else is a name, or the beginning of one. At most
    MOST_TOKENS and MOST_PATIENTS are returned.

    Raises:
        Invalid: If *text* is neither a number nor a name.
    """
    digits = "".join(c for c in text if c.isdecimal())
    lines = _tokens_of_lines(work, clinic, doctors)
    if digits and len(digits) <= LONGEST_NUMBER and not any(map(str.isalpha, text)):
        return Found(tuple(t for t in lines if t.number == int(digits)), ())
    name, phone = (None, text) if digits else (text, None)
    page = patients.search_patients(work, name=name, phone=phone, limit=MOST_PATIENTS, after=None)
    day = today(clinic, work.now).isoformat()
    coming = chain.from_iterable(tokens_of_patient(work, p.patient_id) for p in page.patients)
    fit = [t for t in lines if _fits(work, t, name, phone)]
    fit += [t for t in coming if t.date >= day and t.status in SHOWN]
    by_id = {t.token_id: t for t in fit}
    found = sorted(by_id.values(), key=lambda t: (t.estimated_time, t.token_id))
    return Found(tuple(found[:MOST_TOKENS]), tuple(page.patients))


def _tokens_of_lines(work: Work, clinic: Clinic, doctors: Iterable[Doctor]) -> list[Token]:
    lines = (tokens_of_day(work, current_queue(work, clinic, d)) for d in doctors)
    return [t for t in chain.from_iterable(lines) if t.status in SHOWN]


def _fits(work: Work, token: Token, name: str | None, phone: str | None) -> bool:
    """Return whether a booking of today fits; somebody who has not paid is no patient yet."""
    if name is not None:
        return f" {fold_name(name)}" in f" {fold_name(token.patient_name)}"
    prefix = directory.parse_phone_prefix(work, phone or "")
    return bool(prefix) and (token.patient_phone or "").startswith(prefix or "")


def doctors_in_scope(work: Work, doctors: Iterable[Doctor]) -> list[Doctor]:
    """Return those of *doctors* whose lines the caller sees: all of the clinic's, or their own."""
    own = caller_of(work).doctor_id
    return [d for d in doctors if own in {None, d.doctor_id}]
