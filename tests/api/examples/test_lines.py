"""The specification's examples of lines and bookings (6.6, 6.7): a day of Dr. Meera's."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.desk import Desk
from tests.api.examples.shape import differs, examples, request_of
from tests.api.office import Office
from tests.people import FixedClock, store, stored

DOCTOR = "/api/v1/doctors/{doctorId}"
STREAM = f"GET {DOCTOR}/queue/stream"
RUNS = (
    f"GET {DOCTOR}/queue/current",
    *(f"POST {DOCTOR}/queue/{action}" for action in (
        "start", "call-next", "skip", "pause", "resume", "close"
    )),
    STREAM,
    f"GET {DOCTOR}/tokens",
    f"POST {DOCTOR}/tokens",
    "GET /api/v1/tokens/{tokenId}",
    "PUT /api/v1/tokens/{tokenId}",
    "DELETE /api/v1/tokens/{tokenId}",
    "GET /api/v1/patients/{patientId}/tokens",
)  # fmt: skip
EARLY = datetime(2025, 1, 15, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(EARLY)


@pytest.fixture
def desk(office: Office) -> Desk:
    """Return the desk of a clinic in UTC, whose doctor sees patients from nine to five."""
    records = office.stage.records
    store(records, stored(records, office.cast.clinic).but(time_zone="UTC"))
    store(records, stored(records, office.cast.meera).but(lunch_break=None))
    return Desk(office, office.cast.farida, "doc_meera")


def example(desk: Desk, address: str, path: str, **ids: str) -> dict[str, Any]:
    """Send the example's request with the *ids* there are; return an answer that is like its."""
    body = request_of(address)
    if body is not None:
        body = {**body, **{name: value for name, value in ids.items() if name in body}}
    method = address.partition(" ")[0]
    answer = desk.call(method, path, body)
    created = method == "POST" and address.endswith("/tokens")
    assert answer.status_code == (201 if created else 200), answer.text
    null = ("currentToken", "actualTime", "visitId", "nextToken", "patientName", "patientPhone")
    assert differs(address, answer.json, may_be_null=null) == []
    found: dict[str, Any] = answer.get_json()
    return found


def test_a_day_as_the_specification_tells_it(office: Office, desk: Desk) -> None:
    clock = office.stage.clock
    path = "/doctors/doc_meera"
    known = desk.token(desk.book(0, payAtClinic=True, patientPhone="+919876543210",
                                 patientName="Rajesh Kumar"))  # fmt: skip
    desk.cancel(known["tokenId"])
    made = example(desk, f"POST {DOCTOR}/tokens", f"{path}/tokens", patientId=known["patientId"])
    token_id = made["data"]["tokenId"]
    assert made["data"]["estimatedTime"] == "2025-01-15T14:30:00Z"
    assert made["message"] == "Token created successfully"
    for n in range(1, 4):
        desk.book(n, payAtClinic=True, preferredTime=f"2025-01-15T14:{30 + n}:00Z")
    example(desk, f"GET {DOCTOR}/tokens", f"{path}/tokens")
    assert example(desk, "GET /api/v1/tokens/{tokenId}", f"/tokens/{token_id}")
    gone = example(desk, "DELETE /api/v1/tokens/{tokenId}", f"/tokens/{token_id}")
    assert (gone["data"]["status"], gone["message"]) == (
        "CANCELLED",
        "Token cancelled successfully",
    )
    clock.instant = EARLY.replace(hour=9)
    started = example(desk, f"POST {DOCTOR}/queue/start", f"{path}/queue/start")
    assert started["data"]["startTime"] == "2025-01-15T09:00:00Z"
    desk.queue("call-next")
    current = example(desk, f"GET {DOCTOR}/queue/current", f"{path}/queue/current")
    assert current["data"]["queue"]["startTime"] == "2025-01-15T09:00:00Z"
    assert current["data"]["queue"]["estimatedEndTime"] == "2025-01-15T17:00:00Z"
    example(desk, f"POST {DOCTOR}/queue/skip", f"{path}/queue/skip")
    example(desk, f"POST {DOCTOR}/queue/call-next", f"{path}/queue/call-next")
    clock.instant = EARLY.replace(hour=11, minute=59, second=59)
    paused = example(desk, f"POST {DOCTOR}/queue/pause", f"{path}/queue/pause")
    assert paused["data"] == {
        "status": "PAUSED",
        "pauseReason": "LUNCH_BREAK",
        "pausedAt": "2025-01-15T12:00:00Z",
        "estimatedResumeTime": "2025-01-15T13:30:00Z",
    }
    clock.instant = EARLY.replace(hour=13, minute=29, second=59)
    resumed = example(desk, f"POST {DOCTOR}/queue/resume", f"{path}/queue/resume")
    assert resumed["data"]["resumedAt"] == "2025-01-15T13:30:00Z"
    current_id = resumed["data"]["currentToken"]
    clock.instant = EARLY.replace(hour=14, minute=45, second=30)
    done = example(desk, "PUT /api/v1/tokens/{tokenId}", f"/tokens/{current_id}")
    assert done["data"]["status"] == "COMPLETED"
    listed = f"/patients/{known['patientId']}/tokens"
    example(desk, "GET /api/v1/patients/{patientId}/tokens", listed)
    clock.instant = EARLY.replace(hour=17)
    example(desk, f"POST {DOCTOR}/queue/close", f"{path}/queue/close")


def test_the_stream_is_as_the_specification_tells_it(office: Office, desk: Desk) -> None:
    desk.book(0, payAtClinic=True)
    desk.queue("start")
    desk.queue("call-next")
    token = office.admin.token
    answer = office.http.open(
        "/api/v1/doctors/doc_meera/queue/stream",
        headers={"Authorization": f"Bearer {token}"},
        buffered=False,
    )
    chunks = answer.iter_encoded()
    next(chunks)
    event = next(chunks).decode()
    answer.close()
    assert differs(STREAM, event) == []
    name, _, data = event.strip().split("\n")
    example_name, example_data = examples()[STREAM]["response"].strip().split("\n", 1)
    assert name == example_name
    shown = json.loads(data.removeprefix("data: "))
    told = json.loads(example_data.removeprefix("data: "))
    assert {n: type(v) for n, v in told.items()}.items() <= {
        n: type(v) for n, v in shown.items()
    }.items()
    assert shown["currentToken"].startswith("TKN_")
