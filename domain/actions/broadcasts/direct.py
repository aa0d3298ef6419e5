"""One message of the staff to one patient: a template, or the clinic's own words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from domain.actions.messages import templates
from domain.actions.messages.outbox import Draft, send, sender_of, window_is_open
from domain.actions.people import consent, trust
from domain.actions.people.identify import longest_known_first
from domain.errors import NotFound, NotNow
from domain.model.clinics import Clinic
from domain.model.conversations import Conversation
from domain.model.messages import Consent, Message
from domain.model.people import Association, AssociationStatus, ClinicPatient, Contact, Patient
from domain.offers import FREE_TEXT, OfferedTemplate
from domain.plans import require_active
from domain.work import Work

HELPS_FOR = timedelta(hours=12)
"""How long a message to one patient is worth sending."""


class NotReachable(NotNow):
    """The patient's contact does not want this message of the clinic."""

    code = "NOT_REACHABLE"


def patient_at(work: Work, clinic_id: str, phone: str, doctor_id: str | None) -> ClinicPatient:
    """Return the clinic's patient at *phone*; of a family, the one known longest.

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
    for record in longest_known_first(work, page.records, phone):
        if doctor_id is None or _is_patient_of(work, record, doctor_id):
            return record
    raise NotFound("Nobody at this number is a patient here.")


def send_to_patient(
    work: Work,
    clinic: Clinic,
    patient: ClinicPatient,
    template: OfferedTemplate,
    values: Mapping[str, str],
    account: str,
) -> Message:
    """Send a template of *account* to a patient.

    Raises:
        NotFound: If the patient or their contact is gone.
        NotReachable: If the contact wants no messages of the clinic, or no marketing and this is.
        NotApproved: If WhatsApp is known not to approve the template. The clinic's own words need
            no approval within 24 hours of the contact's last message.
        Suspended: If the clinic's subscription is suspended.
        NotTrustedYet: If the clinic is not trusted yet, and the patient has not come of themself
            or the day's messages are used up.
    """
    require_active(clinic)
    across = work.system("see how, and whether, a clinic's patient can be written to")
    person = across.get(Patient, patient.patient_id)
    contact = across.get(Contact, person.contact_id) if person else None
    if person is None or contact is None:
        raise NotFound
    marketing = templates.is_marketing(work, account, template)
    if not consent.accepts_messages(
        across, clinic.clinic_id, person.contact_id, marketing=marketing
    ):
        wanted = "marketing" if marketing else "messages"
        raise NotReachable(f"This patient does not want {wanted} of the clinic.")
    held = trust.why_not_free(work, clinic, person.contact_id)
    if held is None and not trust.take_free_messages(work, clinic, 1):
        held = trust.DAY_USED_UP
    if held is not None:
        raise trust.NotTrustedYet(held)
    conversation = across.get(Conversation, f"{sender_of(work, clinic)}#{person.contact_id}")
    if template.name != FREE_TEXT or not window_is_open(conversation, work.now):
        language = contact.language or template.language
        templates.require_approved(work, account, template, language)
    return send(
        work,
        Draft(
            template.message,
            to=person.contact_id,
            clinic=clinic,
            values=values,
            consent=Consent.MARKETING if marketing else Consent.NEWS,
            helps_until=work.now + HELPS_FOR,
        ),
    )


def _is_patient_of(work: Work, record: ClinicPatient, doctor_id: str) -> bool:
    known = work.get(Association, doctor_id, record.patient_id)
    return known is not None and known.status is AssociationStatus.ACTIVE
