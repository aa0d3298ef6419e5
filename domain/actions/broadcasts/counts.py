"""The outcomes of a broadcast, counted from its messages while they are sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from domain import due
from domain.actions.broadcasts.broadcasts import broadcast_of, find_broadcast
from domain.due import OpenWork, finish
from domain.model.broadcasts import Broadcast, BroadcastStatus, Recipient, RecipientOutcome
from domain.model.due import Due
from domain.model.messages import Message, MessageStatus
from domain.work import Work

COUNT_PAGE = 90
"""How many recipients one transaction reads."""
COUNT_AGAIN = timedelta(seconds=2)
_SENT = {MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ}
_ENDED = {MessageStatus.FAILED, MessageStatus.DROPPED}


def count_outcomes(open_work: OpenWork, item: Due) -> None:
    """Count the outcomes of a broadcast's messages, again and again until all are final.

    May be killed and run again at any line.
    """
    work = open_work()
    broadcast = broadcast_of(work, item)
    if broadcast is None:
        return finish(open_work, item)
    everybody_known, all_final = broadcast.expanded, True
    for page in _not_final(work, broadcast):
        work = open_work()
        broadcast = find_broadcast(work, broadcast.clinic_id, broadcast.broadcast_id)
        all_final = _record_page(work, broadcast, page, advance=all_final)
        if work.is_empty and not all_final:
            break
        work.commit()
    work = open_work()
    broadcast = find_broadcast(work, broadcast.clinic_id, broadcast.broadcast_id)
    if everybody_known and all_final:
        cancelled = broadcast.status is BroadcastStatus.CANCELLED
        status = broadcast.status if cancelled else BroadcastStatus.COMPLETED
        work.put(broadcast.but(status=status, finished_at=work.now))
        work.delete(item)
    else:
        due.reschedule(work, item, COUNT_AGAIN)
    work.commit()
    return None


def _not_final(work: Work, broadcast: Broadcast) -> Iterator[list[Recipient]]:
    """Yield recipients in the order of sending, from the first whose outcome is not known."""
    after = None
    while True:
        page = work.query(
            Recipient,
            broadcast.broadcast_id,
            index="place-idx",
            between=(broadcast.looked_to or "0", "~"),
            limit=COUNT_PAGE,
            after=after,
        )
        yield page.records
        after = page.after
        if after is None:
            return


def _record_page(
    work: Work, broadcast: Broadcast, page: Sequence[Recipient], *, advance: bool
) -> bool:
    """Record the outcomes of a page of recipients; return whether all up to its end are final.

    *advance* says that all before the page are final, so that the next count may begin in it.
    """
    open_ones = [r for r in page if r.outcome is RecipientOutcome.QUEUED]
    across = work.system("see the outcomes of a broadcast's messages")
    found = across.fetch([(Message, (r.message_id or "",)) for r in open_ones])
    known = {r.recipient: _outcome_of(m) for r, m in zip(open_ones, found, strict=True)}
    sent = failed = 0
    for recipient in open_ones:
        outcome, reason = known[recipient.recipient]
        if outcome is not RecipientOutcome.QUEUED:
            work.put(recipient.but(outcome=outcome, reason=reason))
            sent += outcome is RecipientOutcome.SENT
            failed += outcome is RecipientOutcome.FAILED
    waiting = [r for r in open_ones if known[r.recipient][0] is RecipientOutcome.QUEUED]
    looked_to = broadcast.looked_to
    if advance and page:
        looked_to = waiting[0].place if waiting else page[-1].place
    if sent or failed or looked_to != broadcast.looked_to:
        work.put(
            broadcast.but(
                sent=broadcast.sent + sent, failed=broadcast.failed + failed, looked_to=looked_to
            )
        )
    return advance and not waiting


def _outcome_of(message: object) -> tuple[RecipientOutcome, str | None]:
    if not isinstance(message, Message):
        return RecipientOutcome.QUEUED, None
    if message.status in _SENT:
        return RecipientOutcome.SENT, None
    if message.status in _ENDED:
        return RecipientOutcome.FAILED, message.failure
    return RecipientOutcome.QUEUED, None
