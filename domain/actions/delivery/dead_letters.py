"""Dead letters: messages that failed, and people's messages that we could not handle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TypeVar

from domain.actions.messages.outbox import requeue
from domain.errors import NotFound, NotNow
from domain.model.base import Record
from domain.model.conversations import Parked
from domain.model.messages import Message, MessageStatus
from domain.work import Work

R = TypeVar("R", bound=Record)
PAGE = 200


class NotToBeReplayed(NotNow):
    """The message has not failed, or its secrets are wiped."""

    code = "NOT_TO_BE_REPLAYED"


def failed_messages(work: Work, first: date, last: date) -> Iterator[Message]:
    """Yield the messages that failed from day *first* to *last* (UTC), by day and time written.

    Their `failure` says why, in words for people.
    """
    return _of_days(work, Message, "failedOn-messageId-idx", first, last)


def parked_messages(work: Work, first: date, last: date) -> Iterator[Parked]:
    """Yield the messages parked from day *first* to *last* (UTC), by day; they stay encrypted."""
    return _of_days(work, Parked, "day-parked-idx", first, last)


def replay(work: Work, message_id: str) -> Message:
    """Put a failed message back into the outbox; it is dropped if it no longer helps by then.

    Raises:
        NotFound: If there is no such message.
        NotToBeReplayed: If it has not failed, or its secrets are wiped.
    """
    message = work.get(Message, message_id)
    if message is None:
        raise NotFound("There is no such message.")
    if message.status is not MessageStatus.FAILED:
        raise NotToBeReplayed(f"The message is {message.status}, not FAILED.")
    if message.is_wiped:
        raise NotToBeReplayed("What it carried is wiped; the person asks for a new one.")
    again = message.but(
        status=MessageStatus.QUEUED,
        attempts=0,
        by_sms=False,
        sms_first=False,
        as_template=False,
        as_plain_text=False,
        sending_since=None,
        failed_on=None,
        updated_at=work.now,
    )
    requeue(work, again, work.now)
    return again


def _of_days(work: Work, kind: type[R], index: str, first: date, last: date) -> Iterator[R]:
    day = first
    while day <= last:
        after = None
        while True:
            page = work.query(kind, day.isoformat(), index=index, limit=PAGE, after=after)
            yield from page.records
            after = page.after
            if after is None:
                break
        day += timedelta(days=1)
