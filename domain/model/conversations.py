"""The state of conversations, and which inbound messages have been handled."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from domain.model.base import Record


class Wish(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a person has asked of the booking that is being made: it is not asked for again."""

    doctor_ids: tuple[str, ...] = ()
    """The doctors who fit what was said; several until it is said which."""
    day: str | None = None
    minute: int | None = None
    """A time of the day, in minutes since midnight by the clinic's clock."""
    either_half: bool = False
    """Whether *minute* is before noon because neither half of the day was named."""
    bound: str = "at"
    """at, after or before *minute*."""
    part: str | None = None
    """A part of the day (`PartOfDay`)."""
    relation: str | None = None
    """Whom it is for, if only kinship was told (`father`), or `self` for the writer."""
    person: str | None = None
    """Whom it is for, if a name was told: name, age and sex, encrypted."""
    complaint: str | None = None
    """What the visit is for, in the person's own words, encrypted."""
    corrects: bool = False
    """Whether person and complaint are for a booking that stands, and not for a new one."""


class Conversation(Record, frozen=True, kw_only=True):
    """The state between one sending number and one contact. Key: conversation.

    It holds ids, and no data of a person but the wish's, encrypted. Its version orders one person's
    messages, whichever process handles them.
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
    """The booking it is about."""
    patient_id: str | None = None
    """The patient it is about."""
    offered: tuple[str, ...] = ()
    """Ids of the newest question's options, in the order of their numbers."""
    question: str | None = None
    """The name of the message that asked it; typing an option's words chooses it too."""
    asked_at: datetime | None = None
    """When the newest question was asked."""
    misses: int = 0
    """How many messages in a row the bot did not understand."""
    note: str | None = None
    """What a state remembers beside the above, such as the word to return to."""
    wish: Wish | None = None
    as_patient_until: datetime | None = None
    """Until then a member of staff is treated as a patient, and may book for themselves."""
    handed_over_until: datetime | None = None
    """Until then the clinic's staff answer, and the bot is silent."""
    answered_at: datetime | None = None
    """When the bot last answered in words."""
    texts: tuple[str, ...] = ()
    """Digests of the newest long texts, by which a machine that repeats itself is known."""
    repeats: int = 0
    """How many texts since the last one understood seem to come from a machine."""
    silent_until: datetime | None = None
    """Until then the bot does not answer what it does not understand: a machine writes."""
    alarmed_at: datetime | None = None
    """When the clinic's people were last alerted that this person may be in danger."""
    last_inbound_at: datetime | None = None
    """When the 24-hour window last began."""
    greeted: bool = False


class Push(Record, frozen=True, kw_only=True):
    """A question that an event has asked a contact. Key: conversation.

    It is kept apart from the conversation, so that an event never conflicts with the person's own
    messages.
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
    """The mark of an inbound message that was handled. Key: seen (the provider's message id)."""

    TABLE: ClassVar[str] = "seen"
    KEY: ClassVar[tuple[str, ...]] = ("seen",)

    seen: str
    at: datetime


class CaughtUp(Record, frozen=True, kw_only=True):
    """Until when all messages that a provider keeps for us are answered. Key: provider."""

    TABLE: ClassVar[str] = "caught-up"
    KEY: ClassVar[tuple[str, ...]] = ("provider",)

    provider: str
    until: datetime


class Parked(Record, frozen=True, kw_only=True):
    """An inbound message that we failed twice to handle, kept encrypted. Key: parked."""

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
    """The day it was parked on (UTC), by which the operator finds it."""
