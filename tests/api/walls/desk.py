"""Who gets in: the desk beside the line."""

from __future__ import annotations

from tests.api.desk import Desk
from tests.api.office import Office
from tests.api.walls.table import Row


def who_waits(office: Office) -> dict[str, str]:
    """Let Dr. Meera's line run, with Patient A inside; name Patient C, who waits."""
    desk = Desk(office, office.cast.farida, "doc_meera")
    waiting = [desk.book(n, payAtClinic=True) for n in range(3)]
    desk.queue("start")
    desk.queue("call-next")
    office.stage.clock.advance(seconds=10)
    return {"doctorId": "doc_meera", "tokenId": waiting[-1]}


ONE = "/tokens/{tokenId}"
ROWS = (
    Row(
        "GET /desk/find",
        200,
        200,
        200,
        query={"q": "Patient C"},
        given=who_waits,
        shows=("Patient C",),
    ),
    Row(
        "POST /doctors/{doctorId}/queue/call",
        200,
        404,
        404,
        body={"tokenId": "{tokenId}"},
        given=who_waits,
    ),
    Row(f"POST {ONE}/collect", 200, 404, 404, body={"method": "DUE"}, given=who_waits),
    Row(f"POST {ONE}/move", 200, 404, 404, body={"position": "LAST"}, given=who_waits),
)
