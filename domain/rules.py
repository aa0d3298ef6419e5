"""The settings that the rules depend on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Rules:
    """What an installation decides; the defaults are those of the deployment contract."""

    hold_minutes: int = 10
    """How long a slot is held for a patient who has not paid."""
    staff_hold_minutes: int = 60
    """The same when staff booked it."""
    progress_every: int = 3
    """A waiting patient hears of progress at most every so many tokens."""
    platform_sender: str = ""
    """The phone_number_id shared by clinics that have none of their own."""
    platform_number: str | None = None
    """The number behind it, E.164."""
    orders: bool = False
    """Whether an advance can be asked for by an order inside WhatsApp."""
    payment_configuration: str | None = None
    """The payment configuration of the platform's own number."""
    sms: bool = False
    """Whether text messages can go where WhatsApp does not reach."""
    phone_countries: tuple[str, ...] = ("+91",)
    """Accepted country codes; the first is assumed for numbers given without one."""
    public_url: str = "http://localhost:8000"
    """The base of links sent to people."""
    otp_limit: tuple[int, int] = (10, 3600)
    """One-time codes for one number: so many in so many seconds; per address ten times as many."""
    session_lasts: timedelta = timedelta(days=7)
    """How long a session lasts without being carried on: as long as its refresh token."""
    password_memory_kib: int = 65_536
    """Memory that one check of a password takes (argon2id); tests make do with less."""

    def pay_url(self, payment_id: str) -> str:
        """Return the address of the page on which a request for payment is paid."""
        return f"{self.public_url}/pay/{payment_id}"


HOLDS_PER_CONTACT = 3
"""Unpaid slots one phone may hold at once (specification notes, 6)."""
REMINDER_BEFORE_MINUTES = 60
REMINDER_IF_BOOKED_BEFORE_MINUTES = 180
"""One reminder, only for bookings made more than three hours before the expected time."""
MOVE_TOLERANCE_SECONDS = 2
"""How far clocks may differ when a typed command is judged by its time (invariant I2)."""
OTHERS_MOVE_SECONDS = 5
"""A typed move is refused if somebody else made one this recently (invariant I2)."""
COMMAND_MAX_AGE_SECONDS = 120
"""An older staff command is answered, not executed (invariant I2)."""
TIME_MOVED_MINUTES = 10
"""A waiting patient always hears when their expected time moves this much."""
CHOICE_HOURS = 24
"""How long money waits for another day of the patient's choice after the clinic closed."""
AUTO_CLOSE_HOURS = 4
QUIET_BEFORE_CLOSE_MINUTES = 60
"""The clock closes a line this long past its planned end, after this long without a move."""
KEPT_CONSULTATIONS = 20
"""How many of today's consultations the estimate looks at."""
AS_PATIENT_MINUTES = 30
"""How long staff who booked for themselves are heard as patients without writing."""
EXPAND_CHUNK = 20
"""Tokens told of an event in one transaction, which must stay under the store's 100 items."""
CLOSE_CHUNK = 6
"""Tokens ended by a closed day in one transaction: each touches up to 15 items."""
RATING_AFTER_SECONDS = 30
"""A rating is asked for once the patient is out of the door, and not if `undo` comes first."""
