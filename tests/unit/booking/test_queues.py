"""Which lines are those of now: a day's line belongs to the date on which its hours begin."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.actions.booking.queues import ensure_queue, is_present, plan_queue
from domain.model.clinics import Clinic
from domain.model.queues import QueueStatus
from tests.people import MONDAY, TUESDAY, Cast
from tests.stage import Stage


def store_lines(stage: Stage, cast: Cast) -> Clinic:
    """Store Monday's and Tuesday's lines of a doctor from 20:00 to 06:00, in a zone of +05:30."""
    night = cast.meera.but(start_time="20:00", end_time="06:00", lunch_break=None)
    work = stage.work()
    for day in (MONDAY, TUESDAY):
        ensure_queue(work, plan_queue(work, cast.clinic, night, day))
    work.commit()
    return cast.clinic


@pytest.mark.parametrize(
    ("local", "present"),
    [
        ("2030-11-25 07:59", set()),
        ("2030-11-25 08:00", {MONDAY}),
        ("2030-11-25 23:59", {MONDAY}),
        ("2030-11-26 00:15", {MONDAY}),
        ("2030-11-26 05:59", {MONDAY}),
        ("2030-11-26 06:00", set()),
        ("2030-11-26 08:00", {TUESDAY}),
    ],
)
def test_a_nights_line_is_of_now_until_its_hours_end(
    stage: Stage, cast: Cast, local: str, present: set[object]
) -> None:
    clinic = store_lines(stage, cast)
    here = datetime.fromisoformat(local).replace(tzinfo=clinic.zone)
    stage.clock.instant = here.astimezone(UTC)
    work = stage.work()
    days = (MONDAY, TUESDAY)
    assert {d for d in days if is_present(work, clinic, "doc_meera", d.isoformat())} == present


def test_a_nights_line_that_runs_is_of_now_after_its_hours(stage: Stage, cast: Cast) -> None:
    clinic = store_lines(stage, cast)
    stage.clock.instant = datetime(2030, 11, 26, 2, 0, tzinfo=UTC)
    night = cast.meera.but(start_time="20:00", end_time="06:00", lunch_break=None)
    work = stage.work()
    monday = plan_queue(work, clinic, night, MONDAY)
    work.put(monday.but(version=1, status=QueueStatus.ACTIVE))
    assert is_present(work, clinic, "doc_meera", MONDAY.isoformat())
