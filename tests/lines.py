"""A doctor's line, run by its doctor or by the desk: Dr. Khan's, where no other is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.actions.booking.queues import current_queue
from domain.actions.line import calling, lifecycle
from domain.actions.line.preconditions import SeenState
from domain.actors import Actor
from domain.model.clinics import Doctor
from domain.model.queues import HistoryEntry, Queue, Token
from tests.bookings import crowd
from tests.people import Cast
from tests.stage import Stage

KHAN = Actor("usr_khan", "Dr. Khan")
FARIDA = Actor("usr_farida", "Farida")


def head(stage: Stage, cast: Cast, doctor: Doctor | None = None) -> Queue:
    """Return the line's head as it is stored now."""
    return current_queue(stage.work(), cast.clinic, doctor or cast.khan)


def start(stage: Stage, cast: Cast, actor: Actor = KHAN, *, doctor: Doctor | None = None) -> None:
    """Start the line."""
    stage.on_line(lifecycle.start, cast.clinic, doctor or cast.khan, actor)


def close(stage: Stage, cast: Cast, reason: str = "CLOSED_BY_STAFF") -> None:
    """Close the line for the day."""
    stage.on_line(lifecycle.close, cast.clinic, cast.khan, KHAN, reason)
    stage.clock.advance(1)


def move(
    stage: Stage,
    cast: Cast,
    action: Callable[..., Any] = calling.call_next,
    actor: Actor = KHAN,
    saw: SeenState | None = None,
    *,
    doctor: Doctor | None = None,
) -> Any:
    """Move the line, as by a button that shows it as it is now, or as *actor* *saw* it."""
    queue = head(stage, cast, doctor)
    saw = saw or SeenState(button=True, current=queue.current_token)
    return stage.on_line(action, cast.clinic, doctor or cast.khan, actor, saw)


def three_waiting(stage: Stage, cast: Cast) -> list[Token]:
    """Let three wait in the running line; return their bookings."""
    booked = crowd(stage, cast, 3)
    start(stage, cast)
    return booked


def entries(stage: Stage, queue_id: str) -> list[HistoryEntry]:
    """Return a line's history, the oldest entry first."""
    return stage.work().query(HistoryEntry, queue_id, limit=500).records
