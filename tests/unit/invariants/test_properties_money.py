"""I1, I3 and the life of a day, whatever happens in whichever order.

Patients, staff, the gateway and the workers act in random order (`tests.history`) on a real store
whose writes now and then conflict or lose their answer, beside a gateway that is away, loses its
answers, or forgets to tell what was paid; workers are killed before and after it has acted. After
every step seats, line, bookings, holds and ledger must agree; when all is over every rupee is a
seat taken or a refund made, exactly once, and the ledger's days add up to what the gateway took.

`HISTORIES` in the environment says how many are played; `benchmarks/money.py` plays 10,000.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.actions.booking import seats as booking_seats
from domain.actions.payments import ledger
from domain.actions.payments.ledger import Statement
from domain.model import queues
from domain.model.money import Capture, Disposition, Outstanding, Refund, Transfer
from domain.model.queues import (
    LIVE,
    WAITING,
    Hold,
    LiveBooking,
    PaymentStatus,
    QueueStatus,
    Seat,
    Token,
    TokenStatus,
    Waiting,
)
from domain.timetable import today
from tests.history import EVENTS, Town, pages

SEATED = LIVE | {TokenStatus.COMPLETED}
"""States of a token whose slot cannot be sold to anybody else."""
KEEPS_MONEY = SEATED - {TokenStatus.PENDING} | {TokenStatus.NO_SHOW}
ANY = st.sampled_from(range(60))


class Days(RuleBasedStateMachine, Town):
    """Two days of three doctors at two clinics."""

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        Town.__init__(self)

    @rule(what=st.sampled_from(EVENTS), a=ANY, b=ANY, c=ANY)
    def something(self, what: str, a: int, b: int, c: int) -> None:
        self.happens(what, a, b, c)

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
            placed = {
                w.place: (w.token_id, w.arrived, w.late_until)
                for w in pages(work, Waiting, queue_id)
            }
            assert placed == {
                t.place: (t.token_id, t.status is TokenStatus.ARRIVED, t.late_until)
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
            if token.status in LIVE and not queues.hold_ran_out(token, self.clock.now()):
                key = booking_seats.booking_key(token.patient_id, token.doctor_id, token.date)
                live.setdefault((token.contact_id, key), []).append(token)
        kept = {}
        for contact in self.contacts():
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
        for contact in self.contacts():
            holds = pages(work, Hold, contact)
            held |= {h.token_id: h for h in holds if h.held_until > at}
        unpaid = {
            t.token_id
            for t in self.tokens.values()
            if t.status is TokenStatus.PENDING and not queues.hold_ran_out(t, at)
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
            assert 0 <= capture.returned_paise <= amount
            if capture.disposition is Disposition.REFUND:
                promised = refund.amount_paise if refund else 0
                assert promised + capture.owed_paise == capture.left_paise
                assert token.capture_id != capture_id or token.paid_paise == 0
                continue
            assert refund is None
            assert capture_id not in self.bank.refunds
            left = capture.left_paise
            assert (token.capture_id, token.paid_paise) == (capture_id, left)
            settled = token.collected_paise >= token.amount_paise
            paid = PaymentStatus.PAID if left or settled else PaymentStatus.REFUNDED
            assert token.payment_status is paid
            waits = capture.disposition is Disposition.WAITING
            if left:
                assert token.status in ({TokenStatus.CANCELLED} if waits else KEEPS_MONEY)
            if left:
                kept[token.token_id] += left
        assert kept == {t.token_id: t.paid_paise for t in self.tokens.values() if t.paid_paise}
        for capture_id in self.captures:  # nothing is returned twice
            assert self.bank.left(capture_id) >= 0

    def the_ledger_adds_up(self) -> None:
        """Of every clinic, today; how all days add up is seen in the end."""
        for clinic in (self.cast.clinic, self.cast.sunrise):
            day = today(clinic, self.clock.now())
            assert ledger.statement_of(self.look(), clinic, day).difference == 0
            assert ledger.find_discrepancies(self.look(), clinic, day) == []

    def the_days_add_up(self) -> None:
        """What the gateway took and returned, and the desk collected, is what the days say."""
        total, work = Statement(), self.look()
        for clinic in (self.cast.clinic, self.cast.sunrise):
            day = self.days[0]
            while day <= today(clinic, self.clock.now()):
                total += ledger.statement_of(work, clinic, day)
                assert ledger.find_discrepancies(work, clinic, day) == []
                day += timedelta(days=1)
        took = sum(t.amount_paise for t in self.bank.paid.values())
        back = took - sum(self.bank.left(capture_id) for capture_id in self.captures)
        assert total.by_hand + total.sent_back == back
        assert total == Statement(
            captured=took,
            seated=sum(t.paid_paise for t in self.tokens.values()),
            refunded=total.sent_back + total.failed,
            by_hand=total.by_hand,
            sent_back=total.sent_back,
            failed=total.failed,
            collected=sum(t.collected_paise for t in self.tokens.values()),
            cash=sum(t.cash_paise for t in self.tokens.values()),
            upi=sum(t.upi_paise for t in self.tokens.values()),
            due=total.due,
            payments=len(self.bank.paid),
        )
        assert total.seated + total.failed == took - back
        self.the_desk_adds_up()

    def the_desk_adds_up(self) -> None:
        """What a consultation costs was paid online, taken at the desk, or is still due."""
        work = self.look()
        for token in self.tokens.values():
            counted = token.cash_paise + token.upi_paise
            assert not token.counted or token.collected_paise == counted
            row = work.get(Outstanding, token.token_id, "DUE")
            due = row.amount_paise if row else 0
            if token.status is not TokenStatus.COMPLETED:
                assert due == 0
            elif token.capture_id is None or token.paid_paise:  # not refunded by hand since
                owed = token.amount_paise - token.paid_paise
                assert max(owed, 0) == token.collected_paise + due

    def money_moves_only_by_rows_of_the_ledger(self) -> None:
        work = self.look()
        for capture_id in self.captures:
            capture = work.get(Capture, capture_id, "CAPTURE")
            if capture is None:
                continue
            moves = sorted(pages(work, Transfer, capture_id), key=lambda t: t.row)
            for before, after in pairwise(moves):
                assert before.to_token_id == after.from_token_id
            assert all(m.amount_paise <= capture.amount_paise for m in moves)
            if moves:
                assert capture.token_id == moves[-1].to_token_id

    def teardown(self) -> None:
        try:
            self.bring_to_an_end()
        finally:
            self.end()

    def bring_to_an_end(self) -> None:
        """Let the workers do what is still to be done; then nothing may be left over."""
        self.mend()
        self.tell_of_all_refunds()
        for _ in range(400):
            moment = self.next_due()
            if moment is None:
                break
            self.clock.instant = max(self.clock.now(), moment)
            self.run_workers()
            self.bank.end_refunds()
            self.tell_of_all_refunds()
        else:
            raise AssertionError("something is due for ever")
        self.everything_agrees()
        work = self.look()
        over = {t.status for t in self.tokens.values()} & LIVE
        assert not over
        assert {q.status for q in self.queues.values()} <= {QueueStatus.CLOSED}
        for contact in self.contacts():
            assert pages(work, LiveBooking, contact) == []
            assert pages(work, Hold, contact) == []
        for capture_id in self.captures:
            capture = work.get(Capture, capture_id, "CAPTURE")
            assert capture is not None
            assert capture.disposition is not Disposition.WAITING
            refund = work.get(Refund, capture_id, "REFUND")
            if refund is None:
                assert capture_id not in self.bank.refunds
            elif refund.gateway_refund_id == f"rfnd_{capture_id}":
                assert refund.status is self.bank.refunds[capture_id][1]
        assert {k.payment_id for k in self.bank.links.values() if not k.cancelled} <= set(
            self.bank.paid_by.values()
        )
        self.the_days_add_up()


TestDays = Days.TestCase
TestDays.settings = settings(
    max_examples=int(os.environ.get("HISTORIES", "200")),
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestDays.pytestmark = [pytest.mark.property, pytest.mark.slow]  # type: ignore[attr-defined]
