"""Diagnoses and prescriptions of a visit, and the prescription sent to the patient."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from unicodedata import category

import msgspec

from domain import diagnoses, plans
from domain.actions.messages.outbox import Draft, send
from domain.actions.people import profile
from domain.actions.people.identify import patients_of
from domain.actions.visits import visits
from domain.actors import Actor
from domain.errors import Invalid, NotFound, NotNow
from domain.model.clinics import Clinic, Doctor
from domain.model.messages import Consent, Message
from domain.model.people import Association, ClinicPatient, Contact, Patient, has_address
from domain.model.visits import (
    Medication,
    Prescription,
    PrescriptionContent,
    PrescriptionLink,
    Severity,
    Visit,
)
from domain.names import fold_letters
from domain.ports import PrescriptionPage
from domain.scopes import ClinicScope
from domain.work import Work

LINK_VALID_FOR = timedelta(days=7)
"""How long the link to a prescription opens it."""
SHORTEST_WORD, SHORTEST_ALLERGEN = 3, 4
"""Fewest letters of a word that is compared, and of one looked for inside a longer word."""
COMMON = frozenset((
    "allergic", "allergy", "and", "any", "capsule", "capsules", "class", "daily", "drug", "drugs",
    "for", "group", "injection", "medicine", "medicines", "once", "other", "product", "products",
    "syrup", "tablet", "tablets", "the", "twice", "type", "with",
))  # fmt: skip
"""Words that do not identify a medicine."""


@dataclass(frozen=True)
class AllergyWarning:
    """A prescribed medicine that matches one of the patient's allergies."""

    medicine: str
    allergy: str


def diagnose(
    work: Work,
    visit: Visit,
    actor: Actor,
    diagnosis: str,
    *,
    icd10_code: str | None = None,
    severity: Severity | None = None,
    notes: str | None = None,
) -> tuple[Visit, diagnoses.Code | None]:
    """Write a visit's diagnosis, replacing an earlier one; return the visit and the code.

    Raises:
        Invalid: If *icd10_code* is no code of the WHO's ICD-10.
    """
    code = None
    if icd10_code is not None:
        code = diagnoses.find_code(icd10_code)
        if code is None:
            raise Invalid("icd10Code", "This is not a code of ICD-10 (WHO).")
    changes = {
        "diagnosis": diagnosis,
        "icd10_code": code.code if code else None,
        "severity": severity,
        "diagnosis_notes": notes,
    }
    return visits.apply_changes(work, visit, actor, "diagnosis", changes), code


def prescribe(
    work: Work,
    visit: Visit,
    actor: Actor,
    medications: tuple[Medication, ...],
    notes: str | None,
) -> tuple[Visit, Prescription]:
    """Prescribe medicines; an earlier prescription is kept as superseded."""
    _supersede(work, visit)
    prescribed = PrescriptionContent(medications=medications, notes=notes)
    prescription = work.put(
        Prescription(
            visit_id=visit.visit_id,
            prescription_id=work.ids.new("pres_"),
            clinic_id=visit.clinic_id,
            doctor_id=visit.doctor_id,
            prescribed=work.seal.seal(msgspec.json.encode(prescribed).decode()),
            by=actor.user_id,
            by_name=actor.name,
            at=work.now,
        )
    )
    changes = {
        "prescription": ", ".join(m.words for m in medications),
        "prescription_id": prescription.prescription_id,
    }
    return visits.apply_changes(work, visit, actor, "prescription", changes), prescription


def edit_visit(work: Work, visit: Visit, actor: Actor, changes: dict[str, Any]) -> Visit:
    """Change what was written about a consultation: *changes* are fields of `Clinical`.

    A diagnosis or prescription in words replaces the structured one; a structured prescription is
    kept as superseded. May be repeated: equal values change nothing.
    """
    before = visits.unseal_clinical(work, visit)
    changes = {name: v for name, v in changes.items() if getattr(before, name) != v}
    if "diagnosis" in changes:
        changes |= {"icd10_code": None, "severity": None, "diagnosis_notes": None}
    if "prescription" in changes:
        _supersede(work, visit)
        changes["prescription_id"] = None
    return visits.apply_changes(work, visit, actor, "edit", changes)


def _supersede(work: Work, visit: Visit) -> None:
    current = visits.unseal_clinical(work, visit).prescription_id
    before = work.get(Prescription, visit.visit_id, current) if current else None
    if before is not None:
        work.put(before.but(superseded_at=work.now))


def unseal(work: Work, prescription: Prescription) -> PrescriptionContent:
    """Decrypt a prescription."""
    return msgspec.json.decode(work.seal.open(prescription.prescribed), type=PrescriptionContent)


def list_prescriptions(work: Work, visit: Visit) -> list[Prescription]:
    """Return all structured prescriptions of a visit, oldest first, superseded ones too."""
    found: list[Prescription] = []
    after = None
    while True:
        page = work.query(Prescription, visit.visit_id, after=after)
        found += page.records
        after = page.after
        if after is None:
            return found


def allergy_warnings(work: Work, visit: Visit, medicines: Iterable[str]) -> list[AllergyWarning]:
    """Return a warning for each of *medicines* that matches an allergy known to this clinic.

    Names are compared word by word, and a word inside a longer one matches, as in
    Benzylpenicillin. This errs on the side of warning: a false alarm costs a look, a miss may cost
    a life.
    """
    record = work.get(ClinicPatient, visit.clinic_id, visit.patient_id)
    known = work.get(Association, visit.doctor_id, visit.patient_id)
    allergies = dict.fromkeys(
        allergy
        for text in (record.facts if record else None, known.recorded if known else None)
        for allergy in profile.unseal(work, text).allergies or ()
    )
    return [AllergyWarning(m, a) for m in medicines for a in allergies if _names_match(m, a)]


