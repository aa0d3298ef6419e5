"""Read the audit log: who looked at or changed a patient's data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from domain.actors import caller_of
from domain.errors import Invalid
from domain.model.accounts import AuditEntry
from domain.model.base import stamp
from domain.model.clinics import Clinic
from domain.work import Work

END = "~"
"""Sorts after anything that follows the instant in an entry's key."""


@dataclass(frozen=True)
class AuditPage:
    """Entries, newest first; `after` is the cursor of the next page."""

    entries: list[AuditEntry]
    after: str | None


def list_entries(
    work: Work,
    *,
    patient_id: str | None,
    user_id: str | None,
    first: date | None,
    last: date | None,
    limit: int,
    after: str | None,
) -> AuditPage:
    """Return a page of the clinic's audit log, filtered by patient, user and days.

    Days are in the clinic's zone, both inclusive. There is no total: the log only grows.

    Raises:
        Invalid: If *last* is before *first*, or *after* is no cursor of this list.
    """
    clinic = work.require(Clinic, caller_of(work).clinic_id)
    if first is not None and last is not None and last < first:
        raise Invalid("endDate", "The period ends before it begins.")
    index, equals = None, clinic.clinic_id
    if patient_id is not None:
        index, equals = "patientId-entry-idx", patient_id
    elif user_id is not None:
        index, equals = "userId-entry-idx", user_id
    span = (_start_key(clinic, first), _end_key(clinic, last))
    found: list[AuditEntry] = []
    while len(found) < limit:
        # Read no more than is missing, so that the cursor is that of the last entry returned.
        try:
            part = work.query(
                AuditEntry,
                equals,
                index=index,
                between=span,
                limit=limit - len(found),
                after=after,
                descending=True,
            )
        except ValueError:
            raise Invalid("cursor", "This is not a cursor of this list.") from None
        found += [e for e in part.records if user_id in {None, e.user_id}]
        after = part.after
        if after is None:
            break
    return AuditPage(found, after)


def _start_key(clinic: Clinic, day: date | None) -> str:
    return "" if day is None else stamp(_midnight(clinic, day))


def _end_key(clinic: Clinic, day: date | None) -> str:
    if day is None:
        return END
    last = _midnight(clinic, day + timedelta(days=1)) - timedelta(milliseconds=1)
    return stamp(last) + END


def _midnight(clinic: Clinic, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clinic.zone)
