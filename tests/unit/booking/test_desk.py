"""Walk-ins that the desk adds to a day."""

from __future__ import annotations

import pytest

from domain.actions.booking import booking, desk
from domain.errors import AlreadyBooked, DayClosed
from domain.model.clinics import Doctor
from domain.model.people import Contact
from domain.model.queues import Token, TokenStatus, Waiting
from tests.bookings import book, do
from tests.due import due_items
from tests.lines import FARIDA, close, entries, start, three_waiting
from tests.people import MONDAY, Cast, store
from tests.stage import Stage


def add(stage: Stage, cast: Cast, phone: str, name: str, doctor: Doctor | None = None) -> Token:
    return stage.on_line(desk.add_walk_in, cast.clinic, doctor or cast.khan, FARIDA, phone, name)


def test_a_walk_in_takes_the_next_free_slot_ahead(stage: Stage, cast: Cast) -> None:
    three_waiting(stage, cast)
    stage.clock.advance(65)  # 9:35: slots 1 to 3 are past
    added = add(stage, cast, "+919870030001", "Nila")
    assert (added.number, added.status) == (4, TokenStatus.ARRIVED)
    assert added.limit_number is None
    assert (added.amount_paise, added.paid_paise) == (50000, 0)
    assert add(stage, cast, "+919870030002", "Omar").number == 5


def test_a_walk_in_after_the_last_slot_gets_the_number_after_it(stage: Stage, cast: Cast) -> None:
    book(stage, cast, 28)
    start(stage, cast)
    stage.clock.advance(9 * 60)
    assert [add(stage, cast, f"+91987003001{n}", "Nila").number for n in range(3)] == [29, 30, 31]


def test_a_walk_in_goes_beyond_the_daily_limit(stage: Stage, cast: Cast) -> None:
    store(stage.records, cast.khan.but(daily_limit=1))
    book(stage, cast, 1)
    assert add(stage, cast, "+919870030001", "Nila").number == 2


def test_a_walk_in_has_arrived_with_one_entry_in_the_history_and_is_not_reminded(
    stage: Stage, cast: Cast
) -> None:
    for n in range(1, 14):  # until the slot is hours ahead, as of a booking that is reminded
        added = add(stage, cast, f"+9198700300{n:02d}", "Nila")
    assert (added.number, added.source, added.arrived_at) == (13, "WALK_IN", added.confirmed_at)
    noted = [e for e in entries(stage, added.queue_id) if e.token_id == added.token_id]
    assert [(e.action, e.by) for e in noted] == [("add", "usr_farida")]
    waits = stage.work().get(Waiting, added.queue_id, added.place or "")
    assert waits is not None
    assert waits.arrived
    assert "remind" not in {item.kind for item in due_items(stage)}


def test_a_walk_in_ends_a_hold_that_ran_out(stage: Stage, cast: Cast) -> None:
    held = do(stage, booking.hold, cast.clinic, cast.meera, cast.asha_contact, cast.asha, MONDAY, 1)
    stage.clock.advance(10)
    added = add(stage, cast, "+919870030001", "Nila", cast.meera)
    assert added.number == 1
    assert stage.token(held).status is TokenStatus.EXPIRED


def test_a_walk_in_with_a_known_phone_is_that_person_or_their_family(
    stage: Stage, cast: Cast
) -> None:
    asha = add(stage, cast, cast.asha_contact.phone or "", "  ASHA ")
    assert (asha.contact_id, asha.patient_id) == ("con_asha", "pat_asha")
    anu = add(stage, cast, cast.asha_contact.phone or "", "Anu")
    assert anu.contact_id == "con_asha"
    assert anu.patient_id != "pat_asha"
    contact = stage.work().get(Contact, "con_asha")
    assert contact is not None
    assert contact.patient_ids == ("pat_asha", anu.patient_id)
    with pytest.raises(AlreadyBooked):
        add(stage, cast, cast.asha_contact.phone or "", "Anu")


def test_a_closed_day_takes_no_walk_in(stage: Stage, cast: Cast) -> None:
    three_waiting(stage, cast)
    close(stage, cast)
    with pytest.raises(DayClosed):
        add(stage, cast, "+919870030001", "Nila")
