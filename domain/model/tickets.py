"""What opens a live page without a header: browsers' event streams can send none."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from domain.model.base import Record


class StreamTicket(Record, frozen=True, kw_only=True):
    """That a session may open one doctor's stream once, within a minute. Key: ticket (a hash).

    Using it deletes it, so that it opens one stream however many try.
    """

    TABLE: ClassVar[str] = "stream-tickets"
    KEY: ClassVar[tuple[str, ...]] = ("ticket",)

    ticket: str
    clinic_id: str
    doctor_id: str
    user_id: str
    session_id: str
    expires_at: datetime
