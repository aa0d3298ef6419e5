"""Many at once: I1 (a slot is sold once), I2 (one CURRENT), I4 and I6 (messages act once)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from domain.actions.booking import booking, desk
from domain.actions.booking.days import read_day
from domain.actions.booking.queues import current_line
from domain.actions.line import calling, lifecycle
from domain.actions.line.preconditions import SeenState
from domain.actors import Actor
from domain.errors import Conflict, DayFull, LineMoved, Refused, SlotTaken
from domain.model.conversations import Conversation, Seen
from domain.model.people import Contact, Patient
from domain.model.queues import HistoryEntry, LiveBooking, Queue, Seat, Token, TokenStatus
from domain.work import Work
from flows.inbound import Inbound
from flows.runner import TurnOutcome
from tests.people import (
    CITY_SENDER,
    MONDAY,
    NOW,
    Cast,
    FixedClock,
    a_person,
    address_of,
    store,
    stored,
)
from tests.stage import Stage

SECONDS = 30.0
"""Longer than any of these takes; a deadline, never a wait."""


class Ticking(FixedClock):
    """Time that passes a millisecond at every look, whoever looks."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def now(self):
        with self._lock:
            self.instant += timedelta(milliseconds=1)
            return self.instant


@pytest.fixture
def clock() -> FixedClock:
    return Ticking()


def at_once(actions: list[Callable[[], object]]) -> list[object]:
    """Run *actions* in threads that begin together; return what each returned or raised."""
    gate = threading.Barrier(len(actions))
    ends: list[object] = [None] * len(actions)

    def run(n: int) -> None:
        gate.wait(SECONDS)
        try:
            ends[n] = actions[n]()
        except Exception as error:  # noqa: BLE001 - it is what the test looks at
            ends[n] = error

    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
    return ends


def all_of(actions: list[Callable[[], object]]) -> list[object]:
    """Run *actions* one after another; return what each returned."""
    return [action() for action in actions]


def a_crowd(stage: Stage, size: int) -> list[tuple[Contact, Patient]]:
    crowd = []
    for n in range(size):
        patient, contact = a_person(f"p{n:03d}", f"Patient {n}", f"+9198700{n:05d}")
        store(stage.records, contact, patient, address_of(contact))
        crowd.append((contact, patient))
    return crowd


def until_it_is_sure(stage: Stage, action: Callable[[Work], object], tries: Counter, who: object):
    """Act as a turn does: again whenever somebody else was faster."""
    while True:
        tries[who] += 1
        work = stage.work()
        found = action(work)
        try:
            work.commit()
        except Conflict:
            continue
        return found


def sixteen_race_for(stage: Stage, cast: Cast, number: int, tries: Counter) -> list[object]:
    """Let sixteen people hold slot *number* of Dr. Meera at once; return what each got."""

    def buyer(contact: Contact, patient: Patient) -> Callable[[], object]:
        return lambda: until_it_is_sure(
            stage,
            lambda w: booking.hold(w, cast.clinic, cast.meera, contact, patient, MONDAY, number),
            tries,
            contact.contact_id,
        )

    return at_once([buyer(*person) for person in a_crowd(stage, 16)])


def seats(stage: Stage, queue_id: str) -> dict[str, str]:
    return {s.seat: s.token_id for s in stage.work().query(Seat, queue_id, limit=500).records}


def test_i1_of_sixteen_who_race_for_one_slot_one_gets_it(stage: Stage, cast: Cast) -> None:
    tries: Counter = Counter()
    ends = sixteen_race_for(stage, cast, 7, tries)
    won = [e for e in ends if isinstance(e, Token)]
    assert len(won) == 1
    assert Counter(type(e) for e in ends) == {Token: 1, SlotTaken: 15}
    assert seats(stage, won[0].queue_id) == {
        "slot#007": won[0].token_id,
        "limit#007": won[0].token_id,
    }
    assert max(tries.values()) < 10


