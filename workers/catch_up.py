"""Catching up on messages that came while we could not be reached and the provider kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot.wiring import Parts
from domain.channel import SendFailed, SendUnknown
from domain.errors import Conflict
from domain.model.conversations import CaughtUp
from domain.scopes import SystemScope

INTERVAL = timedelta(minutes=5)
"""How often the provider is asked."""
LEAST_AGE = timedelta(seconds=60)
"""A younger message may still come as a webhook, which says more than the provider keeps."""
OVERLAP = timedelta(minutes=10)
"""How far back before the last time is asked again, as the provider's list may be late too."""
GREATEST_AGE = timedelta(days=7)
"""The marks that tell whether a message was answered are kept no longer than this."""
log = structlog.get_logger()


def catch_up(parts: Parts) -> int:
    """Answer messages that the provider has and we missed; return how many acted now.

    Messages answered before are known by their marks, so any number of clocks may do this at any
    time. It is stored until when all is answered, so an outage of up to a week is made up for.

    Raises:
        StoreUnavailable: If the store does not answer; the next tick tries again.
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
