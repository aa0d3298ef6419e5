"""Export of a clinic's patients: read in pages while the file is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from domain.actions.people import directory, patients
from domain.actions.people.patients import KnownPatient
from domain.actors import caller_of
from domain.errors import NotFound
from domain.model.accounts import AuditEntry
from domain.model.base import stamp
from domain.model.clinics import Clinic
from domain.model.queues import Token
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
        for known in patients.with_consent(work, page.patients):
            yield replace(known, complaints=_read_complaints(work, known.patient_id))
        after = page.after
        if after is None:
            return


def _read_complaints(work: Work, patient_id: str) -> tuple[str, ...]:
    found: list[str] = []
    after = None
    while True:
        page = work.query(
            Token, patient_id, index="patientId-date-idx", after=after, descending=True
        )
        found += [work.seal.open(t.complaint) for t in page.records if t.complaint is not None]
        after = page.after
        if after is None:
            return tuple(found)


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