@pytest.mark.slow
def test_i1_two_hundred_people_who_tap_forty_slots_at_once_get_forty_tokens(
    stage: Stage, cast: Cast
) -> None:
    store(
        stage.records,
        cast.meera.but(
            consultation_duration=10, lunch_break=None, daily_limit=40, end_time="15:40"
        ),
    )
    crowd = a_crowd(stage, 200)
    looks: Counter = Counter()
    once = stage.runner._take_turn

    def counted(work: Work, inbound: Inbound, *, was_parked: bool = False) -> TurnOutcome:
        looks[inbound.message_id] += 1
        return once(work, inbound, was_parked=was_parked)

    stage.runner._take_turn = counted  # type: ignore[method-assign]

    def tap(n: int, contact: Contact) -> Callable[[], object]:
        inbound = Inbound(
            message_id=f"wamid.tap{n}",
            sender=CITY_SENDER,
            display_number=None,
            kind="tap",
            sent_at=NOW,
            phone=contact.phone,
            choice=f"slot:doc_meera:{MONDAY.isoformat()}:{n % 40 + 1}",
            text="10:00 AM",
        )
        return lambda: stage.runner.handle(inbound)

    ends: list[object] = []
    taps = [tap(n, contact) for n, (contact, _) in enumerate(crowd)]
    share = [taps[n::20] for n in range(20)]
    for done in at_once([partial(all_of, some) for some in share]):
        assert isinstance(done, list), done
        ends += done
    assert ends == [TurnOutcome.ACTED] * 200
    queue = stage.queue("doc_meera", MONDAY.isoformat())
    tokens = stage.work().query(Token, queue.queue_id, limit=300).records
    assert sorted(t.number for t in tokens) == list(range(1, 41))
    assert {t.status for t in tokens} == {TokenStatus.PENDING}
    assert len(seats(stage, queue.queue_id)) == 80
    assert max(looks.values()) < 10
    stage.settle()
    said = Counter(m.name for m in stage.messages())
    assert said["booking/pay"] == 40
    assert sum(said.values()) == 200
    assert set(said) <= {"booking/pay", "booking/slot_taken", "booking/day_full", "booking/no_days"}
    assert {m.contact_id for m in stage.messages()} == {c.contact_id for c, _ in crowd}


def test_i1_the_daily_limit_holds_under_a_race_and_is_given_back(stage: Stage, cast: Cast) -> None:
    store(stage.records, cast.meera.but(daily_limit=5))
    doctor = stored(stage.records, cast.meera)
    crowd = a_crowd(stage, 12)
    tries: Counter = Counter()

    def buyer(n: int) -> Callable[[], object]:
        contact, patient = crowd[n]
        return lambda: until_it_is_sure(
            stage,
            lambda w: booking.hold(w, cast.clinic, doctor, contact, patient, MONDAY, n + 1),
            tries,
            n,
        )

    ends = at_once([buyer(n) for n in range(12)])
    won = [e for e in ends if isinstance(e, Token)]
    assert Counter(type(e) for e in ends) == {Token: 5, DayFull: 7}
    assert sorted(t.limit_number or 0 for t in won) == [1, 2, 3, 4, 5]
    loser = next(n for n, e in enumerate(ends) if isinstance(e, DayFull))
    work = stage.work()
    booking.cancel(work, stage.token(won[0]), by="x", by_name="x", reason="PATIENT_REQUEST")
    work.commit()
    resold = buyer(loser)()
    assert isinstance(resold, Token)
    with pytest.raises(DayFull):
        buyer(next(n for n, e in enumerate(ends) if isinstance(e, DayFull) and n != loser))()
    stage.clock.advance(11)  # the unpaid holds run out, though no clock has looked yet
    last = next(n for n, e in enumerate(ends) if isinstance(e, DayFull) and n != loser)
    again = buyer(last)()
    assert isinstance(again, Token)
    held = [*won[1:], resold]
    expired = [t for t in held if stage.token(t).status is TokenStatus.EXPIRED]
    assert len(expired) == 1  # replaced in the write that sold its place


def test_i1_sixteen_who_race_for_a_hold_that_ran_out_end_it_once(stage: Stage, cast: Cast) -> None:
    work = stage.work()
    old = booking.hold(work, cast.clinic, cast.meera, cast.asha_contact, cast.asha, MONDAY, 3)
    work.commit()
    stage.clock.advance(10, seconds=1)
    ends = sixteen_race_for(stage, cast, 3, Counter())
    assert Counter(type(e) for e in ends) == {Token: 1, SlotTaken: 15}
    won = next(e for e in ends if isinstance(e, Token))
    assert stage.token(old).status is TokenStatus.EXPIRED
    assert won.token_number == "003"
    assert set(seats(stage, won.queue_id).values()) == {won.token_id}
    assert stage.tokens("+919876543021") == []


