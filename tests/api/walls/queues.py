"""Who gets in: a doctor's line."""

from __future__ import annotations

from tests.api.desk import Desk
from tests.api.office import Office
from tests.api.walls.table import Row

LINE = "/doctors/{doctorId}/queue"


def a_line(office: Office) -> dict[str, str]:
    """Let Patient A have a booking with Dr. Meera, whose line has not begun."""
    _desk(office).book(0, payAtClinic=True)
    return {"doctorId": "doc_meera"}


def a_running_line(office: Office) -> dict[str, str]:
    """Let Dr. Meera's line run, with two who wait and somebody who is in."""
    desk = _desk(office)
    for n in range(3):
        desk.book(n, payAtClinic=True)
    desk.queue("start")
    desk.queue("call-next")
    office.stage.clock.advance(seconds=10)
    return {"doctorId": "doc_meera"}


def a_paused_line(office: Office) -> dict[str, str]:
    """Let Dr. Meera's line stand still."""
    ids = a_running_line(office)
    _desk(office).queue("pause")
    office.stage.clock.advance(seconds=1)
    return ids


def a_line_closed_by_mistake(office: Office) -> dict[str, str]:
    """Let Dr. Meera's line have been closed a moment ago."""
    ids = a_running_line(office)
    _desk(office).queue("close")
    office.stage.clock.advance(seconds=1)
    return ids


def _desk(office: Office) -> Desk:
    return Desk(office, office.cast.farida, "doc_meera")


def row(method: str, action: str, given: object, **more: object) -> Row:
    """Return the row of an address that the doctor and the clinic's admins may call."""
    return Row(f"{method} {LINE}/{action}", 200, 404, 404, given=given, **more)  # type: ignore[arg-type]


ROWS = (
    Row("GET /queues", 403, 403, 200, given=a_line, shows=("doc_meera", "Dr. Meera")),
    row("GET", "current", a_line),
    row("GET", "history", a_line),
    row("GET", "promises", a_line),
    row("POST", "start", a_line),
    row("POST", "call-next", a_running_line),
    row("POST", "skip", a_running_line),
    row("POST", "undo", a_running_line),
    row("POST", "pause", a_running_line),
    row("POST", "late", a_line, body={"minutes": 20}),
    row("POST", "resume", a_paused_line),
    row("POST", "close", a_running_line),
    row("POST", "reopen", a_line_closed_by_mistake),
)
