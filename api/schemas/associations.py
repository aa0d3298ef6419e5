"""A doctor's patients (specification 6.5)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.schemas.base import Body, Data, Id, Instant, Name, Path, Phone
from api.schemas.patients import ProfileBody

PreferredTime = Literal["MORNING", "AFTERNOON", "EVENING"]
CommunicationMethod = Literal["WHATSAPP", "SMS"]


class DoctorPatientsPath(Path):
    """Whose patients."""

    doctor_id: Id


class DoctorPatientPath(Path):
    """Which doctor, and which patient of theirs."""

    doctor_id: Id
    patient_id: Id


class PreferenceChange(Body):
    """What a patient prefers at this doctor's; null for no preference any more."""

    preferred_time: PreferredTime | None = Field(
        default=None,
        description="The part of the day whose free times come first where times are offered to "
        "the patient, or the next free one is booked for them: MORNING is before 12:00, AFTERNOON "
        "from 12:00, EVENING from 17:00, by the clinic's clock. All other times stay on offer.",
    )
    communication_method: CommunicationMethod | None = Field(
        default=None,
        description="How news of visits to this doctor comes: confirmations, reminders, progress, "
        '"it is your turn", changes, refunds. SMS needs an installation that sends text messages '
        "and a known phone number, else WHATSAPP is used, as it is where an SMS fails. A person "
        "who writes on WhatsApp is answered there. Every SMS is charged.",
    )

    def sent_fields(self) -> dict[str, Any]:
        """Return the preferences that were sent, by their names in the API."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class Preferences(Data):
    """What a patient prefers at this doctor's; null where nothing is known."""

    preferred_time: str | None = Field(
        default=None, description="The part of the day whose free times are offered first."
    )
    communication_method: str | None = Field(
        default=None, description="How news of visits to this doctor comes, where it can."
    )


class NewAssociation(ProfileBody):
    """Somebody to become a doctor's patient; recorded as a patient of the clinic, if new to it."""

    patient_phone: Phone
    patient_name: Name
    preferences: PreferenceChange = PreferenceChange()
    opt_in: Annotated[
        bool, Field(description="Whether the person agreed to hear from the clinic on WhatsApp.")
    ] = True


class AssociationChange(Body):
    """What is to change of what a doctor notes; what is not named stays."""

    preferences: PreferenceChange | None = None
    notes: Annotated[str, StringConstraints(max_length=5000)] | None = None

    def sent_fields(self) -> dict[str, Any]:
        """Return the fields that were sent, by the names of the rules."""
        changes: dict[str, Any] = {}
        if self.preferences is not None:
            changes["preferences"] = self.preferences.sent_fields()
        if "notes" in self.model_fields_set:
            changes["notes"] = self.notes
        return changes


class Associated(Data):
    """That somebody is a doctor's patient."""

    association_id: str
    patient_id: str
    patient_phone: str | None
    doctor_id: str
    association_date: Instant


class DoctorsPatient(Data):
    """A patient of a doctor; the counts are of visits to this doctor."""

    patient_id: str
    patient_phone: str | None
    name: str
    age: int | None
    gender: str | None
    association_date: Instant
    last_visit_date: Instant | None
    total_visits: int
    preferences: Preferences


class DoctorsPatients(Data):
    """A doctor's patients, by name."""

    patients: list[DoctorsPatient]
    total_count: int
    next_cursor: str | None


class MedicalHistory(Data):
    """What is known of the patient's health."""

    allergies: list[str]
    chronic_conditions: list[str]
    current_medications: list[str]


class DoctorsPatientDetail(DoctorsPatient):
    """A patient of a doctor, with what this doctor noted."""

    medical_history: MedicalHistory
    notes: str | None


class DoctorsPatientShown(Data):
    """One patient of a doctor."""

    patient: DoctorsPatientDetail


class AssociationChanged(Data):
    """That what a doctor notes of a patient was changed."""

    patient_id: str
    updated_at: Instant


class AssociationEnded(Data):
    """That somebody is a doctor's patient no more."""

    patient_id: str
    removed_at: Instant
