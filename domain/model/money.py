"""Money: what is asked for, what was captured at the gateway, and where it went."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from domain.model.base import Record


class RequestStatus(StrEnum):
    """The state of a request for payment."""

    OPEN = "OPEN"
    PAID = "PAID"
    ENDED = "ENDED"


class Payment(Record, frozen=True, kw_only=True):
    """A request for the advance of one token, with a page of its own. Key: paymentId.

    A clinic's own invoice is asked for in the same way; ids of doctor, queue and token are empty.
    """

    TABLE: ClassVar[str] = "payments"
    KEY: ClassVar[tuple[str, ...]] = ("payment_id",)

    payment_id: str
    clinic_id: str
    doctor_id: str
    queue_id: str
    token_id: str
    contact_id: str
    amount_paise: int
    invoice_id: str | None = None
    """What of the clinic's own this pays for, in the place of a token."""
    status: RequestStatus = RequestStatus.OPEN
    held_until: datetime | None = None
    link_asked_at: datetime | None = None
    """When the gateway was first asked for a link; None while its page was never pressed."""
    gateway_link_id: str | None = None
    gateway_url: str | None = None
    ordered_at: datetime | None = None
    """When it was first shown as an order inside WhatsApp; None: never."""
    failed_attempts: int = 0
    created_at: datetime


class OrderStatus(StrEnum):
    """How an order inside WhatsApp stands, as WhatsApp was told; all but the first are final."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELED = "canceled"


class Order(Record, frozen=True, kw_only=True):
    """A request for payment shown inside WhatsApp by one try of a message.

    Key: paymentId, reference. WhatsApp takes a reference once, so that each try has its own.
    """

    TABLE: ClassVar[str] = "orders"
    KEY: ClassVar[tuple[str, ...]] = ("payment_id", "reference")

    payment_id: str
    reference: str
    clinic_id: str
    sender: str
    """The phone_number_id it left by."""
    configuration: str
    """The payment configuration of that sender's WhatsApp account."""
    message_id: str
    """The message that showed it."""
    status: OrderStatus = OrderStatus.PENDING
    told_by: str | None = None
    """The message that brought its final status."""
    capture_id: str | None = None
    """The payment that came by it."""
    created_at: datetime


PRODUCT = "pulseops"
"""Whose the ledger's rows are for what clinics pay: no clinic's, the product's own."""


class Disposition(StrEnum):
    """Where a captured payment's money is."""

    SEAT = "SEAT"
    INVOICE = "INVOICE"
    """A clinic has paid its bill with it."""
    WAITING = "WAITING"
    """Kept for another day of the patient's choice after the clinic closed."""
    REFUND = "REFUND"


class Capture(Record, frozen=True, kw_only=True):
    """A payment captured at the gateway, the ledger's unit. Key: captureId, row (CAPTURE).

    One for a clinic's own invoice carries `PRODUCT` as its clinic, so that it is nobody's income
    but the product's; ids of token, queue, doctor and people are empty.
    """

    TABLE: ClassVar[str] = "ledger"
    KEY: ClassVar[tuple[str, ...]] = ("capture_id", "row")

    capture_id: str
    row: str = "CAPTURE"
    clinic_id: str
    payment_id: str
    amount_paise: int
    disposition: Disposition
    token_id: str
    """The token whose seat it pays for, or for which it was meant."""
    queue_id: str
    doctor_id: str
    contact_id: str
    patient_id: str
    at: datetime


class RefundStatus(StrEnum):
    """How far a refund has come."""

    PENDING = "PENDING"
    REQUESTED = "REQUESTED"
    PROCESSED = "PROCESSED"
    FAILED = "FAILED"


class Refund(Record, frozen=True, kw_only=True):
    """The return of one captured payment; there is at most one. Key: captureId, row (REFUND)."""

    TABLE: ClassVar[str] = "ledger"
    KEY: ClassVar[tuple[str, ...]] = ("capture_id", "row")

    capture_id: str
    row: str = "REFUND"
    clinic_id: str
    token_id: str
    queue_id: str
    doctor_id: str
    contact_id: str
    amount_paise: int
    reason: str
    status: RefundStatus = RefundStatus.PENDING
    gateway_refund_id: str | None = None
    attempts: int = 0
    at: datetime


class Transfer(Record, frozen=True, kw_only=True):
    """Money moved from one token to another by a reschedule. Key: captureId, row (MOVE#time)."""

    TABLE: ClassVar[str] = "ledger"
    KEY: ClassVar[tuple[str, ...]] = ("capture_id", "row")

    capture_id: str
    row: str
    clinic_id: str
    from_token_id: str
    to_token_id: str
    amount_paise: int
    at: datetime


class Collection(Record, frozen=True, kw_only=True):
    """What the desk took for one token. Key: captureId (the token's id), row (DESK).

    A consultation that is taken back leaves it with no amount, as nobody has been paid then.
    """

    TABLE: ClassVar[str] = "ledger"
    KEY: ClassVar[tuple[str, ...]] = ("capture_id", "row")

    capture_id: str
    row: str = "DESK"
    clinic_id: str
    token_id: str
    queue_id: str
    doctor_id: str
    patient_id: str
    amount_paise: int
    at: datetime


class SandboxEntry(Record, frozen=True, kw_only=True):
    """A line in the books of the sandbox, which plays a gateway. Key: subject, row.

    A link (subject: the request for payment, row LINK), a payment taken by it (row PAID#capture)
    or the refund of a payment (subject: the capture, row REFUND).
    """

    TABLE: ClassVar[str] = "sandbox"
    KEY: ClassVar[tuple[str, ...]] = ("subject", "row")

    subject: str
    row: str
    amount_paise: int
    cancelled: bool = False
    at: datetime
