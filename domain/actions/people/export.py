"""Everything a clinic knows of its patients, to take away: read in pages as it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from domain.actions.people import directory, patients
from domain.actions.people.patients import KnownPatient
from domain.actors import caller_of
from domain.errors import NotFound
from domain.model.accounts import AuditEntry
from domain.model.base import stamp
from domain.model.clinics import Clinic
from domain.work import Work

PAGE = 200
OPERATOR = "operator"
"""Stands in the audit log for whoever runs the installation, who is no user of a clinic's."""


def iterate_patients(open_work: Callable[[], Work]) -> Iterator[KnownPatient]:
    """Yield the clinic's patients by name, each page read when its turn comes.

    What is recorded meanwhile may or may not be among them; nobody is among them twice.
    """
    after = None
    while True:
        work = open_work()
        page = patients.list_patients(work, PAGE, after)
        yield from patients.with_consent(work, page.patients)
        after = page.after
        if after is None:
            return


def log_operator_export(work: Work, about: dict[str, str]) -> int:
    """Note in the clinic's audit log that the operator takes its patients away, and how.

    Returns how many there are. What is noted has to be committed before anything is given out.

    Raises:
        NotFound: If there is no such clinic.
    """
    caller = caller_of(work)
    if work.get(Clinic, caller.clinic_id) is None:
        raise NotFound(f"There is no clinic {caller.clinic_id}.")
    work.put(
        AuditEntry(
            clinic_id=caller.clinic_id,
            entry=f"{stamp(work.now)}#{work.ids.new('')}",
            user_id=OPERATOR,
            user_name="The operator",
            role=OPERATOR.upper(),
            action="export_patients",
            outcome="DONE",
            about=about,
            at=work.now,
        )
    )
    return directory.count_patients(work, caller)
