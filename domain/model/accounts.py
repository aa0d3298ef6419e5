"""Sessions and one-time codes of staff, the audit log, and idempotency keys."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from domain.model.base import Record


class Session(Record, frozen=True, kw_only=True):
    """One sign-in of a user. Key: sessionId.

    Its refresh tokens replace each other: only the newest is valid, and using an older one ends the
    session (`sessions.renew` has the one exception). Every call reads it, so that an end holds from
    the next call on.
    """

    TABLE: ClassVar[str] = "sessions"
    KEY: ClassVar[tuple[str, ...]] = ("session_id",)

    session_id: str
    clinic_id: str
    user_id: str
    refresh_id: str
    """The jti of the valid refresh token."""
    replaced_id: str | None = None
    """The jti of the refresh token whose use made this one, None if no use did."""
    created_at: datetime
    refreshed_at: datetime
    era: int = 0
    """The user's `session_era` at its start; a session of an earlier era is over."""
    wrong_passwords: int = 0
    """Wrong current passwords, given to change the password."""
    ended_at: datetime | None = None
    end_reason: str | None = None


class AccountEvent(StrEnum):
    """What becomes of an account, as the audit log names it."""

    SIGN_IN = "SIGN_IN"
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - the name of an event, no secret
    PASSWORD_CHANGE = "PASSWORD_CHANGE"  # noqa: S105 - the name of an event, no secret
    NUMBER_CHANGE = "NUMBER_CHANGE"
    ACCOUNT_LOCK = "ACCOUNT_LOCK"
    SESSION_END = "SESSION_END"
    """One session, or all of the account's; `about` has the reason."""


class AuditEntry(Record, frozen=True, kw_only=True):
    """An access to a patient's data or to an account (invariant I11). Key: clinicId, entry.

    It holds ids only; `entry` sorts by time.
    """

    TABLE: ClassVar[str] = "audit"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "entry")

    clinic_id: str
    entry: str
    user_id: str
    user_name: str
    role: str
    action: str
    """The operationId in the API's document, `chat_` and a command, or an `AccountEvent`."""
    outcome: str
    """DONE, or the code of the refusal."""
    patient_id: str | None = None
    """The one patient concerned."""
    patient_ids: tuple[str, ...] = ()
    """All whom a list or a line showed, if they are several."""
    about: dict[str, str] = msgspec.field(default_factory=dict)
    """Other ids concerned, such as tokenId."""
    at: datetime
    request_id: str | None = None


class Idempotency(Record, frozen=True, kw_only=True):
    """The answer to a call with an Idempotency-Key (invariant I12). Key: idempotencyKey.

    Written in the call's transaction; absent after 24 hours.
    """

    TABLE: ClassVar[str] = "idempotency"
    KEY: ClassVar[tuple[str, ...]] = ("idempotency_key",)

    idempotency_key: str
    """The caller, and a hash of the key."""
    fingerprint: str
    """A hash of method, address and body; the same key with another one is refused."""
    status: int
    answer: str
    """The answer as encrypted JSON, secrets masked; empty once its patient is erased."""
    clinic_id: str | None = None
    patient_id: str | None = None
    """Whom the answer is about, so that their erasure finds it."""
    created_at: datetime


class OtpType(StrEnum):
    """What a one-time code is for."""

    REGISTRATION = "REGISTRATION"
    LOGIN = "LOGIN"
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - a word of the specification, no secret
    CLINIC_NUMBER = "CLINIC_NUMBER"
    """To prove a clinic's changed patient-facing number."""


class OtpStatus(StrEnum):
    """The state of a request for a one-time code."""

    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    FAILED = "FAILED"
    """All attempts are used up."""
    EXPIRED = "EXPIRED"
    REPLACED = "REPLACED"
    """A newer one of the same purpose was requested."""


class OtpRequest(Record, frozen=True, kw_only=True):
    """A request for a one-time code. Key: requestId.

    Kept for audit (`Retention.codes`). It is the same for every number, so that it does not show
    whether the number has an account; without one, no code is sent.
    """

    TABLE: ClassVar[str] = "otp-requests"
    KEY: ClassVar[tuple[str, ...]] = ("request_id",)

    request_id: str
    whatsapp_number: str
    """Where the code goes, E.164."""
    clinic_id: str
    """As given by the caller; the clinic need not exist."""
    request_type: OtpType
    status: OtpStatus = OtpStatus.PENDING
    user_id: str | None = None
    """The account that a registration creates."""
    code_hash: str | None = None
    """A keyed hash: set when the code is written to the outbox, None once the request has ended."""
    attempts: int = 0
    max_attempts: int = 3
    expires_at: datetime
    created_at: datetime
    updated_at: datetime


class LiveCode(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The one valid code of a purpose."""

    request_id: str
    expires_at: datetime


class OtpLimit(Record, frozen=True, kw_only=True):
    """How many codes were requested for one number, or from one network address. Key: subject.

    Every request writes it, so that the limit holds across processes and a purpose has one valid
    code.
    """

    TABLE: ClassVar[str] = "otp-limits"
    KEY: ClassVar[tuple[str, ...]] = ("subject",)

    subject: str
    """`tel:+91…`, or `net:` and a keyed hash of the address."""
    since: datetime
    """The start of the span that is counted."""
    count: int
    live: dict[str, LiveCode] = msgspec.field(default_factory=dict)
    """By purpose and clinic."""
