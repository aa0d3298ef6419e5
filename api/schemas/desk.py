"""What the API takes and answers where the desk changes the order of a line."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from api.schemas.base import Body, Data, Id, Instant, Text
from api.schemas.queues import Number, Reason, Sight
from domain.model.queues import TokenStatus


class CallPatient(Sight):
    """Whom to call in, and why before others."""

    token_id: Id
    reason: Reason | None = Field(
        default=None, description="Left out: OUT_OF_TURN, if others stand before them."
    )
    notes: Text | None = Field(default=None, description="For the line's history.")


class Position(StrEnum):
    """An end of the line."""

    FIRST = "FIRST"
    LAST = "LAST"


class MoveCall(Body):
    """Where in the line a patient shall stand, and why: `after` or `position`, one of them."""

    after: Id | None = Field(
        default=None,
        description="The token right behind which they shall stand: of a patient who waits, or of "
        "the one being served.",
    )
    position: Position | None = Field(
        default=None,
        description="FIRST gives priority: before all but those who were given it before. LAST is "
        "behind all who wait now.",
    )
    reason: Reason | None = None
    notes: Text | None = Field(default=None, description="For the line's history.")


class Moved(Data):
    """Where in the line a patient stands now."""

    token_id: str
    token_number: Number
    status: TokenStatus
    ahead: int
    """How many are called before them, if all were called now."""
    updated_at: Instant
