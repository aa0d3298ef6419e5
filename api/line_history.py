"""What happened in a doctor's line on a day, and what patients were told of their turn."""

from __future__ import annotations

from api.frame.calls import Answer, Call
from api.frame.days import page_of
from api.queues import line_of, queues
from api.schemas.queues import (
    History,
    HistoryEntryShown,
    HistoryQuery,
    LinePath,
    OfDay,
    Promises,
    PromiseShown,
)
from domain.actions.booking import history
from domain.actions.line import promises
from domain.model.queues import HistoryEntry
from domain.permissions import EVERYBODY
from domain.work import Work

__all__ = ["queues"]


@queues.get("/doctors/<doctorId>/queue/history", needs=EVERYBODY, answers=History, audits=True)
def queue_history(work: Work, call: Call, path: LinePath, query: HistoryQuery) -> Answer:
    """List everything that happened in a day's line, oldest first."""
    queue = line_of(work, call, path, query).queue
    found = history.entries_of(work, queue.queue_id)
    after = call.read_cursor(query.cursor)
    page, more = page_of(found, lambda e: e.entry, query.limit, after)
    return Answer(
        History(
            queue_id=queue.queue_id,
            date=queue.date,
            history=[_entry(e) for e in page],
            total_count=len(found),
            next_cursor=call.next_cursor(more),
        )
    )


@queues.get("/doctors/<doctorId>/queue/promises", needs=EVERYBODY, answers=Promises)
def queue_promises(work: Work, call: Call, path: LinePath, query: OfDay) -> Answer:
    """Compare what patients were told of their turn with what happened, on one day."""
    queue = line_of(work, call, path, query).queue
    day = promises.promises_of_day(work, queue)
    return Answer(
        Promises(
            queue_id=queue.queue_id,
            date=queue.date,
            promised=len(day.promises),
            called=day.called,
            kept=day.kept,
            kept_percent=day.kept_percent,
            promises=[
                PromiseShown(
                    token_id=p.token.token_id,
                    token_number=p.token.token_number,
                    told_at=p.first_told_at,
                    told_from=p.first_from,
                    told_to=p.first_to,
                    last_told_at=p.last_told_at,
                    last_told_from=p.last_from,
                    last_told_to=p.last_to,
                    actual_time=p.token.actual_time,
                    minutes_off=p.minutes_off,
                )
                for p in day.promises
            ],
        )
    )


def _entry(entry: HistoryEntry) -> HistoryEntryShown:
    return HistoryEntryShown(
        action=entry.action,
        at=entry.at,
        # A contact's id says nothing at a clinic; staff and the clock are named as they are.
        by="PATIENT" if entry.by.startswith("con_") else entry.by,
        by_name=entry.by_name,
        token_id=entry.token_id,
        token_number=entry.token_number,
        left_token=entry.left_token,
        left_token_number=entry.left_number,
        reason=entry.detail,
        notes=entry.notes,
    )
