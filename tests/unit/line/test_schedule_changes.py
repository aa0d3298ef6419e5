"""Days that are sold, under hours, limits and days off that change (specification notes, 6)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.actions.booking import booking, desk
from domain.actions.booking.days import read_day
from domain.actions.booking.places import place_by_time, waiting_in_order
from domain.actions.booking.queues import current_line
from domain.actions.clinics import doctors, profile
from domain.actions.line import calling, lifecycle, schedule_changes
from domain.actions.line.preconditions import SeenState
from domain.errors import ConfirmationNeeded, DayFull, SlotTaken
from domain.model.clinics import Doctor
from domain.model.money import Capture, Disposition
from domain.model.queues import Queue, QueueStatus, Slot, Token, TokenStatus
from domain.timetable import slot_time
from tests.due import due_items
from tests.lines import KHAN
from tests.people import (
    MONDAY,
    NOW,
    TUESDAY,
    Cast,
    FixedClock,
    a_person,
    address_of,
    city,
    new_records,
    store,
    stored,
)
from tests.stage import Stage


def khan(stage: Stage, cast: Cast) -> Doctor:
    return stored(stage.records, cast.khan)


def change(stage: Stage, cast: Cast, *, confirm: bool = True, **changes: Any) -> None:
    """Change Dr. Khan as Farida does, a moment later, who has been asked and said yes."""
    stage.clock.advance(seconds=1)
    work = stage.work()
    clinic_id = cast.clinic.clinic_id
    doctors.change_doctor(work, clinic_id, "doc_khan", changes, by=cast.farida, confirm=confirm)
    work.commit()


def book(stage: Stage, cast: Cast, number: int, day: date = MONDAY, *, who: int = 0) -> Token:
    """Book a slot of Dr. Khan, who takes no advance, for somebody new."""
    who = who or number
    patient, contact = a_person(f"p{who}{day}", f"Patient {who}", f"+9198703{day.day:02d}{who:03d}")
    store(stage.records, contact, patient, address_of(contact))
    work = stage.work()
    token = booking.hold(work, cast.clinic, khan(stage, cast), contact, patient, day, number)
    work.commit()
    return token


def head(stage: Stage, day: date = MONDAY) -> Queue:
    return stage.queue("doc_khan", day.isoformat())


def clocks(stage: Stage, cast: Cast, day: date = MONDAY) -> dict[int, str]:
    """Return the day's slots: number and time of day, in their order."""
    zone = cast.clinic.zone
    slots = head(stage, day).timetable
    return {s.number: f"{slot_time(s).astimezone(zone):%H:%M}" for s in slots}


# --- hours -------------------------------------------------------------------


def test_a_day_nobody_booked_simply_has_the_new_hours(stage: Stage, cast: Cast) -> None:
    change(stage, cast, start_time="10:00", consultation_duration=30)
    view = read_day(stage.work(), cast.clinic, khan(stage, cast), TUESDAY)
    assert [s.number for s in view.queue.timetable][:3] == [1, 2, 3]
    assert view.queue.timetable[1].at - view.queue.timetable[0].at == 30 * 60


def test_a_sold_days_numbers_stay_and_later_slots_follow_them(stage: Stage, cast: Cast) -> None:
    book(stage, cast, 1)
    before = clocks(stage, cast)
    change(stage, cast, end_time="17:30", consultation_duration=60)
    after = clocks(stage, cast)
    assert after == before | {29: "17:00", 30: "17:15"}  # as long as on the day of the first sale


def test_slots_before_the_others_have_higher_numbers_and_stand_before_them(
    stage: Stage, cast: Cast
) -> None:
    first = book(stage, cast, 1, TUESDAY)
    change(stage, cast, start_time="08:30")
    assert list(clocks(stage, cast, TUESDAY))[:3] == [29, 30, 1]
    second, early = book(stage, cast, 30, TUESDAY), book(stage, cast, 29, TUESDAY)
    found = [w.token_id for w in waiting_in_order(stage.work(), first.queue_id)]
    assert found == [early.token_id, second.token_id, first.token_id]


def test_one_who_was_skipped_still_comes_after_the_next_of_an_added_slot(
    stage: Stage, cast: Cast
) -> None:
    tokens = [book(stage, cast, n) for n in (1, 2)]
    change(stage, cast, start_time="08:45")
    early = book(stage, cast, 29)
    for step in ("start", "next", "skip"):
        doctor = khan(stage, cast)
        if step == "start":
            stage.on_line(lifecycle.start, cast.clinic, doctor, KHAN)
        elif step == "next":
            stage.on_line(calling.call_next, cast.clinic, doctor, KHAN, SeenState())
        else:
            stage.on_line(calling.skip, cast.clinic, doctor, KHAN, SeenState())
        stage.clock.advance(1)
    assert head(stage).current_token == tokens[0].token_id
    work = stage.work()
    lifecycle.check_in(work, stage.token(early))
    work.commit()
    found = [w.token_id for w in waiting_in_order(stage.work(), early.queue_id)]
    assert found == [tokens[1].token_id, early.token_id]


