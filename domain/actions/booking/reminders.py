"""Reminders of a booking."""

from __future__ import annotations

from datetime import timedelta

from domain import due
from domain.actions.booking.places import expectation_of
from domain.actions.messages import notices
from domain.actions.messages.outbox import Draft, send
from domain.due import OpenWork, context_of
from domain.line_context import LineContext
from domain.model.due import Due
from domain.model.messages import Consent, Guard, Option, Urgency
from domain.model.queues import WAITING, Token, TokenStatus
from domain.rules import REMINDER_BEFORE_MINUTES
from domain.waiting import Expectation


def remind(open_work: OpenWork, item: Due) -> None:
    """Remind a waiting patient once, an hour before the turn expected now; put it off if early."""
    work = open_work()
    work.delete(item)
    token = work.get(Token, item.queue_id or "", item.token_id or "")
    line = context_of(work, item)
    if token and line and token.status in WAITING and not token.reminded:
        _remind_in_time(line, token)
    work.commit()


def _remind_in_time(line: LineContext, token: Token) -> None:
    """Write the reminder, or schedule it for its time; one who has come needs none."""
    expected = expectation_of(line.work, line.queue, token)
    if expected is None:
        return
    remind_at = expected.start - timedelta(minutes=REMINDER_BEFORE_MINUTES)
    if remind_at > line.now + timedelta(minutes=5):
        due.schedule_for_token(line.work, "remind", remind_at, token)
    elif token.status is not TokenStatus.ARRIVED:
        _write_reminder(line, token, expected)


def _write_reminder(line: LineContext, token: Token, expected: Expectation) -> None:
    line.work.put(token.but(reminded=True))
    send(
        line.work,
        Draft(
            "news/reminder",
            to=token.contact_id,
            clinic=line.clinic,
            about=token,
            guard=Guard.SOON,
            values=notices.notice_values(token, line.doctor),
            options=[
                Option(id=f"here:{token.token_id}", label="here_button"),
                Option(id=f"cancel:{token.token_id}", label="cancel_button"),
            ],
            urgency=Urgency.NEWS,
            consent=Consent.NEWS,
            helps_until=expected.end,
            message_id=f"msg_remind_{token.token_id}",
        ),
    )
