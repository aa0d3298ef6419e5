"""What a visit is for, as the patient tells it in chat: kept encrypted, for the doctor to read."""

from __future__ import annotations

from domain.model.queues import Token
from domain.work import Work

LONGEST = 300
"""Characters kept; the beginning counts."""


def note_complaint(work: Work, token: Token, text: str) -> Token:
    """Keep *text* with *token*, behind what was told before."""
    complaint = join_complaints(complaint_of(work, token), text)
    return work.put(token.but(complaint=work.seal.seal(complaint), updated_at=work.now))


def join_complaints(before: str | None, text: str) -> str:
    """Return what was told *before*, and *text* behind it unless it was told already."""
    said = " ".join(text.split())
    if before is not None:
        said = before if f"; {said};" in f"; {before};" else f"{before}; {said}"
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1].rstrip()}…"


def complaint_of(work: Work, token: Token) -> str | None:
    """Return what the patient told, decrypted; None if nothing.

    Raises:
        Unreadable: If it was encrypted with a key that is gone.
    """
    return work.seal.open(token.complaint) if token.complaint is not None else None
