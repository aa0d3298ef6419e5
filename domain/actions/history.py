"""The append-only history of a line: what, who, why, when."""

from __future__ import annotations

from domain.model.base import stamp
from domain.model.queues import HistoryEntry, Queue, Token, number_text
from domain.work import Work


def note(
    work: Work,
    token: Token,
    action: str,
    *,
    by: str,
    by_name: str,
    detail: str | None = None,
    notes: str | None = None,
) -> None:
    """Write an entry about *token*; several of one instant keep their order."""
    entry = _entry(work, token, action, by, by_name, detail, notes)
    work.put(entry.but(token_id=token.token_id, token_number=token.token_number))


def note_line(
    work: Work,
    queue: Queue,
    action: str,
    *,
    by: str,
    by_name: str,
    detail: str | None = None,
    notes: str | None = None,
    left: Token | None = None,
) -> None:
    """Write an entry about the line: who is being served now, and who was before (*left*)."""
    number = number_text(queue.current_number) if queue.current_number is not None else None
    entry = _entry(work, queue, action, by, by_name, detail, notes)
    work.put(
        entry.but(
            token_id=queue.current_token,
            token_number=number,
            left_token=left.token_id if left else None,
            left_number=left.token_number if left else None,
        )
    )


def entries(work: Work, queue_id: str) -> list[HistoryEntry]:
    """Return everything that happened in a line, oldest first, with notes opened."""
    found: list[HistoryEntry] = []
    after = None
    while True:
        page = work.query(HistoryEntry, queue_id, limit=400, after=after)
        found += page.records
        after = page.after
        if after is None:
            break
    return [e.but(notes=work.seal.open(e.notes)) if e.notes else e for e in found]


def _entry(
    work: Work,
    about: Token | Queue,
    action: str,
    by: str,
    by_name: str,
    detail: str | None,
    notes: str | None,
) -> HistoryEntry:
    return HistoryEntry(
        queue_id=about.queue_id,
        entry=f"{stamp(work.now)}#{work.ids.new('')}",
        clinic_id=about.clinic_id,
        doctor_id=about.doctor_id,
        action=action,
        by=by,
        by_name=by_name,
        at=work.now,
        detail=detail,
        # Staff write what they like into notes, a patient's health too.
        notes=work.seal.seal(notes) if notes else None,
    )
