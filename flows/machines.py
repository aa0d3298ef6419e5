"""Machines that answer the bot: it falls silent, so that two machines do not talk without end.

A machine is known by what is not understood: the same long text again, or an answer that comes
quicker than anybody types. Of texts only digests are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2s

from domain.actions.staff import alarms
from domain.model.conversations import Conversation
from flows.hearing.text import fold
from flows.inbound import Inbound
from flows.turn import Turn

UNCLEAR = {"lost", "foreign", "text"}
"""Triggers of texts that were not understood, or could be anything."""
LONG = 20
"""Letters from which a text counts when it comes again; people do repeat "next?"."""
QUICK = timedelta(seconds=2)
"""How soon after our answer nobody has read it and typed another message."""
TEXTS_KEPT = 4
MOST_REPEATS = 3
"""With so many such messages, none of them understood in between, the bot falls silent."""
SILENT_FOR = timedelta(minutes=30)
"""How long after the last such message the bot stays silent; then the count begins anew."""


@dataclass(frozen=True)
class Heard:
    """A conversation after a text was noted in it, and whether that text gets no answer."""

    conversation: Conversation
    is_ignored: bool
    is_news: bool = False
    """Whether the bot falls silent with this text."""


def is_ignored(turn: Turn, trigger: str) -> bool:
    """Note a message that means *trigger*, and return whether it gets no answer.

    When the bot falls silent, the desk is alerted. Anything that is understood ends the silence.
    """
    inbound = turn.inbound
    if inbound.kind not in {"text", "tap"}:
        return False
    # Whatever a newcomer writes first is answered as a greeting.
    greets = trigger == "hi" and turn.meaning.trigger != "hi"
    is_clear = inbound.kind == "tap" or not (trigger in UNCLEAR or greets)
    heard = note(
        turn.conversation,
        inbound,
        turn.work.now,
        is_clear=is_clear,
        is_guess=turn.meaning.guess,
    )
    turn.conversation = heard.conversation
    if heard.is_news:
        minutes = int(SILENT_FOR.total_seconds() // 60)
        alarms.alarm_of_machine(turn.work, turn.clinic, turn.contact, minutes)
    return heard.is_ignored


def note(
    conversation: Conversation,
    inbound: Inbound,
    now: datetime,
    *,
    is_clear: bool,
    is_guess: bool = False,
) -> Heard:
    """Note a message that was understood, if *is_clear*, or was not; return what follows.

    A text that is understood counts as well if it is an old one again and came too quickly: our own
    words, sent back, may mean something.
    """
    last = conversation.last_inbound_at
    if last is None or now - last > SILENT_FOR:
        conversation = conversation.but(texts=(), repeats=0, silent_until=None)
    digest, hurries = _digest(conversation, inbound), is_quick(conversation, inbound)
    is_old = digest in conversation.texts
    if digest is not None and not is_old:
        conversation = conversation.but(texts=(*conversation.texts, digest)[-TEXTS_KEPT:])
    if is_clear and not (is_old and hurries):
        if is_old and is_guess:
            return Heard(conversation, is_ignored=False)  # our own words may seem to mean something
        return Heard(conversation.but(repeats=0, silent_until=None), is_ignored=False)
    if not (is_old or hurries):
        until = conversation.silent_until
        return Heard(conversation, is_ignored=until is not None and until > now)
    conversation = conversation.but(repeats=conversation.repeats + 1)
    if conversation.repeats < MOST_REPEATS:
        return Heard(conversation, is_ignored=False)
    conversation = conversation.but(silent_until=now + SILENT_FOR)
    return Heard(conversation, is_ignored=True, is_news=conversation.repeats == MOST_REPEATS)


def is_quick(conversation: Conversation, inbound: Inbound) -> bool:
    """Return whether a message came sooner after our last answer than people type.

    WhatsApp gives whole seconds. What was sent in the second of our answer may have been written
    before it, and does not count.
    """
    if conversation.answered_at is None:
        return False
    after = inbound.sent_at - conversation.answered_at.replace(microsecond=0)
    return timedelta() < after <= QUICK


def _digest(conversation: Conversation, inbound: Inbound) -> str | None:
    """Return a digest of a text that tells nothing of it; None of a short one, and of a tap."""
    folded = fold(inbound.text)
    if inbound.kind != "text" or len(folded) < LONG:
        return None
    key = conversation.contact_id.encode()[:32]
    return blake2s(folded.encode(), key=key, digest_size=8).hexdigest()