@pytest.mark.parametrize("before", ["free", "a hold that ran out"])
@pytest.mark.parametrize("how", ["hold", "walk-in"])
def test_i1_a_sale_between_anothers_reading_and_writing_is_a_conflict(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch, how: str, before: str
) -> None:
    asha, ravi = (cast.asha_contact, cast.asha), (cast.ravi_contact, cast.ravi)
    (other,) = a_crowd(stage, 1)
    work = stage.work()
    booking.hold(work, cast.clinic, cast.meera, *other, MONDAY, 9 if before == "free" else 1)
    work.commit()
    stage.clock.advance(11)
    sold: list[Token] = []
    overtaken: list[bool] = []

    def read_and_be_overtaken(work: Work, *where: Any) -> Any:
        view = read_day(work, *where)
        if not overtaken:
            overtaken.append(True)
            rival = stage.work()
            sold.append(booking.hold(rival, cast.clinic, cast.meera, *ravi, MONDAY, 1))
            rival.commit()
        return view

    work = stage.work()
    if how == "hold":
        monkeypatch.setattr(booking, "read_day", read_and_be_overtaken)
        booking.hold(work, cast.clinic, cast.meera, *asha, MONDAY, 1)
    else:
        monkeypatch.setattr(desk, "read_day", read_and_be_overtaken)
        line = current_line(work, cast.clinic, cast.meera)
        staff = Actor("usr_farida", "Farida")
        desk.add_walk_in(line, staff, "+919870070001", "Nila")
    with pytest.raises(Conflict):
        work.commit()
    taken = seats(stage, sold[0].queue_id)
    assert taken["slot#001"] == taken["limit#001"] == sold[0].token_id


def running(stage: Stage, cast: Cast, waiting: int) -> Queue:
    """Let *waiting* people wait in Dr. Khan's running line; return its head."""
    for n, (contact, patient) in enumerate(a_crowd(stage, waiting), start=1):
        work = stage.work()
        booking.hold(work, cast.clinic, cast.khan, contact, patient, MONDAY, n)
        work.commit()
    stage.on_line(lifecycle.start, cast.clinic, cast.khan, Actor("usr_khan", "Dr. Khan"))
    return stage.queue("doc_khan", MONDAY.isoformat())


def test_i2_of_buttons_pressed_at_once_one_moves_the_line(stage: Stage, cast: Cast) -> None:
    queue = running(stage, cast, 6)
    tries: Counter = Counter()

    def press(n: int) -> Callable[[], object]:
        actor = Actor(f"usr_{n}", f"Staff {n}")
        return lambda: until_it_is_sure(
            stage,
            lambda w: calling.call_next(
                current_line(w, cast.clinic, cast.khan),
                actor,
                SeenState(button=True, current=None),
            ),
            tries,
            n,
        )

    ends = at_once([press(n) for n in range(8)])
    assert Counter(type(e) for e in ends) == {calling.MoveResult: 1, LineMoved: 7}
    refused = next(e for e in ends if isinstance(e, LineMoved))
    assert refused.details["action"] == "next"
    assert str(refused.details["by_name"]).startswith("Staff ")
    tokens = stage.work().query(Token, queue.queue_id).records
    current = [t for t in tokens if t.status is TokenStatus.CURRENT]
    assert [t.number for t in current] == [1]
    moves = [h.action for h in stage.work().query(HistoryEntry, queue.queue_id, limit=200).records]
    assert moves.count("next") == 1


def test_i2_typed_at_once_by_several_moves_the_line_once(stage: Stage, cast: Cast) -> None:
    running(stage, cast, 6)
    words: list[Callable[[], object]] = [
        partial(stage.hear, phone, text)
        for phone, text in [("+919876543012", "next"), ("+919876543010", "next khan")] * 3
    ]
    ends = at_once(words)
    assert all(isinstance(e, str) for e in ends), ends
    queue = stage.queue("doc_khan", MONDAY.isoformat())
    found = stage.work().query(HistoryEntry, queue.queue_id, limit=200).records
    # The first one's other words are asked about, the other one's are refused, for five seconds.
    assert [h.action for h in found if h.action == "next"] == ["next"]
    assert queue.current_number == 1


