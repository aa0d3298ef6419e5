"""Clinics, their staff and doctors, and their WhatsApp senders."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from zoneinfo import ZoneInfo

import msgspec

from domain.clinic_names import NameDoubt
from domain.model.base import Record


class ClinicStatus(StrEnum):
    """Whether a clinic may take new bookings."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class Clinic(Record, frozen=True, kw_only=True):
    """A clinic: no other sees what belongs to it. Key: clinicId."""

    TABLE: ClassVar[str] = "clinics"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id",)
    SHOWN: ClassVar[bool] = True

    clinic_id: str
    name: str
    whatsapp_number: str
    """The patient-facing number, E.164."""
    address: str = ""
    latitude: str | None = None
    longitude: str | None = None
    """Where it is, as in `messages.Place`; both or neither."""
    phone: str | None = None
    status: ClinicStatus = ClinicStatus.ACTIVE
    subscription_plan: str = "BASIC"
    plan: str = "BASIC"
    """Equal to subscription_plan; the index over plans uses this name."""
    max_doctors: int = 3
    current_doctors: int = 0
    price_per_doctor: int = 799
    total_amount: int = 0
    billing_cycle: str = "MONTHLY"
    next_billing_date: date | None = None
    time_zone: str = "Asia/Kolkata"
    phone_number_id: str | None = None
    """Its own WhatsApp sender; None while it uses the platform's."""
    join_code: str = ""
    """What people write after JOIN to reach this clinic on a shared number."""
    routed_number: str | None = None
    """The proven number, which leads here until a changed whatsapp_number is proven."""
    number_request_id: str | None = None
    """The requestId of the one-time code for a changed whatsapp_number."""
    holidays: tuple[date, ...] = ()
    booking_days: int = 14
    """How many days after today can be booked."""
    name_doubt: NameDoubt | None = None
    """What an operator has yet to look at in its name."""
    trusted_at: datetime | None = None
    """When the operator said that it may write to whomever its staff record."""
    desk_counts: bool = False
    """Whether the desk says what it takes; then a completion collects nothing unasked."""
    created_at: datetime
    updated_at: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The zone of this clinic's days and hours."""
        return ZoneInfo(self.time_zone)


class Role(StrEnum):
    """The role of a user."""

    ADMIN = "ADMIN"
    DOCTOR = "DOCTOR"


class StaffStatus(StrEnum):
    """Whether a user or a doctor works here now."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class User(Record, frozen=True, kw_only=True):
    """A staff account. Key: clinicId, userId. Found by whatsappNumber."""

    TABLE: ClassVar[str] = "users"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "user_id")

    clinic_id: str
    user_id: str
    whatsapp_number: str
    name: str
    role: Role
    doctor_id: str | None = None
    status: StaffStatus = StaffStatus.ACTIVE
    proven: bool = False
    """Whether the number is proven to be theirs; until then it is treated as a patient's."""
    permissions: tuple[str, ...] = ()
    password_hash: str | None = None
    must_change_password: bool = False
    password_updated_at: datetime | None = None
    session_era: int = 0
    """Sessions of an earlier era are over; see domain.actions.staff.sessions."""
    last_login: datetime | None = None
    locked_at: datetime | None = None
    """Since when nobody can sign in: its owner sent "lock". A reset by code unlocks it."""
    frozen: bool = False
    """Whether the number it had before locked it: then an admin must set the number anew first."""
    sign_in_told_at: datetime | None = None
    """When its owner was last told of sign-ins."""
    sign_ins_untold: int = 0
    """Sign-ins since then."""
    created_at: datetime
    updated_at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Hours of some weekdays, by the clinic's clock; several of a day follow each other."""

    days: tuple[str, ...]
    """MON to SUN."""
    start_time: str
    end_time: str
    """At or before start_time it is on the next day."""


class Doctor(Record, frozen=True, kw_only=True):
    """A doctor of a clinic, and the plan of their day. Key: clinicId, doctorId."""

    TABLE: ClassVar[str] = "doctors"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "doctor_id")
    SHOWN: ClassVar[bool] = True

    clinic_id: str
    doctor_id: str
    user_id: str | None = None
    name: str
    whatsapp_number: str
    specialization: str
    consultation_fee: int
    """Whole rupees."""
    advance_amount: int
    """Whole rupees, at most the fee; 0 confirms a booking at once."""
    daily_limit: int = 40
    consultation_duration: int = 15
    """Minutes, as planned."""
    start_time: str = "09:00"
    end_time: str = "17:00"
    """At or before start_time it is on the next day."""
    lunch_break: str | None = None
    """Such as 13:00-14:00."""
    sessions: tuple[Session, ...] = ()
    """The hours, where days differ or have several breaks. They stand over start_time, end_time and
    lunch_break, which show the first start, the last end and the longest gap."""
    working_days: tuple[str, ...] = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
    days_off: tuple[date, ...] = ()
    status: StaffStatus = StaffStatus.ACTIVE
    typical_minutes: int | None = None
    """How long past consultations took, with which a day's estimate begins."""
    created_at: datetime
    updated_at: datetime


class Claim(Record, frozen=True, kw_only=True):
    """A thing that only one clinic can have, such as a proven number. Key: claim.

    Claims are `number:+91…` (a clinic's patient-facing number), `sender:…` (a WhatsApp
    phone_number_id), `code:CITY42` (a join code).
    """

    TABLE: ClassVar[str] = "claims"
    KEY: ClassVar[tuple[str, ...]] = ("claim",)

    claim: str
    clinic_id: str


class Sender(Record, frozen=True, kw_only=True):
    """A clinic's own WhatsApp sender, proven by its access token. Key: sender.

    The key is WhatsApp's phone_number_id. A sender given up stays a day, for queued messages.
    """

    TABLE: ClassVar[str] = "senders"
    KEY: ClassVar[tuple[str, ...]] = ("sender",)

    sender: str
    clinic_id: str
    number: str
    """Its number, E.164."""
    access_token: str
    """Ciphertext."""
    payment_configuration: str | None = None
    """The payment configuration of its WhatsApp account, for advances paid in WhatsApp."""
    proven_at: datetime


class StaffNumber(Record, frozen=True, kw_only=True):
    """Whose a number is at a clinic. Key: whatsappNumber, clinicId.

    The key makes sure that a number has one user per clinic.
    """

    TABLE: ClassVar[str] = "staff-numbers"
    KEY: ClassVar[tuple[str, ...]] = ("whatsapp_number", "clinic_id")

    whatsapp_number: str
    clinic_id: str
    user_id: str
    doctor_id: str | None = None
    former: bool = False
    """Whether it is theirs no more, and can still lock the account until its `ttl`."""
