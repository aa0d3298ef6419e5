"""A doctor's patients (specification 6.5)."""

from __future__ import annotations

from api.frame.calls import Answer, Call
from api.frame.routes import Resource
from api.schemas.associations import (
    Associated,
    AssociationChange,
    AssociationChanged,
    AssociationEnded,
    DoctorPatientPath,
    DoctorPatientsPath,
    DoctorsPatient,
    DoctorsPatientDetail,
    DoctorsPatients,
    DoctorsPatientShown,
    MedicalHistory,
    NewAssociation,
    Preferences,
)
from api.schemas.base import Paged
from domain.actions.people import doctor_patients as actions
from domain.actions.people.doctor_patients import Connection
from domain.actions.people.patients import KnownPatient
from domain.permissions import P
from domain.work import Work

associations = Resource("associations", "Which patients are a doctor's, and what is noted of them.")
EITHER = (P.VIEW_ALL_PATIENT_ASSOCIATIONS, P.VIEW_OWN_PATIENTS)
CHANGING = (P.VIEW_ALL_PATIENT_ASSOCIATIONS, P.MANAGE_OWN_PATIENT_ASSOCIATIONS)


@associations.get(
    "/doctors/<doctorId>/patients", needs=EITHER, answers=DoctorsPatients, audits=True
)
def list_doctor_patients(work: Work, call: Call, path: DoctorPatientsPath, query: Paged) -> Answer:
    """List a doctor's patients by name."""
    page = actions.list_patients_of_doctor(
        work, path.doctor_id, query.limit, call.read_cursor(query.cursor)
    )
    call.shown += [known.patient_id for known in page.patients]
    return Answer(
        DoctorsPatients(
            patients=[
                DoctorsPatient.model_validate(_patient_fields(known)) for known in page.patients
            ],
            total_count=page.total,
            next_cursor=call.next_cursor(page.after),
        )
    )


@associations.post(
    "/doctors/<doctorId>/patients", needs=CHANGING, answers=Associated, status=201, audits=True
)
def associate_patient(
    work: Work, call: Call, path: DoctorPatientsPath, body: NewAssociation
) -> Answer:
    """Make somebody a doctor's patient, recording them if the clinic does not know them."""
    joined = actions.associate_patient(
        work,
        path.doctor_id,
        phone=body.patient_phone,
        name=body.patient_name,
        given=body.sent_fields(),
        preferences={k: v for k, v in body.preferences.sent_fields().items() if v is not None},
        opt_in=body.opt_in,
    )
    own = joined.association
    call.patient_id = own.patient_id
    return Answer(
        Associated(
            association_id=own.association_id,
            patient_id=own.patient_id,
            patient_phone=own.patient_phone,
            doctor_id=own.doctor_id,
            association_date=own.association_date,
        ),
        "Patient associated successfully",
    )


@associations.get(
    "/doctors/<doctorId>/patients/<patientId>",
    needs=EITHER,
    answers=DoctorsPatientShown,
    audits=True,
)
def get_doctor_patient(work: Work, path: DoctorPatientPath) -> Answer:
    """Show a patient of a doctor, with what the doctor noted."""
    found = actions.find_connection(work, path.doctor_id, path.patient_id)
    return Answer(DoctorsPatientShown(patient=_render_detail(found)))


@associations.put(
    "/doctors/<doctorId>/patients/<patientId>",
    needs=CHANGING,
    answers=AssociationChanged,
    audits=True,
)
def change_doctor_patient(work: Work, path: DoctorPatientPath, body: AssociationChange) -> Answer:
    """Change a patient's preferences at a doctor's, or the doctor's notes about them."""
    own = actions.update_association(work, path.doctor_id, path.patient_id, body.sent_fields())
    return Answer(
        AssociationChanged(patient_id=own.patient_id, updated_at=own.updated_at),
        "Patient association updated successfully",
    )


@associations.delete(
    "/doctors/<doctorId>/patients/<patientId>",
    needs=CHANGING,
    answers=AssociationEnded,
    audits=True,
)
def remove_doctor_patient(work: Work, path: DoctorPatientPath) -> Answer:
    """End a doctor's association with a patient.

    Not possible while the patient holds a booking with the doctor. Visits stay readable to the
    doctor, and the next booking revives the association.
    """
    removed_at = actions.end_association(work, path.doctor_id, path.patient_id)
    return Answer(
        AssociationEnded(patient_id=path.patient_id, removed_at=removed_at),
        "Patient association removed successfully",
    )


def _patient_fields(known: KnownPatient) -> dict[str, object]:
    own = known.associations[0]
    return {
        "patient_id": known.patient_id,
        "patient_phone": known.phone,
        "name": known.name,
        "age": known.age,
        "gender": known.profile.gender,
        "association_date": own.association_date,
        "last_visit_date": own.last_visit_date,
        "total_visits": own.total_visits,
        "preferences": Preferences.model_validate(own.preferences),
    }


def _render_detail(found: Connection) -> DoctorsPatientDetail:
    profile = found.patient.profile
    return DoctorsPatientDetail.model_validate(
        {
            **_patient_fields(found.patient),
            "medical_history": MedicalHistory(
                allergies=list(profile.allergies or ()),
                chronic_conditions=list(profile.chronic_conditions or ()),
                current_medications=list(profile.current_medications or ()),
            ),
            "notes": found.notes,
        }
    )
