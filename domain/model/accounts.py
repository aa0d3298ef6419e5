"""Sessions of staff, and what is kept of what they did."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from domain.model.base import Record


class Session(Record, frozen=True, kw_only=True):
    """One sign-in of a user. Key: sessionId.

    It is the family of the refresh tokens that follow each other: only the newest is good, and
    one used again ends the session. Being read at every call, it ends everywhere at once.
    """

    TABLE: ClassVar[str] = "sessions"
    KEY: ClassVar[tuple[str, ...]] = ("session_id",)

    session_id: str
    clinic_id: str
    user_id: str
    refresh_id: str
    """The jti of the refresh token that is good now."""
    created_at: datetime
    refreshed_at: datetime
    era: int = 0
    """The user's `session_era` when it began; it ends when the user's moves on."""
    wrong_passwords: int = 0
    """How often the current password was given wrongly, to change it."""
    ended_at: datetime | None = None
    end_reason: str | None = None


class AuditEntry(Record, frozen=True, kw_only=True):
    """That somebody looked at or changed a patient's data (invariant I11). Key: clinicId, entry.

    It holds ids and no data; `entry` sorts by time.
    """

    TABLE: ClassVar[str] = "audit"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "entry")

    clinic_id: str
    entry: str
    user_id: str
    user_name: str
    role: str
    action: str
    """The operation, as the API's document names it."""
    outcome: str
    """DONE, or the code of the refusal."""
    patient_id: str | None = None
    about: dict[str, str] = msgspec.field(default_factory=dict)
    """Ids of other things concerned, such as tokenId."""
    at: datetime
    request_id: str | None = None


class Idempotency(Record, frozen=True, kw_only=True):
    """What a call with an Idempotency-Key answered (invariant I12). Key: idempotencyKey.

    Written in the transaction of the call's effect, absent after 24 hours.
    """

    TABLE: ClassVar[str] = "idempotency"
    KEY: ClassVar[tuple[str, ...]] = ("idempotency_key",)

    idempotency_key: str
    """Whose key, and a hash of it."""
    fingerprint: str
    """A hash of method, address and body: the same key with another one is refused."""
    status: int
    answer: str
    """The answer as sealed JSON, secrets masked."""
    created_at: datetime


class OtpType(StrEnum):
    """What a one-time code is for."""

    REGISTRATION = "REGISTRATION"
    LOGIN = "LOGIN"
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - a word of the specification, no secret
    CLINIC_NUMBER = "CLINIC_NUMBER"
    """That a clinic's changed patient-facing number is its own."""


class OtpStatus(StrEnum):
    """What became of a request for a code."""

    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    FAILED = "FAILED"
    """Every attempt was used."""
    EXPIRED = "EXPIRED"
    REPLACED = "REPLACED"
    """A newer one of the same purpose was asked for."""


class OtpRequest(Record, frozen=True, kw_only=True):
    """That a one-time code was asked for. Key: requestId.

    Kept 90 days as audit. Nobody can tell from it whether the number belonged to anybody: asking
    writes the same for every number, and one that is nobody's never gets a code.
    """

    TABLE: ClassVar[str] = "otp-requests"
    KEY: ClassVar[tuple[str, ...]] = ("request_id",)

    request_id: str
    whatsapp_number: str
    """Where the code goes, E.164."""
    clinic_id: str
    """As it was given; there need be no such clinic."""
    request_type: OtpType
    status: OtpStatus = OtpStatus.PENDING
    user_id: str | None = None
    """Whose account a registration will open."""
    code_hash: str | None = None
    """A keyed hash, made when the code is written to the outbox and gone when it is of no use."""
    attempts: int = 0
    max_attempts: int = 3
    expires_at: datetime
    created_at: datetime
    updated_at: datetime


class LiveCode(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The one code of a purpose that may still be used."""

    request_id: str
    expires_at: datetime


class OtpLimit(Record, frozen=True, kw_only=True):
    """How many codes were asked for one number, or from one network address. Key: subject.

    Written by every request, so limits hold whoever counts, and a purpose has one live code.
    """

    TABLE: ClassVar[str] = "otp-limits"
    KEY: ClassVar[tuple[str, ...]] = ("subject",)

    subject: str
    """`tel:+91…`, or `net:` and a keyed hash of the address."""
    since: datetime
    """When the span that is being counted began."""
    count: int
    live: dict[str, LiveCode] = msgspec.field(default_factory=dict)
    """By purpose and clinic."""
