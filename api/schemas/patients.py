"""Patients of a clinic (specification 6.4), their export and their erasure."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.schemas.base import Body, Data, Id, Instant, Name, Paged, Path, Phone, Query
from domain.actions.people.patients import KnownPatient
from domain.actions.people.profile import MAX_AGE
from domain.model.people import ConsentChanged, ConsentWay

Gender = Literal["MALE", "FEMALE", "OTHER"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
WordList = Annotated[list[Words], Field(max_length=50)]
Age = Annotated[
    int,
    Field(
        ge=0, le=MAX_AGE, description="Whole years today; beside a date of birth it means nothing."
    ),
]
BirthDate = Annotated[date, Field(description="YYYY-MM-DD")]


class PatientPath(Path):
    """Which patient."""

    patient_id: Id


class ProfileBody(Body):
    """What is told of a person and their health; null for what is not known."""

    date_of_birth: BirthDate | None = None
    age: Age | None = None
    gender: Gender | None = None
    address: Annotated[str, StringConstraints(max_length=300)] | None = None
    emergency_contact: Phone | None = None
    blood_group: Annotated[str, StringConstraints(max_length=20)] | None = None
    allergies: WordList | None = None
    chronic_conditions: WordList | None = None
    current_medications: WordList | None = None

    def sent_fields(self) -> dict[str, Any]:
        """Return the fields that were sent, by the names of the rules."""
        named = self.model_fields_set & ProfileBody.model_fields.keys()
        values = ((name, getattr(self, name)) for name in named)
        return {name: tuple(v) if isinstance(v, list) else v for name, v in values}


class NewPatient(ProfileBody):
    """Somebody to be recorded as a patient."""

    phone: Phone
    name: Name
    opt_in: Annotated[
        bool, Field(description="Whether the person agreed to hear from the clinic on WhatsApp.")
    ] = True


class PatientChange(ProfileBody):
    """What is to change; what is not named stays."""

    name: Name | None = None


class PatientRecorded(Data):
    """A patient, as the caller knows them."""

    patient_id: str
    phone: str | None
    name: str
    date_of_birth: date | None
    age: int | None
    gender: str | None
    blood_group: str | None
    allergies: list[str]
    chronic_conditions: list[str]
    created_at: Instant


class ConsentChangeShown(Data):
    """That what may be sent to a patient's phone changed."""

    at: Instant
    change: ConsentChanged
    way: Annotated[
        ConsentWay,
        Field(
            description="BOT: they wrote or booked; WORD: STOP or START; STAFF: booked by staff; "
            "API: recorded by staff; WHATSAPP: set in WhatsApp itself."
        ),
    ]


class ConsentShown(Data):
    """What may be sent to a patient's phone, which is the same for everybody on it."""

    opted_in: bool
    opted_in_at: Annotated[
        Instant | None, Field(description="The last opt-in; null if staff recorded none.")
    ]
    opted_in_way: Annotated[
        str | None, Field(description="BOT: by writing; CLINIC: by staff; WORD: by START.")
    ]
    opted_out_at: Instant | None
    marketing_stopped: Annotated[
        bool, Field(description="Whether they stopped marketing in WhatsApp itself.")
    ]
    history: Annotated[list[ConsentChangeShown], Field(description="The latest change first.")]

    @classmethod
    def of(cls, known: KnownPatient) -> ConsentShown | None:
        """Render a patient's consent; None where it was not read."""
        found = known.consent
        if found is None:
            return None
        return cls(
            opted_in=found.is_in,
            opted_in_at=found.at,
            opted_in_way=found.way if found.at else None,
            opted_out_at=found.out_at,
            marketing_stopped=found.marketing_stopped,
            history=[
                ConsentChangeShown(at=c.at, change=c.what, way=c.way) for c in known.consent_changes
            ],
        )


class PatientProfile(Data):
    """All that the caller may know of a patient."""

    patient_id: str
    patient_phone: str | None
    name: str
    date_of_birth: date | None
    age: int | None
    gender: str | None
    address: str | None
    emergency_contact: str | None
    blood_group: str | None
    allergies: list[str]
    chronic_conditions: list[str]
    current_medications: list[str]
    consent: ConsentShown | None
    created_at: Instant
    updated_at: Instant


class OnePatient(Data):
    """One patient."""

    patient: PatientProfile


class PatientChanged(Data):
    """That a patient's data was changed."""

    patient_id: str
    updated_at: Instant


class PatientSearch(Paged):
    """What is looked for: the beginnings of the words of a name, of a number, or both."""

    phone: str | None = Field(default=None, max_length=30)
    name: str | None = Field(default=None, max_length=100)


class FoundPatient(Data):
    """A patient who fits; visits are the doctor's own, or for an admin the whole clinic's."""

    patient_id: str
    phone: str | None
    name: str
    age: int | None
    gender: str | None
    last_visit: date | None
    total_visits: int
    is_associated_with_doctor: Annotated[
        bool, Field(description="For an admin: with any doctor of the clinic.")
    ]


class FoundPatients(Data):
    """Who fits, by name."""

    patients: list[FoundPatient]
    total_found: Annotated[int, Field(description="All that fit, on this page or not.")]
    search_term: str
    next_cursor: str | None


class ListedPatient(Data):
    """A patient in the list; visits as in a search."""

    patient_id: str
    patient_phone: str | None
    name: str
    age: int | None
    gender: str | None
    last_visit_date: Instant | None
    total_visits: int
    created_at: Instant


class PatientList(Data):
    """Patients, by name."""

    patients: list[ListedPatient]
    total_count: int
    next_cursor: str | None


class ExportQuery(Query):
    """In which form, and whether with phone numbers."""

    format: Literal["CSV", "JSON"] = "CSV"
    include_phones: bool = False


class ExportedPatient(Data):
    """A patient in an export; numbers only if they were asked for."""

    patient_id: str
    name: str
    phone: str | None
    date_of_birth: date | None
    age: int | None
    gender: str | None
    address: str | None
    emergency_contact: str | None
    blood_group: str | None
    allergies: list[str]
    chronic_conditions: list[str]
    current_medications: list[str]
    opted_in: bool | None
    opted_in_at: Instant | None
    opted_in_way: str | None
    opted_out_at: Instant | None
    total_visits: int
    last_visit_date: Instant | None
    created_at: Instant
    updated_at: Instant
    complaints: Annotated[
        list[str], Field(description="What visits were for, in the patient's own words.")
    ]
    files: Annotated[
        list[str], Field(description="Where files that the patient sent for a visit are had.")
    ]
    talked_at: Annotated[
        Instant | None, Field(description="When they last wrote with the clinic's people in chat.")
    ]


class KeptData(Data):
    """Something that is not erased, and why."""

    what: str
    reason: str
    count: int | None
    until: Annotated[date | None, Field(description="From that day on it is erased, too.")]


class PatientErased(Data):
    """What became of a patient's data at this clinic."""

    patient_id: str
    erased_at: Instant
    erased: list[str]
    kept: list[KeptData]
