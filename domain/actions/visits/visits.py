"""The record of a consultation: opened when the patient is called in, completed with the token."""

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
"""States of a token whose consultation can be written about."""


# With the line


def open_visit(work: Work, token: Token) -> Token:
    """Open the record of *token*'s consultation and return the token naming it.

    What was written about it before the call stays: there is one record a token.
    """
    if token.visit_id is not None and work.get(Visit, token.doctor_id, token.visit_id) is not None:
        return token
    visit = _new_visit(work, token, token.date)
    return token.but(visit_id=visit.visit_id)


def complete_visit(work: Work, token: Token) -> None:
    """Mark the consultation's record complete."""
    _set_status(work, token, VisitStatus.COMPLETED)


def reopen_visit(work: Work, token: Token) -> None:
    """Take back the completion of the consultation's record."""
    _set_status(work, token, VisitStatus.OPEN)


def undo_open_visit(work: Work, token: Token) -> str | None:
    """Remove the record opened by calling *token* in, as nobody has come or the call was undone.

    A record that somebody has written into stays, and its id is returned.
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
        NotFound: If there is none, or it lies behind a wall.
    """
    locator = work.get(Locator, visit_id)
    if locator is None or locator.kind != "visit":
        raise NotFound
    return work.require(Visit, locator.partition, visit_id)


def find_association(work: Work, doctor_id: str, patient_id: str) -> Association:
    """Return a doctor's connection with a patient, ended ones too.

    Raises:
        NotFound: If the patient is not that doctor's, or both lie behind a wall.
    """
    return work.require(Association, doctor_id, patient_id)


def find_record_of_patient(work: Work, patient_id: str) -> Association | ClinicPatient:
    """Return what the caller keeps of a patient: a clinic its record, a doctor the association.

    Raises:
        NotFound: If the patient is not theirs.
    """
    caller = caller_of(work)
    if caller.doctor_id is not None:
        return find_association(work, caller.doctor_id, patient_id)
    return work.require(ClinicPatient, caller.clinic_id, patient_id)


def patient_name(work: Work, clinic_id: str, patient_id: str) -> str:
    """Return the name the clinic keeps of a patient; empty if it keeps none."""
    found = work.get(ClinicPatient, clinic_id, patient_id)
    return found.name if found else ""


def doctor_names(work: Work, found: Iterable[Visit]) -> dict[str, str]:
    """Return the names of the doctors of visits by their id."""
    refs = {(Doctor, (v.clinic_id, v.doctor_id)): None for v in found}
    return {d.doctor_id: d.name for d in work.fetch(refs) if isinstance(d, Doctor)}


@dataclass(frozen=True)
class Timeline:
    """A page of a patient's visits, the latest first; `after` continues it."""

    visits: list[Visit]
    total: int
    after: str | None


def timeline(work: Work, patient_id: str, limit: int, after: str | None) -> Timeline:
    """Return the visits of a patient that the scope may see, and how many there are in all.

    A clinic's admins see those of all its doctors, a doctor their own. Found by an index: a visit
    opened a moment ago may be missing.

    Raises:
        Invalid: If *after* is not where such a list goes on.
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
    """Return the same work, seeing what that doctor sees, for lists of one doctor's."""
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
    """Return what was written about a consultation, opened."""
    if visit.clinical is None:
        return EMPTY
    return msgspec.json.decode(work.seal.open(visit.clinical), type=Clinical)


def list_versions(work: Work, visit: Visit) -> list[VisitVersion]:
    """Return every edit of a visit, oldest first, sealed as they are."""
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
    """Write down a consultation; return its record, and whether that is new.

    For a token that has a record it is that one, brought up to date. Without a token the
    consultation is over by being written down, and counts as a visit.

    Raises:
        NotFound: If the patient is not the doctor's, or the token is not theirs both.
        NotNow: If the token was never served and never will be, or the patient has left the
            doctor.
        Invalid: If *visit_date* is no day, or ahead.
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
    known = work.get(Visit, token.doctor_id, token.visit_id) if token.visit_id else None
    if known is None:
        if token.status not in MAY_HAVE_VISIT:
            raise NotNow("There was no consultation for this booking.", state=token.status)
        known = _new_visit(work, token, token.date)
        if token.status is TokenStatus.COMPLETED:
            known = known.but(status=VisitStatus.COMPLETED)
        work.put(token.but(visit_id=known.visit_id, updated_at=work.now))
        fresh = True
    else:
        fresh = False
    if visit_date is not None:
        known = known.but(visit_date=visit_date)
    return apply_changes(work, work.put(known), actor, "record", changes), fresh


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
    """Put *changes* of `Clinical` into a visit, and keep who wrote what, and when.

    Nothing is written if nothing differs.
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
    """Keep which booking follows *visit*."""
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
    """Return the private notes of a visit, oldest first, opened."""
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
    told = {name: value for name, value in values.items() if name != "privateNotes"}
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
            values=work.seal.seal(msgspec.json.encode(told).decode()) if told else None,
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