def test_hours_that_come_back_bring_their_numbers_back(stage: Stage, cast: Cast) -> None:
    book(stage, cast, 1)
    before = clocks(stage, cast)
    change(stage, cast, end_time="12:00", lunch_break=None)
    assert list(clocks(stage, cast)) == list(range(1, 13))
    change(stage, cast, end_time="17:00", lunch_break="13:00-14:00")
    assert clocks(stage, cast) == before


def test_a_withdrawn_number_is_never_given_to_somebody_else(stage: Stage, cast: Cast) -> None:
    book(stage, cast, 1)
    change(stage, cast, end_time="09:15", lunch_break=None)
    work = stage.work()
    line = current_line(work, cast.clinic, khan(stage, cast))
    walk_in = desk.add_walk_in(line, KHAN, "+919870399001", "Walk In")
    work.commit()
    assert walk_in.number == 29


def test_what_is_past_stays_as_it_was(stage: Stage, cast: Cast) -> None:
    late = book(stage, cast, 2)
    stage.clock.advance(60)  # half past nine: the slot has begun, the line runs late
    change(stage, cast, start_time="12:00")
    stage.settle()
    assert stage.token(late).status is TokenStatus.CONFIRMED
    assert list(clocks(stage, cast))[:3] == [1, 2, 3]


def test_a_withdrawn_slot_cannot_be_sold_and_late_money_for_it_is_returned(
    stage: Stage, cast: Cast
) -> None:
    book(stage, cast, 1)
    change(stage, cast, end_time="12:00", lunch_break=None)
    with pytest.raises(SlotTaken):
        book(stage, cast, 20)


def test_whoever_has_arrived_is_still_seen(stage: Stage, cast: Cast) -> None:
    token = book(stage, cast, 20)
    work = stage.work()
    lifecycle.check_in(work, stage.token(token))
    work.commit()
    change(stage, cast, end_time="12:00", lunch_break=None)
    stage.settle()
    assert stage.token(token).status is TokenStatus.ARRIVED


def test_a_paid_slot_that_is_withdrawn_keeps_its_money_for_another_time(
    stage: Stage, cast: Cast
) -> None:
    work = stage.work()
    token = booking.hold(work, cast.clinic, cast.meera, cast.asha_contact, cast.asha, TUESDAY, 28)
    work.commit()
    stage.pay(token)
    stage.settle()
    work = stage.work()
    changes = {"end_time": "12:00", "lunch_break": None}
    doctors.change_doctor(
        work, cast.clinic.clinic_id, "doc_meera", changes, by=cast.farida, confirm=True
    )
    work.commit()
    stage.settle()
    ended = stage.token(token)
    assert (ended.status, ended.cancel_reason) == (TokenStatus.CANCELLED, "SLOT_WITHDRAWN")
    capture = stage.work().get(Capture, ended.capture_id or "", "CAPTURE")
    assert capture is not None
    assert capture.disposition is Disposition.WAITING
    told = stage.messages()[-1]
    assert (told.name, [o.label for o in told.options]) == (
        "news/withdrawn",
        ["another_button", "back_button"],
    )
    stage.wait(24 * 60 + 1)
    capture = stage.work().get(Capture, ended.capture_id or "", "CAPTURE")
    assert capture is not None
    assert capture.disposition is Disposition.REFUND


def test_a_booking_in_flight_while_its_slot_was_withdrawn_is_caught_a_minute_later(
    stage: Stage, cast: Cast
) -> None:
    first = book(stage, cast, 1, TUESDAY)
    patient, contact = a_person("late", "Late", "+919870399002")
    store(stage.records, contact, patient, address_of(contact))
    in_flight = stage.work()
    late = booking.hold(in_flight, cast.clinic, cast.khan, contact, patient, TUESDAY, 28)
    change(stage, cast, end_time="12:00", lunch_break=None)
    stage.settle()
    in_flight.commit()
    assert stage.token(late).status is TokenStatus.CONFIRMED
    stage.wait(2)
    assert stage.token(late).status is TokenStatus.CANCELLED
    assert stage.token(first).status is TokenStatus.CONFIRMED


