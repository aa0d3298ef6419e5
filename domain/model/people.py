"""People: WhatsApp accounts, patients, and how they belong to clinics and doctors."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from domain.model.base import Record


class Contact(Record, frozen=True, kw_only=True):
    """One WhatsApp account: a phone, a WhatsApp user id, or both. Key: contactId.

    A contact is who is written to; a patient is who is treated. One contact may write for several
    patients (a family on one phone).
    """

    TABLE: ClassVar[str] = "contacts"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)

    contact_id: str
    phone: str | None = None
    """E.164; None while WhatsApp has not told it."""
    wa_user_id: str | None = None
    verified_phone: bool = False
    """Whether a signed message carried this phone and this WhatsApp user id together."""
    told_phone: str | None = None
    """A number (E.164) the person gave while WhatsApp tells none: for people to call.

    Nothing proves it: no message goes there, and no address leads from it to anybody.
    """
    number_asked_at: datetime | None = None
    """When they were asked for a number, which happens once."""
    language: str | None = None
    """None until chosen; the bot then speaks English."""
    last_clinic_id: str | None = None
    """The clinic last talked to on a shared number."""
    profile_name: str | None = None
    whatsapp_failed_at: datetime | None = None
    """When WhatsApp last could not bring a code here; codes then go by text message."""
    patient_ids: tuple[str, ...] = ()
    """Who this contact writes for, the first being the one who introduced themself."""
    created_at: datetime

    @property
    def number(self) -> str | None:
        """The number people at a clinic call: WhatsApp's, or else the one that was given."""
        return self.phone or self.told_phone


class Address(Record, frozen=True, kw_only=True):
    """Where one contact is reached: `tel:+91…` or `wa:IN.77…`. Key: address."""

    TABLE: ClassVar[str] = "addresses"
    KEY: ClassVar[tuple[str, ...]] = ("address",)

    address: str
    contact_id: str


class Patient(Record, frozen=True, kw_only=True):
    """A person who is treated, whatever the clinic. Key: patientId."""

    TABLE: ClassVar[str] = "patients"
    KEY: ClassVar[tuple[str, ...]] = ("patient_id",)

    patient_id: str
    contact_id: str
    patient_phone: str | None = None
    name: str
    named_by: str | None = None
    """The clinic that gave the name; None once the contact has given or used it themself.

    Until then the contact is offered it in that clinic's conversation only.
    """
    clinic_ids: tuple[str, ...] = ()
    """The clinics that keep a record of this person; no clinic is ever told of another."""
    created_at: datetime


