"""I1, I3 and the life of a day, whatever happens in whichever order.

A machine plays patients, staff, the gateway and the workers in random order on a real store whose
writes now and then conflict or lose their answer, beside a gateway that is away, loses its answers,
or forgets to tell what was paid; workers are killed before and after it has acted. After every
step seats, line, bookings, holds and ledger must agree; when all is over every rupee is a seat
taken or a refund made, exactly once, and the ledger's days add up to what the gateway took.

`HISTORIES` in the environment says how many days are played; `benchmarks/money.py` plays 10,000.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.payments.press import way_to_pay
from bot.wiring import Parts
from domain.actions import booking, calling, desk, ledger, line, links, payments, seats
from domain.actions.days import open_queue
from domain.actions.due import SHARDS
from domain.actions.ledger import Statement
from domain.actions.moves import Actor, Saw
from domain.errors import Conflict, Refused, StoreUnavailable
from domain.gateway import GatewayUnavailable
from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due
from domain.model.money import Capture, Disposition, Refund, RefundStatus, Transfer
from domain.model.people import Contact, Patient
from domain.model.queues import (
    LIVE,
    WAITING,
    Hold,
    LiveBooking,
    PaymentStatus,
    Queue,
    QueueStatus,
    Seat,
    Token,
    TokenStatus,
    Waiting,
)
from domain.timetable import today
from domain.work import Work
from store import open_records
from store.faults import AppliedButUnanswered, Conflicts
from tests.bank import Bank, Fault, Killed
from tests.people import (
    NOW,
    RULES,
    TESTS,
    CountingIds,
    FixedClock,
    SilentBell,
    a_person,
    address_of,
    city,
    new_records,
    store,
)
from workers.act import Doer

SEATED = LIVE | {TokenStatus.COMPLETED}
"""States of a token whose slot cannot be sold to anybody else."""
KEEPS_MONEY = SEATED - {TokenStatus.PENDING} | {TokenStatus.NO_SHOW}
STAFF = (Actor("usr_farida", "Farida"), Actor("usr_meera", "Dr. Meera"))
MOVES = ("start", "next", "next", "next", "skip", "skip", "undo", "undo")
IN_MEMORY = Path("/dev/shm")
"""Where a file costs no disk: half the time of a history."""
SLOTS = 5
"""Consultations of a day, one more than may be sold online."""


class Days(RuleBasedStateMachine):
    """Two days of three doctors at two clinics."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
        self.clock = FixedClock()
        self.store, records = new_records(self.folder, self.clock)
        self.cast = city(records)
        short = {
            "start_time": "09:00",
            "end_time": "10:15",
            "lunch_break": None,
            "daily_limit": SLOTS - 1,
        }
        self.places: list[tuple[Clinic, Doctor]] = [
            (self.cast.clinic, self.cast.meera.but(**short)),
            (self.cast.clinic, self.cast.khan.but(**short)),
            (self.cast.sunrise, self.cast.rao.but(**short)),
        ]
        self.people: list[tuple[Contact, Patient]] = [
            (self.cast.asha_contact, self.cast.asha),
            (self.cast.ravi_contact, self.cast.ravi),
        ]
        for key in ("lata", "imran"):
            patient, contact = a_person(key, key.title(), f"+91987654302{len(self.people) + 1}")
            self.people.append((contact, patient))
        child = Patient(patient_id="pat_anu", contact_id="con_asha", name="Anu", created_at=NOW)
        self.people.append((self.cast.asha_contact, child))
        store(records, *(d for _, d in self.places), child)
        for contact, patient in self.people[2:4]:
            store(records, contact, patient, address_of(contact))
        self.conflicts = Conflicts(self.store, every=0)
        self.unanswered = AppliedButUnanswered(self.conflicts, every=0)
        self.records = open_records(self.unanswered)
        self.plain = records
        self.ids = CountingIds()
        self.bank = Bank()
        bell = SilentBell()
        parts: Any = _Parts(self.records, self.clock, self.ids, bell, self.bank)
        self.parts = parts
        self.doer = Doer(parts)
        first = today(self.cast.clinic, NOW)
        self.days = [first, first + timedelta(days=1)]
        self.captures: dict[str, tuple[str, int]] = {}
        self.queues: dict[str, Queue] = {}
        self.tokens: dict[str, Token] = {}
        self.read()

    # What happens

    def act(self, action: Callable[[Work], object]) -> None:
        """Do something as a turn does: again if it lost, repeated if it had no answer."""
        self.clock.advance(seconds=1)
        for _ in range(50):
            self.clock.advance(seconds=0.001)
            work = Work(self.records, TESTS, self.clock.now(), self.ids, RULES)
            try:
                action(work)
            except Refused:
                return
            for _ in range(50):
                try:
                    work.commit()
                except Conflict:
                    break
                except StoreUnavailable:
                    continue
                return
        raise AssertionError("a turn that never comes to an end")

    @rule(
        who=st.integers(0, 4),
        where=st.integers(0, 2),
        day=st.integers(0, 1),
        number=st.integers(1, SLOTS + 1),
    )
    def book(self, who: int, where: int, day: int, number: int) -> None:
        contact, patient = self.people[who]
        clinic, doctor = self.places[where]

        self.act(
            lambda work: booking.hold(
                work, clinic, doctor, contact, patient, self.days[day], number
            )
        )

    @precondition(lambda self: self.payments)
    @rule(which=st.integers(0, 30))
    def press(self, which: int) -> None:
        """Press the button of a payment's page, whatever has become of it."""
        payment_id = self.payments[-1 - which % len(self.payments)]
        self.clock.advance(seconds=1)
        try:
            way_to_pay(self.parts, payment_id, "https://clinic.example/pay")
        except (Refused, Conflict, StoreUnavailable, GatewayUnavailable, Killed):
            return

    @precondition(lambda self: self.payments)
    @rule(
        which=st.integers(0, 30),
        extra=st.sampled_from([0, 0, 0, -100, 100]),
        told=st.booleans(),
    )
    def pay(self, which: int, extra: int, *, told: bool) -> None:
        """Pay by a link, even one that is over; the gateway may forget to tell."""
        payment_id = self.payments[-1 - which % len(self.payments)]
        if payment_id not in self.bank.links:
            self.press(which)
        if payment_id not in self.bank.links:
            return
        capture_id = f"cap_{len(self.captures)}"
        self.captures[capture_id] = (payment_id, 5000 + extra)
        self.bank.pay(payment_id, capture_id, 5000 + extra)
        if told or not self.is_watched(payment_id):
            self.notice(capture_id)

    def is_watched(self, payment_id: str) -> bool:
        """Whether the gateway is still asked about a request, days after its end."""
        work = self.look()
        items = [i for n in range(SHARDS) for i in pages(work, Due, f"{n:02d}")]
        return any(
            i.kind == "watch_payment" and i.values.get("payment") == payment_id for i in items
        )

    @precondition(lambda self: self.captures)
    @rule(which=st.integers(0, 30))
    def hear_of_a_payment_that_does_not_say_what_for(self, which: int) -> None:
        capture_id = sorted(self.captures)[which % len(self.captures)]
        self.act(lambda work: links.find_capture(work, capture_id))

    @precondition(lambda self: self.captures)
    @rule(which=st.integers(0, 30))
    def hear_of_a_payment_again(self, which: int) -> None:
        self.notice(sorted(self.captures)[which % len(self.captures)])

    def notice(self, capture_id: str) -> None:
        payment_id, amount = self.captures[capture_id]
        self.act(lambda work: payments.captured(work, payment_id, capture_id, amount))

    @precondition(lambda self: self.payments)
    @rule(which=st.integers(0, 30))
    def fail_to_pay(self, which: int) -> None:
        self.act(lambda work: payments.failed(work, self.payments[which % len(self.payments)]))

    @precondition(lambda self: self.tokens)
    @rule(which=st.integers(0, 60))
    def cancel(self, which: int) -> None:
        token = self.pick(which)
        self.act(
            lambda work: booking.cancel(
                work, now(work, token), by=token.contact_id, by_name="", reason="PATIENT_REQUEST"
            )
        )

    @precondition(lambda self: self.tokens)
    @rule(which=st.integers(0, 60), day=st.integers(0, 1), number=st.integers(1, SLOTS))
    def reschedule(self, which: int, day: int, number: int) -> None:
        token = self.pick(which)
        clinic, doctor = next(p for p in self.places if p[1].doctor_id == token.doctor_id)
        self.act(
            lambda work: booking.move(
                work, clinic, doctor, now(work, token), self.days[day], number
            )
        )

    @precondition(lambda self: self.tokens)
    @rule(which=st.integers(0, 60))
    def check_in(self, which: int) -> None:
        token = self.pick(which)
        self.act(lambda work: line.check_in(work, now(work, token)))

    @precondition(lambda self: self.captures)
    @rule(which=st.integers(0, 30))
    def ask_for_money_back(self, which: int) -> None:
        capture_id = sorted(self.captures)[which % len(self.captures)]
        self.act(lambda work: payments.refund_waiting(work, capture_id))

    @rule(
        what=st.sampled_from([*MOVES, "pause", "resume", "emergency", "close"]),
        where=st.integers(0, 2),
    )
    def run_the_line(self, what: str, where: int) -> None:
        clinic, doctor = self.places[where]
        actor = STAFF[0]

        def move(work: Work) -> None:
            queue = open_queue(work, clinic, doctor)
            saw = Saw(button=True, current=queue.current_token)
            if what == "next":
                calling.call_next(work, clinic, doctor, queue, actor, saw)
            elif what == "skip":
                calling.skip(work, clinic, doctor, queue, actor, saw)
            elif what == "undo":
                calling.undo(work, clinic, doctor, queue, actor, saw)
            elif what == "start":
                line.start(work, clinic, doctor, queue, actor)
            elif what == "pause":
                line.pause(work, queue, actor, 10, None)
            elif what == "emergency":
                line.emergency(work, queue, actor, 30)
            elif what == "resume":
                line.resume(work, queue, actor)
            else:
                line.close(work, clinic, doctor, queue, actor, "CLOSED_BY_STAFF")

        self.act(move)

    @rule(where=st.integers(0, 2), who=st.integers(0, 4))
    def walk_in(self, where: int, who: int) -> None:
        clinic, doctor = self.places[where]
        contact, patient = self.people[who]

        def add(work: Work) -> None:
            queue = open_queue(work, clinic, doctor)
            desk.add_walk_in(
                work, clinic, doctor, queue, STAFF[1], contact.phone or "", patient.name
            )

        self.act(add)

    @rule(minutes=st.sampled_from([1, 5, 11, 20, 45, 180, 600]))
    def let_time_pass(self, minutes: int) -> None:
        self.clock.advance(minutes)

    @rule()
    def work(self) -> None:
        self.run_workers()

    @rule(conflicts=st.sampled_from([0, 0, 4, 7]), unanswered=st.sampled_from([0, 0, 3, 5]))
    def trouble_the_store(self, conflicts: int, unanswered: int) -> None:
        self.conflicts.every, self.unanswered.every = conflicts, unanswered

    @rule()
    def lose_or_find_the_gateway(self) -> None:
        self.bank.away = not self.bank.away

    @rule(every=st.sampled_from([0, 0, 2, 3]), slow=st.booleans())
    def trouble_the_gateway(self, every: int, *, slow: bool) -> None:
        self.bank.every, self.bank.slow_refunds = every, slow

    @rule(status=st.sampled_from([RefundStatus.PROCESSED, RefundStatus.FAILED]))
    def end_refunds(self, status: RefundStatus) -> None:
        self.bank.end_refunds(status)

    @rule(fault=st.sampled_from([Fault.KILLED, Fault.KILLED_AFTER]))
    def kill_who_asks_the_gateway_next(self, fault: Fault) -> None:
        self.bank.faults.append(fault)

    def run_workers(self) -> int:
        self.clock.advance(seconds=1)
        done = 0
        for n in range(SHARDS):
            try:
                done += self.doer.run(f"{n:02d}")
            except Killed:
                continue  # the clock, or whoever restarts it, rings for the next shard
        return done

    def pick(self, which: int) -> Token:
        """Prefer what still lives, newest first."""
        found = sorted(self.tokens.values(), key=lambda t: (t.status in LIVE, t.token_id))
        return found[-1 - which % len(found)]

    # What must hold

    def read(self) -> None:
        work = self.look()
        for _, doctor in self.places:
            last = max(self.days[1], today(self.cast.clinic, self.clock.now()))
            for after in range((last - self.days[0]).days + 1):
                day = self.days[0] + timedelta(days=after)
                queue = work.get(Queue, doctor.doctor_id, day.isoformat())
                if queue is not None:
                    self.queues[queue.queue_id] = queue
        self.tokens = {t.token_id: t for q in self.queues for t in pages(work, Token, q)}
        # A booking that moves keeps the request that was paid for it.
        asked = sorted(self.tokens.values(), key=lambda t: t.token_id)
        self.payments = list(dict.fromkeys(t.payment_id for t in asked if t.payment_id))

    def look(self) -> Work:
        return Work(self.plain, TESTS, self.clock.now(), self.ids, RULES)

    @invariant()
    def everything_agrees(self) -> None:
        self.read()
        self.seats_and_tokens_agree()
        self.the_line_is_who_waits()
        self.a_patient_has_one_live_booking()
        self.every_hold_is_counted()
        self.every_rupee_is_in_one_place()
        self.money_moves_only_by_rows_of_the_ledger()
        self.the_ledger_adds_up()

    def seats_and_tokens_agree(self) -> None:
        work = self.look()
        for queue_id, queue in self.queues.items():
            tokens = [t for t in self.tokens.values() if t.queue_id == queue_id]
            seats = {s.seat: s.token_id for s in pages(work, Seat, queue_id)}
            due = {f"slot#{t.number:03d}": t.token_id for t in tokens if t.status in SEATED}
            due |= {
                f"limit#{t.limit_number:03d}": t.token_id
                for t in tokens
                if t.status in SEATED and t.limit_number is not None
            }
            assert seats == due
            numbers = [t.number for t in tokens if t.status in SEATED]
            assert len(numbers) == len(set(numbers))
            assert sum(s.startswith("limit#") for s in seats) <= queue.daily_limit

    def the_line_is_who_waits(self) -> None:
        work = self.look()
        for queue_id, queue in self.queues.items():
            tokens = [t for t in self.tokens.values() if t.queue_id == queue_id]
            placed = {w.place: (w.token_id, w.arrived) for w in pages(work, Waiting, queue_id)}
            assert placed == {
                t.place: (t.token_id, t.status is TokenStatus.ARRIVED)
                for t in tokens
                if t.status in WAITING
            }
            assert all(t.place is None for t in tokens if t.status not in WAITING)
            current = [t.token_id for t in tokens if t.status is TokenStatus.CURRENT]
            assert current == ([queue.current_token] if queue.current_token else [])

    def a_patient_has_one_live_booking(self) -> None:
        work = self.look()
        live: dict[tuple[str, str], list[Token]] = {}
        for token in self.tokens.values():
            if token.status in LIVE and not seats.hold_ran_out(token, self.clock.now()):
                key = seats.booking_key(token.patient_id, token.doctor_id, token.date)
                live.setdefault((token.contact_id, key), []).append(token)
        kept = {}
        for contact in {c.contact_id for c, _ in self.people}:
            for found in pages(work, LiveBooking, contact):
                kept[contact, found.booking] = found.token_id
                assert self.tokens[found.token_id].status in LIVE
        for where, tokens in live.items():
            # One that was completed can be with the doctor again although the patient has booked
            # anew since: undo takes nothing away from anybody.
            others = [t for t in tokens if t.token_id != kept.get(where)]
            assert len(others) < len(tokens)
            assert len(others) <= 1

    def every_hold_is_counted(self) -> None:
        work, at = self.look(), self.clock.now()
        held: dict[str, Hold] = {}
        for contact in {c.contact_id for c, _ in self.people}:
            holds = pages(work, Hold, contact)
            held |= {h.token_id: h for h in holds if h.held_until > at}
        unpaid = {
            t.token_id
            for t in self.tokens.values()
            if t.status is TokenStatus.PENDING and not seats.hold_ran_out(t, at)
        }
        assert held.keys() == unpaid

    def every_rupee_is_in_one_place(self) -> None:
        work = self.look()
        kept: Counter[str] = Counter()
        for capture_id, (_, amount) in self.captures.items():
            capture = work.get(Capture, capture_id, "CAPTURE")
            refund = work.get(Refund, capture_id, "REFUND")
            if capture is None:  # nobody has told us yet
                assert capture_id not in self.bank.refunds
                continue
            assert capture.amount_paise == amount
            token = self.tokens[capture.token_id]
            if capture.disposition is Disposition.REFUND:
                assert refund is not None
                assert refund.amount_paise == amount
                assert token.capture_id != capture_id or token.paid_paise == 0
                continue
            assert refund is None
            assert capture_id not in self.bank.refunds
            assert (token.capture_id, token.paid_paise) == (capture_id, amount)
            assert token.payment_status is PaymentStatus.PAID
            waits = capture.disposition is Disposition.WAITING
            assert token.status in ({TokenStatus.CANCELLED} if waits else KEEPS_MONEY)
            kept[token.token_id] += amount
        assert kept == {t.token_id: t.paid_paise for t in self.tokens.values() if t.paid_paise}
        for capture_id, (amount, _) in self.bank.refunds.items():
            assert amount == self.captures[capture_id][1]

    def the_ledger_adds_up(self) -> None:
        """Of every clinic, today; how all days add up is seen in the end."""
        for clinic in (self.cast.clinic, self.cast.sunrise):
            day = today(clinic, self.clock.now())
            assert ledger.statement(self.look(), clinic, day).difference == 0
            assert ledger.discrepancies(self.look(), clinic, day) == []

    def the_days_add_up(self) -> None:
        """What the gateway took and returned, and the desk collected, is what the days say."""
        total, work = Statement(), self.look()
        for clinic in (self.cast.clinic, self.cast.sunrise):
            day = self.days[0]
            while day <= today(clinic, self.clock.now()):
                total += ledger.statement(work, clinic, day)
                assert ledger.discrepancies(work, clinic, day) == []
                day += timedelta(days=1)
        took = sum(t.amount_paise for t in self.bank.paid.values())
        failed = sum(a for a, status in self.bank.refunds.values() if status is RefundStatus.FAILED)
        assert total == Statement(
            captured=took,
            seated=took - sum(a for a, _ in self.bank.refunds.values()),
            refunded=sum(a for a, _ in self.bank.refunds.values()),
            sent_back=sum(self.bank.returned.values()),
            failed=failed,
            collected=sum(t.collected_paise for t in self.tokens.values()),
            payments=len(self.bank.paid),
        )

    def money_moves_only_by_rows_of_the_ledger(self) -> None:
        work = self.look()
        for capture_id in self.captures:
            capture = work.get(Capture, capture_id, "CAPTURE")
            if capture is None:
                continue
            moves = sorted(pages(work, Transfer, capture_id), key=lambda t: t.row)
            for before, after in pairwise(moves):
                assert before.to_token_id == after.from_token_id
            assert all(m.amount_paise == capture.amount_paise for m in moves)
            if moves:
                assert capture.token_id == moves[-1].to_token_id

    def teardown(self) -> None:
        try:
            self.bring_to_an_end()
        finally:
            self.store.close()
            shutil.rmtree(self.folder)

    def bring_to_an_end(self) -> None:
        """Let the workers do what is still to be done; then nothing may be left over."""
        self.trouble_the_store(0, 0)
        self.bank.away, self.bank.every, self.bank.slow_refunds = False, 0, False
        self.bank.faults.clear()
        for _ in range(200):
            self.clock.advance(60)
            self.run_workers()
            self.bank.end_refunds()
            if not any(pages(self.look(), Due, f"{n:02d}") for n in range(SHARDS)):
                break
        else:
            raise AssertionError("something is due for ever")
        self.everything_agrees()
        work = self.look()
        over = {t.status for t in self.tokens.values()} & LIVE
        assert not over
        assert {q.status for q in self.queues.values()} <= {QueueStatus.CLOSED}
        for contact in {c.contact_id for c, _ in self.people}:
            assert pages(work, LiveBooking, contact) == []
            assert pages(work, Hold, contact) == []
        for capture_id, (_, amount) in self.captures.items():
            capture = work.get(Capture, capture_id, "CAPTURE")
            assert capture is not None
            assert capture.disposition is not Disposition.WAITING
            if capture.disposition is Disposition.REFUND:
                refund = work.get(Refund, capture_id, "REFUND")
                assert refund is not None
                assert (amount, refund.status) == self.bank.refunds[capture_id]
            else:
                assert capture_id not in self.bank.refunds
        assert {k.payment_id for k in self.bank.links.values() if not k.cancelled} <= set(
            self.bank.paid_by.values()
        )
        self.the_days_add_up()


def now(work: Work, token: Token) -> Token:
    found = work.get(Token, token.queue_id, token.token_id)
    assert found is not None
    return found


def pages(work: Work, kind: type, equals: str) -> list[Any]:
    return list(_pages(work, kind, equals))


def _pages(work: Work, kind: type[Any], equals: str) -> Iterator[Any]:
    after = None
    while True:
        page: Any = work.query(kind, equals, limit=200, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return


@dataclass
class _Parts:
    """As much of the wiring as doing what is due needs."""

    records: Any
    clock: FixedClock
    ids: CountingIds
    bell: SilentBell
    gateway: Bank
    rules: Any = RULES
    sealer: Any = None
    open_work: Any = field(init=False)

    def __post_init__(self) -> None:
        self.open_work = lambda scope: Parts.open_work(self, scope)  # type: ignore[arg-type]


TestDays = Days.TestCase
TestDays.settings = settings(
    max_examples=int(os.environ.get("HISTORIES", "40")),
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestDays.pytestmark = [pytest.mark.property, pytest.mark.slow]  # type: ignore[attr-defined]