def test_the_bringing_after_it_can_be_stopped_and_run_again(stage: Stage, cast: Cast) -> None:
    tokens = [book(stage, cast, n, TUESDAY) for n in range(17, 28)]
    change(stage, cast, end_time="12:00", lunch_break=None)
    commits = 0

    def open_work() -> Any:
        nonlocal commits
        commits += 1
        if commits == 4:
            raise InterruptedError
        return stage.work()

    [item] = [i for i in due_items(stage, "follow_schedule") if i.at <= stage.clock.now()]
    with pytest.raises(InterruptedError):
        schedule_changes.update_sold_days(open_work, item)
    states = [stage.token(t).status for t in tokens]
    assert 0 < states.count(TokenStatus.CANCELLED) < len(tokens)
    stage.settle()
    assert {stage.token(t).status for t in tokens} == {TokenStatus.CANCELLED}
    assert [m.name for m in stage.messages()].count("news/withdrawn") == len(tokens)


def test_hours_that_take_somebodys_time_say_first_whose(stage: Stage, cast: Cast) -> None:
    first, last = book(stage, cast, 1), book(stage, cast, 28, TUESDAY)
    with pytest.raises(ConfirmationNeeded) as asked:
        change(stage, cast, confirm=False, start_time="10:00", end_time="16:00")
    listed = asked.value.details["affected"]
    assert isinstance(listed, list)
    assert [a["token_id"] for a in listed] == [first.token_id, last.token_id]
    assert {a["day_off"] for a in listed} == {False}
    assert head(stage).timetable[0].number == 1
    change(stage, cast, confirm=False, end_time="18:00")  # nobody loses anything


# --- a time zone that was wrong ----------------------------------------------


def correct_zone(stage: Stage, cast: Cast, zone: str, *, keep_clock: bool, confirm: bool) -> None:
    work = stage.work()
    profile.change_profile(
        work,
        cast.clinic.clinic_id,
        {"time_zone": zone},
        by=cast.farida,
        address="10.0.0.1",
        confirm=confirm,
        keep_clock=keep_clock,
    )
    work.commit()
    stage.settle()


def shown(token: Token, zone: str) -> str:
    return f"{token.estimated_time.astimezone(ZoneInfo(zone)):%a %H:%M}"


@pytest.mark.parametrize("zone", ["Asia/Dubai", "Asia/Tokyo"])
def test_a_corrected_zone_keeps_the_clock_times_that_were_told(
    stage: Stage, cast: Cast, zone: str
) -> None:
    token = book(stage, cast, 1, TUESDAY)
    with pytest.raises(ConfirmationNeeded, match="#1 Patient 1 26 Nov 09:00"):
        correct_zone(stage, cast, zone, keep_clock=True, confirm=False)
    correct_zone(stage, cast, zone, keep_clock=True, confirm=True)
    stage.wait(2)
    now = stage.token(token)
    assert (now.status, shown(now, zone)) == (TokenStatus.CONFIRMED, "Tue 09:00")
    day = head(stage, TUESDAY)
    assert slot_time(day.timetable[0]) == now.estimated_time == day.planned_start
    assert not day.withdrawn
    (waiting,) = waiting_in_order(stage.work(), token.queue_id)
    assert waiting.at == now.estimated_time
    assert {m.name for m in stage.messages()} <= {"booking/confirmed"}


def test_a_corrected_zone_that_keeps_moments_names_the_time_that_was_promised(
    stage: Stage, cast: Cast
) -> None:
    token = book(stage, cast, 1, TUESDAY)
    correct_zone(stage, cast, "Asia/Dubai", keep_clock=False, confirm=True)
    assert stage.token(token).status is TokenStatus.CANCELLED
    notice = next(m for m in stage.messages() if m.name == "news/withdrawn")
    assert notice.values["zone"] == "Asia/Kolkata"


def test_a_zone_with_the_same_clock_moves_nobody(stage: Stage, cast: Cast) -> None:
    book(stage, cast, 1, TUESDAY)
    correct_zone(stage, cast, "Asia/Colombo", keep_clock=True, confirm=False)
    assert head(stage, TUESDAY).timetable[0].number == 1


# --- the daily limit ---------------------------------------------------------


def test_a_lowered_limit_counts_what_is_sold_already(stage: Stage, cast: Cast) -> None:
    for number in (5, 6):
        book(stage, cast, number, TUESDAY)
    change(stage, cast, daily_limit=2)
    with pytest.raises(DayFull):
        book(stage, cast, 7, TUESDAY, who=99)
    change(stage, cast, daily_limit=3)
    book(stage, cast, 7, TUESDAY)


