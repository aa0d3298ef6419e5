"""Clinics, their staff and their doctors."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from zoneinfo import ZoneInfo

from domain.model.base import Record


class ClinicStatus(StrEnum):
    """Whether a clinic may take new bookings."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class Clinic(Record, frozen=True, kw_only=True):
    """A clinic, the owner of everything written in its name. Key: clinicId."""

    TABLE: ClassVar[str] = "clinics"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id",)
    SHOWN: ClassVar[bool] = True

    clinic_id: str
    name: str
    whatsapp_number: str
    """The number patients see, E.164."""
    address: str = ""
    phone: str | None = None
    status: ClinicStatus = ClinicStatus.ACTIVE
    subscription_plan: str = "BASIC"
    plan: str = "BASIC"
    """Equal to subscription_plan; the index over plans reads this name."""
    max_doctors: int = 3
    current_doctors: int = 0
    price_per_doctor: int = 799
    total_amount: int = 0
    billing_cycle: str = "MONTHLY"
    next_billing_date: date | None = None
    time_zone: str = "Asia/Kolkata"
    phone_number_id: str | None = None
    """The WhatsApp sender of its own, proven; None while it uses the platform's."""
    join_code: str = ""
    """What people send after JOIN to reach this clinic on a shared number."""
    routed_number: str | None = None
    """The proven number that still leads here while a changed whatsapp_number is not proven."""
    number_request_id: str | None = None
    """The one-time code that proves a changed whatsapp_number."""
    holidays: tuple[date, ...] = ()
    booking_days: int = 14
    """How many days ahead of today can be booked."""
    created_at: datetime
    updated_at: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this clinic's days and hours are meant."""
        return ZoneInfo(self.time_zone)


class Role(StrEnum):
    """What a member of staff is."""

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
    """Whether this person has shown that the number is theirs; before that they are a patient."""
    permissions: tuple[str, ...] = ()
    password_hash: str | None = None
    must_change_password: bool = False
    password_updated_at: datetime | None = None
    session_era: int = 0
    """Sessions of an earlier era have ended; see domain.actions.staff.sessions."""
    last_login: datetime | None = None
    created_at: datetime
    updated_at: datetime


class Doctor(Record, frozen=True, kw_only=True):
    """A practitioner of a clinic, with the plan of an ordinary day. Key: clinicId, doctorId."""

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
    """At or before start_time means after midnight."""
    lunch_break: str | None = None
    """Such as 13:00-14:00."""
    working_days: tuple[str, ...] = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
    days_off: tuple[date, ...] = ()
    status: StaffStatus = StaffStatus.ACTIVE
    typical_minutes: int | None = None
    """What this doctor's consultations took in the past, the prior of a day's estimate."""
    created_at: datetime
    updated_at: datetime


class Claim(Record, frozen=True, kw_only=True):
    """Something only one can have, such as a clinic's proven number. Key: claim.

    Claims are `number:+91…` (a clinic's patient-facing number), `sender:…` (a WhatsApp
    phone_number_id), `code:CITY42` (a join code).
    """

    TABLE: ClassVar[str] = "claims"
    KEY: ClassVar[tuple[str, ...]] = ("claim",)

    claim: str
    clinic_id: str


class Sender(Record, frozen=True, kw_only=True):
    """A clinic's own WhatsApp sender, proven by its own access token. Key: sender.

    The key is WhatsApp's phone_number_id. A sender given up stays for a day, for what waits.
    """

    TABLE: ClassVar[str] = "senders"
    KEY: ClassVar[tuple[str, ...]] = ("sender",)

    sender: str
    clinic_id: str
    number: str
    """The number behind it, E.164."""
    access_token: str
    """Ciphertext."""
    payment_configuration: str | None = None
    """The payment configuration of its WhatsApp account, through which advances are paid there."""
    proven_at: datetime


class StaffNumber(Record, frozen=True, kw_only=True):
    """That a number belongs to a user of a clinic. Key: whatsappNumber, clinicId.

    One user per number per clinic, by being the key.
    """

    TABLE: ClassVar[str] = "staff-numbers"
    KEY: ClassVar[tuple[str, ...]] = ("whatsapp_number", "clinic_id")

    whatsapp_number: str
    clinic_id: str
    user_id: str
    doctor_id: str | None = None
