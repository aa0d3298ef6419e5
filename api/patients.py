"""A clinic's patients (specification 6.4): search, records, export, erasure."""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from flask import Response

from api.exports import patients_file
from api.frame.calls import Answer, Call
from api.frame.routes import Resource
from api.schemas.base import Paged
from api.schemas.patients import (
    ConsentShown,
    ExportQuery,
    FoundPatient,
    FoundPatients,
    KeptData,
    ListedPatient,
    NewPatient,
    OnePatient,
    PatientChange,
    PatientChanged,
    PatientErased,
    PatientList,
    PatientPath,
    PatientProfile,
    PatientRecorded,
    PatientSearch,
)
from domain.actions.people import erasure, export, patient_changes
from domain.actions.people import patients as actions
from domain.actions.people.patients import KnownPatient
from domain.model.clinics import Clinic
from domain.permissions import P
from domain.work import Work

patients = Resource("patients", "The people a clinic treats.")
EITHER = (P.VIEW_ALL_PATIENT_ASSOCIATIONS, P.VIEW_OWN_PATIENTS)
CHANGING = (P.VIEW_ALL_PATIENT_ASSOCIATIONS, P.MANAGE_OWN_PATIENTS)


@patients.get("/patients", needs=EITHER, answers=PatientList, audits=True)
def list_patients(work: Work, call: Call, query: Paged) -> Answer:
    """List the clinic's patients by name; a doctor gets their own."""
    page = actions.list_patients(work, query.limit, call.read_cursor(query.cursor))
    call.shown += [known.patient_id for known in page.patients]
    return Answer(
        PatientList(
            patients=[_render_listed(known) for known in page.patients],
            total_count=page.total,
            next_cursor=call.next_cursor(page.after),
        )
    )


@patients.get("/patients/search", needs=EITHER, answers=FoundPatients, audits=True)
def search_patients(work: Work, call: Call, query: PatientSearch) -> Answer:
    """Find patients by the beginnings of the words of a name, of a number, or both.

    A doctor searches their own patients. A blank before the number counts as its plus sign.
    """
    page = actions.search_patients(
        work,
        name=query.name,
        phone=query.phone,
        limit=query.limit,
        after=call.read_cursor(query.cursor),
    )
    call.shown += [known.patient_id for known in page.patients]
    by = (("name", query.name), ("phone", query.phone))
    call.about["searchedBy"] = "+".join(kind for kind, given in by if given)
    zone = _clinic(work, call).zone
    term = query.name or query.phone or ""
    return Answer(
        FoundPatients(
            patients=[_render_found(known, zone) for known in page.patients],
            total_found=page.total,
            search_term="+" + term[1:] if not query.name and term.startswith(" ") else term,
            next_cursor=call.next_cursor(page.after),
        )
    )


@patients.post("/patients", needs=CHANGING, answers=PatientRecorded, status=201, audits=True)
def record_patient(work: Work, call: Call, body: NewPatient) -> Answer:
    """Record a patient; one recorded by a doctor is theirs.

    Somebody who is known by this number and name is found; what is known of them stays as it is,
    and only what was not known is added.
    """
    caller = call.caller
    known = patient_changes.record_patient(
        work,
        phone=body.phone,
        name=body.name,
        given=body.sent_fields(),
        opt_in=body.opt_in,
        doctor_id=None if caller.is_admin else caller.user.doctor_id,
    )
    call.patient_id = known.patient_id
    return Answer(_render_recorded(known), "Patient record created successfully")


@patients.get(
    "/patients/export",
    needs=P.EXPORT_PATIENT_DATA,
    answers="text/csv, application/json",
    audits=True,
)
def export_patients(work: Work, call: Call, query: ExportQuery) -> Response:
    """Take away all of the clinic's patients, as CSV or JSON.

    Numbers are left out unless they are asked for. The answer is sent as it is read.
    """
    call.about.update(format=query.format, includePhones=str(query.include_phones).lower())
    scope, opener = call.scope, call.services.open_work
    everybody = export.iterate_patients(lambda: opener(scope))
    # The first is read now, while a store that does not answer can still be answered with 503.
    first = next(everybody, None)
    rows = chain([first] if first else [], everybody)
    day = call.now.astimezone(_clinic(work, call).zone).date()
    body = patients_file(rows, query.format, phones=query.include_phones)
    answer = Response(body, mimetype="text/csv" if query.format == "CSV" else _JSON)
    name = f"patients-{day.isoformat()}.{query.format.lower()}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@patients.get("/patients/<patientId>", needs=EITHER, answers=OnePatient, audits=True)
