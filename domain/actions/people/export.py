"""Export of a clinic's patients: read in pages while the file is sent."""

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
"""The audit log's user id for the operator of the installation, who is no user of a clinic."""


def iterate_patients(open_work: Callable[[], Work]) -> Iterator[KnownPatient]:
    """Yield the clinic's patients ordered by name, reading page after page.

    Patients recorded meanwhile may be missing; none comes twice.
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
    """Log in the clinic's audit log that the operator exports its patients.

    *about* says how. Return the number of patients. Commit this before handing out any data.

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
