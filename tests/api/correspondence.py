"""Patients to write to, for tests of the messages that staff send."""

from __future__ import annotations

from domain.model.people import Association, ClinicPatient
from domain.names import fold_name
from tests.api.office import Office

ASHA, RAVI = "+919876543021", "+919876543022"
ANNOUNCEMENT = {
    "messageType": "TEMPLATE",
    "templateName": "clinic_announcement",
    "templateData": {"clinic_name": "City Medical Center", "announcement": "Closed on Monday"},
}


def record_of(office: Office, person: str, name: str, phone: str) -> ClinicPatient:
    """Return City's record of a person, not yet stored."""
    now = office.stage.clock.now()
    return ClinicPatient(
        clinic_id="clinic_city",
        patient_id=f"pat_{person}",
        patient_phone=phone,
        name=name,
        name_key=fold_name(name),
        opted_in_at=now,
        created_at=now,
        updated_at=now,
    )


def association_of(office: Office, doctor: str, person: str, name: str, phone: str) -> Association:
    """Return the association of a person with one of City's doctors, not yet stored."""
    now = office.stage.clock.now()
    return Association(
        doctor_id=doctor,
        patient_id=f"pat_{person}",
        association_id=f"assoc_{doctor}_{person}",
        clinic_id="clinic_city",
        patient_phone=phone,
        patient_name=name,
        association_date=now,
        created_at=now,
        updated_at=now,
    )
