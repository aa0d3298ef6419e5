"""Talks: patients whom a clinic's people answer in person."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from domain.model.base import Record


class Talk(Record, frozen=True, kw_only=True):
    """A patient's conversation with the people of a clinic. Key: clinicId, contactId.

    It holds no words. While it exists staff may answer in the patient's chat, also after the bot
    has taken over again.
    """

    TABLE: ClassVar[str] = "talks"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "contact_id")

    clinic_id: str
    contact_id: str
    sender: str
    """The number of ours that the patient writes to."""
    user_id: str | None = None
    """The member of staff who answers; None while nobody has taken it.

    While somebody answers in the WhatsApp Business app: `app#` and the clinicId.
    """
    until: datetime
    """From this instant on the bot answers again."""
    last_at: datetime
    """When either side last wrote."""
    answered: bool = False
    """Whether the clinic has written since the patient asked for somebody."""
    watched: bool = False
    """Whether a due item waits for its silence."""
    began_at: datetime


class Bundle(Record, frozen=True, kw_only=True):
    """What a person writes faster than a clinic's people are told. Key: clinicId, contactId."""

    TABLE: ClassVar[str] = "bundles"
    KEY: ClassVar[tuple[str, ...]] = ("clinic_id", "contact_id")

    clinic_id: str
    contact_id: str
    told_at: datetime
    """When the desk last heard of them."""
    words: str | None = None
    """Ciphertext of what waits."""
    count: int = 0
    """How many messages wait."""
