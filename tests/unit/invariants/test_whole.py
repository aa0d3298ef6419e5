"""I4 with a store in trouble, I7 through the actions, I10 over a whole day."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from bot.observability.logs import configure
from domain.actions.booking import seats
from domain.actions.line import calling, lifecycle
from domain.actions.line.preconditions import SeenState
from domain.actors import Actor
from domain.errors import Conflict, NotFound, StoreUnavailable
from domain.line_context import LineContext
from domain.model.money import Capture, Payment
from domain.model.queues import (
    HistoryEntry,
    Hold,
    LiveBooking,
    Progress,
    Queue,
    Seat,
    Token,
    Waiting,
)
from domain.scopes import ClinicScope, ContactScope, DoctorScope
from domain.work import Work
from flows.inbound import Inbound
from flows.runner import Runner
from store import Store, open_records
from store.faults import AppliedButUnanswered, Conflicts, LaggingIndex
from tests.bookings import hold
from tests.people import CITY_SENDER, MONDAY, Cast, CountingIds, FixedClock, city, new_records
from tests.stage import Stage
from workers.due_runner import DueRunner

ASHA, RAVI = "+919876543021", "+919876543022"
KHAN, MEERA = "+919876543012", "+919876543011"


def a_day(stage: Stage) -> None:
    """Two people book, pay, come and are seen; one cancels; the doctor closes."""
    for phone in (ASHA, RAVI):
        tap(stage, phone, "doc:doc_meera")
        tap(stage, phone, f"slot:doc_meera:{MONDAY}:{3 if phone == ASHA else 4}")
        stage.settle()
        stage.pay(stage.tokens(phone)[0], f"sbx_{phone[-2:]}")
        stage.clock.advance(seconds=5)
        stage.settle()
    say(stage, ASHA, "here")
    for words in ("start", "next", "next", "undo", "next"):
        say(stage, MEERA, words)
        stage.clock.advance(seconds=40)
    for words in ("announce The lab is closed today", "1"):
        say(stage, MEERA, words)
    say(stage, MEERA, "add 9870060001 Nila Sen")
    for words in ("close", "1"):
        say(stage, MEERA, words)
    stage.wait(10)


def say(stage: Stage, phone: str, text: str) -> None:
    stage.clock.advance(seconds=5)
    for _ in range(20):
        try:
            stage.hear(phone, text, message_id=f"wamid.{phone[-2:]}.{stage.clock.now():%H%M%S}")
        except StoreUnavailable:
            continue
        break
    stage.settle()


def tap(stage: Stage, phone: str, choice: str) -> None:
    stage.clock.advance(seconds=5)
    for _ in range(20):
        try:
            stage.hear(
                phone,
                kind="tap",
                choice=choice,
                message_id=f"wamid.{phone[-2:]}.{stage.clock.now():%H%M%S}",
            )
        except StoreUnavailable:
            continue
        break
    stage.settle()


def outcome(stage: Stage) -> dict[str, object]:
    queue = stage.queue("doc_meera", MONDAY.isoformat())
    work = stage.work()
    tokens = sorted(work.query(Token, queue.queue_id).records, key=lambda t: t.number)
    return {
        "queue": (queue.status, queue.current_token, queue.close_reason),
        "tokens": [
            (t.number, t.patient_name, t.status, t.payment_status, t.paid_paise, t.collected_paise)
            for t in tokens
        ],
        "history": [h.action for h in work.query(HistoryEntry, queue.queue_id, limit=200).records],
        "line": work.query(Waiting, queue.queue_id).records,
        "seats": [s.seat for s in work.query(Seat, queue.queue_id).records],
        "said": sorted((m.name, m.values["person"]) for m in stage.messages() if m.about),
    }


@pytest.fixture
def peaceful(tmp_path: Path) -> dict[str, object]:
    """What the day comes to when nothing goes wrong."""
    clock = FixedClock()
    folder = tmp_path / "peaceful"
    folder.mkdir()
    store, records = new_records(folder, clock)
    stage = Stage(store, records, clock)
    stage.cast = city(records)
    a_day(stage)
    store.close()
    return outcome(stage)


class Elsewhere(Conflicts):
    """Conflicts that name everything but the seen-mark, as when somebody else was faster."""

    def write(self, changes, request) -> None:
        if self._is_hit():
            keys = [c.key for c in changes if hasattr(c, "key")]
            raise Conflict(tuple((k.table, k.partition, k.sort) for k in keys if k.table != "seen"))
        self.inner.write(changes, request)


@pytest.mark.parametrize("trouble", ["conflicts", "unanswered", "lagging"])
def test_i4_a_day_with_a_store_in_trouble_comes_to_the_same(
    tmp_path: Path, peaceful: dict[str, object], trouble: str
) -> None:
    clock = FixedClock()
    store, records = new_records(tmp_path, clock)
    cast = city(records)
    faulty: Store = {
        "conflicts": lambda: Elsewhere(store, every=3),
        "unanswered": lambda: AppliedButUnanswered(store, every=4),
        "lagging": lambda: LaggingIndex(store, reads=3),
    }[trouble]()
    if trouble == "unanswered":
        # What the workers do when they hear nothing is told in their own tests.
        stage = Stage(store, records, clock)
        stage.runner.records = open_records(faulty)
    else:
        stage = Stage(store, open_records(faulty), clock)
    stage.cast = cast
    stage.runner.pause = lambda _seconds: None
    try:
        a_day(stage)
        stage.records = records
        stage.parts = replace(stage.parts, records=records)
        stage.due_runner = DueRunner(stage.parts)
        stage.wait(5)
        assert outcome(stage) == peaceful
    finally:
        store.close()


# I7


def test_i7_a_doctor_cannot_run_anothers_line(stage: Stage, cast: Cast) -> None:
    hold(stage, cast, 1, doctor=cast.khan)
    work = stage.work().within(DoctorScope("clinic_city", "doc_meera"))
    assert work.get(Queue, "doc_khan", MONDAY.isoformat()) is None
    started = stage.on_line(lifecycle.start, cast.clinic, cast.khan, Actor("x", "x"))
    with pytest.raises(NotFound):
        calling.call_next(
            LineContext(
                work.within(ContactScope("con_ravi", "clinic_city")),
                cast.clinic,
                cast.khan,
                started,
            ),
            Actor("x", "x"),
            SeenState(button=True),
        )


def scopes() -> Iterator[tuple[str, object]]:
    yield "another doctor", DoctorScope("clinic_city", "doc_meera")
    yield "another clinic", ClinicScope("clinic_sunrise")
    yield "another clinic's doctor", DoctorScope("clinic_sunrise", "doc_rao")
    yield "another patient", ContactScope("con_ravi", "clinic_city")
    yield "the patient at another clinic", ContactScope("con_asha", "clinic_sunrise")


@pytest.mark.parametrize("scope", [s for _, s in scopes()], ids=[n for n, _ in scopes()])
def test_i7_a_booking_and_its_money_are_absent_behind_every_wall(
    stage: Stage, cast: Cast, scope: ClinicScope
) -> None:
    token = hold(stage, cast, 1, doctor=cast.khan)
    store_payment(stage, token)
    work = stage.work().within(scope)
    assert work.get(Token, token.queue_id, token.token_id) is None
    assert work.query(Token, token.queue_id).records == []
    assert work.get(Payment, "payr_1") is None
    assert work.get(Capture, "sbx_1", "CAPTURE") is None
    assert seats.live_tokens(work, "con_asha", "clinic_city") == []
    assert work.query(Hold, token.queue_id).records == []


def store_payment(stage: Stage, token: Token) -> None:
    work = stage.work()
    work.put(
        Payment(
            payment_id="payr_1",
            clinic_id=token.clinic_id,
            doctor_id=token.doctor_id,
            queue_id=token.queue_id,
            token_id=token.token_id,
            contact_id=token.contact_id,
            amount_paise=5000,
            created_at=work.now,
        )
    )
    work.commit()


def test_i7_a_tap_on_another_persons_booking_does_nothing(stage: Stage, cast: Cast) -> None:
    token = hold(stage, cast, 1, doctor=cast.khan)
    for kind in ("cancel", "yes_cancel", "here", "move", "status", "rate"):
        tap(stage, RAVI, f"{kind}:{token.token_id}")
    assert stage.token(token) == token
    assert not [m for m in stage.messages() if m.contact_id == "con_ravi" and m.about]


@pytest.mark.parametrize("kind", [Token, Queue, LiveBooking, Progress])
def test_i7_a_read_without_a_scope_raises(stage: Stage, kind: type) -> None:
    work = Work(
        stage.records, None, stage.clock.now(), CountingIds(), stage.parts.rules  # type: ignore[arg-type]
    )  # fmt: skip
    with pytest.raises(TypeError):
        work.get(kind, "one", "two")


# I10


def test_i10_a_whole_day_names_nobody_in_logs_or_jobs(stage: Stage) -> None:
    before = structlog.get_config()
    lines = io.StringIO()
    configure("debug", lines)
    try:
        a_day(stage)
        stage.runner.handle(
            Inbound(
                message_id="wamid.x",
                sender=CITY_SENDER,
                display_number=None,
                kind="text",
                sent_at=stage.clock.now(),
                phone=ASHA,
                text="I have a rash",
            )
        )
        structlog.get_logger().warning("text_came", text="I have a rash", phone=ASHA)
    finally:
        structlog.configure(**before)
    written = lines.getvalue()
    assert "text_came" in written
    names = ("Asha", "Ravi", "Nila", "Meera", "rash", "lab is closed", "Announce")
    for secret in (*names, "98765430", "9870060001"):
        assert secret not in written
    rung = stage.bell.rung
    assert {job for job, _ in rung} == {"act", "deliver", "live"}
    assert all(re.fullmatch(r"\d\d", shard) for job, shard in rung if job != "live")
    assert {shard for job, shard in rung if job == "live"} <= {"doc_meera", "doc_khan"}


def test_i4_a_turn_that_fails_by_our_fault_is_parked_and_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Runner, "_converse", broken)
    stage.hear(ASHA, "hi", message_id="wamid.parked")
    assert [m.name for m in _settled(stage)] == ["route/parked", "desk/parked"]
    monkeypatch.undo()
    stage.hear(ASHA, "hi", message_id="wamid.parked")
    assert stage.settle() == []


def _settled(stage: Stage):
    stage.settle()
    return stage.messages()
