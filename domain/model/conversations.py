"""What the bot remembers of a conversation, and which messages it has seen."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from domain.model.base import Record


class Conversation(Record, frozen=True, kw_only=True):
    """Between one sending number and one contact: where they are. Key: conversation.

    Holds ids, never facts. Its version orders one person's messages, whichever process takes them.
    """

    TABLE: ClassVar[str] = "conversations"
    KEY: ClassVar[tuple[str, ...]] = ("conversation",)

    conversation: str
    """sender#contactId."""
    sender: str
    contact_id: str
    clinic_id: str | None = None
    state: str = "idle"
    doctor_id: str | None = None
    date: str | None = None
    page: int = 0
    token_id: str | None = None
    """The booking being spoken about."""
    patient_id: str | None = None
    """For whom."""
    offered: tuple[str, ...] = ()
    """Ids of the choices of the newest question, in the order of their numbers."""
    question: str | None = None
    """The message that asked it; the words of its options choose as well."""
    asked_at: datetime | None = None
    """When the newest question was asked."""
    misses: int = 0
    """How many messages in a row were not understood."""
    note: str | None = None
    """A small step's own memory, such as a word to go back to."""
    as_patient_until: datetime | None = None
    """Staff: until then the patients' words mean their own booking."""
    handed_over_until: datetime | None = None
    """Until then people of the clinic answer, and the bot is silent."""
    last_inbound_at: datetime | None = None
    """Opens WhatsApp's 24-hour window."""
    greeted: bool = False


class Push(Record, frozen=True, kw_only=True):
    """A question an event has put to a contact. Key: conversation.

    Apart from the conversation, so that an event never contends with the person's own messages.
    """

    TABLE: ClassVar[str] = "pushes"
    KEY: ClassVar[tuple[str, ...]] = ("conversation",)

    conversation: str
    contact_id: str
    clinic_id: str
    question: str
    """emergency, rating, closed or withdrawn."""
    token_id: str
    queue_id: str
    offered: tuple[str, ...]
    at: datetime


class Seen(Record, frozen=True, kw_only=True):
    """That an inbound message's effect is committed. Key: seen (the provider's message id)."""

    TABLE: ClassVar[str] = "seen"
    KEY: ClassVar[tuple[str, ...]] = ("seen",)

    seen: str
    at: datetime


class CaughtUp(Record, frozen=True, kw_only=True):
    """Until when everything that a provider keeps for us has been answered. Key: provider."""

    TABLE: ClassVar[str] = "caught-up"
    KEY: ClassVar[tuple[str, ...]] = ("provider",)

    provider: str
    until: datetime


class Parked(Record, frozen=True, kw_only=True):
    """A message that failed twice by our own fault, kept encrypted for the desk. Key: parked."""

    TABLE: ClassVar[str] = "parked"
    KEY: ClassVar[tuple[str, ...]] = ("parked",)

    parked: str
    clinic_id: str | None
    contact_id: str | None
    payload: str
    """Ciphertext."""
    error: str
    at: datetime
    day: str | None = None
    """The day it was parked on (UTC), under which the operator finds it."""
