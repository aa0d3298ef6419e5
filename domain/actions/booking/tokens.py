"""Tokens as they are shown: one by its id, those of a day or a patient, and their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.actions.booking.places import waiting_of
from domain.call_order import in_call_order
from domain.due import tokens_of
from domain.errors import NotFound
from domain.model.clinics import Doctor
from domain.model.money import Refund
from domain.model.queues import (
    LIVE,
    WAITING,
    Locator,
    Queue,
    QueueStatus,
    Token,
    TokenStatus,
    hold_ran_out,
)
from domain.work import Work

CLINIC_CLOSED = "CLINIC_CLOSED"
"""The cancel reason of tokens that the end of their day cancelled."""
OWED_A_TURN = WAITING | {TokenStatus.CURRENT}
AWAITED = frozenset({TokenStatus.PENDING, TokenStatus.CONFIRMED})
"""States in which the patient may still be on the way."""
AWAY = frozenset({TokenStatus.SKIPPED, TokenStatus.NO_SHOW})


@dataclass(frozen=True)
class Counts:
    """A day's tokens by outcome; once the line is closed, `pending` are those not seen."""

    completed: int = 0
    pending: int = 0
    skipped: int = 0
    """Including no-shows."""

    @property
    def total(self) -> int:
        """The sum; holds and cancelled tokens are not counted."""
        return self.completed + self.pending + self.skipped


def find_token(work: Work, token_id: str) -> tuple[Token, Queue]:
    """Return a token and the head of its line.

    Raises:
        NotFound: If there is none, or it is outside the scope.
    """
    locator = work.get(Locator, token_id)
    if locator is None or locator.kind != "token":
        raise NotFound
    token = work.require(Token, locator.partition, token_id)
    queue = work.require(Queue, token.doctor_id, token.date)
    return token, queue


def state_of(token: Token, queue: Queue | None, now: datetime) -> TokenStatus:
    """Return the state of *token* now, which its record may not show yet.

    A hold that ran out is EXPIRED; on a closed day a skipped token is NO_SHOW and one that was
    waiting CANCELLED. The records follow by due items.
    """
    if hold_ran_out(token, now):
        return TokenStatus.EXPIRED
    if queue is not None and queue.status is QueueStatus.CLOSED:
        if token.status is TokenStatus.SKIPPED:
            return TokenStatus.NO_SHOW
        if token.status in WAITING | {TokenStatus.PENDING}:
            return TokenStatus.CANCELLED
    return token.status


def tokens_of_day(work: Work, queue: Queue) -> list[Token]:
    """Return every token of a day by number, each in its state now."""
    found = [as_of_now(t, queue, work.now) for t in tokens_of(work, queue.queue_id)]
    return sorted(found, key=lambda t: (t.number, t.token_id))


def tokens_of_patient(work: Work, patient_id: str) -> list[Token]:
    """Return the tokens of a patient that the scope may see, the latest day first."""
    found: list[Token] = []
    after = None
    while True:
        page = work.query(
            Token, patient_id, index="patientId-date-idx", limit=400, after=after, descending=True
        )
        found += page.records
        after = page.after
        if after is None:
            break
    heads = {
        (q.doctor_id, q.date): q
        for q in work.fetch({(Queue, (t.doctor_id, t.date)): None for t in found})
        if isinstance(q, Queue)
    }
    shown = [as_of_now(t, heads.get((t.doctor_id, t.date)), work.now) for t in found]
    return sorted(shown, key=lambda t: (t.date, t.token_id), reverse=True)


def as_of_now(token: Token, queue: Queue | None, now: datetime) -> Token:
    """Return *token* in its state now; see `state_of`."""
    state = state_of(token, queue, now)
    if state is token.status:
        return token
    closed = state is TokenStatus.CANCELLED
    return token.but(
        status=state,
        place=None,
        cancel_reason=CLINIC_CLOSED if closed else token.cancel_reason,
        cancelled_at=queue.closed_at if closed and queue else token.cancelled_at,
    )


def count_tokens(tokens: Iterable[Token]) -> Counts:
    """Count a day's tokens, as `tokens_of_day` returns them."""
    states = Counter(t.status for t in tokens if not _is_unserved(t))
    unserved = sum(_is_unserved(t) for t in tokens)
    return Counts(
        completed=states[TokenStatus.COMPLETED],
        pending=sum(states[s] for s in OWED_A_TURN) + unserved,
        skipped=sum(states[s] for s in AWAY),
    )


def _is_unserved(token: Token) -> bool:
    """Whether the day ended before this booking had its turn."""
    ended = token.status is TokenStatus.CANCELLED and token.cancel_reason == CLINIC_CLOSED
    return ended and token.confirmed_at is not None


def refunded_paise(work: Work, token: Token) -> int:
    """Return how much of *token*'s money was refunded, or is being refunded."""
    across = work.system("what came back of one's own booking's money")
    refund = across.get(Refund, token.capture_id, "REFUND") if token.capture_id else None
    return refund.amount_paise if refund else 0


def doctors_of(work: Work, tokens: Iterable[Token]) -> dict[str, Doctor]:
    """Return the doctors of *tokens* by their id."""
    refs = {(Doctor, (t.clinic_id, t.doctor_id)): None for t in tokens}
    return {d.doctor_id: d for d in work.fetch(refs) if isinstance(d, Doctor)}


def sort_for_desk(found: Iterable[Token], now: datetime) -> list[Token]:
    """Return a day's tokens in the order of the desk's list.

    The one being served comes first, then those who wait in the order of being called *now*, then
    all others by number. Cancelled and expired tokens are left out.
    """
    gone = {TokenStatus.CANCELLED, TokenStatus.EXPIRED}
    shown = [t for t in found if t.status not in gone]
    line = sorted((waiting_of(t) for t in shown if t.status in WAITING), key=lambda w: w.place)
    rank = {entry.token_id: n for n, entry in enumerate(in_call_order(line, now))}
    rank |= {t.token_id: -1 for t in shown if t.status is TokenStatus.CURRENT}
    return sorted(shown, key=lambda t: (rank.get(t.token_id, len(rank)), t.number))


def announced_lateness(token: Token) -> datetime | None:
    """Return until when the patient of *token* said that they are late, while they are awaited."""
    return token.late_until if token.status in AWAITED else None


def balance_paise(token: Token) -> int:
    """Return what is still to be paid for *token*; 0 once it has ended without a visit."""
    if token.status not in LIVE | {TokenStatus.COMPLETED}:
        return 0
    return max(0, token.amount_paise - token.paid_paise - token.collected_paise)
