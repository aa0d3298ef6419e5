"""Tickets that open a live page: a browser's event stream cannot send a header."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from domain.model.base import Record


class StreamTicket(Record, frozen=True, kw_only=True):
    """Lets a session open one doctor's stream once, within a minute. Key: ticket (a hash).

    Opening deletes it, so that of several attempts one succeeds.
    """

    TABLE: ClassVar[str] = "stream-tickets"
    KEY: ClassVar[tuple[str, ...]] = ("ticket",)

    ticket: str
    clinic_id: str
    doctor_id: str
    user_id: str
    session_id: str
    expires_at: datetime
