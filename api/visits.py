"""Consultations: their records, diagnoses, prescriptions and private notes."""

from __future__ import annotations

from datetime import time

from api.frame.calls import Answer, Call
from api.frame.routes import Resource
from api.prescriptions import READS, render_prescription, render_warning, visit_of
from api.schemas.visits import (
    ChangedVisit,
    Diagnosed,
    DiagnosisBody,
    DoctorPatientPath,
    EditData,
    FollowUp,
    FollowUpBody,
    Noted,
    NoteData,
    NotesBody,
    PatientPath,
    PatientShown,
    TimelineData,
    TimelineVisit,
    VisitChange,
    VisitData,
    VisitDetail,
    VisitList,
    VisitPath,
    VisitRecord,
    VisitsQuery,
    VisitSummary,
    Written,
)
from domain import diagnoses
from domain.actions.visits import follow_ups, prescriptions
from domain.actions.visits import visits as actions
from domain.actions.visits.prescriptions import AllergyWarning
from domain.model.clinics import Doctor
from domain.model.people import Association, ClinicPatient
from domain.model.visits import Severity, Visit
from domain.permissions import Permission
from domain.work import Work

visits = Resource("visits", "Consultations: what was found, prescribed and noted.")


@visits.get(
    "/doctors/<doctorId>/patients/<patientId>/visits",
    needs=READS,
    answers=VisitList,
    audits=True,
)
def list_visits(work: Work, call: Call, path: DoctorPatientPath, query: VisitsQuery) -> Answer:
    """List a patient's visits with one doctor, the latest first."""
    association = actions.find_association(work, path.doctor_id, path.patient_id)
    theirs = actions.as_doctor(work, association.clinic_id, path.doctor_id)
    after = call.read_cursor(query.cursor)
    page = actions.timeline(theirs, path.patient_id, query.limit, after)
    return Answer(
        VisitList(
            patient=_render_patient(work, association),
            visits=[_render_summary(work, visit) for visit in page.visits],
            total_count=page.total,
            next_cursor=call.next_cursor(page.after),
        )
    )


@visits.get("/patients/<patientId>/visits", needs=READS, answers=TimelineData, audits=True)
def list_patient_visits(work: Work, call: Call, path: PatientPath, query: VisitsQuery) -> Answer:
    """List a patient's visits, the latest first.

    An admin sees those with all doctors of the clinic, a doctor their own.
    """
    of = actions.find_record_of_patient(work, path.patient_id)
    page = actions.timeline(work, path.patient_id, query.limit, call.read_cursor(query.cursor))
    names = actions.doctor_names(work, page.visits)
    return Answer(
        TimelineData(
            patient=_render_patient(work, of),
            visits=[
                TimelineVisit(
                    **_render_summary(work, visit).model_dump(),
                    doctor_id=visit.doctor_id,
                    doctor_name=names.get(visit.doctor_id),
                )
                for visit in page.visits
            ],
            total_count=page.total,
            next_cursor=call.next_cursor(page.after),
        )
    )


@visits.post(
    "/doctors/<doctorId>/patients/<patientId>/visits",
    needs=(Permission.VIEW_ALL_VISIT_RECORDS, Permission.ADD_VISIT_NOTES),
    answers=Written,
    status=201,
    also=(200,),
    audits=True,
)
def record_visit(work: Work, call: Call, path: DoctorPatientPath, body: VisitRecord) -> Answer:
    """Write down a consultation.

    With `tokenId` it is the visit of that booking: 200 if it had one, which is brought up to date,
    else 201. Without, it is a visit of its own, over by being written down.
    """
    visit, fresh = actions.record_visit(
        work,
        path.doctor_id,
        path.patient_id,
        call.caller.actor,
        body.changes(),
        token_id=body.token_id,
        visit_date=body.visit_date,
    )
    call.about["visitId"] = visit.visit_id
    return Answer(
        Written(
            visit_id=visit.visit_id,
            patient_id=visit.patient_id,
            doctor_id=visit.doctor_id,
            created_at=visit.created_at,
        ),
        "Visit record created successfully" if fresh else "Visit record updated successfully",
        status=None if fresh else 200,
    )


@visits.get("/visits/<visitId>", needs=READS, answers=VisitDetail, audits=True)
def get_visit(work: Work, call: Call, path: VisitPath) -> Answer:
    """Return a visit with all that was written about it, its prescriptions and its edits."""
    return Answer(VisitDetail(visit=_render_detail(work, visit_of(work, call, path))))


@visits.put(
    "/visits/<visitId>",
    needs=(Permission.VIEW_ALL_VISIT_RECORDS, Permission.ADD_VISIT_NOTES),
    answers=ChangedVisit,
    audits=True,
)
def change_visit(work: Work, call: Call, path: VisitPath, body: VisitChange) -> Answer:
    """Change what was written about a visit.

    What was there before is kept, with who wrote it and when. A diagnosis or prescription given
    here as words takes the place of the structured one.
    """
    visit = visit_of(work, call, path)
    changed = prescriptions.edit_visit(work, visit, call.caller.actor, body.changes())
    found: list[AllergyWarning] = []
    if body.prescription:
        found = prescriptions.allergy_warnings(work, visit, [body.prescription])
    return Answer(
        ChangedVisit(
            visit_id=changed.visit_id,
            updated_at=changed.updated_at,
            warnings=[render_warning(warning) for warning in found],
        ),
        "Visit record updated successfully",
    )


