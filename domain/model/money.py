"""Money: requests for payment, what the gateway captured, and where each capture is now."""

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
    """A request for payment, with a page of its own. Key: paymentId.

    It asks for the advance of one token, or for a clinic's invoice: then the ids of doctor, queue,
    token and contact are empty.
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
    """The clinic's invoice that this asks for; None if it asks for a token's advance."""
    status: RequestStatus = RequestStatus.OPEN
    held_until: datetime | None = None
    link_asked_at: datetime | None = None
    """When the gateway was first asked for a link; None before the first press of the page."""
    gateway_link_id: str | None = None
    gateway_url: str | None = None
    ordered_at: datetime | None = None
    """When it was first shown as an order inside WhatsApp; None: never."""
    failed_attempts: int = 0
    created_at: datetime


class OrderStatus(StrEnum):
    """The status of an order inside WhatsApp, as we sent it there; all but PENDING are final."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELED = "canceled"


class Order(Record, frozen=True, kw_only=True):
    """A request for payment shown inside WhatsApp by one try of a message.

    Key: paymentId, reference. WhatsApp takes a reference once, so each try has its own.
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
    """The message that carried its final status."""
    capture_id: str | None = None
    """The capture that paid it."""
    created_at: datetime


PRODUCT = "pulseops"
"""The `clinic_id` of what clinics pay: those rows are the product's ledger, not a clinic's."""


class Disposition(StrEnum):
    """Where a capture's money is."""

    SEAT = "SEAT"
    """It pays for a token."""
    INVOICE = "INVOICE"
    """It has paid a clinic's bill."""
    WAITING = "WAITING"
    """The clinic closed; it is kept for another day of the patient's choice."""
    REFUND = "REFUND"
    """It is refunded, or to be refunded."""


class Capture(Record, frozen=True, kw_only=True):
    """A payment captured at the gateway: the ledger's entry. Key: captureId, row (CAPTURE).

    One for a clinic's invoice is income of the product: its clinic is `PRODUCT`, and the ids of
    token, queue, doctor and people are empty.
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
    """The token that it pays for, or was meant to pay for."""
    queue_id: str
    doctor_id: str
    contact_id: str
    patient_id: str
    returned_paise: int = 0
    """What people have returned of it in the gateway's dashboard, without the product."""
    owed_paise: int = 0
    """What such a refund failed to return when ours was under way: a person must return it."""
    held_until: datetime | None = None
    """Until when a closed day's money waits for another day, by the newest close; then it is
    refunded."""
    at: datetime

    @property
    def left_paise(self) -> int:
        """What is left of it to pay for something, or to refund."""
        return self.amount_paise - self.returned_paise


class RefundStatus(StrEnum):
    """How far a refund has come."""

    PENDING = "PENDING"
    REQUESTED = "REQUESTED"
    PROCESSED = "PROCESSED"
    FAILED = "FAILED"


class Refund(Record, frozen=True, kw_only=True):
    """The refund of all that is left of one capture; there is at most one.

    Key: captureId, row (REFUND; HAND#id for one that a person made in the gateway's dashboard).
    """

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
    request_body: str | None = None
    """What the gateway is asked with at each attempt, kept from the first.

    None before it, for a gateway that compares no bodies, and in rows requested before it was kept.
    """
    attempts: int = 0
    at: datetime


class Transfer(Record, frozen=True, kw_only=True):
    """A capture moved to another token by a reschedule. Key: captureId, row (MOVE#time)."""

    TABLE: ClassVar[str] = "ledger"
    KEY: ClassVar[tuple[str, ...]] = ("capture_id", "row")

    capture_id: str
    row: str
    clinic_id: str
    from_token_id: str
    to_token_id: str
    amount_paise: int
    at: datetime


class Method(StrEnum):
    """How the desk was paid."""

    CASH = "CASH"
    UPI = "UPI"


class Collection(Record, frozen=True, kw_only=True):
    """What the desk collected for one token in one way. Key: captureId (the token's id), row.

    The row is DESK for what a completion takes to be collected, and DESK#CASH or DESK#UPI for what
    the desk counted. If it is taken back, the row stays with the amount 0.
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
    method: Method | None = None
    """None: nobody said; it was taken to be collected at the completion."""
    by: str | None = None
    """The user who counted it."""
    by_name: str | None = None
    at: datetime


class Outstanding(Record, frozen=True, kw_only=True):
    """What is still due for a token that was completed. Key: captureId (the token's id), row (DUE).

    It stays under the day of the completion, and becomes less as the desk is paid.
    """

    TABLE: ClassVar[str] = "ledger"
    KEY: ClassVar[tuple[str, ...]] = ("capture_id", "row")

    capture_id: str
    row: str = "DUE"
    clinic_id: str
    token_id: str
    queue_id: str
    doctor_id: str
    patient_id: str
    amount_paise: int
    at: datetime


class SandboxEntry(Record, frozen=True, kw_only=True):
    """An entry in the books of the sandbox, which plays a gateway. Key: subject, row.

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
