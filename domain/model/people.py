"""People: contacts and their consent, patients, and their records at clinics and doctors."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from domain.model.base import Record

NO_ADDRESS = "nob_"
"""Begins the id of a contact without phone and WhatsApp: nothing is ever sent to it."""


def has_address(contact_id: str) -> bool:
    """Return whether there is any way to write to a contact.

    There is none to a walk-in who gave no phone.
    """
    return not contact_id.startswith(NO_ADDRESS)


class Contact(Record, frozen=True, kw_only=True):
    """One WhatsApp account: a phone, a WhatsApp user id, or both. Key: contactId.

    One that stands for a walk-in without a phone has neither (`has_address`).

    We write to a contact; a clinic treats a patient. One contact may write for several patients (a
    family on one phone).
    """

    TABLE: ClassVar[str] = "contacts"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)

    contact_id: str
    phone: str | None = None
    """E.164; None while WhatsApp hides it."""
    wa_user_id: str | None = None
    verified_phone: bool = False
    """Whether a signed message carried this phone and this WhatsApp user id together."""
    told_phone: str | None = None
    """A number (E.164) the person typed while WhatsApp hides theirs, for the desk to call.

    Nothing proves it: no message is sent to it, and no `Address` has it.
    """
    number_asked_at: datetime | None = None
    """When they were asked for a number; that happens once."""
    language: str | None = None
    """None until chosen; the bot then speaks English."""
    last_clinic_id: str | None = None
    """The clinic they last wrote to on a shared number."""
    profile_name: str | None = None
    whatsapp_failed_at: datetime | None = None
    """When WhatsApp last failed to deliver a code; codes are then sent by text message."""
    holds_at: tuple[datetime, ...] = ()
    """When they took unpaid holds in chat, as far as these still count (`phone_limits`)."""
    refunds_at: tuple[datetime, ...] = ()
    """When they cancelled paid bookings in chat, likewise."""
    patient_ids: tuple[str, ...] = ()
    """The patients this contact writes for, in the order they were added."""
    created_at: datetime

    @property
    def number(self) -> str | None:
        """The number for the desk to call: WhatsApp's, or else the told one."""
        return self.phone or self.told_phone


class Address(Record, frozen=True, kw_only=True):
    """An address that leads to one contact: `tel:+91…` or `wa:IN.77…`. Key: address."""

    TABLE: ClassVar[str] = "addresses"
    KEY: ClassVar[tuple[str, ...]] = ("address",)

    address: str
    contact_id: str


class Patient(Record, frozen=True, kw_only=True):
    """A person who is treated, at any clinic. Key: patientId."""

    TABLE: ClassVar[str] = "patients"
    KEY: ClassVar[tuple[str, ...]] = ("patient_id",)

    patient_id: str
    contact_id: str
    patient_phone: str | None = None
    name: str
    named_by: str | None = None
    """The clinic that gave the name; None once the contact gave or used it themself.

    Until then only that clinic's conversation offers the patient to the contact.
    """
    clinic_ids: tuple[str, ...] = ()
    """The clinics that have a record of this person: one, unless two were booked at one moment."""
    erased_by: tuple[str, ...] = ()
    """The clinics that erased their record: at these the person is somebody new next time."""
    created_at: datetime


class Profile(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is known of a patient's person and health; stored only as one encrypted text.

    None is not known.
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


BY_CHAT = "chat"
"""The author of a clinic's record that a booking in chat opened, until staff write it."""


class ClinicPatient(Record, frozen=True, kw_only=True):
    """One clinic's record of a patient; no other clinic sees it. Key: clinicId, patientId."""

    TABLE: ClassVar[str] = "clinic-patients"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "patient_id")

    clinic_id: str
    patient_id: str
    patient_phone: str | None = None
    name: str
    name_key: str
    """The folded name, by which the index sorts and finds."""
    facts: str | None = None
    """Ciphertext of `Profile`."""
    author: str | None = None
    """Who wrote all of this record so far: the doctor, who therefore may see it, or `BY_CHAT`."""
    doctor_ids: tuple[str, ...] = ()
    """The clinic's doctors who have, or had, an association with the patient."""
    opted_in_by: str = "BOT"
    """How they last opted in: BOT (by writing), CLINIC (by staff) or WORD (by START)."""
    opted_in_at: datetime | None = None
    """None if staff recorded the patient without consent."""
    created_at: datetime
    updated_at: datetime


class FreeMessages(Record, frozen=True, kw_only=True):
    """Messages in a clinic's own words on a day, while that is limited. Key: clinicId, day."""

    TABLE: ClassVar[str] = "free-messages"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "day")

    clinic_id: str
    day: str
    """ISO, in the clinic's zone."""
    count: int


class AssociationStatus(StrEnum):
    """Whether the association holds now."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class Association(Record, frozen=True, kw_only=True):
    """A doctor's association with a patient. Key: doctorId, patientId."""

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
    """Ciphertext of the `Profile` this doctor recorded, until they may see the clinic's."""
    treats: bool = False
    """Whether the patient ever had a token or visit here, which shows the clinic's profile."""
    status: AssociationStatus = AssociationStatus.ACTIVE
    created_at: datetime
    updated_at: datetime


class DirectoryEntry(Record, frozen=True, kw_only=True):
    """One way to find a patient among those of a clinic or of a doctor. Key: owner, entry.

    `entry` is the way (whole name, word of it, or phone), the text searched for, and the patientId.
    It is read consistently, unlike an index.
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
    """What a contact has stopped of all clinics. Key: contactId.

    On a number that clinics share a person may opt out of all of them at once, and in WhatsApp's
    own settings they may stop marketing.
    """

    TABLE: ClassVar[str] = "silences"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)

    contact_id: str
    all_clinics: bool = False
    everything: bool = False
    """Whether the notices of live tokens are stopped too."""
    but_for: tuple[str, ...] = ()
    """Clinics (clinicId) to which the person has opted in again since."""
    marketing: bool = False
    """Whether the person stopped marketing in WhatsApp."""
    at: datetime


class DirectoryCount(Record, frozen=True, kw_only=True):
    """How many patients of a shard an owner's directory holds. Key: owner, shard.

    It is written in the transaction of the entries, so the sum over all shards is exact. There are
    many shards, so that two new patients at the same moment rarely conflict.
    """

    TABLE: ClassVar[str] = "directory-counts"
    KEY: ClassVar[tuple[str, ...]] = ("owner", "shard")

    owner: str
    shard: str
    clinic_id: str
    doctor_id: str | None = None
    patients: int = 0


class OptOut(Record, frozen=True, kw_only=True):
    """A contact's opt-out of a clinic's messages. Key: clinicId, contactId.

    With `everything` False the notices of a live token still come (turn, delay, cancellation,
    refund); with True they stop too.
    """

    TABLE: ClassVar[str] = "optouts"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "contact_id")

    clinic_id: str
    contact_id: str
    everything: bool = False
    by_clinic: bool = False
    """Whether staff caused it by recording the person without consent.

    It ends when the person writes to the clinic.
    """
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
    """WhatsApp reported their settings."""


class ConsentChange(Record, frozen=True, kw_only=True):
    """A change of a person's consent. Key: contactId, change. Append-only."""

    TABLE: ClassVar[str] = "consents"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id", "change")

    contact_id: str
    change: str
    clinic_id: str | None = None
    """None is all clinics."""
    what: ConsentChanged
    everything: bool = False
    """Whether the notices of live tokens were stopped, too."""
    way: ConsentWay
    at: datetime
