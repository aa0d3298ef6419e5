"""The append-only history of a line: what, who, why, when."""

from __future__ import annotations

from domain.actors import Actor
from domain.model.base import stamp
from domain.model.queues import HistoryEntry, Queue, Token, number_text
from domain.work import Work


def log_token(
    work: Work,
    token: Token,
    action: str,
    by: Actor,
    *,
    detail: str | None = None,
    notes: str | None = None,
) -> None:
    """Write that *by* did *action* to *token*; entries of one instant keep their order.

    *detail* says why, in a word or two; *notes* are the words of staff, stored encrypted.
    """
    entry = _entry(work, token, action, by, detail, notes)
    work.put(entry.but(token_id=token.token_id, token_number=token.token_number))


def log_line(
    work: Work,
    queue: Queue,
    action: str,
    by: Actor,
    *,
    detail: str | None = None,
    notes: str | None = None,
    left: Token | None = None,
) -> None:
    """Write that *by* did *action* to the line: who is served now, and who was before (*left*).

    *detail* and *notes* are as in `log_token`.
    """
    number = number_text(queue.current_number) if queue.current_number is not None else None
    entry = _entry(work, queue, action, by, detail, notes)
    work.put(
        entry.but(
            token_id=queue.current_token,
            token_number=number,
            left_token=left.token_id if left else None,
            left_number=left.token_number if left else None,
        )
    )


def rename_person(work: Work, token: Token) -> None:
    """Put the patient's name of *token* into its entries by the person themself.

    Otherwise another patient's name would stay there when that patient is erased.
    """
    for entry in _read_all(work, token.queue_id):
        if entry.token_id == token.token_id and entry.by == token.contact_id:
            work.put(entry.but(by_name=token.patient_name))


def entries_of(work: Work, queue_id: str) -> list[HistoryEntry]:
    """Return all entries of a line's history, oldest first, with notes decrypted."""
    return [
        e.but(notes=work.seal.open(e.notes)) if e.notes else e for e in _read_all(work, queue_id)
    ]


def _read_all(work: Work, queue_id: str) -> list[HistoryEntry]:
    found: list[HistoryEntry] = []
    after = None
    while True:
        page = work.query(HistoryEntry, queue_id, limit=400, after=after)
        found += page.records
        after = page.after
        if after is None:
            return found


def _entry(
    work: Work,
    about: Token | Queue,
    action: str,
    by: Actor,
    detail: str | None,
    notes: str | None,
) -> HistoryEntry:
    return HistoryEntry(
        queue_id=about.queue_id,
        entry=f"{stamp(work.now)}#{work.ids.new('')}",
        clinic_id=about.clinic_id,
        doctor_id=about.doctor_id,
        action=action,
        by=by.user_id,
        by_name=by.name,
        at=work.now,
        detail=detail,
        # Notes are free text, and may say something of a patient's health.
        notes=work.seal.seal(notes) if notes else None,
    )
