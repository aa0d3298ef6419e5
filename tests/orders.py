"""WhatsApp's side of payments inside it: which orders were paid, and a stage that shows them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from bot.payments.sandbox import SandboxGateway
from bot.wiring import Parts
from domain.actions.settlement import captures
from domain.channel import OrderNews, OrderRequest, Outbound
from domain.errors import Conflict
from domain.gateway import Gateway, GatewayUnavailable, PaymentAttempt
from domain.model.clinics import Sender
from tests.people import CITY_SENDER, NOW, Cast, store
from tests.stage import Stage
from workers.due_runner import DueRunner

CONFIGURATION = "city-main"
PLATFORM_CONFIGURATION = "platform-main"


@dataclass
class FakeOrders:
    """What WhatsApp knows of orders; implements `domain.gateway.Orders`."""

    told: dict[str, list[PaymentAttempt]] = field(default_factory=lambda: defaultdict(list))
    away: bool = False
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def fetch_attempts(
        self, sender: str, configuration: str, reference: str
    ) -> tuple[PaymentAttempt, ...]:
        """Return what was tried for an order."""
        self.asked.append((sender, configuration, reference))
        if self.away:
            raise GatewayUnavailable("away")
        return tuple(self.told[reference])

    def pay(self, reference: str, capture_id: str, amount_paise: int = 5000) -> None:
        """Let an order be paid."""
        paid = PaymentAttempt(f"order_{reference}", capture_id, amount_paise, succeeded=True)
        self.told[reference].append(paid)

    def fail(self, reference: str, amount_paise: int = 5000) -> None:
        """Let an attempt to pay an order come to nothing."""
        tried = PaymentAttempt(f"order_{reference}", None, amount_paise, succeeded=False)
        self.told[reference].append(tried)


def show_orders(stage: Stage, cast: Cast, gateway: Gateway | None = None) -> FakeOrders:
    """Let City Medical Center's number, and the one clinics share, take payments in WhatsApp."""
    orders = FakeOrders()
    gateway = gateway or SandboxGateway(stage.work, orders)
    rules = replace(stage.parts.rules, orders=True, payment_configuration=PLATFORM_CONFIGURATION)
    _rebuild(stage, replace(stage.parts, rules=rules, gateway=gateway))
    store(
        stage.records,
        Sender(
            sender=CITY_SENDER,
            clinic_id=cast.clinic.clinic_id,
            number=cast.clinic.whatsapp_number,
            access_token=stage.parts.sealer.seal("token"),
            payment_configuration=CONFIGURATION,
            proven_at=NOW,
        ),
    )
    return orders


def forget_orders(stage: Stage) -> None:
    """Let nothing be paid inside WhatsApp any more."""
    _rebuild(stage, replace(stage.parts, rules=replace(stage.parts.rules, orders=False)))


def _rebuild(stage: Stage, parts: Parts) -> None:
    stage.parts = parts
    stage.runner = parts.runner()
    stage.deliverer = replace(stage.deliverer, parts=parts)
    stage.due_runner = DueRunner(parts)


def asked_by(message: Outbound) -> OrderRequest:
    """Return the order that *message* shows."""
    assert isinstance(message.order, OrderRequest)
    return message.order


def told_by(message: Outbound) -> OrderNews:
    """Return the status that *message* brings."""
    assert isinstance(message.order, OrderNews)
    return message.order


def tell(stage: Stage, reference: str, *, has_failed: bool = False) -> None:
    """Let WhatsApp's webhook tell that something became of an order's payment."""
    for _ in range(5):
        work = stage.work()
        captures.record_order_notice(work, reference, has_failed=has_failed)
        try:
            work.commit()
        except Conflict:
            stage.clock.advance(seconds=0.001)
            continue
        return
    raise AssertionError("never told")
