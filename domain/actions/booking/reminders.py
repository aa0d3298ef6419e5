"""Reminders of a booking."""

from __future__ import annotations

from datetime import timedelta

from domain import due
from domain.actions.booking.places import waiting_in_order
from domain.actions.messages import notices
from domain.actions.messages.outbox import Draft, send
from domain.due import OpenWork, context_of
from domain.model.due import Due
from domain.model.messages import Consent, Guard, Option, Urgency
from domain.model.queues import WAITING, Token, TokenStatus
from domain.rules import REMINDER_BEFORE_MINUTES
from domain.waiting import expect


def remind(open_work: OpenWork, item: Due) -> None:
    """Remind a waiting patient once, an hour before the time now expected."""
    work = open_work()
    work.delete(item)
    token = work.get(Token, item.queue_id or "", item.token_id or "")
    place = context_of(work, item)
    if token and place and token.status in WAITING and not token.reminded:
        clinic, doctor, queue = place
        before = [
            w for w in waiting_in_order(work, queue.queue_id) if w.place < (token.place or "")
        ]
        when = expect(queue, before, token.estimated_time, arrived=False, now=work.now)
        remind_at = when.start - timedelta(minutes=REMINDER_BEFORE_MINUTES)
        if remind_at > work.now + timedelta(minutes=5):
            due.schedule_for_token(work, "remind", remind_at, token)
        elif token.status is not TokenStatus.ARRIVED:
            work.put(token.but(reminded=True))
            send(
                work,
                Draft(
                    "news/reminder",
                    to=token.contact_id,
                    clinic=clinic,
                    about=token,
                    guard=Guard.SOON,
                    values=notices.notice_values(token, doctor),
                    options=[
                        Option(id=f"here:{token.token_id}", label="here_button"),
                        Option(id=f"cancel:{token.token_id}", label="cancel_button"),
                    ],
                    urgency=Urgency.NEWS,
                    consent=Consent.NEWS,
                    helps_until=when.end,
                    message_id=f"msg_remind_{token.token_id}",
                ),
            )
    work.commit()
