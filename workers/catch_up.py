"""Answering what came while nobody heard: messages that the provider keeps for us."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot.wiring import Parts
from domain.channel import SendFailed, SendUnknown
from domain.errors import Conflict
from domain.model.conversations import CaughtUp
from domain.scopes import SystemScope

INTERVAL = timedelta(minutes=5)
"""How often the provider is asked, while all is well."""
LEAST_AGE = timedelta(seconds=60)
"""What is younger may still come by itself, with more of it than the provider keeps."""
OVERLAP = timedelta(minutes=10)
"""How much is asked for again: the provider's list may be late too."""
GREATEST_AGE = timedelta(days=7)
"""Older messages are past the time in which a mark tells whether they were answered."""
log = structlog.get_logger()


def catch_up(parts: Parts) -> int:
    """Run what the provider has and we have not heard; return how many messages acted now.

    Messages that were answered before are known by their marks, so this may be done at any time,
    by any number of clocks. Until when all is answered is stored, so an outage of any length up to
    a week is made up for.

    Raises:
        StoreUnavailable: If the store does not answer; it is tried again with the next tick.
    """
    if parts.fetch_missed is None:
        return 0
    work = parts.open_work(SystemScope("see until when everything was answered"))
    provider = parts.settings.whatsapp_provider
    known = work.get(CaughtUp, provider)
    until = work.now - LEAST_AGE
    if known is None:
        _record_progress(parts, known, until)
        return 0
    if work.now - known.until < INTERVAL + LEAST_AGE:
        return 0
    since = max(known.until - OVERLAP, work.now - GREATEST_AGE)
    try:
        came = parts.fetch_missed(since, until)
    except (SendFailed, SendUnknown) as error:
        log.warning("missed_unknown", provider=provider, error=type(error).__name__)
        return 0
    runner = parts.runner()
    acted = sum(runner.handle(message).value != "seen" for message in came)
    if acted:
        log.info("missed_answered", provider=provider, count=acted)
    _record_progress(parts, known, until)
    return acted


def _record_progress(parts: Parts, known: CaughtUp | None, until: datetime) -> None:
    work = parts.open_work(SystemScope("note until when everything was answered"))
    provider = parts.settings.whatsapp_provider
    work.put(CaughtUp(version=known.version if known else 0, provider=provider, until=until))
    try:
        work.commit()
    except Conflict:
        return  # another clock has done the same