def get_patient(work: Work, path: PatientPath) -> Answer:
    """Show a patient.

    A doctor sees what the clinic knows of those who have had a booking or a visit with them; of
    others, what the doctor recorded.
    """
    return Answer(OnePatient(patient=_render_profile(actions.read_patient(work, path.patient_id))))


@patients.put("/patients/<patientId>", needs=CHANGING, answers=PatientChanged, audits=True)
def change_patient(work: Work, path: PatientPath, body: PatientChange) -> Answer:
    """Change what is known of a patient; what is not named stays."""
    known = patient_changes.update_patient(work, path.patient_id, body.name, body.sent_fields())
    return Answer(
        PatientChanged(patient_id=known.patient_id, updated_at=known.updated_at),
        "Patient updated successfully",
    )


@patients.delete(
    "/patients/<patientId>",
    needs=P.VIEW_ALL_PATIENT_ASSOCIATIONS,
    answers=PatientErased,
    audits=True,
)
def erase_patient(work: Work, path: PatientPath) -> Answer:
    """Erase a patient's data at this clinic.

    What the law asks to be kept is kept and named, with the reason. Not possible while the patient
    holds a booking.
    """
    done = erasure.erase(work, path.patient_id)
    return Answer(
        PatientErased(
            patient_id=done.patient_id,
            erased_at=done.at,
            erased=list(done.erased),
            kept=[
                KeptData(what=k.what, reason=k.reason, count=k.count, until=k.until)
                for k in done.kept
            ],
        ),
        "Patient data erased",
    )


_JSON = "application/json"


def _clinic(work: Work, call: Call) -> Clinic:
    return work.require(Clinic, call.caller.clinic_id)


def _render_listed(known: KnownPatient) -> ListedPatient:
    return ListedPatient(
        patient_id=known.patient_id,
        patient_phone=known.phone,
        name=known.name,
        age=known.age,
        gender=known.profile.gender,
        last_visit_date=known.last_visit,
        total_visits=known.total_visits,
        created_at=known.created_at,
    )


def _render_found(known: KnownPatient, zone: ZoneInfo) -> FoundPatient:
    last: datetime | None = known.last_visit
    return FoundPatient(
        patient_id=known.patient_id,
        phone=known.phone,
        name=known.name,
        age=known.age,
        gender=known.profile.gender,
        last_visit=last.astimezone(zone).date() if last else None,
        total_visits=known.total_visits,
        is_associated_with_doctor=known.is_associated,
    )


def _render_recorded(known: KnownPatient) -> PatientRecorded:
    profile = known.profile
    return PatientRecorded(
        patient_id=known.patient_id,
        phone=known.phone,
        name=known.name,
        date_of_birth=profile.date_of_birth,
        age=known.age,
        gender=profile.gender,
        blood_group=profile.blood_group,
        allergies=list(profile.allergies or ()),
        chronic_conditions=list(profile.chronic_conditions or ()),
        created_at=known.created_at,
    )


def _render_profile(known: KnownPatient) -> PatientProfile:
    profile = known.profile
    return PatientProfile(
        patient_id=known.patient_id,
        patient_phone=known.phone,
        name=known.name,
        date_of_birth=profile.date_of_birth,
        age=known.age,
        gender=profile.gender,
        address=profile.address,
        emergency_contact=profile.emergency_contact,
        blood_group=profile.blood_group,
        allergies=list(profile.allergies or ()),
        chronic_conditions=list(profile.chronic_conditions or ()),
        current_medications=list(profile.current_medications or ()),
        consent=ConsentShown.of(known),
        created_at=known.created_at,
        updated_at=known.updated_at,
    )
