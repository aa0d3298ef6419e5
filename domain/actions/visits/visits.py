"""Visits: the record of a consultation, opened by the call and completed with the token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from domain.actions.booking import tokens
from domain.actors import Actor, caller_of
from domain.errors import Invalid, NotFound, NotNow
from domain.model.base import stamp
from domain.model.clinics import Clinic, Doctor
from domain.model.people import Association, AssociationStatus, ClinicPatient
from domain.model.queues import WAITING, Locator, Token, TokenStatus
from domain.model.visits import (
    Clinical,
    PrivateNote,
    Visit,
    VisitStatus,
    VisitVersion,
)
from domain.scopes import DoctorScope
from domain.timetable import today
from domain.work import Work

EMPTY = Clinical()
PAGE = 400
MAY_HAVE_VISIT = WAITING | {TokenStatus.CURRENT, TokenStatus.SKIPPED, TokenStatus.COMPLETED}
"""States of a token for which a visit may be recorded."""


# Following the line


def open_visit(work: Work, token: Token) -> Token:
    """Open the visit of *token*, and return the token with its id.

    A token has one visit: if something was written before the call, that visit is kept.
    """
    if token.visit_id is not None and work.get(Visit, token.doctor_id, token.visit_id) is not None:
        return token
    visit = _new_visit(work, token, token.date)
    return token.but(visit_id=visit.visit_id)


def complete_visit(work: Work, token: Token) -> None:
    """Mark the visit of *token* as completed."""
    _set_status(work, token, VisitStatus.COMPLETED)


def reopen_visit(work: Work, token: Token) -> None:
    """Mark the visit of *token* as open again: its completion was undone."""
    _set_status(work, token, VisitStatus.OPEN)


def undo_open_visit(work: Work, token: Token) -> str | None:
    """Delete the visit opened by the call of *token*: nobody came, or the call was undone.

    If something was written into it, it stays and its id is returned.
    """
    visit = work.get(Visit, token.doctor_id, token.visit_id) if token.visit_id else None
    if visit is None:
        return None
    if visit.clinical is not None or _has_notes(work, visit):
        return visit.visit_id
    work.delete(visit)
    locator = work.get(Locator, visit.visit_id)
    if locator is not None:
        work.delete(locator)
    return None


def _set_status(work: Work, token: Token, status: VisitStatus) -> None:
    visit = work.get(Visit, token.doctor_id, token.visit_id) if token.visit_id else None
    if visit is not None:
        work.put(visit.but(status=status, updated_at=work.now))


def _has_notes(work: Work, visit: Visit) -> bool:
    return bool(work.query(PrivateNote, visit.visit_id, limit=1).records)


# Reading


def find_visit(work: Work, visit_id: str) -> Visit:
    """Return a visit by its id.

    Raises:
        NotFound: If there is none in the scope of *work*.
    """
    locator = work.get(Locator, visit_id)
    if locator is None or locator.kind != "visit":
        raise NotFound
    return work.require(Visit, locator.partition, visit_id)


def find_association(work: Work, doctor_id: str, patient_id: str) -> Association:
    """Return a doctor's association with a patient, even if it has ended.

    Raises:
        NotFound: If there is none in the scope of *work*.
    """
    return work.require(Association, doctor_id, patient_id)


def find_record_of_patient(work: Work, patient_id: str) -> Association | ClinicPatient:
    """Return the caller's record of a patient: a clinic's own, or a doctor's association.

    Raises:
        NotFound: If the caller has no such patient.
    """
    caller = caller_of(work)
    if caller.doctor_id is not None:
        return find_association(work, caller.doctor_id, patient_id)
    return work.require(ClinicPatient, caller.clinic_id, patient_id)


def patient_name(work: Work, clinic_id: str, patient_id: str) -> str:
    """Return the clinic's name for a patient; empty if it has no record of them."""
    found = work.get(ClinicPatient, clinic_id, patient_id)
    return found.name if found else ""


def doctor_names(work: Work, of_visits: Iterable[Visit]) -> dict[str, str]:
    """Return the names of the doctors of visits, by doctorId."""
    refs = {(Doctor, (v.clinic_id, v.doctor_id)): None for v in of_visits}
    return {d.doctor_id: d.name for d in work.fetch(refs) if isinstance(d, Doctor)}


