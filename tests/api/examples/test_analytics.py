"""The specification's examples of figures (6.2, 6.3, 6.9), with the queries it gives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.model.figures import DayFigures, Hour
from tests.api.examples.shape import differs, examples
from tests.api.office import Office
from tests.people import FixedClock, store, stored

STATS = "GET /api/v1/doctors/{doctorId}/stats"
PERFORMANCE = "GET /api/v1/analytics/doctors/{doctorId}/performance"
FLOW = "GET /api/v1/analytics/patients/flow"
RUNS = (
    "GET /api/v1/clinics/analytics",
    "GET /api/v1/analytics/clinic/dashboard",
    STATS,
    PERFORMANCE,
    FLOW,
    "GET /api/v1/analytics/revenue",
)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 1, 15, 18, 0, tzinfo=UTC))


def a_day(office: Office, day: date, scale: int) -> DayFigures:
    return DayFigures(
        doctor_id=office.cast.meera.doctor_id,
        date=day.isoformat(),
        clinic_id=office.cast.clinic.clinic_id,
        queue_id=f"queue-{day}",
        completed=4 * scale,
        cancelled=scale,
        new_tokens=scale,
        online_paise=20_000 * scale,
        desk_paise=180_000 * scale,
        paise_by_type={"GENERAL": 150_000 * scale, "SPECIALIST": 50_000 * scale},
        patients=tuple(f"pat_{day:%m%d}_{n}" for n in range(5 * scale)),
        new_patients=tuple(f"pat_{day:%m%d}_{n}" for n in range(scale)),
        punctual=3 * scale,
        stars=19,
        ratings=4,
        hours=(
            Hour(hour=9, arrivals=2 * scale, waits=2 * scale, wait_seconds=900 * scale),
            Hour(hour=10, arrivals=2 * scale, departures=2 * scale, waits=2 * scale,
                 wait_seconds=3600 * scale, consultations=4 * scale,
                 consultation_seconds=2880 * scale),
            Hour(hour=11, departures=2 * scale),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("address", RUNS)
def test_an_answer_is_like_its_example(office: Office, address: str) -> None:
    records = office.stage.records
    plan = {"plan": "PROFESSIONAL", "subscription_plan": "PROFESSIONAL", "time_zone": "UTC"}
    store(records, stored(records, office.cast.clinic).but(**plan))
    today = office.stage.clock.now().date()
    for ago, scale in ((40, 1), (10, 1), (2, 2)):
        store(records, a_day(office, today - timedelta(days=ago), scale))
    path = address.removeprefix("GET /api/v1").replace("{doctorId}", office.cast.meera.doctor_id)
    answer = office.admin.get(path + examples()[address]["query"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = dict(answer.json or {})
    assert differs(address, found) == []


def test_the_numbers_have_the_examples_formats(office: Office) -> None:
    test_an_answer_is_like_its_example(office, STATS)
    data = office.admin.get(f"/doctors/{office.cast.meera.doctor_id}/stats").json["data"]
    assert data["performance"]["completionRate"] == "80.0%"
    assert data["efficiency"]["averageConsultationTime"] == "12 minutes"
    assert data["trends"]["patientGrowth"] == "+200%"
    path = f"/analytics/doctors/{office.cast.meera.doctor_id}/performance"
    performance = office.admin.get(path).json["data"]
    assert performance["trends"]["weeklyGrowth"] == "100%"
    assert performance["patientMetrics"]["patientRetentionRate"] == "80%"
    flow = office.admin.get("/analytics/patients/flow").json["data"]
    assert flow["patientFlow"] == [
        {"hour": "09:00", "arrivals": 4, "departures": 0, "waiting": 4},
        {"hour": "10:00", "arrivals": 4, "departures": 4, "waiting": 4},
        {"hour": "11:00", "arrivals": 0, "departures": 4, "waiting": 0},
    ]
    assert flow["peakHours"] == ["09:00", "10:00"]
    assert flow["bottlenecks"][0]["timeSlot"] == "10:00-11:00"