# --- days taken away ---------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [{"days_off": (TUESDAY,)}, {"working_days": ("MON", "WED")}],
    ids=["a day off", "a weekday"],
)
def test_taking_a_booked_day_away_wants_to_be_confirmed(
    stage: Stage, cast: Cast, changes: dict[str, Any]
) -> None:
    token = book(stage, cast, 3, TUESDAY)
    with pytest.raises(ConfirmationNeeded, match="#3 Patient 3 26 Nov 09:30") as asked:
        change(stage, cast, confirm=False, **changes)
    assert asked.value.details["days"] == TUESDAY.isoformat()
    assert asked.value.patients == [token.patient_id]
    change(stage, cast, **changes)
    assert head(stage, TUESDAY).close_reason == lifecycle.DAY_OFF
    stage.settle()
    assert stage.token(token).status is TokenStatus.CANCELLED


def test_a_day_whose_bookings_were_cancelled_can_go_unasked(stage: Stage, cast: Cast) -> None:
    token = book(stage, cast, 3, TUESDAY)
    work = stage.work()
    booking.cancel(work, stage.token(token), by="con_x", by_name="X", reason="PATIENT_REQUEST")
    work.commit()
    change(stage, cast, confirm=False, days_off=(TUESDAY,))
    assert head(stage, TUESDAY).status is QueueStatus.SCHEDULED


def test_a_booking_in_flight_while_a_day_went_is_caught_a_minute_later(
    stage: Stage, cast: Cast
) -> None:
    patient, contact = a_person("late", "Late", "+919870399002")
    store(stage.records, contact, patient, address_of(contact))
    in_flight = stage.work()
    late = booking.hold(in_flight, cast.clinic, cast.khan, contact, patient, TUESDAY, 3)
    change(stage, cast, days_off=(TUESDAY,))
    stage.settle()
    in_flight.commit()
    stage.wait(2)
    assert stage.token(late).status is TokenStatus.CANCELLED
    assert head(stage, TUESDAY).close_reason == lifecycle.DAY_OFF


def test_longer_hours_put_the_days_own_end_off(stage: Stage, cast: Cast) -> None:
    book(stage, cast, 1)
    change(stage, cast, end_time="23:00")
    stage.wait(14 * 60)  # half past ten at night: four hours after the hours of before
    assert head(stage).status is QueueStatus.SCHEDULED
    stage.wait(5 * 60)
    assert head(stage).status is QueueStatus.CLOSED


# --- in general --------------------------------------------------------------

HOURS = st.tuples(
    st.integers(6 * 12, 14 * 12), st.integers(13 * 12, 23 * 12), st.booleans(), st.integers(0, 240)
)
"""Begin and end in steps of five minutes, whether there is a lunch break, minutes until then."""


def clock_of(steps: int) -> str:
    return f"{steps // 12:02d}:{steps % 12 * 5:02d}"


@pytest.mark.slow
@given(st.lists(HOURS, min_size=1, max_size=5), st.sets(st.integers(1, 28), max_size=6))
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_i1_a_number_never_means_another_time_whatever_becomes_of_the_hours(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[int, int, bool, int]],
    booked: set[int],
) -> None:
    clock = FixedClock(NOW)
    made, records = new_records(tmp_path_factory.mktemp("hours"), clock)
    stage = Stage(made, records, clock)
    cast = stage.cast = city(records)
    tokens = [book(stage, cast, n) for n in sorted(booked | {1})]
    known: dict[int, int] = {}
    for begin, end, lunch, minutes in changes:
        clock.advance(minutes)
        change(
            stage,
            cast,
            start_time=clock_of(begin),
            end_time=clock_of(max(end, begin + 6)),
            lunch_break="13:10-13:50" if lunch and begin < 13 * 12 and end > 14 * 12 else None,
        )
        stage.settle()
        queue = head(stage)
        slots = (*queue.timetable, *queue.withdrawn)
        for slot in slots:
            assert known.setdefault(slot.number, slot.at) == slot.at
        assert len({s.number for s in slots}) == len(slots)
        times = [s.at for s in queue.timetable]
        assert times == sorted(times)
        assert all(b - a >= queue.minutes * 60 for a, b in pairwise(times))
        places = [place_by_time(queue, s.number) for s in queue.timetable]
        assert places == sorted(places)
        offered = {s.number for s in queue.timetable}
        for token in tokens:
            kept = stage.token(token)
            assert kept.number in offered or kept.status is TokenStatus.CANCELLED
    made.close()


def test_a_number_of_no_slot_stands_where_it_always_did() -> None:
    queue = Queue(
        doctor_id="d",
        date="2030-11-25",
        queue_id="q",
        clinic_id="c",
        timetable=(Slot(1, 100), Slot(2, 200)),
        planned_start=NOW,
        planned_end=NOW + timedelta(hours=1),
        created_at=NOW,
        updated_at=NOW,
    )
    assert [place_by_time(queue, n) for n in (1, 2, 3)] == ["00001", "00002", "00003"]
