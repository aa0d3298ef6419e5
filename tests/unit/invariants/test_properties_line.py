"""A line run by a doctor and two desks at once, with slips that are taken back.

Whatever they do in whatever order: a number is sold once and one person is inside (I1, I2), the
line is who waits in it, the ledger adds up (I3), whoever was told that it is over hears that it
goes on (I8), and each change has its entry (I11).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.actions.booking import booking, desk
from domain.actions.booking.tokens import CLINIC_CLOSED
from domain.actions.line import calling, lifecycle, order, reopening, sales, undoing
from domain.actions.line.day_end import UNSERVED
from domain.actions.line.preconditions import SeenState
from domain.actions.payments import ledger
from domain.actors import Actor
from domain.errors import Refused
from domain.line_context import LineContext
from domain.model.messages import Message
from domain.model.money import Capture, Disposition
from domain.model.queues import (
    LIVE,
    WAITING,
    HistoryEntry,
    Queue,
    QueueStatus,
    Seat,
    Token,
    TokenStatus,
    Waiting,
)
from tests.bookings import a_patient, paid
from tests.bookings import hold as hold_slot
from tests.lines import FARIDA, KHAN
from tests.people import MONDAY, FixedClock, city, new_records
from tests.stage import Stage

pytestmark = [pytest.mark.property, pytest.mark.slow]

SECOND_DESK = Actor("usr_gita", "Gita")
WHO = (KHAN, FARIDA, SECOND_DESK)
OVER, ON_AGAIN = "news/closed", "news/reopened"


class Day:
    """Dr. Meera's day: four have paid, two have not, and staff who do as they like."""

    def __init__(self, folder: Path) -> None:
        self.clock = FixedClock()
        store, records = new_records(folder, self.clock)
        self.store = store
        self.stage = Stage(store, records, self.clock)
        self.cast = self.stage.cast = city(records)
        for n in range(4):
            paid(
                self.stage, hold_slot(self.stage, self.cast, n + 1, person=a_patient(self.stage, n))
            )
        self.made: Counter[str] = Counter()

    def line(self) -> LineContext:
        work = self.stage.work()
        queue = work.get(Queue, "doc_meera", MONDAY.isoformat())
        assert queue is not None
        return LineContext(work, self.cast.clinic, self.cast.meera, queue)

    def act(self, what: str, who: Actor, which: int) -> None:
        """Do *what*; a refusal changes nothing."""
        line = self.line()
        saw = SeenState(button=True, current=line.queue.current_token)
        try:
            ACTIONS[what](self, line, who, saw, which)
        except Refused:
            return
        line.work.commit()
        self.made[what] += 1

    def tokens(self) -> list[Token]:
        queue_id = self.line().queue.queue_id
        return self.stage.work().query(Token, queue_id, limit=400).records

    def a_token(self, which: int) -> Token:
        found = sorted(self.tokens(), key=lambda t: t.number)
        return found[which % len(found)]


def _patient_cancels(day: Day, line: LineContext, _who: Actor, _saw: SeenState, which: int) -> None:
    token = day.a_token(which)
    booking.cancel(line.work, token, by="con_x", by_name="x", reason="PATIENT_REQUEST")


def _check_in(day: Day, line: LineContext, who: Actor, _saw: SeenState, which: int) -> None:
    lifecycle.check_in(line.work, day.a_token(which), who)


def _add(_day: Day, line: LineContext, who: Actor, _saw: SeenState, which: int) -> None:
    desk.add_walk_in(line, who, None, f"Walk In {which}")


def _move_last(day: Day, line: LineContext, who: Actor, _saw: SeenState, which: int) -> None:
    order.move_to_end(line, day.a_token(which), who)


def _priority(day: Day, line: LineContext, who: Actor, _saw: SeenState, which: int) -> None:
    order.prioritise(line, day.a_token(which), who)


def _call(day: Day, line: LineContext, who: Actor, saw: SeenState, which: int) -> None:
    order.call_patient(line, day.a_token(which), who, saw)


Action = Callable[[Day, LineContext, Actor, SeenState, int], object]
ACTIONS: dict[str, Action] = {
    "start": lambda _d, line, who, _s, _n: lifecycle.start(line, who),
    "next": lambda _d, line, who, saw, _n: calling.call_next(line, who, saw),
    "skip": lambda _d, line, who, saw, _n: calling.skip(line, who, saw),
    "pause": lambda _d, line, who, _s, n: lifecycle.pause(line, who, 5 + n, None),
    "longer": lambda _d, line, who, _s, n: lifecycle.extend_pause(line, who, 5 + n),
    "resume": lambda _d, line, who, _s, _n: lifecycle.resume(line, who),
    "close": lambda _d, line, who, _s, _n: lifecycle.close(line, who, lifecycle.CLOSED_BY_STAFF),
    "reopen": lambda _d, line, who, _s, _n: reopening.reopen(line, who),
    "undo": lambda _d, line, who, saw, _n: undoing.undo(line, who, saw),
    "stop booking": lambda _d, line, who, _s, _n: sales.stop_booking(line, who),
    "check in": _check_in,
    "add": _add,
    "move last": _move_last,
    "priority": _priority,
    "call": _call,
    "patient cancels": _patient_cancels,
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from((*ACTIONS, "close", "reopen", "undo", "wait a little", "wait a minute")),
        st.sampled_from(WHO),
        st.integers(0, 9),
    ),
    min_size=5,
    max_size=30,
)