@dataclass(frozen=True)
class Timeline:
    """A page of a patient's visits, the latest first; `after` is the cursor of the next page."""

    visits: list[Visit]
    total: int
    after: str | None


def timeline(work: Work, patient_id: str, limit: int, after: str | None) -> Timeline:
    """Return a page of the visits of a patient in the scope of *work*, and their total.

    A clinic's admins see those of all its doctors, a doctor their own. They are read from an index:
    a visit opened a moment ago may be missing.

    Raises:
        Invalid: If *after* is no cursor of this list.
    """
    try:
        page = work.query(
            Visit, patient_id, index=BY_PATIENT, limit=limit, after=after, descending=True
        )
    except ValueError:
        raise Invalid("cursor", "This is not a cursor of this list.") from None
    total = sum(1 for _ in _visits_of(work, patient_id))
    return Timeline(page.records, total, page.after)


def as_doctor(work: Work, clinic_id: str, doctor_id: str) -> Work:
    """Return *work* in the scope of a doctor, for lists of that doctor's visits."""
    return work.within(DoctorScope(clinic_id, doctor_id))


BY_PATIENT = "patientId-visitDate-idx"


def _visits_of(work: Work, patient_id: str) -> Iterator[Visit]:
    after = None
    while True:
        page = work.query(Visit, patient_id, index=BY_PATIENT, limit=PAGE, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return


def unseal_clinical(work: Work, visit: Visit) -> Clinical:
    """Decrypt what was written about a consultation."""
    if visit.clinical is None:
        return EMPTY
    return msgspec.json.decode(work.seal.open(visit.clinical), type=Clinical)


def list_versions(work: Work, visit: Visit) -> list[VisitVersion]:
    """Return all edits of a visit, oldest first, still encrypted."""
    found: list[VisitVersion] = []
    after = None
    while True:
        page = work.query(VisitVersion, visit.visit_id, limit=PAGE, after=after)
        found += page.records
        after = page.after
        if after is None:
            return found


# Writing


def record_visit(
    work: Work,
    doctor_id: str,
    patient_id: str,
    actor: Actor,
    changes: dict[str, Any],
    *,
    token_id: str | None = None,
    visit_date: str | None = None,
) -> tuple[Visit, bool]:
    """Record a consultation; return the visit, and whether it is new.

    With *token_id* the token's visit is updated, or created if it has none. Without it a completed
    visit is created, and counted. *visit_date* is in the clinic's zone; by default it is today, or
    the token's day.

    Raises:
        NotFound: If the patient is not the doctor's, or the token is not of both.
        NotNow: If the token's consultation did not and cannot take place, or the association has
            ended (detail `state`).
        Invalid: If *visit_date* is not a date, or lies ahead.
    """
    association = find_association(work, doctor_id, patient_id)
    clinic = work.require(Clinic, association.clinic_id)
    present = today(clinic, work.now).isoformat()
    if visit_date is not None:
        _require_past_day(visit_date, present)
    if token_id is None:
        if association.status is AssociationStatus.INACTIVE:
            raise NotNow("This patient is no longer with this doctor.", state=association.status)
        visit = _record_past_visit(work, association, visit_date or present)
        return apply_changes(work, visit, actor, "record", changes), True
    token, _ = tokens.find_token(work, token_id)
    if token.doctor_id != doctor_id or token.patient_id != patient_id:
        raise NotFound
    visit, is_new = _visit_of_token(work, token)
    if visit_date is not None:
        visit = visit.but(visit_date=visit_date)
    return apply_changes(work, work.put(visit), actor, "record", changes), is_new


def _visit_of_token(work: Work, token: Token) -> tuple[Visit, bool]:
    """Return the visit of *token*, and whether it was created just now."""
    visit = work.get(Visit, token.doctor_id, token.visit_id) if token.visit_id else None
    if visit is not None:
        return visit, False
    if token.status not in MAY_HAVE_VISIT:
        raise NotNow("There was no consultation for this booking.", state=token.status)
    visit = _new_visit(work, token, token.date)
    if token.status is TokenStatus.COMPLETED:
        visit = visit.but(status=VisitStatus.COMPLETED)
    work.put(token.but(visit_id=visit.visit_id, updated_at=work.now))
    return visit, True


def _require_past_day(day: str, present: str) -> None:
    try:
        date.fromisoformat(day)
    except ValueError:
        raise Invalid("visitDate", "There is no such day.") from None
    if day > present:
        raise Invalid("visitDate", "A visit cannot lie in the future.")


def apply_changes(
    work: Work, visit: Visit, actor: Actor, action: str, changes: dict[str, Any]
) -> Visit:
    """Apply *changes*, fields of `Clinical`, to a visit; log who wrote what, and when.

    May be repeated: nothing is written if nothing differs.
    """
    before = unseal_clinical(work, visit)
    differing = {name: v for name, v in changes.items() if getattr(before, name) != v}
    if not differing:
        return visit
    after = msgspec.structs.replace(before, **differing)
    names = {f.name: f.encode_name for f in msgspec.structs.fields(Clinical)}
    values = {names[name]: value for name, value in differing.items()}
    _log_version(work, visit, actor, action, values)
    return work.put(
        visit.but(clinical=work.seal.seal(msgspec.json.encode(after).decode()), updated_at=work.now)
    )


def link_follow_up(work: Work, visit: Visit, token: Token) -> None:
    """Store in *visit* the booking that follows it."""
    work.put(visit.but(follow_up_token=token.token_id, updated_at=work.now))


def add_note(
    work: Work, visit: Visit, actor: Actor, text: str, *, confidential: bool
) -> PrivateNote:
    """Add a private note to a visit; earlier ones stay."""
    note = work.put(
        PrivateNote(
            visit_id=visit.visit_id,
            notes_id=work.ids.new("notes_"),
            clinic_id=visit.clinic_id,
            doctor_id=visit.doctor_id,
            text=work.seal.seal(text),
            confidential=confidential,
            by=actor.user_id,
            by_name=actor.name,
            at=work.now,
        )
    )
    _log_version(work, visit, actor, "notes", {"privateNotes": None})
    work.put(visit.but(updated_at=work.now))
    return note


def list_notes(work: Work, visit: Visit) -> list[PrivateNote]:
    """Return the private notes of a visit, oldest first, decrypted."""
    found: list[PrivateNote] = []
    after = None
    while True:
        page = work.query(PrivateNote, visit.visit_id, limit=PAGE, after=after)
        found += page.records
        after = page.after
        if after is None:
            return [n.but(text=work.seal.open(n.text)) for n in found]


def _log_version(
    work: Work, visit: Visit, actor: Actor, action: str, values: dict[str, Any]
) -> None:
    logged = {name: value for name, value in values.items() if name != "privateNotes"}
    work.put(
        VisitVersion(
            visit_id=visit.visit_id,
            entry=f"{stamp(work.now)}#{work.ids.new('')}",
            clinic_id=visit.clinic_id,
            doctor_id=visit.doctor_id,
            action=action,
            by=actor.user_id,
            by_name=actor.name,
            at=work.now,
            fields=tuple(values),
            values=work.seal.seal(msgspec.json.encode(logged).decode()) if logged else None,
        )
    )


def _record_past_visit(work: Work, association: Association, day: str) -> Visit:
    visit = _new_visit(work, association, day)
    last = association.last_visit_date
    work.put(
        association.but(
            total_visits=association.total_visits + 1,
            last_visit_date=max(last, work.now) if last else work.now,
            treats=True,
            updated_at=work.now.replace(microsecond=0),
        )
    )
    return work.put(visit.but(status=VisitStatus.COMPLETED))


def _new_visit(work: Work, of: Token | Association, day: str) -> Visit:
    token = of if isinstance(of, Token) else None
    visit = work.put(
        Visit(
            doctor_id=of.doctor_id,
            visit_id=work.ids.new("visit_"),
            clinic_id=of.clinic_id,
            patient_id=of.patient_id,
            patient_name=of.patient_name,
            patient_phone=of.patient_phone,
            visit_date=day,
            token_id=token.token_id if token else None,
            queue_id=token.queue_id if token else None,
            created_at=work.now,
            updated_at=work.now,
        )
    )
    work.put(
        Locator(
            id=visit.visit_id,
            kind="visit",
            clinic_id=visit.clinic_id,
            doctor_id=visit.doctor_id,
            partition=visit.doctor_id,
            sort=visit.visit_id,
        )
    )
    return visit
