"""What patients prefer at a doctor's, as the doctor notes it."""

from __future__ import annotations

from domain.actions.people import associations
from domain.actions.people.identify import identify
from domain.model.clinics import Doctor
from domain.model.people import ClinicPatient, ConsentWay
from tests.stage import Stage


def prefer(stage: Stage, doctor: Doctor, phone: str, name: str, **preferences: str) -> str:
    """Note what a person prefers at *doctor*'s, by the names of the API; return their patientId.

    Somebody new becomes a patient of the doctor and of the clinic.
    """
    work = stage.work()
    _, patient = identify(work, doctor.clinic_id, phone, name)
    record = work.get(ClinicPatient, doctor.clinic_id, patient.patient_id)
    if record is None:
        record = associations.open_record(
            work,
            doctor.clinic_id,
            patient.patient_id,
            name=name,
            phone=phone,
            way=ConsentWay.STAFF,
        )
    _, association = associations.connect(work, record, doctor.doctor_id, name)
    work.put(association.but(preferences={**association.preferences, **preferences}))
    work.commit()
    return patient.patient_id