class Profile(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is known of a patient's person and health; stored only as one sealed text.

    None is what nobody has said yet.
    """

    date_of_birth: date | None = None
    age: int | None = None
    """Whole years on `age_on`; never beside a date of birth."""
    age_on: date | None = None
    gender: str | None = None
    address: str | None = None
    emergency_contact: str | None = None
    """E.164."""
    blood_group: str | None = None
    allergies: tuple[str, ...] | None = None
    chronic_conditions: tuple[str, ...] | None = None
    current_medications: tuple[str, ...] | None = None


class ClinicPatient(Record, frozen=True, kw_only=True):
    """What one clinic knows about a patient; nobody else sees it. Key: clinicId, patientId."""

    TABLE: ClassVar[str] = "clinic-patients"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "patient_id")

    clinic_id: str
    patient_id: str
    patient_phone: str | None = None
    name: str
    name_key: str
    """The name folded for searching, so that the index sorts and finds it."""
    facts: str | None = None
    """Ciphertext of `Profile`."""
    author: str | None = None
    """The doctor who alone has written this record so far, and so may see all of it."""
    doctor_ids: tuple[str, ...] = ()
    """The clinic's doctors who have, or had, an association with the patient."""
    opted_in_by: str = "BOT"
    """The way of the last opt-in: BOT (wrote first), CLINIC (by staff) or WORD (START)."""
    opted_in_at: datetime | None = None
    """None if staff recorded the patient without consent to be written to."""
    created_at: datetime
    updated_at: datetime


class AssociationStatus(StrEnum):
    """Whether doctor and patient are connected now."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class Association(Record, frozen=True, kw_only=True):
    """A doctor's connection with a patient. Key: doctorId, patientId."""

    TABLE: ClassVar[str] = "associations"
    KEY: ClassVar[tuple[str, ...]] = ("doctor_id", "patient_id")

    doctor_id: str
    patient_id: str
    association_id: str
    clinic_id: str
    patient_phone: str | None = None
    patient_name: str
    association_date: datetime
    last_visit_date: datetime | None = None
    total_visits: int = 0
    preferences: dict[str, str] = msgspec.field(default_factory=dict)
    notes: str | None = None
    """Ciphertext of the doctor's notes."""
    recorded: str | None = None
    """Ciphertext of the `Profile` this doctor gave, until they may see the clinic's."""
    treats: bool = False
    """Whether the patient ever had a token or visit here: this opens the clinic's facts."""
    status: AssociationStatus = AssociationStatus.ACTIVE
    created_at: datetime
    updated_at: datetime


class DirectoryEntry(Record, frozen=True, kw_only=True):
    """One way to find a patient among those of a clinic or of a doctor. Key: owner, entry.

    `entry` is a way (by the whole name, by a word of it, by phone), what is looked for, and the
    patient. Read consistently, unlike an index.
    """

    TABLE: ClassVar[str] = "directory"
    KEY: ClassVar[tuple[str, ...]] = ("owner", "entry")

    owner: str
    """The clinicId, or the doctorId of one of its doctors."""
    entry: str
    clinic_id: str
    doctor_id: str | None = None
    patient_id: str
    name_key: str
    patient_phone: str | None = None


class Silence(Record, frozen=True, kw_only=True):
    """That a contact wants no more messages, whichever clinic they are of. Key: contactId.

    On a number that clinics share a person may stop all of them at once; and in WhatsApp itself
    they may stop marketing.
    """

    TABLE: ClassVar[str] = "silences"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)

    contact_id: str
    all_clinics: bool = False
    everything: bool = False
    """Of all clinics the notices of live tokens too."""
    but_for: tuple[str, ...] = ()
    """Clinics (clinicId) that the person has let write again since."""
    marketing: bool = False
    """What WhatsApp counts as marketing, as the person said there."""
    at: datetime


class DirectoryCount(Record, frozen=True, kw_only=True):
    """How many patients of a shard an owner's directory holds. Key: owner, shard.

    Written with the entries, so that the sum over all shards is exact; in many shards, so that
    new patients of one moment rarely meet in one.
    """

    TABLE: ClassVar[str] = "directory-counts"
    KEY: ClassVar[tuple[str, ...]] = ("owner", "shard")

    owner: str
    shard: str
    clinic_id: str
    doctor_id: str | None = None
    patients: int = 0


class OptOut(Record, frozen=True, kw_only=True):
    """That a contact wants no more messages of a clinic. Key: clinicId, contactId.

    `everything` False still lets the notices of a live token through (turn, delay, cancellation,
    refund); True ends those too.
    """

    TABLE: ClassVar[str] = "optouts"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "contact_id")

    clinic_id: str
    contact_id: str
    everything: bool = False
    by_clinic: bool = False
    """Whether staff recorded the person without consent; ended by writing to the clinic."""
    at: datetime


class ConsentChanged(StrEnum):
    """What a person let come, or stopped."""

    OPTED_IN = "OPTED_IN"
    OPTED_OUT = "OPTED_OUT"
    MARKETING_STOPPED = "MARKETING_STOPPED"
    MARKETING_RESUMED = "MARKETING_RESUMED"


class ConsentWay(StrEnum):
    """How it was learned."""

    BOT = "BOT"
    """They wrote or booked themselves."""
    WORD = "WORD"
    """They wrote STOP or START."""
    STAFF = "STAFF"
    """Staff booked for them."""
    API = "API"
    """Staff recorded them as a patient."""
    WHATSAPP = "WHATSAPP"
    """WhatsApp told what they prefer there."""


class ConsentChange(Record, frozen=True, kw_only=True):
    """That a person's consent changed: when, and which way. Key: contactId, change. Append-only."""

    TABLE: ClassVar[str] = "consents"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id", "change")

    contact_id: str
    change: str
    clinic_id: str | None = None
    """None: of all clinics at once."""
    what: ConsentChanged
    everything: bool = False
    """Whether the notices of live tokens were stopped, too."""
    way: ConsentWay
    at: datetime
