"""The specification's examples of a clinic's profile (6.2) and of its doctors (6.3)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.actions.booking import booking
from domain.actions.booking.queues import current_line
from domain.actions.line import calling, lifecycle
from domain.actions.line.preconditions import SeenState
from domain.actions.visits.ratings import rate
from domain.actors import Actor
from tests.api.examples.shape import differs, request_of
from tests.api.office import Office
from tests.people import FixedClock, store, stored

PROFILE, DOCTORS = "/api/v1/clinics/profile", "/api/v1/doctors"
RUNS = (
    f"GET {PROFILE}",
    f"PUT {PROFILE}",
    f"GET {DOCTORS}",
    f"POST {DOCTORS}",
    f"GET {DOCTORS}/{{doctorId}}",
    f"PUT {DOCTORS}/{{doctorId}}",
    f"DELETE {DOCTORS}/{{doctorId}}",
)
MEERA = "/doctors/doc_meera"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 1, 15, 10, 30, tzinfo=UTC))


@pytest.fixture
def office(office: Office) -> Office:
    """Return the office of a clinic in UTC that is billed, whose doctor has signed in before."""
    records = office.stage.records
    billed = {"time_zone": "UTC", "next_billing_date": date(2025, 2, 15)}
    store(records, stored(records, office.cast.clinic).but(**billed))
    for user in (office.cast.meera_user, office.cast.khan_user):
        seen = datetime(2025, 1, 15, 8, 30, tzinfo=UTC)
        store(records, stored(records, user).but(last_login=seen))
    return office


def example(office: Office, address: str, path: str) -> dict[str, Any]:
    """Send the example's request; return an answer that is like its."""
    method = address.partition(" ")[0]
    answer = office.admin.call(method, path, request_of(address))
    assert answer.status_code == (201 if method == "POST" else 200), answer.text
    assert differs(address, answer.json) == []
    assert answer.json is not None
    return dict(answer.json)


def see_a_patient(office: Office) -> None:
    """Let Dr. Meera see Asha, who is content."""
    stage, cast = office.stage, office.cast
    clinic, actor = stored(stage.records, cast.clinic), Actor("usr_meera", "Dr. Meera")
    work = stage.work()
    token = booking.hold(
        work, clinic, cast.meera, cast.asha_contact, cast.asha, date(2025, 1, 15), 20
    )
    work.commit()
    stage.pay(token)
    work = stage.work()
    lifecycle.start(current_line(work, clinic, cast.meera), actor)
    work.commit()
    for _ in range(2):
        stage.clock.advance(10)
        work = stage.work()
        calling.call_next(current_line(work, clinic, cast.meera), actor, SeenState())
        work.commit()
    work = stage.work()
    rate(work, stage.token(token), 5)
    work.commit()
    stage.clock.advance(seconds=1)
    stage.settle()


def test_a_clinics_profile_is_read_and_changed(office: Office) -> None:
    example(office, RUNS[0], "/clinics/profile")
    changed = example(office, RUNS[1], "/clinics/profile")
    assert changed["message"] == "Clinic profile updated successfully"
    assert changed["data"]["updatedAt"] == "2025-01-15T10:30:00Z"


def test_doctors_are_listed_added_read_changed_and_removed(office: Office) -> None:
    listed = example(office, RUNS[2], "/doctors")
    assert listed["data"]["doctors"][0]["lastLogin"] == "2025-01-15T08:30:00Z"
    added = example(office, RUNS[3], "/doctors")
    see_a_patient(office)
    read = example(office, RUNS[4], MEERA)
    assert read["data"]["statistics"]["totalRevenue"] == 500
    changed = example(office, RUNS[5], MEERA)
    removed = example(office, RUNS[6], MEERA)
    assert [m["message"] for m in (added, changed, removed)] == [
        "Doctor added successfully. Login credentials sent via WhatsApp.",
        "Doctor profile updated successfully",
        "Doctor removed from clinic successfully",
    ]
