"""Consultations: what is written about them, and what the patient is given."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from api.schemas.base import Body, ClockTime, Data, Day, Id, Instant, Paged, Path

LongText = Annotated[str, StringConstraints(max_length=5000)]
ShortText = Annotated[str, StringConstraints(max_length=500)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Severity = Literal["MILD", "MODERATE", "SEVERE"]
VitalSigns = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=50)],
        Annotated[str, StringConstraints(max_length=100)],
    ],
    Field(
        max_length=30,
        description="As measured, with units: such as bloodPressure, pulse, temperature, weight.",
    ),
]


class DoctorPatientPath(Path):
    """One doctor's patient."""

    doctor_id: Id
    patient_id: Id


class PatientPath(Path):
    """One patient of the clinic."""

    patient_id: Id


class VisitPath(Path):
    """One visit."""

    visit_id: Id


class LinkPath(Path):
    """What a patient was sent."""

    link: Id


class VisitRecord(Body):
    """A consultation to be written down."""

    token_id: Id | None = Field(
        default=None,
        description="The booking it was for; if that has a visit, this one is brought up to date.",
    )
    visit_date: Day | None = Field(
        default=None, description="The token's day, or today, if left out; never in the future."
    )
    chief_complaint: LongText | None = None
    vital_signs: VitalSigns | None = None
    examination: LongText | None = None

    def changes(self) -> dict[str, Any]:
        """Return the fields that were sent, by the names of the rules."""
        given = self.model_fields_set - {"token_id", "visit_date"}
        return {name: getattr(self, name) for name in given}


class VisitChange(Body):
    """What of a visit is to be changed; null takes a text away."""

    chief_complaint: LongText | None = None
    vital_signs: VitalSigns | None = None
    examination: LongText | None = None
    diagnosis: ShortText | None = Field(
        default=None, description="In words alone: takes the place of a diagnosis with a code."
    )
    prescription: LongText | None = Field(
        default=None, description="In words alone: supersedes a prescription of medications."
    )
    notes: LongText | None = None

    @model_validator(mode="after")
    def _require_a_change(self) -> VisitChange:
        if not self.model_fields_set:
            raise ValueError("give at least one field to change")
        return self

    def changes(self) -> dict[str, Any]:
        """Return the fields to change, by the names of the rules."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class DiagnosisBody(Body):
    """A diagnosis; it takes the place of the one before."""

    diagnosis: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)
    ]
    icd10_code: Annotated[str, StringConstraints(max_length=10)] | None = Field(
        default=None,
        description="A category or subcategory of the WHO's ICD-10, such as I10 or E11.9.",
    )
    severity: Severity | None = None
    notes: LongText | None = None


class MedicationBody(Body):
    """One medicine, in the doctor's words."""

    name: Words
    strength: Words | None = None
    frequency: Words | None = None
    duration: Words | None = None
    instructions: ShortText | None = None


class PrescriptionBody(Body):
    """A prescription; it supersedes the one before."""

    medications: Annotated[list[MedicationBody], Field(min_length=1, max_length=30)]
    notes: LongText | None = Field(default=None, description="Printed below, as advice.")


class NotesBody(Body):
    """A private note."""

    private_notes: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)
    ]
    is_confidential: bool = Field(
        default=True,
        description="How the doctor marked it. Only the doctor and the clinic's admins see any.",
    )


class FollowUpBody(Body):
    """When the patient is to come again, by the clinic's clock."""

    follow_up_date: date
    follow_up_time: ClockTime | None = Field(
        default=None,
        description="That slot or the next free one; left out: the day's first free, first in the "
        "part of the day that the patient prefers.",
    )
    pay_at_clinic: bool = Field(default=False, description="No advance is asked for.")


class VisitsQuery(Paged):
    """A page of visits, the latest first."""


class PatientShown(Data):
    """The patient a list is about."""

    patient_id: str
    patient_phone: str | None
    name: str


class VisitSummary(Data):
    """One visit in a list."""

    visit_id: str
    date: Day
    token_id: str | None
    status: str
    diagnosis: str | None
    prescription: str | None
    notes: str | None
    created_at: Instant