@visits.post(
    "/visits/<visitId>/diagnosis",
    needs=(Permission.VIEW_ALL_VISIT_RECORDS, Permission.ADD_DIAGNOSIS),
    answers=Diagnosed,
    audits=True,
)
def set_diagnosis(work: Work, call: Call, path: VisitPath, body: DiagnosisBody) -> Answer:
    """Write a visit's diagnosis, with its code of ICD-10 if there is one."""
    visit, code = prescriptions.diagnose(
        work,
        visit_of(work, call, path),
        call.caller.actor,
        body.diagnosis,
        icd10_code=body.icd10_code,
        severity=Severity(body.severity) if body.severity else None,
        notes=body.notes,
    )
    return Answer(
        Diagnosed(
            visit_id=visit.visit_id,
            diagnosis=body.diagnosis,
            icd10_code=code.code if code else None,
            icd10_title=code.title if code else None,
            updated_at=visit.updated_at,
        ),
        "Diagnosis updated successfully",
    )


@visits.post(
    "/visits/<visitId>/notes",
    needs=(Permission.VIEW_DOCTOR_NOTES, Permission.ADD_VISIT_NOTES),
    answers=Noted,
    audits=True,
)
def add_private_notes(work: Work, call: Call, path: VisitPath, body: NotesBody) -> Answer:
    """Add a private note to a visit, which only the doctor and the clinic's admins ever see."""
    visit = visit_of(work, call, path)
    note = actions.add_note(
        work,
        visit,
        call.caller.actor,
        body.private_notes,
        confidential=body.is_confidential,
    )
    return Answer(
        Noted(
            visit_id=visit.visit_id,
            notes_id=note.notes_id,
            is_confidential=note.confidential,
            created_at=note.at,
        ),
        "Private notes added successfully",
    )


@visits.post(
    "/visits/<visitId>/follow-up",
    needs=(Permission.VIEW_ALL_VISIT_RECORDS, Permission.MANAGE_OWN_TOKENS),
    answers=FollowUp,
    audits=True,
)
def book_follow_up(work: Work, call: Call, path: VisitPath, body: FollowUpBody) -> Answer:
    """Book the patient's next visit with the same doctor, as at the desk."""
    visit = visit_of(work, call, path)
    at = time.fromisoformat(body.follow_up_time) if body.follow_up_time else None
    token = follow_ups.book_follow_up(
        work, visit, call.caller.actor, body.follow_up_date, at, pays_at_clinic=body.pay_at_clinic
    )
    return Answer(
        FollowUp(
            visit_id=visit.visit_id,
            token_id=token.token_id,
            token_number=token.token_number,
            status=token.status.value,
            follow_up_date=token.date,
            estimated_time=token.estimated_time,
            payment_status=token.payment_status.value,
            held_until=token.held_until,
        ),
        "Follow-up booked successfully",
    )


def _render_patient(work: Work, of: Association | ClinicPatient) -> PatientShown:
    return PatientShown(
        patient_id=of.patient_id,
        patient_phone=of.patient_phone,
        name=actions.patient_name(work, of.clinic_id, of.patient_id),
    )


def _render_summary(work: Work, visit: Visit) -> VisitSummary:
    written = actions.unseal_clinical(work, visit)
    return VisitSummary(
        visit_id=visit.visit_id,
        date=visit.visit_date,
        token_id=visit.token_id,
        status=visit.status.value,
        diagnosis=written.diagnosis,
        prescription=written.prescription,
        notes=written.notes,
        created_at=visit.created_at,
    )


def _render_detail(work: Work, visit: Visit) -> VisitData:
    written = actions.unseal_clinical(work, visit)
    doctor = work.get(Doctor, visit.clinic_id, visit.doctor_id)
    code = diagnoses.find_code(written.icd10_code) if written.icd10_code else None
    every = [render_prescription(work, p) for p in prescriptions.list_prescriptions(work, visit)]
    current = next((p for p in every if p.prescription_id == written.prescription_id), None)
    private = actions.list_notes(work, visit)
    return VisitData(
        visit_id=visit.visit_id,
        patient_id=visit.patient_id,
        patient_phone=visit.patient_phone,
        patient_name=actions.patient_name(work, visit.clinic_id, visit.patient_id)
        or visit.patient_name,
        doctor_id=visit.doctor_id,
        doctor_name=doctor.name if doctor else None,
        visit_date=visit.visit_date,
        token_id=visit.token_id,
        status=visit.status.value,
        chief_complaint=written.chief_complaint,
        vital_signs=written.vital_signs or {},
        examination=written.examination,
        diagnosis=written.diagnosis,
        icd10_code=written.icd10_code,
        icd10_title=code.title if code else None,
        severity=written.severity.value if written.severity else None,
        diagnosis_notes=written.diagnosis_notes,
        prescription=written.prescription,
        prescription_id=written.prescription_id,
        medications=current.medications if current else [],
        prescription_notes=current.notes if current else None,
        prescriptions=every,
        notes=written.notes,
        follow_up_token_id=visit.follow_up_token,
        private_notes="\n\n".join(note.text for note in private) or None,
        private_notes_entries=[
            NoteData(
                notes_id=note.notes_id,
                private_notes=note.text,
                is_confidential=note.confidential,
                created_by=note.by_name,
                created_at=note.at,
            )
            for note in private
        ],
        edits=[
            EditData(action=v.action, fields=list(v.fields), by=v.by_name, at=v.at)
            for v in actions.list_versions(work, visit)
        ],
        created_at=visit.created_at,
        updated_at=visit.updated_at,
    )
