"""What a consultation leaves behind: its record, prescriptions, private notes and ratings."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from domain.model.base import Record


class VisitStatus(StrEnum):
    """Whether a consultation goes on or is over."""

    OPEN = "OPEN"
    COMPLETED = "COMPLETED"


class Severity(StrEnum):
    """How grave a diagnosis is."""

    MILD = "MILD"
    MODERATE = "MODERATE"
    SEVERE = "SEVERE"


class Clinical(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What the clinic wrote about a consultation. Stored sealed, as one text."""

    chief_complaint: str | None = None
    vital_signs: dict[str, str] | None = None
    """As measured, with units: such as `bloodPressure` 140/90."""
    examination: str | None = None
    diagnosis: str | None = None
    icd10_code: str | None = msgspec.field(default=None, name="icd10Code")
    """Given with a structured diagnosis; a later one in words alone takes it away."""
    severity: Severity | None = None
    diagnosis_notes: str | None = None
    prescription: str | None = None
    """In words: each medicine's name and strength, or as it was written."""
    prescription_id: str | None = None
    """The structured prescription those words are of; None if they were written freely."""
    notes: str | None = None


class Visit(Record, frozen=True, kw_only=True):
    """The record of one consultation. Key: doctorId, visitId."""

    TABLE: ClassVar[str] = "visits"
    KEY: ClassVar[tuple[str, ...]] = ("doctor_id", "visit_id")

    doctor_id: str
    visit_id: str
    clinic_id: str
    patient_id: str
    patient_name: str
    patient_phone: str | None = None
    visit_date: str
    token_id: str | None = None
    queue_id: str | None = None
    status: VisitStatus = VisitStatus.OPEN
    clinical: str | None = None
    """`Clinical`, sealed; None while nothing is written."""
    follow_up_token: str | None = None
    """The booking that follows it."""
    created_at: datetime
    updated_at: datetime


class VisitVersion(Record, frozen=True, kw_only=True):
    """One edit of a visit: who wrote what, and when; append-only. Key: visitId, entry."""

    TABLE: ClassVar[str] = "visit-versions"
    KEY: ClassVar[tuple[str, ...]] = ("visit_id", "entry")

    visit_id: str
    entry: str
    clinic_id: str
    doctor_id: str
    action: str
    """record, edit, diagnosis, prescription or notes."""
    by: str
    by_name: str
    at: datetime
    fields: tuple[str, ...]
    """What was written, by its names in the API."""
    values: str | None = None
    """The new values by the same names, as JSON, sealed; None for private notes."""


class Medication(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One medicine as prescribed, in the doctor's words."""

    name: str
    strength: str | None = None
    frequency: str | None = None
    duration: str | None = None
    instructions: str | None = None

    @property
    def words(self) -> str:
        """Name and strength, such as Amlodipine 5mg."""
        return " ".join(part for part in (self.name, self.strength) if part)


class PrescriptionContent(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True
):
    """What a prescription says. Stored sealed, as one text."""

    medications: tuple[Medication, ...]
    notes: str | None = None
    """What else the patient is told to do."""


class Prescription(Record, frozen=True, kw_only=True):
    """A structured prescription of a visit; a later one supersedes it. Key: visitId, id."""

    TABLE: ClassVar[str] = "prescriptions"
    KEY: ClassVar[tuple[str, ...]] = ("visit_id", "prescription_id")

    visit_id: str
    prescription_id: str
    clinic_id: str
    doctor_id: str
    prescribed: str
    """`PrescriptionContent`, sealed."""
    by: str
    by_name: str
    at: datetime
    superseded_at: datetime | None = None


class PrescriptionLink(Record, frozen=True, kw_only=True):
    """The right to read one visit's prescription without signing in. Key: link.

    The key is a secret of 128 bits, sent to the patient alone; `ttl` ends it.
    """

    TABLE: ClassVar[str] = "prescription-links"
    KEY: ClassVar[tuple[str, ...]] = ("link",)

    link: str
    clinic_id: str
    doctor_id: str
    visit_id: str
    ends_at: datetime


class PrivateNote(Record, frozen=True, kw_only=True):
    """What only the treating doctor and the clinic's admins read. Key: visitId, notesId."""

    TABLE: ClassVar[str] = "private-notes"
    KEY: ClassVar[tuple[str, ...]] = ("visit_id", "notes_id")

    visit_id: str
    notes_id: str
    clinic_id: str
    doctor_id: str
    text: str
    """Sealed."""
    confidential: bool = True
    by: str
    by_name: str
    at: datetime


class Rating(Record, frozen=True, kw_only=True):
    """What a patient thought of a visit, 1 to 5. Key: queueId, tokenId."""

    TABLE: ClassVar[str] = "ratings"
    KEY: ClassVar[tuple[str, ...]] = ("queue_id", "token_id")

    queue_id: str
    token_id: str
    clinic_id: str
    doctor_id: str
    contact_id: str
    patient_id: str
    stars: int
    at: datetime