def _names_match(medicine: str, allergy: str) -> bool:
    one, other = _words(medicine), _words(allergy)
    return any(
        a == b or (min(len(a), len(b)) >= SHORTEST_ALLERGEN and (a in b or b in a))
        for a in one
        for b in other
    )


def _words(text: str) -> set[str]:
    letters = "".join(c if category(c)[0] in "LM" else " " for c in fold_letters(text))
    words = {word for word in letters.split() if len(word) >= SHORTEST_WORD}
    return words - COMMON


# For the patient


def prescription_page(work: Work, visit: Visit, language: str = "en") -> PrescriptionPage:
    """Return the content of a visit's prescription document in *language*.

    Private notes, examination and complaint are not part of it.

    Raises:
        NotFound: If nothing is prescribed.
    """
    written = visits.unseal_clinical(work, visit)
    clinic = work.get(Clinic, visit.clinic_id)
    doctor = work.get(Doctor, visit.clinic_id, visit.doctor_id)
    if not written.prescription or clinic is None or doctor is None:
        raise NotFound("Nothing is prescribed in this visit.")
    current = None
    if written.prescription_id is not None:
        current = work.get(Prescription, visit.visit_id, written.prescription_id)
    prescribed = unseal(work, current) if current else None
    record = work.get(ClinicPatient, visit.clinic_id, visit.patient_id)
    day = date.fromisoformat(visit.visit_date)
    known = profile.unseal(work, record.facts) if record else profile.EMPTY
    return PrescriptionPage(
        clinic=clinic.name,
        address=clinic.address,
        phone=clinic.phone or clinic.whatsapp_number,
        doctor=doctor.name,
        specialization=doctor.specialization,
        patient=record.name if record else visit.patient_name,
        age=profile.age_of(known, day),
        gender=known.gender,
        day=day,
        diagnosis=written.diagnosis,
        medications=prescribed.medications if prescribed else (),
        words=None if prescribed else written.prescription,
        notes=prescribed.notes if prescribed else None,
        written_at=current.at if current else visit.updated_at,
        zone=clinic.time_zone,
        language=language,
        branded=plans.allows(clinic, plans.Feature.BRANDING),
    )


@dataclass(frozen=True)
class SentPrescription:
    """A prescription queued for the patient; its link ends at `ends_at`."""

    message: Message
    url: str
    ends_at: datetime


def send_to_patient(work: Work, visit: Visit, consent: Consent = Consent.NEWS) -> SentPrescription:
    """Send the patient the visit's prescription: in the 24-hour window a document, else a link.

    WhatsApp fetches the document by the same link, which is valid for a week. *consent* is what the
    message needs: `REPLY` if the patient has just asked for it.

    Raises:
        NotFound: If nothing is prescribed.
        NotNow: If there is no way to write to the patient.
    """
    prescription_page(work, visit)
    clinic = work.get(Clinic, visit.clinic_id)
    across = work.system("find the contact who writes for a patient")
    patient = across.get(Patient, visit.patient_id)
    contact = across.get(Contact, patient.contact_id) if patient else None
    doctor = work.get(Doctor, visit.clinic_id, visit.doctor_id)
    if clinic is None or doctor is None or contact is None or not has_address(contact.contact_id):
        raise NotNow("This patient is not reachable.")
    ends_at = work.now + LINK_VALID_FOR
    link = work.put(
        PrescriptionLink(
            link=work.ids.secret("rx_"),
            clinic_id=visit.clinic_id,
            doctor_id=visit.doctor_id,
            visit_id=visit.visit_id,
            ends_at=ends_at,
            ttl=int(ends_at.timestamp()),
        )
    )
    url = f"{work.rules.public_url}/api/v1/prescriptions/{link.link}"
    message = send(
        work,
        Draft(
            "visits/prescription",
            to=contact.contact_id,
            clinic=clinic,
            values={
                "person": visit.patient_name,
                "doctor": doctor.name,
                "day": visit.visit_date,
                "until": ends_at.isoformat(),
            },
            url=url,
            as_document=True,
            consent=consent,
            helps_until=ends_at,
        ),
    )
    return SentPrescription(message, url, ends_at)


LATEST_VISITS = 20
"""How many of a patient's latest visits are searched for a prescription."""


def send_latest(work: Work, clinic: Clinic, contact: Contact) -> Visit | None:
    """Send *contact* the newest prescription that *clinic* wrote for one of their patients.

    Return its visit; None if there is no prescription. An index finds the visits, so one of the
    last moments may be missing.
    """
    own = work.within(ClinicScope(clinic.clinic_id))
    found = [
        visit
        for patient in patients_of(work, contact, clinic.clinic_id)
        for visit in own.query(
            Visit, patient.patient_id, index=visits.BY_PATIENT, limit=LATEST_VISITS, descending=True
        ).records
    ]
    for visit in sorted(found, key=lambda v: (v.visit_date, v.created_at), reverse=True):
        if visits.unseal_clinical(own, visit).prescription:
            send_to_patient(own, visit, Consent.REPLY)
            return visit
    return None


def page_by_link(work: Work, link: str) -> PrescriptionPage:
    """Return the content of the prescription behind *link*, in the patient's language.

    It is the visit's current one, not the one of when the link was sent.

    Raises:
        NotFound: If there is no such link, it has ended, or nothing is prescribed now.
    """
    found = work.get(PrescriptionLink, link)
    if found is None or found.ends_at <= work.now:
        raise NotFound
    visit = work.require(Visit, found.doctor_id, found.visit_id)
    patient = work.get(Patient, visit.patient_id)
    contact = work.get(Contact, patient.contact_id) if patient else None
    return prescription_page(work, visit, (contact and contact.language) or "en")
