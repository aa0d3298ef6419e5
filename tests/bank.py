"""A payment gateway in memory: it keeps the port's promises, and fails between any two lines."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from domain.gateway import (
    GatewayPayment,
    GatewayRefund,
    GatewayRefused,
    GatewayUnavailable,
    IdempotencyKeyTaken,
    Link,
    LinkRequest,
    LinkStatus,
    RefundAnswer,
    ShownOrder,
)
from domain.model.money import RefundStatus


class Fault(Enum):
    """What becomes of a call."""

    AWAY = "not begun"
    LOST = "done, and its answer lost"
    KILLED = "not begun, as the caller is killed"
    KILLED_AFTER = "done, and the caller killed"


class Killed(BaseException):
    """The process is gone."""


@dataclass
class BankLink:
    payment_id: str
    amount_paise: int
    cancelled: bool = False


@dataclass
class Bank:
    """What a gateway knows: links, what was paid by them, what was returned."""

    takes_money_here = False

    away: bool = False
    faults: deque[Fault | None] = field(default_factory=deque)
    """What happens to the next calls, one after another."""
    every: int = 0
    """Besides, the answer of every so many calls is lost; 0 loses none."""
    slow_refunds: bool = False
    """Whether refunds stay under way until `end_refunds`."""
    refuses: bool = False
    links: dict[str, BankLink] = field(default_factory=dict)
    paid: dict[str, GatewayPayment] = field(default_factory=dict)
    paid_by: dict[str, str] = field(default_factory=dict)
    refunds: dict[str, tuple[int, RefundStatus]] = field(default_factory=dict)
    release: int = 1
    """The version of the product that calls: the body of a new refund depends on it."""
    by_hand: dict[str, tuple[str, int, RefundStatus]] = field(default_factory=dict)
    """What people returned without the product, by refund: of which payment, how much, how far."""
    bodies: dict[str, str | None] = field(default_factory=dict)
    """The body that each refund was first requested with."""
    asked: Counter[str] = field(default_factory=Counter)
    """How often each call was made, begun or not."""
    _calls: int = 0

    # The payer's side

    def pay(self, payment_id: str, capture_id: str, amount_paise: int) -> None:
        """Let money arrive; it may do so when its link is over, as UPI's does."""
        self.paid[capture_id] = GatewayPayment(capture_id, amount_paise)
        self.paid_by[capture_id] = payment_id

    def pay_order(self, order: ShownOrder, capture_id: str, amount_paise: int) -> None:
        """Let money arrive by an order inside WhatsApp."""
        self.pay(order.payment_id, capture_id, amount_paise)
        self.paid[capture_id] = GatewayPayment(capture_id, amount_paise, order.reference)

    def return_by_hand(
        self,
        refund_id: str,
        capture_id: str,
        amount_paise: int,
        status: RefundStatus = RefundStatus.PROCESSED,
    ) -> int:
        """Let a person return a payment in the dashboard, as far as it is there; say how much."""
        amount = min(amount_paise, self.left(capture_id))
        if amount > 0:
            self.by_hand[refund_id] = (capture_id, amount, status)
        return amount

    def left(self, capture_id: str) -> int:
        """What can still be returned of a payment."""
        gone = sum(
            amount
            for of, amount, status in self._all_refunds()
            if of == capture_id and status is not RefundStatus.FAILED
        )
        return self.paid[capture_id].amount_paise - gone

    def _all_refunds(self) -> list[tuple[str, int, RefundStatus]]:
        ours = [(of, amount, status) for of, (amount, status) in self.refunds.items()]
        return [*ours, *self.by_hand.values()]

    def end_refunds(self, status: RefundStatus = RefundStatus.PROCESSED) -> None:
        """Let every refund under way end so."""
        for key, (amount, now) in self.refunds.items():
            if now is RefundStatus.REQUESTED:
                self.refunds[key] = (amount, status)

    @property
    def returned(self) -> dict[str, int]:
        """What was returned, by payment."""
        return {
            k: a for k, (a, status) in self.refunds.items() if status is not RefundStatus.FAILED
        }

    # `domain.gateway.Gateway`

    def make_link(self, asked: LinkRequest) -> Link:
        self._begin("make_link")
        made = BankLink(asked.payment_id, asked.amount_paise)
        self.links.setdefault(asked.payment_id, made)
        self._end()
        return self._link(asked.payment_id)

    def fetch_link(self, payment_id: str, link_id: str | None) -> Link | None:
        assert link_id in {None, f"plink_{payment_id}"}
        self._begin("fetch_link")
        self._end()
        return self._link(payment_id) if payment_id in self.links else None

    def find_link(self, capture_id: str) -> Link | None:
        self._begin("find_link")
        self._end()
        payment_id = self.paid_by.get(capture_id)
        if payment_id is not None and self.paid[capture_id].order is not None:
            return Link(payment_id, None, None, LinkStatus.PAID, (self._now(capture_id),))
        return self._link(payment_id) if payment_id in self.links else None

    def fetch_order_payments(self, order: ShownOrder) -> tuple[GatewayPayment, ...]:
        self._begin("fetch_order_payments")
        self._end()
        return tuple(self._now(k) for k, t in self.paid.items() if t.order == order.reference)

    def cancel_link(self, payment_id: str, link_id: str | None) -> Link | None:
        assert link_id in {None, f"plink_{payment_id}"}
        self._begin("cancel_link")
        link = self.links.get(payment_id)
        if link is not None and payment_id not in self.paid_by.values():
            link.cancelled = True
        self._end()
        return self._link(payment_id) if link is not None else None

    def draft_refund(self, capture_id: str, amount_paise: int) -> str:
        return f"{amount_paise} of {capture_id}, as release {self.release} asks for it"

    def refund(self, capture_id: str, amount_paise: int, body: str | None) -> RefundAnswer:
        self._begin("refund")
        if self.bodies.setdefault(capture_id, body) != body:
            raise IdempotencyKeyTaken("another request under the same key")
        taken = self.paid.get(capture_id)
        if capture_id in self.refunds:
            self._end()
            return self._refund(capture_id)
        if self.refuses or taken is None or not 0 < amount_paise <= self.left(capture_id):
            raise GatewayRefused("no such payment")
        status = RefundStatus.REQUESTED if self.slow_refunds else RefundStatus.PROCESSED
        self.refunds[capture_id] = (amount_paise, status)
        self._end()
        return self._refund(capture_id)

    def fetch_refunds(self, capture_id: str) -> tuple[GatewayRefund, ...]:
        self._begin("fetch_refunds")
        self._end()
        found = [
            GatewayRefund(refund_id, amount, status, is_ours=False)
            for refund_id, (of, amount, status) in self.by_hand.items()
            if of == capture_id
        ]
        if capture_id in self.refunds:
            amount, status = self.refunds[capture_id]
            answer = self._refund(capture_id)
            ours = GatewayRefund(answer.gateway_refund_id, amount, status, is_ours=True)
            found.insert(0, ours)
        return tuple(found)

    def is_proven_return(self, payment_id: str, query: Mapping[str, str]) -> bool:
        return query.get("proof") == payment_id

    def _link(self, payment_id: str) -> Link:
        came = [self._now(k) for k in self.paid if self.paid_by[k] == payment_id]
        taken = tuple(t for t in came if t.order is None)
        over = LinkStatus.OVER if self.links[payment_id].cancelled else LinkStatus.OPEN
        return Link(
            payment_id,
            f"plink_{payment_id}",
            f"https://bank.example/{payment_id}",
            LinkStatus.PAID if taken else over,
            taken,
        )

    def _now(self, capture_id: str) -> GatewayPayment:
        paid = self.paid[capture_id]
        return replace(paid, returned_paise=paid.amount_paise - self.left(capture_id))

    def _refund(self, capture_id: str) -> RefundAnswer:
        return RefundAnswer(f"rfnd_{capture_id}", self.refunds[capture_id][1])

    def _begin(self, call: str) -> None:
        self.asked[call] += 1
        self._calls += 1
        self._fault = self.faults.popleft() if self.faults else None
        if self._fault is None and self.every and self._calls % self.every == 0:
            self._fault = Fault.LOST
        if self._fault is Fault.KILLED:
            raise Killed
        if self.away or self._fault is Fault.AWAY:
            raise GatewayUnavailable("away")

    def _end(self) -> None:
        if self._fault is Fault.KILLED_AFTER:
            raise Killed
        if self._fault is Fault.LOST:
            raise GatewayUnavailable("no answer")
