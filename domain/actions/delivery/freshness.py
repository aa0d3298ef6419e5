"""Checking a message again as it is sent, and computing its values then: no stale news (I8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.actions.booking.places import expected_after, waiting_in_order
from domain.call_order import is_late
from domain.closing import as_told
from domain.model.broadcasts import Broadcast, BroadcastStatus
from domain.model.messages import Guard, Message
from domain.model.queues import (
    HALTED,
    LIVE,
    WAITING,
    Progress,
    Queue,
    QueueStatus,
    Token,
    TokenStatus,
    Waiting,
    number_text,
)
from domain.rules import TIME_MOVED_MINUTES
from domain.waiting import STEP, Expectation
from domain.work import Work

Check = Callable[[Work, Token], bool]
NUMBERS_NAMED = 10
"""Numbers of those before a patient that a message can name."""
DOCTORS_NEWS = frozenset({"late", "on time"})
"""Reasons of progress that concern the first in line too: the doctor is late, or on time."""


def token_values(work: Work, token: Token) -> tuple[dict[str, Any], Expectation | None]:
    """Return the template variables that describe *token* now, and when its turn is expected.

    Variables: `state` (the token's status, or CLOSED if its queue is closed), `number`, `at`,
    `now`, `line` (the queue's status), `serving` (a number or None), `ahead`, `before` (the numbers
    of the first of those), `low` and `high` (minutes from now), `from` and `to` (instants),
    `certain`. All but `ahead` of the last seven are set, and a turn is expected, only for a token
    that waits.
    """
    queue = work.get(Queue, token.doctor_id, token.date)
    values: dict[str, Any] = {
        "state": token.status.value,
        "number": token.number,
        "at": token.estimated_time.isoformat(),
        "now": work.now.isoformat(),
        "line": QueueStatus.SCHEDULED.value,
        "serving": None,
        "ahead": None,
    }
    if queue is None:
        return values, None
    queue = as_told(queue, work.now)
    values["line"] = queue.status.value
    values["serving"] = queue.current_number
    if token.status in LIVE and queue.status is QueueStatus.CLOSED:
        values["state"] = "CLOSED"
        return values, None
    expected, before = None, list[Waiting]()
    if token.status in WAITING:
        expected, before = expected_after(work, queue, token)
    if expected is None:
        return values, None
    low, high = expected.minutes(work.now)
    values |= {
        "ahead": expected.ahead,
        "before": [w.number for w in before[:NUMBERS_NAMED]],
        "low": low,
        "high": high,
        "from": round_instant(expected.start, up=False).isoformat(),
        "to": round_instant(expected.end, up=True).isoformat(),
        "certain": expected.certain,
    }
    return values, expected


def round_instant(at: datetime, *, up: bool) -> datetime:
    """Round *at* down, or *up*, to a multiple of `STEP` minutes: no promise is finer."""
    past = timedelta(seconds=at.timestamp() % (60 * STEP))
    if not past:
        return at
    return at - past + (timedelta(minutes=STEP) if up else timedelta())


def fresh_values(work: Work, message: Message) -> dict[str, Any] | None:
    """Return the variables of *message* as of now, or None if it should no longer be sent.

    Call it in the transaction that marks the message SENDING: it records in the token's Progress
    the time that the person is promised.
    """
    if is_over(work, message):
        return None
    if message.guard is None or message.about is None or message.queue_id is None:
        return message.values
    token = work.get(Token, message.queue_id, message.about)
    if token is None or not GUARDS[message.guard](work, token):
        return None
    if message.guard not in _WITH_TOKEN_VALUES:
        return message.values
    values, expected = token_values(work, token)
    row = work.get(Progress, token.queue_id, token.token_id)
    if message.guard is Guard.PROGRESS and not _is_news(work, message, row, expected):
        return None
    if expected is not None:
        _record_promise(work, token, row, expected)
    return {**message.values, **values}


def _is_news(
    work: Work, message: Message, row: Progress | None, expected: Expectation | None
) -> bool:
    """Return whether a message of progress still tells its patient anything new."""
    if expected is None:
        return False
    reason = message.values.get("reason")
    # An earlier try has recorded its promise, so the news would no longer seem worth telling.
    if reason == "resumed" or message.sending_since is not None:
        return True
    if not expected.ahead and reason not in DOCTORS_NEWS:
        return False
    return worth_telling(work, row, expected, pending_counts=False)


def is_over(work: Work, message: Message) -> bool:
    """Return whether *message* is too old to help, or its broadcast was cancelled."""
    if message.helps_until is not None and message.helps_until <= work.now:
        return True
    if message.broadcast_id is None:
        return False
    broadcast = work.get(Broadcast, message.clinic_id or "", message.broadcast_id or "")
    return broadcast is None or broadcast.status is BroadcastStatus.CANCELLED


def worth_telling(
    work: Work, row: Progress | None, expected: Expectation, *, pending_counts: bool = True
) -> bool:
    """Return whether a patient who waits should be told of their progress now.

    They should when, since they were last told, PROGRESS_EVERY fewer tokens are ahead of them or
    their time has moved by ten minutes or more. With *pending_counts*, never while a message about
    it is waiting to be sent.
    """
    if row is None or row.told_ahead is None or row.told_from is None or row.told_to is None:
        return False
    if pending_counts and row.pending is not None:
        return False
    if row.told_ahead - expected.ahead >= work.rules.progress_every:
        return True
    was = row.told_from + (row.told_to - row.told_from) / 2
    middle = expected.start + (expected.end - expected.start) / 2
    return abs(middle - was) >= timedelta(minutes=TIME_MOVED_MINUTES)


def _record_promise(work: Work, token: Token, row: Progress | None, expected: Expectation) -> None:
    row = row or Progress(
        queue_id=token.queue_id, token_id=token.token_id, clinic_id=token.clinic_id
    )
    first = row.first_told_at is None
    work.put(
        row.but(
            pending=None,
            told_at=work.now,
            told_ahead=expected.ahead,
            told_from=expected.start,
            told_to=expected.end,
            first_told_at=work.now if first else row.first_told_at,
            first_from=expected.start if first else row.first_from,
            first_to=expected.end if first else row.first_to,
        )
    )


def forget_pending(work: Work, message: Message) -> None:
    """Record that *message* will not be sent, so that its token's progress may be told again."""
    if message.guard is not Guard.PROGRESS or message.about is None or message.queue_id is None:
        return
    row = work.get(Progress, message.queue_id, message.about)
    if row is not None and row.pending == message.message_id:
        work.put(row.but(pending=None))


def _is_first(work: Work, token: Token) -> bool:
    if token.status not in WAITING:
        return False
    first = waiting_in_order(work, token.queue_id, 1)
    return bool(first) and first[0].token_id == token.token_id


def _is_halted(work: Work, token: Token) -> bool:
    queue = work.get(Queue, token.doctor_id, token.date)
    return queue is not None and queue.status in HALTED and token.status in WAITING


def _has_status(*statuses: TokenStatus) -> Check:
    return lambda _work, token: token.status in statuses


GUARDS: dict[Guard, Check] = {
    Guard.BOOKED: _has_status(*LIVE - {TokenStatus.PENDING}, TokenStatus.COMPLETED),
    Guard.STANDING: lambda _work, _token: True,
    Guard.PROGRESS: _has_status(*WAITING),
    Guard.WAITING: _has_status(*WAITING),
    Guard.SOON: _has_status(*WAITING),
    Guard.CURRENT: _has_status(TokenStatus.CURRENT),
    Guard.SKIPPED: _has_status(TokenStatus.SKIPPED),
    Guard.COMPLETED: _has_status(TokenStatus.COMPLETED),
    Guard.UNPAID: _has_status(TokenStatus.PENDING),
    Guard.FIRST: _is_first,
    Guard.HALTED: _is_halted,
}
"""What must still be true of a message's token when it is sent."""
_WITH_TOKEN_VALUES = {
    Guard.BOOKED,
    Guard.STANDING,
    Guard.PROGRESS,
    Guard.FIRST,
    Guard.SOON,
    Guard.HALTED,
}
"""Guards of messages that carry the values of `token_values`."""


def late_text(entry: Waiting, now: datetime) -> str | None:
    """Return the instant until which a waiting patient is late, as templates take it, if any."""
    return entry.late_until.isoformat() if entry.late_until and is_late(entry, now) else None


@dataclass(frozen=True)
class LinePeople:
    """Who is in a line: all who wait in order, who is in now, and who is next."""

    waiting: list[Waiting]
    current: Token | None
    following: Token | None


def people_in_line(work: Work, queue: Queue) -> LinePeople:
    """Return who waits, who is in now and who is next."""
    line = waiting_in_order(work, queue.queue_id)
    refs = [(Token, (queue.queue_id, t)) for t in (queue.current_token,) if t]
    refs += [(Token, (queue.queue_id, w.token_id)) for w in line[:1]]
    tokens = {t.token_id: t for t in work.fetch(refs) if isinstance(t, Token)}
    following = tokens.get(line[0].token_id) if line else None
    return LinePeople(line, tokens.get(queue.current_token or ""), following)


def line_values(work: Work, queue: Queue, people: LinePeople | None = None) -> dict[str, Any]:
    """Return the template variables that describe *queue* now to the staff who run it.

    `line` (its status), `serving` and `person` (who is in now), `next_number` and `next_person`,
    `next_late` (until when the next one is late, if so), `waiting`, `arrived`, `date`, `now`,
    `current_text`, `until` and `reason` (of a pause), `doctor_late` (until when). *people* is what
    `people_in_line` returned, if it was called before.
    """
    people = people or people_in_line(work, queue)
    line, current, following = people.waiting, people.current, people.following
    late = queue.late_until
    return {
        "line": queue.status.value,
        "serving": queue.current_number,
        "person": current.patient_name if current else None,
        "next_number": following.number if following else None,
        "next_person": following.patient_name if following else None,
        "next_late": late_text(line[0], work.now) if line else None,
        "waiting": len(line),
        "arrived": sum(w.arrived for w in line),
        "date": queue.date,
        "now": work.now.isoformat(),
        "current_text": number_text(queue.current_number) if queue.current_number else None,
        "until": queue.resume_expected_at.isoformat() if queue.resume_expected_at else None,
        "reason": queue.pause_reason,
        "doctor_late": late.isoformat() if late and late > work.now else None,
    }
