"""One consultation: the patient is told that they are next, called in, and done or skipped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from domain import due
from domain.actions.booking.seats import remove_live_booking
from domain.actions.messages.notices import notice_about
from domain.actions.messages.outbox import send
from domain.actions.payments import ledger
from domain.actions.people.associations import count_visit
from domain.actions.visits import visits
from domain.actors import SILENT, Remark
from domain.line_context import LineContext
from domain.model.messages import Guard, Message, MessageStatus, Option
from domain.model.queues import PaymentStatus, Token, TokenStatus, Waiting
from domain.rules import RATING_AFTER_SECONDS

MOST_REPEATS = 5
"""How often one patient may be told that they are next, however often moves are undone."""


@dataclass(frozen=True)
class Ending:
    """How a consultation ends: COMPLETED, or SKIPPED if the patient did not come."""

    status: TokenStatus
    action: str | None = None
    """What the history calls it; None: `next` or `skip`."""
    collected_paise: int | None = None
    """What the desk took at its completion; None: what was owed, unless the desk counts itself."""
    remark: Remark = SILENT


def is_settled(token: Token) -> bool:
    """Return whether *token* is paid: in advance, or whatever was owed at the desk."""
    return token.paid_paise > 0 or token.collected_paise >= token.amount_paise - token.paid_paise


def payment_status_now(token: Token) -> PaymentStatus:
    """Return the payment status of a token that is not completed, by what was paid so far."""
    if token.collected_paise and is_settled(token):
        return PaymentStatus.PAID
    if token.capture_id is None:
        return PaymentStatus.PENDING
    return PaymentStatus.PAID if token.paid_paise else PaymentStatus.REFUNDED


def notify_next(line: LineContext, token: Token) -> None:
    """Tell a patient that they are next, once for each place they stand in.

    A message that was dropped as no longer true may be written again, up to MOST_REPEATS.
    """
    message_id = base = f"msg_next_{token.token_id}_{token.place}"
    repeat = 1
    while (before := line.work.get(Message, message_id)) is not None:
        if before.status is not MessageStatus.DROPPED or repeat == MOST_REPEATS:
            return
        repeat += 1
        message_id = f"{base}_{repeat}"
    notice = notice_about(
        "news/next_in_line",
        token,
        line.clinic,
        line.doctor,
        guard=Guard.FIRST,
        options=[] if token.status is TokenStatus.ARRIVED else [_here_button(token)],
    )
    send(line.work, replace(notice, order=1, message_id=message_id))


def call_in(line: LineContext, waiting: Waiting, token: Token) -> Token:
    """Call in a patient from their place in the line: open the visit and tell them."""
    line.work.delete(waiting)
    token = visits.open_visit(line.work, token)
    token = line.work.put(
        token.but(status=TokenStatus.CURRENT, place=None, actual_time=line.now, updated_at=line.now)
    )
    send(
        line.work,
        notice_about("news/your_turn", token, line.clinic, line.doctor, guard=Guard.CURRENT),
    )
    return token


def end_consultation(line: LineContext, token: Token, ending: Ending) -> Token:
    """End the consultation of the token being served, as *ending* says; return the token.

    The head of the queue is the caller's to write.
    """
    if ending.status is TokenStatus.SKIPPED:
        return _skip(line, token)
    return _complete(line, token, ending.collected_paise)


def _skip(line: LineContext, token: Token) -> Token:
    """Mark a patient who did not come SKIPPED, and tell them how to rejoin."""
    kept = visits.undo_open_visit(line.work, token)
    skipped = token.but(
        status=TokenStatus.SKIPPED, visit_id=kept, actual_time=None, updated_at=line.now
    )
    send(
        line.work,
        notice_about(
            "news/skipped",
            token,
            line.clinic,
            line.doctor,
            guard=Guard.SKIPPED,
            options=[_here_button(token)],
        ),
    )
    return line.work.put(skipped)


def _complete(line: LineContext, token: Token, collected_paise: int | None) -> Token:
    """Complete a consultation: collect the balance, and schedule the question for a rating."""
    work = line.work
    visits.complete_visit(work, token)
    visits_in_all = count_visit(work, token, 1)
    remove_live_booking(work, token)
    due.schedule_for_token(
        work, "ask_rating", work.now + timedelta(seconds=RATING_AFTER_SECONDS), token
    )
    if collected_paise is None:
        # What the desk has counted, or is to count, is not guessed at.
        asks_desk = token.counted or line.clinic.desk_counts
        owed = max(0, token.amount_paise - token.paid_paise - token.collected_paise)
        collected_paise = 0 if asks_desk else owed
    collected = token.collected_paise + collected_paise
    settled = is_settled(token.but(collected_paise=collected))
    done = work.put(
        token.but(
            status=TokenStatus.COMPLETED,
            completed_at=work.now,
            collected_paise=collected,
            new_patient=visits_in_all <= 1,
            payment_status=PaymentStatus.PAID if settled else token.payment_status,
            updated_at=work.now,
        )
    )
    return ledger.record_collection(work, done)


def _here_button(token: Token) -> Option:
    return Option(id=f"here:{token.token_id}", label="here_button")
