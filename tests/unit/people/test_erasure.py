"""What follows a request to erase, interrupted anywhere and done again."""

from __future__ import annotations

from datetime import date

import pytest

from domain.actions.booking import booking, complaints
from domain.actions.people import erasure, profile
from domain.model.due import Due
from domain.model.people import Contact, Patient, Profile
from domain.model.queues import Token
from domain.model.visits import Visit
from domain.scopes import ClinicScope
from domain.work import Work
from tests.due import due_items
from tests.people import MONDAY, Cast
from tests.stage import Stage


class Killed(Exception):
    """The process ends here."""


def ask(stage: Stage, cast: Cast) -> Due:
    """Let Asha book, cancel and be erased; return what is left to do."""
    work = stage.work()
    token = booking.hold(work, cast.clinic, cast.khan, cast.asha_contact, cast.asha, MONDAY, 1)
    token = complaints.note_complaint(work, token, "fever")
    token = work.put(token.but(told=profile.seal(work, Profile(age=34))))
    booking.cancel(work, token, by="usr_farida", by_name="Farida", reason="ASKED")
    work.commit()
    stage.settle()
    stage.clock.advance(minutes=1)
    work = stage.parts.open_work(ClinicScope("clinic_city"))
    erasure.erase(work, "pat_asha")
    work.commit()
    (item,) = items(stage)
    return item


def items(stage: Stage) -> list[Due]:
    return due_items(stage, "erase")


@pytest.mark.parametrize("steps", range(1, 16, 2))
def test_it_may_be_killed_anywhere_and_done_again(stage: Stage, cast: Cast, steps: int) -> None:
    item = ask(stage, cast)
    left = steps

    def dying() -> Work:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return stage.work()

    try:
        erasure.continue_erasure(dying, item)
    except Killed:
        assert items(stage) == [item]
    stage.settle()
    assert [i.values["again"] for i in items(stage)] == [0]
    work = stage.work()
    (token,) = work.query(Token, "pat_asha", index="patientId-date-idx").records
    assert (token.patient_name, token.patient_phone) == ("Erased", None)
    assert (token.told, token.complaint) == (None, None)
    contact = work.get(Contact, "con_asha")
    assert contact is not None
    assert (contact.patient_ids, work.get(Patient, "pat_asha")) == ((), None)
    stage.wait(11)
    assert items(stage) == []


def test_a_person_with_a_booking_under_way_elsewhere_is_not_forgotten(
    stage: Stage, cast: Cast
) -> None:
    ask(stage, cast)
    work = stage.work()
    booking.hold(work, cast.sunrise, cast.rao, cast.asha_contact, cast.asha, MONDAY, 1)
    work.commit()
    stage.settle()
    assert stage.work().get(Patient, "pat_asha") is not None


@pytest.mark.parametrize(
    ("visited", "until"),
    [("2024-02-29", date(2027, 3, 1)), ("2025-11-25", date(2028, 11, 25))],
)
def test_a_visit_is_kept_three_years(stage: Stage, cast: Cast, visited: str, until: date) -> None:
    now = stage.clock.now()
    visit = Visit(
        doctor_id=cast.khan.doctor_id,
        visit_id="visit_1",
        clinic_id=cast.clinic.clinic_id,
        patient_id="pat_asha",
        patient_name="Asha",
        visit_date=visited,
        created_at=now,
        updated_at=now,
    )
    assert erasure.kept_until(visit) == until
