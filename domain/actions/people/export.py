"""Export of a clinic's patients: read in pages while the file is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from domain.actions.people import directory, patients
from domain.actions.people.patients import KnownPatient
from domain.actions.people.rewriting import read_all
from domain.actors import caller_of
from domain.errors import NotFound
from domain.model.accounts import AuditEntry
from domain.model.base import stamp
from domain.model.clinics import Clinic
from domain.model.files import FileState, PatientFile, owner_of
from domain.model.people import Patient
from domain.model.queues import Token
from domain.model.talks import Talk
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
            tokens = _read_tokens(work, known.patient_id)
            talk = _read_talk(work, known.patient_id)
            yield replace(
                known,
                complaints=tuple(work.seal.open(t.complaint) for t in tokens if t.complaint),
                files=_list_files(work, tokens),
                talked_at=talk.last_at if talk is not None else None,
            )
        after = page.after
        if after is None:
            return


def _read_tokens(work: Work, patient_id: str) -> list[Token]:
    """Return a patient's bookings that the caller sees, the latest day first."""
    found: list[Token] = []
    after = None
    while True:
        page = work.query(
            Token, patient_id, index="patientId-date-idx", after=after, descending=True
        )
        found += page.records
        after = page.after
        if after is None:
            return found


def _list_files(work: Work, tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return the addresses of the files kept with *tokens*."""
    of_booking = {t.token_id for t in tokens}
    owners = dict.fromkeys(owner_of(t.clinic_id, t.contact_id) for t in tokens)
    return tuple(
        f"/api/v1/tokens/{file.token_id}/files/{file.file_id}"
        for owner in owners
        for file in read_all(work, PatientFile, owner)
        if file.token_id in of_booking and file.state is FileState.KEPT
    )


def _read_talk(work: Work, patient_id: str) -> Talk | None:
    patient = work.system("who writes for a patient").get(Patient, patient_id)
    return work.get(Talk, caller_of(work).clinic_id, patient.contact_id) if patient else None


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
