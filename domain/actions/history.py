"""The append-only history of a line: what, who, why, when."""

from __future__ import annotations

from domain.model.base import stamp
from domain.model.queues import HistoryEntry, Queue, Token, number_text
from domain.work import Work


def note(
    work: Work, token: Token, action: str, *, by: str, by_name: str, detail: str | None = None
) -> None:
    """Write an entry about *token*; several of one instant keep their order."""
    _write(work, token, action, (by, by_name, detail), token.token_id, token.token_number)


def note_line(
    work: Work, queue: Queue, action: str, *, by: str, by_name: str, detail: str | None = None
) -> None:
    """Write an entry about the line, naming the token being served."""
    number = number_text(queue.current_number) if queue.current_number is not None else None
    _write(work, queue, action, (by, by_name, detail), queue.current_token, number)


def _write(
    work: Work,
    about: Token | Queue,
    action: str,
    who_and_why: tuple[str, str, str | None],
    token_id: str | None,
    token_number: str | None,
) -> None:
    by, by_name, detail = who_and_why
    work.put(
        HistoryEntry(
            queue_id=about.queue_id,
            entry=f"{stamp(work.now)}#{work.ids.new('')}",
            clinic_id=about.clinic_id,
            doctor_id=about.doctor_id,
            action=action,
            by=by,
            by_name=by_name,
            at=work.now,
            token_id=token_id,
            token_number=token_number,
            detail=detail,
        )
    )
