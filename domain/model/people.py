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
    language: str | None = None
    """None until chosen; the bot then speaks English."""
    last_clinic_id: str | None = None
    """The clinic last talked to on a shared number."""
    profile_name: str | None = None
    patient_ids: tuple[str, ...] = ()
    """Who this contact writes for, the first being the one who introduced themself."""
    created_at: datetime


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
    created_at: datetime


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
    date_of_birth: date | None = None
    gender: str | None = None
    opted_in_by: str = "BOT"
    """The way of the opt-in: BOT (wrote first) or CLINIC (recorded by staff)."""
    opted_in_at: datetime | None = None
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
    status: AssociationStatus = AssociationStatus.ACTIVE
    created_at: datetime
    updated_at: datetime


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
    at: datetime