def test_i2_of_a_cancellation_and_a_call_at_once_both_end_well(stage: Stage, cast: Cast) -> None:
    queue = running(stage, cast, 3)
    tokens = sorted(stage.work().query(Token, queue.queue_id).records, key=lambda t: t.number)
    tries: Counter = Counter()

    def cancel(token: Token) -> Callable[[], object]:
        return lambda: until_it_is_sure(
            stage,
            lambda w: booking.cancel(
                w, w.require(Token, token.queue_id, token.token_id), by="x", by_name="x", reason="R"
            ),
            tries,
            token.token_id,
        )

    def call() -> object:
        return until_it_is_sure(
            stage,
            lambda w: calling.call_next(
                current_line(w, cast.clinic, cast.khan),
                Actor("usr_khan", "Dr. Khan"),
                SeenState(button=True),
            ),
            tries,
            "call",
        )

    ends = at_once([call, *(cancel(t) for t in tokens[:2])])
    head = stage.queue("doc_khan", MONDAY.isoformat())
    now = [stage.token(t) for t in tokens]
    current = [t.token_id for t in now if t.status is TokenStatus.CURRENT]
    assert current == ([head.current_token] if head.current_token else [])
    assert isinstance(ends[0], calling.MoveResult)
    for end, token in zip(ends[1:], now[:2], strict=True):
        served = token.status is TokenStatus.CURRENT
        assert isinstance(end, Refused) == served


def test_i4_the_same_message_at_once_in_eight_threads_acts_once(stage: Stage, cast: Cast) -> None:
    inbound = Inbound(
        message_id="wamid.once",
        sender=CITY_SENDER,
        display_number=None,
        kind="tap",
        sent_at=NOW,
        phone=cast.asha_contact.phone,
        choice=f"slot:doc_meera:{MONDAY.isoformat()}:5",
    )
    ends = at_once([lambda: stage.runner.handle(inbound)] * 8)
    assert Counter(ends) == {TurnOutcome.ACTED: 1, TurnOutcome.SEEN: 7}
    assert stage.runner.handle(inbound) is TurnOutcome.SEEN
    assert [t.number for t in stage.tokens("+919876543021")] == [5]
    assert len(stage.settle()) == 1


def test_i4_a_message_repeated_later_acts_once(stage: Stage) -> None:
    message_id = stage.hear("+919876543021", "hi")
    stage.settle()
    stage.clock.advance(60 * 24)
    stage.hear("+919876543021", "hi", message_id=message_id)
    assert stage.settle() == []


@pytest.mark.usefixtures("cast")
def test_i6_one_persons_messages_at_once_act_one_after_another(stage: Stage) -> None:
    phone = "+919876543021"

    def says(n: int, text: str) -> Callable[[], object]:
        inbound = Inbound(
            message_id=f"wamid.{n}",
            sender=CITY_SENDER,
            display_number=None,
            kind="text",
            sent_at=NOW,
            phone=phone,
            text=text,
        )
        return lambda: stage.runner.handle(inbound)

    ends = at_once([says(n, "hi" if n % 2 else "help") for n in range(8)])
    assert ends == [TurnOutcome.ACTED] * 8
    work = stage.work()
    conversation = work.get(Conversation, f"{CITY_SENDER}#con_asha")
    assert conversation is not None
    assert conversation.version == 8  # each turn has read what the one before wrote
    assert all(work.get(Seen, f"wamid.{n}") for n in range(8))
    stage.settle()
    assert len(stage.channel.sent) == 8
    assert {m.reply_to for m in stage.messages()} == {f"wamid.{n}" for n in range(8)}


@pytest.mark.usefixtures("cast")
def test_i6_a_newcomers_first_messages_at_once_meet_one_contact(stage: Stage) -> None:
    phone = "+919876543099"

    def says(n: int) -> Callable[[], object]:
        inbound = Inbound(
            message_id=f"wamid.{n}",
            sender=CITY_SENDER,
            display_number=None,
            kind="text",
            sent_at=NOW,
            phone=phone,
            wa_user_id="IN.newcomer",
            profile_name="Nila",
            text="hi",
        )
        return lambda: stage.runner.handle(inbound)

    ends = at_once([says(n) for n in range(6)])
    assert ends == [TurnOutcome.ACTED] * 6
    stage.settle()
    assert len({m.contact_id for m in stage.messages()}) == 1
    assert len(stage.channel.sent) == 6


def test_i6_a_double_tap_on_two_slots_holds_one(stage: Stage, cast: Cast) -> None:
    def taps(n: int) -> Callable[[], object]:
        choice = f"slot:doc_meera:{MONDAY.isoformat()}:{n}"
        return lambda: stage.hear(
            cast.asha_contact.phone or "", kind="tap", choice=choice, message_id=f"wamid.s{n}"
        )

    at_once([taps(n) for n in (2, 4, 6)])
    live = stage.tokens("+919876543021")
    assert len(live) == 1
    assert len(stage.work().query(LiveBooking, "con_asha").records) == 1
    assert len(seats(stage, live[0].queue_id)) == 2
