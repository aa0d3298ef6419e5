"""Two clinics' days as chance would have them: who does what next is drawn, and anything may fail.

`Town.happens` does one thing, named and numbered, so that whoever draws the names and numbers
decides the history. What must hold afterwards is not its matter.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.wiring import Parts
from domain.actions.booking import booking, desk, rescheduling
from domain.actions.booking.queues import current_line
from domain.actions.line import (
    calling,
    collections,
    lateness,
    lifecycle,
    order,
    reopening,
    status_changes,
    undoing,
)
from domain.actions.line.preconditions import SeenState
from domain.actions.line.status_changes import SETTABLE, StatusChange
from domain.actions.payments import by_hand, links, orders, refunds
from domain.actions.settlement import captures
from domain.actors import Actor
from domain.errors import Conflict, Refused, StoreUnavailable
from domain.gateway import GatewayRefund, GatewayUnavailable
from domain.line_context import LineContext
from domain.model.clinics import Clinic, Doctor
from domain.model.due import SHARDS, Due
from domain.model.messages import Message
from domain.model.money import Method, Payment, RefundStatus, RequestStatus
from domain.model.people import Contact, Patient
from domain.model.queues import LIVE, Queue, Token
from domain.timetable import today
from domain.work import Work
from store import open_records
from store.faults import AppliedButUnanswered, Conflicts
from tests.bank import Bank, Fault, Killed
from tests.people import (
    CITY_SENDER,
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
from web.checkout.pay import obtain_gateway_url
from workers.due_runner import DueRunner

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - files lie in folders of their own below it
"""Where a file costs no disk: half the time of a history."""
SLOTS = 5
"""Consultations of a day, one more than may be sold online."""
STAFF = (Actor("usr_farida", "Farida"), Actor("usr_meera", "Dr. Meera"))
PRICE = 5000
OFTEN = {
    "book": 8, "book_and_pay": 12, "pay": 8, "pay_inside": 5, "press": 2,
    "hear_again": 2, "hear_without_name": 1, "fail_to_pay": 1,
    "cancel": 2, "reschedule": 3, "check_in": 2, "say_late": 3, "ask_for_money_back": 1,
    "walk_in": 2, "book_at_desk": 2, "mark": 4, "call_out_of_turn": 3, "change_order": 4,
    "count_at_desk": 4, "let_the_desk_count": 1,
    "call_next": 12, "skip": 3, "undo": 3, "start": 6, "doctor_late": 1, "pause": 1,
    "resume": 3, "emergency": 1, "close": 1, "reopen": 2, "pass_minutes": 4, "pass_an_hour": 1,
    "pass_the_night": 1, "work": 8, "trouble_the_store": 2, "lose_or_find_the_gateway": 1,
    "trouble_the_gateway": 1, "end_refunds": 1, "return_by_hand": 2, "hear_of_a_refund": 2,
    "end_a_refund_by_hand": 1, "kill_who_asks_next": 2,
}  # fmt: skip
"""What may happen, and how often beside the rest."""
EVENTS = [name for name, often in OFTEN.items() for _ in range(often)]


class Town:
    """Three doctors of two clinics with five patients, a store and a gateway that may fail."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
        self.clock = FixedClock()
        self.store, self.plain = new_records(self.folder, self.clock)
        self.cast = city(self.plain)
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
        self.people = _people(self)
        store(self.plain, *(d for _, d in self.places))
        self.conflicts = Conflicts(self.store, every=0)
        self.unanswered = AppliedButUnanswered(self.conflicts, every=0)
        self.records = open_records(self.unanswered)
        self.ids = CountingIds()
        self.bank = Bank()
        parts: Any = _Parts(self.records, self.clock, self.ids, SilentBell(), self.bank)
        self.parts = parts
        self.due_runner = DueRunner(parts)
        first = today(self.cast.clinic, NOW)
        self.days = [first, first + timedelta(days=1)]
        self.captures: dict[str, tuple[str, int]] = {}
        """What was paid at the gateway: the request and the amount."""
        self.queues: dict[str, Queue] = {}
        self.tokens: dict[str, Token] = {}
        self.payments: list[str] = []
        self.read()

    def end(self) -> None:
        """Leave nothing behind."""
        self.store.close()
        shutil.rmtree(self.folder)

    def read(self) -> None:
        """See what there is: heads, tokens and requests for payment, oldest first."""
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

    def contacts(self) -> set[str]:
        """Return everybody's contact, those of walk-ins without a phone too."""
        known = {contact.contact_id for contact, _ in self.people}
        return known | {t.contact_id for t in self.tokens.values()}

    def next_due(self) -> datetime | None:
        """Return when something is due next; None if nothing is."""
        work = self.look()
        firsts = [work.query(Due, f"{n:02d}", limit=1).records for n in range(SHARDS)]
        moments = [first[0].due.partition("#")[0] for first in firsts if first]
        return datetime.fromisoformat(min(moments)) if moments else None

    def look(self) -> Work:
        """Return a work that meets no fault."""
        return Work(self.plain, TESTS, self.clock.now(), self.ids, RULES)

    def happens(self, what: str, a: int, b: int, c: int) -> None:
        """Let *what* happen; the numbers say to whom, where and how, whatever there is."""
        if what in LINE:
            self.move(what, a)
        else:
            getattr(self, what)(a, b, c)

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

    # Patients

    def book(self, a: int, b: int, c: int) -> None:
        contact, patient = self.people[a % len(self.people)]
        clinic, doctor = self.a_place(b)
        day, number = self.days[int(a % 4 == 0)], c % (SLOTS + 1) + 1
        self.act(lambda work: booking.hold(work, clinic, doctor, contact, patient, day, number))

    def book_and_pay(self, a: int, b: int, c: int) -> None:
        """Book and pay at once, as most people do; the gateway may still forget to tell."""
        before = set(self.payments)
        self.book(a, b, c)
        self.read()
        for payment_id in [p for p in self.payments if p not in before]:
            self.pay_for(payment_id, PRICE, told=c % 3 > 0)

    def press(self, a: int, *_: int) -> None:
        if self.payments:
            self.press_for(self.a_request(a))

    def press_for(self, payment_id: str) -> None:
        """Press the button of a payment's page, whatever has become of it."""
        self.clock.advance(seconds=1)
        try:
            obtain_gateway_url(self.parts, payment_id, "https://clinic.example/pay")
        except (Refused, Conflict, StoreUnavailable, GatewayUnavailable, Killed):
            return

    def pay(self, a: int, b: int, c: int) -> None:
        if self.payments:
            amount = PRICE + (0, 0, 0, 0, -100, 100)[b % 6]
            self.pay_for(self.a_request(a), amount, told=bool(c % 2))

    def pay_for(self, payment_id: str, amount: int, *, told: bool) -> None:
        """Pay by a link, even one that is over; the gateway may forget to tell."""
        if payment_id not in self.bank.links:
            self.press_for(payment_id)
        if payment_id not in self.bank.links:
            return
        capture_id = f"cap_{len(self.captures):03d}"
        self.captures[capture_id] = (payment_id, amount)
        self.bank.pay(payment_id, capture_id, amount)
        if told or not self.is_watched(payment_id):
            self.notice(capture_id)

    def pay_inside(self, a: int, b: int, c: int) -> None:
        """Pay by an order inside WhatsApp, even one that is over; WhatsApp may forget to tell."""
        if not self.payments:
            return
        payment_id = self.a_request(a)
        self.act(lambda work: show_inside(work, payment_id))
        shown = orders.orders_of(self.look(), payment_id)
        if not shown:
            return
        order = orders.gateway_order(shown[b % len(shown)])
        capture_id = f"cap_{len(self.captures):03d}"
        self.captures[capture_id] = (payment_id, PRICE)
        self.bank.pay_order(order, capture_id, PRICE)
        if c % 3 == 0:
            self.notice(capture_id)
        elif c % 3 == 1 or not self.is_watched(payment_id):
            self.act(
                lambda work: captures.record_order_notice(
                    work, order.reference, has_failed=bool(b % 2)
                )
            )

    def hear_again(self, a: int, *_: int) -> None:
        if self.captures:
            self.notice(self.a_capture(a))

    def hear_without_name(self, a: int, *_: int) -> None:
        if self.captures:
            capture_id = self.a_capture(a)
            self.act(lambda work: links.schedule_capture_lookup(work, capture_id))

    def fail_to_pay(self, a: int, *_: int) -> None:
        if self.payments:
            payment_id = self.a_request(a)
            self.act(lambda work: captures.record_failed_attempt(work, payment_id))

    def cancel(self, a: int, *_: int) -> None:
        if self.tokens:
            token = self.a_token(a)
            given = {"by": token.contact_id, "by_name": "", "reason": "PATIENT_REQUEST"}
            self.act(lambda work: booking.cancel(work, now(work, token), **given))

    def reschedule(self, a: int, b: int, c: int) -> None:
        if self.tokens:
            token, day, number = self.a_token(a), self.days[b % 2], c % SLOTS + 1
            clinic, doctor = next(p for p in self.places if p[1].doctor_id == token.doctor_id)
            self.act(
                lambda work: rescheduling.reschedule(
                    work, clinic, doctor, now(work, token), day, number
                )
            )

    def check_in(self, a: int, *_: int) -> None:
        if self.tokens:
            token = self.a_token(a)
            self.act(lambda work: lifecycle.check_in(work, now(work, token)))

    def say_late(self, a: int, b: int, _c: int) -> None:
        if self.tokens:
            token, minutes = self.a_token(a), (5, 10, 30, 90)[b % 4]
            self.act(lambda work: lateness.announce_patient_late(work, now(work, token), minutes))

    def ask_for_money_back(self, a: int, *_: int) -> None:
        if self.captures:
            capture_id = self.a_capture(a)
            self.act(lambda work: refunds.refund_held_for_rebooking(work, capture_id))

    # Staff

    def move(self, what: str, where: int) -> None:
        clinic, doctor = self.a_place(where)

        def do(work: Work) -> None:
            known = work.require(Clinic, clinic.clinic_id)  # its desk may count by now
            LINE[what](current_line(work, known, doctor))

        self.act(do)

    def call_out_of_turn(self, a: int, *_: int) -> None:
        if self.tokens:
            token = self.a_token(a)

            def call(line: LineContext) -> None:
                saw = SeenState(button=True, current=line.queue.current_token)
                order.call_patient(line, now(line.work, token), STAFF[0], saw)

            self.act(lambda work: call(self.line_of(work, token)))

    def change_order(self, a: int, b: int, c: int) -> None:
        if not self.tokens:
            return
        token, other = self.a_token(a), self.a_token(b)

        def change(line: LineContext) -> None:
            moved = now(line.work, token)
            if c % 3 == 0:
                order.prioritise(line, moved, STAFF[1])
            elif c % 3 == 1:
                order.move_to_end(line, moved, STAFF[1])
            else:
                order.move_behind(line, moved, line.token(other.token_id), STAFF[1])

        self.act(lambda work: change(self.line_of(work, token)))

    def count_at_desk(self, a: int, b: int, c: int) -> None:
        if not self.tokens:
            return
        token = self.a_token(a)
        amount = (0, 10_000, 20_000, 45_000)[b % 4]

        def count(line: LineContext) -> None:
            counted = now(line.work, token)
            if c % 5 == 0:
                collections.leave_due(line, counted, STAFF[0])
            else:
                collections.collect(line, counted, STAFF[0], list(Method)[c % 2], amount)

        self.act(lambda work: count(self.line_of(work, token)))

    def let_the_desk_count(self, a: int, *_: int) -> None:
        clinic = self.a_place(a)[0]
        does = a % 2 == 0

        def change(work: Work) -> None:
            stored = work.require(Clinic, clinic.clinic_id)
            work.put(stored.but(desk_counts=does))

        self.act(change)

    def line_of(self, work: Work, token: Token) -> LineContext:
        place, doctor = next(p for p in self.places if p[1].doctor_id == token.doctor_id)
        clinic = work.require(Clinic, place.clinic_id)  # its desk may count by now
        queue = work.require(Queue, token.doctor_id, token.date)
        return LineContext(work, clinic, doctor, queue)

    def walk_in(self, a: int, b: int, c: int) -> None:
        clinic, doctor = self.a_place(a)
        contact, patient = self.people[b % len(self.people)]

        def add(work: Work) -> None:
            phone = contact.phone if c % 3 else None
            line = current_line(work, clinic, doctor)
            desk.add_walk_in(line, STAFF[1], phone, patient.name)

        self.act(add)

    def book_at_desk(self, a: int, b: int, c: int) -> None:
        clinic, doctor = self.a_place(a)
        contact, patient = self.people[b % len(self.people)]
        wanted = desk.BookingRequest(pays_at_clinic=c % 3 == 0)
        self.act(
            lambda work: desk.book_for_patient(
                work, clinic, doctor, STAFF[1], contact, patient, wanted
            )
        )

    def mark(self, a: int, b: int, _c: int) -> None:
        if self.tokens:
            token = self.a_token(a)
            wish = StatusChange(sorted(SETTABLE)[b % len(SETTABLE)])

            def do(work: Work) -> None:
                line = self.line_of(work, token)
                status_changes.change_status(line, now(work, token), STAFF[0], wish)

            self.act(do)

    # Time, workers, and what goes wrong

    def pass_minutes(self, a: int, *_: int) -> None:
        self.clock.advance((1, 1, 3, 5, 11)[a % 5])

    def pass_an_hour(self, a: int, *_: int) -> None:
        self.clock.advance((20, 20, 45, 180)[a % 4])

    def pass_the_night(self, *_: int) -> None:
        self.clock.advance(600)

    def work(self, *_: int) -> None:
        self.run_workers()

    def run_workers(self) -> int:
        self.clock.advance(seconds=1)
        done = 0
        for n in range(SHARDS):
            try:
                done += self.due_runner.run(f"{n:02d}")
            except Killed:
                continue  # the clock, or whoever restarts it, rings for the next shard
        return done

    def trouble_the_store(self, a: int, b: int, _c: int) -> None:
        self.conflicts.every, self.unanswered.every = (0, 0, 4, 7)[a % 4], (0, 0, 3, 5)[b % 4]

    def lose_or_find_the_gateway(self, a: int, *_: int) -> None:
        self.bank.away = not self.bank.away and a % 2 == 0

    def trouble_the_gateway(self, a: int, b: int, _c: int) -> None:
        self.bank.every, self.bank.slow_refunds = (0, 0, 2, 3)[a % 4], bool(b % 2)

    def end_refunds(self, a: int, *_: int) -> None:
        failed = a % 4 == 0
        self.bank.end_refunds(RefundStatus.FAILED if failed else RefundStatus.PROCESSED)

    def return_by_hand(self, a: int, b: int, c: int) -> None:
        """Let a person return a payment in the dashboard, wholly or in part; it may end later."""
        if not self.captures:
            return
        capture_id, refund_id = self.a_capture(a), f"rfnd_hand_{len(self.bank.by_hand):03d}"
        amount = (PRICE + 100, PRICE, 2000, 3000, 1)[b % 5]
        status = RefundStatus.PROCESSED if c % 2 else RefundStatus.REQUESTED
        if self.bank.return_by_hand(refund_id, capture_id, amount, status) and c % 3:
            self.notice_refund(refund_id)

    def hear_of_a_refund(self, a: int, b: int, _c: int) -> None:
        """Hear of a refund by hand, again or for the first time, as it was or as it is."""
        if self.bank.by_hand:
            refund_id = sorted(self.bank.by_hand)[a % len(self.bank.by_hand)]
            self.notice_refund(refund_id, RefundStatus.REQUESTED if b % 3 == 0 else None)

    def end_a_refund_by_hand(self, a: int, b: int, _c: int) -> None:
        under_way = [k for k, (_, _, s) in self.bank.by_hand.items() if s is RefundStatus.REQUESTED]
        if under_way:
            refund_id = under_way[a % len(under_way)]
            of, amount, _ = self.bank.by_hand[refund_id]
            status = RefundStatus.FAILED if b % 2 else RefundStatus.PROCESSED
            self.bank.by_hand[refund_id] = (of, amount, status)
            if b % 3:
                self.notice_refund(refund_id)

    def notice_refund(self, refund_id: str, late: RefundStatus | None = None) -> None:
        """Tell of a refund by hand as it is, or as it was if that comes *late*."""
        of, amount, status = self.bank.by_hand[refund_id]
        status = late or status
        made = GatewayRefund(refund_id, amount, status, is_ours=False)
        self.act(lambda work: by_hand.record_notice(work, of, made))

    def tell_of_all_refunds(self) -> None:
        """Let every refund by hand end, and the gateway tell of it, as it does in the end."""
        for refund_id, (of, amount, status) in list(self.bank.by_hand.items()):
            if status is RefundStatus.REQUESTED:
                self.bank.by_hand[refund_id] = (of, amount, RefundStatus.PROCESSED)
            self.notice_refund(refund_id)

    def kill_who_asks_next(self, a: int, *_: int) -> None:
        self.bank.faults.append((Fault.KILLED, Fault.KILLED_AFTER, Fault.AWAY, Fault.LOST)[a % 4])

    def mend(self) -> None:
        """Let nothing go wrong any more."""
        self.conflicts.every = self.unanswered.every = 0
        self.bank.away, self.bank.every, self.bank.slow_refunds = False, 0, False
        self.bank.faults.clear()

    # Whom it concerns

    def a_place(self, which: int) -> tuple[Clinic, Doctor]:
        """Prefer Dr. Meera, so that her day is a full one."""
        return self.places[(0, 0, 0, 1, 2)[which % 5]]

    def a_request(self, which: int) -> str:
        """Prefer the newest requests for payment."""
        newest = self.payments[-3:] if which % 3 else self.payments
        return newest[-1 - which // 3 % len(newest)]

    def a_capture(self, which: int) -> str:
        return sorted(self.captures)[which % len(self.captures)]

    def a_token(self, which: int) -> Token:
        """Prefer what still lives, newest first."""
        found = sorted(self.tokens.values(), key=lambda t: (t.status in LIVE, t.token_id))
        return found[-1 - which % len(found)]

    def notice(self, capture_id: str) -> None:
        payment_id, amount = self.captures[capture_id]
        self.act(lambda work: captures.record_capture(work, payment_id, capture_id, amount))

    def is_watched(self, payment_id: str) -> bool:
        """Whether the gateway is still asked about a request, days after its end."""
        work = self.look()
        items = [i for n in range(SHARDS) for i in pages(work, Due, f"{n:02d}")]
        return any(
            i.kind == "watch_payment" and i.values.get("payment") == payment_id for i in items
        )


def show_inside(work: Work, payment_id: str) -> None:
    """Show a request that can be paid as an order inside WhatsApp, as a leaving message does."""
    payment = work.get(Payment, payment_id)
    clinic = work.get(Clinic, payment.clinic_id) if payment else None
    if payment is None or clinic is None or payment.status is not RequestStatus.OPEN:
        return
    message = Message(
        message_id=f"msg_{payment_id}",
        sender=CITY_SENDER,
        contact_id=payment.contact_id,
        clinic_id=payment.clinic_id,
        name="booking/pay",
        created_at=work.now,
        updated_at=work.now,
    )
    orders.begin_order(work, message, orders.NewOrder(payment, clinic, "main"))


def _saw(queue: Queue) -> SeenState:
    return SeenState(button=True, current=queue.current_token)


LINE: dict[str, Callable[[LineContext], object]] = {
    "call_next": lambda line: calling.call_next(line, STAFF[0], _saw(line.queue)),
    "skip": lambda line: calling.skip(line, STAFF[0], _saw(line.queue)),
    "undo": lambda line: undoing.undo(line, STAFF[0], _saw(line.queue)),
    "start": lambda line: lifecycle.start(line, STAFF[0]),
    "doctor_late": lambda line: lateness.announce_doctor_late(line, STAFF[0], 20),
    "pause": lambda line: lifecycle.pause(line, STAFF[0], 10, None),
    "resume": lambda line: lifecycle.resume(line, STAFF[0]),
    "emergency": lambda line: lifecycle.emergency(line, STAFF[0], 30),
    "close": lambda line: lifecycle.close(line, STAFF[0], "CLOSED_BY_STAFF"),
    "reopen": lambda line: reopening.reopen(line, STAFF[0]),
}
"""What staff do with a line."""


def now(work: Work, token: Token) -> Token:
    """Return *token* as *work* reads it."""
    found = work.get(Token, token.queue_id, token.token_id)
    assert found is not None
    return found


def pages(work: Work, kind: type, equals: str) -> list[Any]:
    """Return all records of a partition."""
    return list(_pages(work, kind, equals))


def _pages(work: Work, kind: type[Any], equals: str) -> Iterator[Any]:
    after = None
    while True:
        page: Any = work.query(kind, equals, limit=200, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return


def _people(town: Town) -> list[tuple[Contact, Patient]]:
    """Store two more people and a child of Asha's; return everybody."""
    cast = town.cast
    found = [(cast.asha_contact, cast.asha), (cast.ravi_contact, cast.ravi)]
    for n, key in enumerate(("lata", "imran"), start=3):
        patient, contact = a_person(key, key.title(), f"+91987654302{n}")
        store(town.plain, contact, patient, address_of(contact))
        found.append((contact, patient))
    child = Patient(patient_id="pat_anu", contact_id="con_asha", name="Anu", created_at=NOW)
    store(town.plain, child)
    return [*found, (cast.asha_contact, child)]


@dataclass
class _Parts:
    """As much of the wiring as pressing a button and doing what is due need."""

    records: Any
    clock: FixedClock
    ids: CountingIds
    bell: SilentBell
    gateway: Bank
    rules: Any = RULES
    sealer: Any = None
    documents: Any = None
    files: Any = None
    media: Any = None
    patient_files: Any = None
    open_work: Any = field(init=False)

    def __post_init__(self) -> None:
        self.open_work = lambda scope: Parts.open_work(self, scope)  # type: ignore[arg-type]
