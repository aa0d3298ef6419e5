"""What staff write to patients themselves: one message, by template or in words of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from domain.actions import consent
from domain.actions.messages import send
from domain.errors import NotFound, NotNow
from domain.model.clinics import Clinic, ClinicStatus
from domain.model.messages import Consent, Message
from domain.model.people import Association, AssociationStatus, ClinicPatient, Patient
from domain.offers import OfferedTemplate
from domain.work import Work

HELPS = timedelta(hours=12)
"""A message to one patient that could not leave by then is not sent any more."""


class NotReachable(NotNow):
    """The patient does not want messages of this clinic, or has no WhatsApp."""

    code = "NOT_REACHABLE"


class Suspended(NotNow):
    """The clinic's subscription is suspended."""

    code = "SUSPENDED"


def patient_at(work: Work, clinic_id: str, phone: str, doctor_id: str | None) -> ClinicPatient:
    """Return the clinic's patient at *phone*, the one known longest if it is a family's.

    With *doctor_id*, only a patient associated with that doctor.

    Raises:
        NotFound: If nobody there is a patient of the clinic (and of that doctor).
    """
    page = work.query(
        ClinicPatient,
        clinic_id,
        index="clinicId-patientPhone-idx",
        between=(phone, phone),
        limit=50,
    )
    for record in sorted(page.records, key=lambda r: r.created_at):
        if doctor_id is None or _is_of(work, record, doctor_id):
            return record
    raise NotFound("Nobody at this number is a patient here.")


def write_to(
    work: Work,
    clinic: Clinic,
    patient: ClinicPatient,
    template: OfferedTemplate,
    values: Mapping[str, str],
) -> Message:
    """Have a template sent to a patient, who is asked nothing and may answer.

    Raises:
        NotReachable: If that phone wants no messages of the clinic.
        Suspended: If the clinic's subscription is suspended.
    """
    refuse_suspended(clinic)
    person = work.system("find the contact of a clinic's patient").get(Patient, patient.patient_id)
    if person is None:
        raise NotFound
    across = work.system("see whether a contact opted out")
    if not consent.wants_news(across, clinic.clinic_id, person.contact_id):
        raise NotReachable("This patient does not want messages of the clinic.")
    return send(
        work,
        name=template.message,
        contact_id=person.contact_id,
        clinic=clinic,
        values=values,
        consent=Consent.NEWS,
        helps_until=work.now + HELPS,
    )


def refuse_suspended(clinic: Clinic) -> None:
    """Let a clinic go on whose subscription runs.

    Raises:
        Suspended: If it does not.
    """
    if clinic.status is ClinicStatus.SUSPENDED:
        raise Suspended("The clinic's subscription is suspended until its bill is paid.")


def _is_of(work: Work, record: ClinicPatient, doctor_id: str) -> bool:
    known = work.get(Association, doctor_id, record.patient_id)
    return known is not None and known.status is AssociationStatus.ACTIVE
