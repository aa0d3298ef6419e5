"""Settings and constants of the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Retention:
    """How long an installation keeps what it need not keep longer."""

    messages: timedelta = timedelta(days=180)
    """Messages to people; those to staff that show patients `STAFF_MESSAGES_KEPT`."""
    codes: timedelta = timedelta(days=90)
    """Requests for one-time codes, without the codes."""
    parked: timedelta = timedelta(days=30)
    """Inbound messages that we could not handle, encrypted."""
    audit: timedelta = timedelta(days=1095)
    reports: timedelta = timedelta(days=30)
    """Files of reports, which can be made again."""


STAFF_MESSAGES_KEPT = timedelta(days=7)
"""How long a message to staff that shows patients is kept, if messages are not kept shorter."""


@dataclass(frozen=True)
class Rules:
    """What an installation can configure, with the defaults."""

    hold_minutes: int = 10
    """How long a slot is held for a patient who has not paid."""
    staff_hold_minutes: int = 60
    """How long if staff booked it."""
    bookings_per_phone: int = 4
    """Live bookings that one phone may have of one doctor's day."""
    progress_every: int = 3
    """A waiting patient gets at most one progress message per this number of tokens."""
    platform_sender: str = ""
    """The phone_number_id of the sender shared by clinics without their own."""
    platform_number: str | None = None
    """The number of that sender, E.164."""
    orders: bool = False
    """Whether an advance can be paid by an order inside WhatsApp."""
    payment_configuration: str | None = None
    """The payment configuration of the platform's sender."""
    sms: bool = False
    """Whether text messages are sent where WhatsApp cannot deliver."""
    phone_countries: tuple[str, ...] = ("+91",)
    """Accepted country codes; the first is assumed for numbers given without one."""
    public_url: str = "http://localhost:8000"
    """The base URL of links sent to people."""
    otp_limit: tuple[int, int] = (10, 3600)
    """Most one-time codes for one number, purpose and network, and in how many seconds."""
    otp_ceiling: tuple[int, int] = (1000, 3600)
    """Most codes to numbers that need not be staff's, of the whole installation."""
    session_lasts: timedelta = timedelta(days=7)
    """How long a session lasts without being renewed: as long as its refresh token."""
    notice_url: str | None = None
    """The notice of how data are used, named to who first writes; None names none."""
    keeps: Retention = Retention()
    """How long data are kept."""
    clinic_trust: str = "paid"
    """When a clinic on the shared number may write to whomever it records: `paid`, or `all`."""
    password_memory_kib: int = 65_536
    """Memory of one check of a password (argon2id), in KiB; tests use less."""

    def pay_url(self, payment_id: str) -> str:
        """Return the address of a payment's page."""
        return f"{self.public_url}/pay/{payment_id}"


HOLDS_PER_CONTACT = 3
"""Unpaid slots one phone may hold at once (specification notes, 6)."""
HOLDS_PER_HOUR = 12
"""Unpaid holds that one phone may take in an hour; a family of four changes its mind twice."""
REFUNDS_PER_DAY = 6
"""Paid bookings that one phone may cancel in a day before it has to call the clinic."""
REMINDER_BEFORE_MINUTES = 60
REMINDER_IF_BOOKED_BEFORE_MINUTES = 180
"""A booking gets one reminder, if it was made more than three hours before its time."""
MOVE_TOLERANCE_SECONDS = 2
"""Tolerated difference of clocks when a typed command's time is compared (invariant I2)."""
OTHERS_MOVE_SECONDS = 5
"""A typed move is refused if somebody else has just made one, within this time (invariant I2)."""
REPEAT_SECONDS = 5
"""Typed words that call in are asked about if somebody was called within this time (I2)."""
UNSEEN_SECONDS = 60
"""How long nobody is told of a close by staff, and no refund begins: it may be a slip."""
TAKEN_BACK_MINUTES = 10
"""How long a close, a pause, a resume or a walk-in can be taken back (specification notes)."""
COMMAND_MAX_AGE_SECONDS = 120
"""An older staff command is answered, not executed (invariant I2)."""
MOST_LATE_MINUTES = 600
"""The most by which a patient or a doctor can be said to be late."""
TIME_MOVED_MINUTES = 10
"""A waiting patient is always told of a change of this much in their expected time."""
CHOICE_HOURS = 24
"""After a closed day, how long a patient may choose another before the advance is refunded."""
AUTO_CLOSE_HOURS = 4
QUIET_BEFORE_CLOSE_MINUTES = 60
"""A line is closed automatically this long after its planned end, and after its last move."""
KEPT_CONSULTATIONS = 20
"""How many of today's latest consultations the estimate uses."""
AS_PATIENT_MINUTES = 30
"""How long after their last message staff who booked for themselves are treated as patients."""
EXPAND_CHUNK = 20
"""Tokens notified of an event in one transaction, which must stay under the store's 100 items."""
CLOSE_CHUNK = 6
"""Tokens that a closed day ends in one transaction: each touches up to 15 items."""
RATING_AFTER_SECONDS = 30
"""How long after the completion a rating is requested, unless it is undone before."""