class TimelineVisit(VisitSummary):
    """One visit in a patient's timeline."""

    doctor_id: str
    doctor_name: str | None


class VisitList(Data):
    """A page of a patient's visits with one doctor."""

    patient: PatientShown
    visits: list[VisitSummary]
    total_count: int
    next_cursor: str | None


class TimelineData(Data):
    """A page of a patient's visits with the doctors the caller may see."""

    patient: PatientShown
    visits: list[TimelineVisit]
    total_count: int
    next_cursor: str | None


class Written(Data):
    """A visit that was written."""

    visit_id: str
    patient_id: str
    doctor_id: str
    created_at: Instant


class Changed(Data):
    """A visit that was changed."""

    visit_id: str
    updated_at: Instant


class Warned(Data):
    """That a medicine is among the patient's allergies."""

    medicine: str
    allergy: str
    message: str


class ChangedVisit(Changed):
    """A visit that was changed, and what to look at once more."""

    warnings: list[Warned]


class Diagnosed(Changed):
    """A diagnosis that was written."""

    diagnosis: str
    icd10_code: str | None
    icd10_title: str | None = Field(description="What the code stands for.")


class PrescribedData(Changed):
    """A prescription that was written."""

    prescription_id: str
    prescription: str = Field(description="In words, as visits show it.")
    warnings: list[Warned] = Field(
        description="Medicines that are among the patient's allergies; they are prescribed anyway."
    )


class Noted(Data):
    """A private note that was added."""

    visit_id: str
    notes_id: str
    is_confidential: bool
    created_at: Instant


class SentData(Data):
    """A prescription on its way to the patient."""

    visit_id: str
    message_id: str
    status: str
    expires_at: Instant = Field(description="Until then the patient can open it.")


class FollowUp(Data):
    """The booking of the next visit; with an advance due the patient was sent the link."""

    visit_id: str
    token_id: str
    token_number: str
    status: str
    follow_up_date: Day
    estimated_time: Instant
    payment_status: str
    held_until: Instant | None


class MedicationData(Data):
    """One medicine, as prescribed."""

    name: str
    strength: str | None
    frequency: str | None
    duration: str | None
    instructions: str | None


class PrescriptionData(Data):
    """One structured prescription of a visit."""

    prescription_id: str
    status: Literal["CURRENT", "SUPERSEDED"]
    medications: list[MedicationData]
    notes: str | None
    created_by: str
    created_at: Instant
    superseded_at: Instant | None


class NoteData(Data):
    """One private note."""

    notes_id: str
    private_notes: str
    is_confidential: bool
    created_by: str
    created_at: Instant


class EditData(Data):
    """One edit of a visit."""

    action: str = Field(description="record, edit, diagnosis, prescription or notes.")
    fields: list[str]
    by: str
    at: Instant


class VisitData(Data):
    """A visit with all that was written about it."""

    visit_id: str
    patient_id: str
    patient_phone: str | None
    patient_name: str
    doctor_id: str
    doctor_name: str | None
    visit_date: Day
    token_id: str | None
    status: str
    chief_complaint: str | None
    vital_signs: dict[str, str]
    examination: str | None
    diagnosis: str | None
    icd10_code: str | None
    icd10_title: str | None
    severity: Severity | None
    diagnosis_notes: str | None
    prescription: str | None
    prescription_id: str | None
    medications: list[MedicationData] = Field(
        description="Of the current prescription; empty if that is in words alone."
    )
    prescription_notes: str | None
    prescriptions: list[PrescriptionData] = Field(description="All of them, oldest first.")
    notes: str | None
    follow_up_token_id: str | None
    private_notes: str | None = Field(
        description="All private notes, oldest first, a blank line between them."
    )
    private_notes_entries: list[NoteData]
    edits: list[EditData] = Field(description="Who wrote what and when, oldest first.")
    created_at: Instant
    updated_at: Instant


class VisitDetail(Data):
    """One visit."""

    visit: VisitData
