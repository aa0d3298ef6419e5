"""The audit log: who looked at or changed a patient's data, or used an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from domain.actors import caller_of
from domain.errors import Invalid
from domain.model.accounts import AccountEvent, AuditEntry
from domain.model.base import stamp
from domain.model.clinics import Clinic, User
from domain.work import Work

END = "~"
"""Sorts after anything that follows the instant in an entry's key."""
NOBODY = "usr_nobody"
"""Stands for the user where a number has no account."""
DONE = "DONE"
"""The outcome of what was not refused."""
MOST_READ = 1_000
"""Entries looked through for one page; where few of them fit, the page may be short or empty."""


@dataclass(frozen=True)
class Access:
    """What somebody did: *action* and *outcome* as in the log, and whose data was shown.

    *about* has ids of other things, and which kind of search it was, never words that people typed.
    """

    action: str
    outcome: str = DONE
    patient_ids: Iterable[str] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None


def log_access(work: Work, user: User, access: Access) -> None:
    """Write into *work* that a member of staff did something (invariant I11)."""
    _write(work, user.clinic_id, user, access)


def log_account(
    work: Work, user: User, event: AccountEvent, outcome: str = DONE, **about: str
) -> None:
    """Write into *work* what became of an account, or of an attempt to use it."""
    log_access(work, user, Access(event.value, outcome, about=about))


def log_stranger(work: Work, clinic_id: str, event: AccountEvent, outcome: str) -> None:
    """Write into *work* an attempt with a number that has no account at a clinic.

    The clinic need not exist: as much is written as for a number that has an account, so that the
    time taken tells nothing.
    """
    _write(work, clinic_id, None, Access(event.value, outcome))


def _write(work: Work, clinic_id: str, user: User | None, access: Access) -> None:
    shown = tuple(dict.fromkeys(access.patient_ids))
    work.put(
        AuditEntry(
            clinic_id=clinic_id,
            entry=f"{stamp(work.now)}#{work.ids.new('')}",
            user_id=user.user_id if user else NOBODY,
            user_name=user.name if user else "",
            role=user.role.value if user else "",
            action=access.action,
            outcome=access.outcome,
            patient_id=shown[0] if len(shown) == 1 else None,
            patient_ids=shown if len(shown) > 1 else (),
            about=dict(access.about),
            at=work.now,
            request_id=access.request_id,
            ttl=int((work.now + work.rules.keeps.audit).timestamp()),
        )
    )


@dataclass(frozen=True)
class AuditPage:
    """Entries, newest first; `after` is the cursor of the next page, of a short one too."""

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

    Of a patient also the entries of lists in which they were shown. Days are in the clinic's zone,
    both inclusive. There is no total: the log only grows.

    Raises:
        Invalid: If *last* is before *first*, or *after* is no cursor of this list.
    """
    clinic = work.require(Clinic, caller_of(work).clinic_id)
    if first is not None and last is not None and last < first:
        raise Invalid("endDate", "The period ends before it begins.")
    index, equals = None, clinic.clinic_id
    if user_id is not None:
        index, equals = "userId-entry-idx", user_id
    span = (_start_key(clinic, first), _end_key(clinic, last))
    found: list[AuditEntry] = []
    read = 0
    while len(found) < limit and read < MOST_READ:
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
        read += len(part.records)
        found += [e for e in part.records if patient_id in {None, e.patient_id, *e.patient_ids}]
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
