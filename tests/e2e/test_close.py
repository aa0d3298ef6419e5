"""A line closed by mistake: nobody hears of it for a minute, and of its going on at once."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from domain.rules import UNSEEN_SECONDS
from tests.e2e.conftest import running
from tests.e2e.installation import Installation, Json, Person

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e 1")]

SORRY = "cannot see you"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("close"), patients=2) as installation:
        yield installation


def closes(doctor: Person) -> None:
    doctor.says("close")
    doctor.hears("Close the line")
    doctor.says("1")
    doctor.hears("The line is closed")


def heard_of_it(person: Person) -> list[Json]:
    return [m for m in person.chat("&from=business") if SORRY in m["text"]]


def test_a_slip_is_heard_by_nobody_and_a_reopened_line_within_seconds(town: Installation) -> None:
    asha, ravi = town.patients
    khan = town.doctors[1]
    asha.books("Dr. Khan")
    ravi.books("Dr. Khan", 1)
    khan.says("start")
    khan.hears("Started")

    closes(khan)
    khan.says("undo")
    khan.hears("open again")

    closes(khan)
    began = time.monotonic()
    asha.hears(SORRY, seconds=UNSEEN_SECONDS + 15)
    assert time.monotonic() - began > UNSEEN_SECONDS - 5
    ravi.hears(SORRY)
    khan.says("start")
    began = time.monotonic()
    khan.hears("open again")
    for patient in (asha, ravi):
        patient.hears("goes on")
    assert time.monotonic() - began < 5
    for patient in (asha, ravi):
        assert len(heard_of_it(patient)) == 1
    town.settle()
    khan.says("list")
    listed = khan.hears("Asha")["text"]
    assert "Ravi" in listed
