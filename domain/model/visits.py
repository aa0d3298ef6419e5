"""Visits: the record of a consultation, its prescriptions, private notes and rating."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from domain.model.base import Record


class VisitStatus(StrEnum):
    """Whether a consultation is under way or over."""

    OPEN = "OPEN"
    COMPLETED = "COMPLETED"


class Severity(StrEnum):
    """How severe a diagnosis is."""

    MILD = "MILD"
    MODERATE = "MODERATE"
    SEVERE = "SEVERE"


class Clinical(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What the clinic wrote about a consultation; stored only as one encrypted text."""

    chief_complaint: str | None = None
    vital_signs: dict[str, str] | None = None
    """As measured, such as `bloodPressure` 140/90; with units where needed."""
    examination: str | None = None
    diagnosis: str | None = None
    icd10_code: str | None = msgspec.field(default=None, name="icd10Code")
    """Set by a structured diagnosis; a later one in words clears it."""
    severity: Severity | None = None
    diagnosis_notes: str | None = None
    prescription: str | None = None
    """In words: name and strength of each medicine, or free text."""
    prescription_id: str | None = None
    """The structured prescription behind those words; None for free text."""
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
    """Ciphertext of `Clinical`; None while nothing is written."""
    follow_up_token: str | None = None
    """The tokenId of the follow-up."""
    created_at: datetime
    updated_at: datetime


class VisitVersion(Record, frozen=True, kw_only=True):
    """One edit of a visit: who wrote what, and when. Key: visitId, entry. Append-only."""

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
    """The fields written, by their names in the API."""
    values: str | None = None
    """Ciphertext of the new values by those names, as JSON; None for private notes."""


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
    """The content of a prescription; stored only as one encrypted text."""

    medications: tuple[Medication, ...]
    notes: str | None = None
    """Other advice to the patient."""


class Prescription(Record, frozen=True, kw_only=True):
    """A structured prescription of a visit; a later one supersedes it. Key: visitId, id."""

    TABLE: ClassVar[str] = "prescriptions"
    KEY: ClassVar[tuple[str, ...]] = ("visit_id", "prescription_id")

    visit_id: str
    prescription_id: str
    clinic_id: str
    doctor_id: str
    prescribed: str
    """Ciphertext of `PrescriptionContent`."""
    by: str
    by_name: str
    at: datetime
    superseded_at: datetime | None = None


class PrescriptionLink(Record, frozen=True, kw_only=True):
    """A link that shows one visit's prescription without signing in. Key: link.

    The key is a secret of 128 bits that is sent to the patient only.
    """

    TABLE: ClassVar[str] = "prescription-links"
    KEY: ClassVar[tuple[str, ...]] = ("link",)

    link: str
    clinic_id: str
    doctor_id: str
    visit_id: str
    ends_at: datetime


class PrivateNote(Record, frozen=True, kw_only=True):
    """A note that only the treating doctor and the clinic's admins read. Key: visitId, notesId."""

    TABLE: ClassVar[str] = "private-notes"
    KEY: ClassVar[tuple[str, ...]] = ("visit_id", "notes_id")

    visit_id: str
    notes_id: str
    clinic_id: str
    doctor_id: str
    text: str
    """Ciphertext."""
    confidential: bool = True
    by: str
    by_name: str
    at: datetime


class Rating(Record, frozen=True, kw_only=True):
    """A patient's rating of a visit, 1 to 5 stars. Key: queueId, tokenId."""

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
