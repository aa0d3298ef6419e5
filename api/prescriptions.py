"""Prescriptions: written, printed, and sent to the patient."""

from __future__ import annotations

from flask import Response

from api.frame.calls import Answer, Call
from api.frame.routes import Resource
from api.schemas.visits import (
    LinkPath,
    MedicationData,
    PrescribedData,
    PrescriptionBody,
    PrescriptionData,
    SentData,
    VisitPath,
    Warned,
)
from domain.actions.visits import prescriptions as actions
from domain.actions.visits import visits
from domain.actions.visits.prescriptions import AllergyWarning
from domain.model.visits import Medication, Prescription, Visit
from domain.permissions import Permission
from domain.ports import PrescriptionPage
from domain.work import Work

READS = (Permission.VIEW_ALL_VISIT_RECORDS, Permission.VIEW_OWN_VISIT_HISTORY)
PDF = "application/pdf"
prescriptions = Resource("prescriptions", "What is prescribed: data, a document, a message.")


@prescriptions.post(
    "/visits/<visitId>/prescription",
    needs=(Permission.VIEW_ALL_VISIT_RECORDS, Permission.ADD_PRESCRIPTION),
    answers=PrescribedData,
    audits=True,
)
def set_prescription(work: Work, call: Call, path: VisitPath, body: PrescriptionBody) -> Answer:
    """Prescribe medicines; the visit's prescription before is superseded and kept.

    `warnings` names what is among the patient's allergies, as the clinic knows them.
    """
    medications = tuple(Medication(**m.model_dump()) for m in body.medications)
    visit, prescription = actions.prescribe(
        work, visit_of(work, call, path), call.caller.actor, medications, body.notes
    )
    found = actions.allergy_warnings(work, visit, [m.name for m in medications])
    return Answer(
        PrescribedData(
            visit_id=visit.visit_id,
            prescription_id=prescription.prescription_id,
            prescription=visits.unseal_clinical(work, visit).prescription or "",
            warnings=[render_warning(warning) for warning in found],
            updated_at=visit.updated_at,
        ),
        "Prescription updated successfully",
    )


@prescriptions.get("/visits/<visitId>/prescription.pdf", needs=READS, answers=PDF, audits=True)
def get_prescription_pdf(work: Work, call: Call, path: VisitPath) -> Response:
    """Return a visit's prescription as a document to print, in English."""
    return _render_pdf(call, actions.prescription_page(work, visit_of(work, call, path)))


@prescriptions.post(
    "/visits/<visitId>/prescription/send",
    needs=(Permission.VIEW_ALL_VISIT_RECORDS, Permission.ADD_PRESCRIPTION),
    answers=SentData,
    audits=True,
)
def send_prescription(work: Work, call: Call, path: VisitPath) -> Answer:
    """Send the patient the visit's prescription on WhatsApp.

    It is a document if they wrote within 24 hours, else a link that opens for a week.
    """
    visit = visit_of(work, call, path)
    sent = actions.send_to_patient(work, visit)
    return Answer(
        SentData(
            visit_id=visit.visit_id,
            message_id=sent.message.message_id,
            status=sent.message.status.value,
            expires_at=sent.ends_at,
        ),
        "Prescription is on its way to the patient",
    )


@prescriptions.get("/prescriptions/<link>", needs=None, answers=PDF)
def open_prescription(work: Work, call: Call, path: LinkPath) -> Response:
    """Return the prescription that a patient was sent, in their language, until the link ends."""
    return _render_pdf(call, actions.page_by_link(work, path.link))


def visit_of(work: Work, call: Call, path: VisitPath) -> Visit:
    """Return the visit of an address, and name its patient for the audit log."""
    visit = visits.find_visit(work, path.visit_id)
    call.patient_id = visit.patient_id
    return visit


def render_prescription(work: Work, prescription: Prescription) -> PrescriptionData:
    """Render a structured prescription."""
    said = actions.unseal(work, prescription)
    return PrescriptionData(
        prescription_id=prescription.prescription_id,
        status="SUPERSEDED" if prescription.superseded_at else "CURRENT",
        medications=[
            MedicationData(
                name=m.name,
                strength=m.strength,
                frequency=m.frequency,
                duration=m.duration,
                instructions=m.instructions,
            )
            for m in said.medications
        ],
        notes=said.notes,
        created_by=prescription.by_name,
        created_at=prescription.at,
        superseded_at=prescription.superseded_at,
    )


def render_warning(warning: AllergyWarning) -> Warned:
    """Render a warning about an allergy."""
    return Warned(
        medicine=warning.medicine,
        allergy=warning.allergy,
        message=f"{warning.medicine}: the patient is allergic to {warning.allergy}.",
    )


def _render_pdf(call: Call, page: PrescriptionPage) -> Response:
    answer = Response(call.services.documents.prescription(page), mimetype=PDF)
    name = f"prescription-{page.day.isoformat()}.pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
