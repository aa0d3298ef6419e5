"""Who gets in: the live page of a line."""

from __future__ import annotations

from tests.api.walls.queues import LINE, a_line, row
from tests.api.walls.table import Row

ROWS = (
    # Opened by a ticket too, so the frame asks for no token; test_streams.py holds its walls.
    Row(f"GET {LINE}/stream", 200, 404, 404, given=a_line, public=True),
    row("POST", "stream/ticket", a_line),
)
