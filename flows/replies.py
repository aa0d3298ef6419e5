"""The message of ours that a person's message answers, and which of its options they mean."""

from __future__ import annotations

from dataclasses import replace

from domain.model.messages import Message
from domain.ports import Phrases
from domain.work import Work
from flows.hearing.text import fold, number_in
from flows.inbound import Inbound

RECENT_MESSAGES = 50
"""How many of the newest messages to a person are searched for the one replied to."""


def message_answered(work: Work, contact_id: str, inbound: Inbound) -> Message | None:
    """Return the message that *inbound* replies to; None if it replies to none, or an old one."""
    if inbound.answers is None:
        return None
    recent = work.query(
        Message,
        contact_id,
        index="contactId-createdAt-idx",
        limit=RECENT_MESSAGES,
        descending=True,
    ).records
    return next((m for m in recent if m.provider_id == inbound.answers), None)


def read_words_on_button(
    work: Work, contact_id: str, inbound: Inbound, phrases: Phrases
) -> Inbound:
    """Return *inbound* as a tap if it has the words of an option of the message it replies to.

    A provider may tell of a tap by the words on the button alone (Meta, "Button messages"). No
    option has a bare number as its words; what that picks, the flow knows.
    """
    if inbound.kind != "text" or number_in(inbound.text) is not None:
        return inbound
    answered = message_answered(work, contact_id, inbound)
    if answered is None:
        return inbound
    words = fold(inbound.text)
    for option in answered.options:
        if words in map(fold, phrases.every_title(answered.name, option)):
            return replace(inbound, kind="tap", choice=option.id)
    return inbound
