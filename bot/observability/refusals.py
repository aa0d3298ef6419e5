"""Reports that a provider did not take the form of a message."""

from __future__ import annotations

import structlog

from bot.observability import metrics
from domain.channel import ErrorClass, SendFailed

log = structlog.get_logger()


def report_refused_form(provider: str, message_id: str, failure: SendFailed) -> None:
    """Log and count *failure* if it is about the form of our message *message_id*.

    Such a message goes again in a plainer form, so nobody would see that the first was wrong.
    """
    if failure.kind is ErrorClass.MALFORMED:
        log.warning("form_refused", provider=provider, code=failure.code, messageId=message_id)
        metrics.count_refused_form(provider)