CLOSED_TWICE = [
    ("close", KHAN, 0),
    ("wait a minute", KHAN, 2),
    ("reopen", KHAN, 0),
    ("wait a little", KHAN, 0),
    ("close", KHAN, 0),
]
"""What a second close ends is what the first had ended."""


@example(steps=CLOSED_TWICE)
@given(steps=STEPS)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_staff_do_and_take_back_the_line_holds_and_no_notice_is_lost(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Actor, int]]
) -> None:
    day = Day(tmp_path_factory.mktemp("day"))
    try:
        day.act("start", KHAN, 0)
        for what, who, which in steps:
            match what:
                case "wait a little":
                    day.stage.wait(which / 6)
                case "wait a minute":
                    day.stage.wait(1 + which)
                case _:
                    day.clock.advance(seconds=6)  # nobody moves it at the same moment
                    day.act(what, who, which)
            the_line_holds(day)
        day.stage.wait(3)
        the_line_holds(day)
        nobody_waits_in_a_closed_line(day)
        every_rupee_is_where_it_belongs(day)
        nobody_is_left_with_old_news(day)
        every_change_has_its_entry(day)
    finally:
        day.store.close()


def the_line_holds(day: Day) -> None:
    """Check that numbers and places are had by one each, and that one person is inside."""
    queue, tokens = day.line().queue, day.tokens()
    live = [t for t in tokens if t.status in LIVE]
    assert max(Counter(t.number for t in live).values(), default=0) <= 1
    seats = day.stage.work().query(Seat, queue.queue_id, limit=400).records
    slots = {s.token_id for s in seats if s.seat.startswith("slot#")}
    assert {t.token_id for t in live} <= slots
    inside = [t.token_id for t in tokens if t.status is TokenStatus.CURRENT]
    assert inside == ([queue.current_token] if queue.current_token else [])
    entries = day.stage.work().query(Waiting, queue.queue_id, limit=400).records
    waiting = {t.token_id: t.place for t in tokens if t.status in WAITING}
    assert {e.token_id: e.place for e in entries} == waiting


def nobody_waits_in_a_closed_line(day: Day) -> None:
    """Check that a day that is over has ended everybody, however often it was reopened before."""
    if day.line().queue.status is QueueStatus.CLOSED:
        assert [t.number for t in day.tokens() if t.status in UNSERVED] == []


def every_rupee_is_where_it_belongs(day: Day) -> None:
    """Check that the ledger adds up, and that the money of who still has a seat is in it."""
    work = day.stage.work()
    assert ledger.find_discrepancies(work, day.cast.clinic, MONDAY) == []
    for token in day.tokens():
        if token.status in LIVE and token.capture_id is not None:
            capture = work.get(Capture, token.capture_id, "CAPTURE")
            assert capture is not None
            assert (capture.disposition, capture.token_id) == (Disposition.SEAT, token.token_id)


def nobody_is_left_with_old_news(day: Day) -> None:
    """Check that the newest that each was told of the day's end is how it stands."""
    is_over = day.line().queue.status is QueueStatus.CLOSED
    for token in day.tokens():
        told = [m.name for m in told_of(day, token)]
        assert told.count(ON_AGAIN) <= told.count(OVER)
        if token.status in LIVE and OVER in told:
            assert told[-1] == ON_AGAIN, (token.number, told)
        if token.status is TokenStatus.CANCELLED and token.cancel_reason == CLINIC_CLOSED:
            assert is_over or told, (token.number, told)
            if token.patient_phone is not None:
                assert OVER in told


def told_of(day: Day, token: Token) -> list[Message]:
    """Return what was sent of the end of the day, and of its going on, about *token*."""
    sent = [m for m in day.stage.messages() if m.about == token.token_id]
    return [m for m in sent if m.name in {OVER, ON_AGAIN}]


def every_change_has_its_entry(day: Day) -> None:
    """Check that the history has as many closes and reopenings as there were."""
    entries = day.stage.work().query(HistoryEntry, day.line().queue.queue_id, limit=400).records
    actions = Counter(e.action for e in entries if e.by != "system")
    assert actions["close"] == day.made["close"]
    assert actions["add"] == day.made["add"]
