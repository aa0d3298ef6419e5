"""An advance asked for inside WhatsApp: shown as an order, watched, closed when it is over.

WhatsApp keeps an order open until it is told how it ended, whatever the gateway knows; what it
tells of a payment is a hint to ask (`domain.actions.settlement.polling`). Which form a message
takes is decided as it leaves: the order or its status where the number takes payments and the
person may be written to freely, else words and a link.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.actions.messages.notices import notice_values
from domain.actions.messages.outbox import Draft, send
from domain.actions.payments import links
from domain.channel import OrderNews, OrderRequest
from domain.due import OpenWork
from domain.gateway import ShownOrder
from domain.model.clinics import Clinic, Doctor, Sender
from domain.model.due import Due
from domain.model.messages import Consent, Message, Urgency
from domain.model.money import Order, OrderStatus, Payment, RequestStatus
from domain.model.queues import Locator, Token
from domain.work import Work

LEAST_LIFE = timedelta(seconds=330)
"""WhatsApp refuses an order that ends in less than 300 seconds; the message takes some, too."""
CLOSE_AFTER = timedelta(minutes=1)
"""How long the news of a booking may take to bring the end of its order along."""
CLOSED = "booking/order_closed"
"""The message that brings nothing but the end of an order."""
CARRIES_STATUS = frozenset(
    {"booking/confirmed", "booking/money_back", "booking/hold_ended", CLOSED}
)
"""What is said anyway when an order has ended, and takes its status along."""


@dataclass(frozen=True)
class NewOrder:
    """That a message leaves as an order."""

    payment: Payment
    clinic: Clinic
    configuration: str


@dataclass(frozen=True)
class FinalStatus:
    """That a message leaves as the final status of an order shown before."""

    order: Order
    status: OrderStatus


OrderForm = NewOrder | FinalStatus


def configuration_of(work: Work, sender: str) -> str | None:
    """Return the payment configuration that *sender* takes money through; None: it takes none."""
    if not work.rules.orders:
        return None
    if sender == work.rules.platform_sender:
        return work.rules.payment_configuration
    own = work.get(Sender, sender)
    return own.payment_configuration if own else None


def order_form_of(work: Work, message: Message, *, window_open: bool) -> OrderForm | None:
    """Return whether *message* leaves as an order, or as the status of one; None: as words.

    Outside the 24-hour window only the message that brings nothing else goes as a status, for the
    templates of the others have none.
    """
    if not work.rules.orders or message.without_order or message.by_sms:
        return None
    if message.name in CARRIES_STATUS:
        return _final_status(work, message) if window_open or message.name == CLOSED else None
    if message.payment_id is None or not window_open:
        return None
    configuration = configuration_of(work, message.sender)
    payment = work.get(Payment, message.payment_id)
    clinic = work.get(Clinic, message.clinic_id or "")
    if configuration is None or clinic is None or payment is None:
        return None
    is_over = payment.held_until is None or payment.held_until <= work.now
    if payment.status is not RequestStatus.OPEN or is_over:
        return None
    return NewOrder(payment, clinic, configuration)


def _final_status(work: Work, message: Message) -> FinalStatus | None:
    payment_id = message.payment_id
    if payment_id is None:
        token = work.get(Token, message.queue_id or "", message.about or "")
        payment_id = token.payment_id if token else None
    payment = work.get(Payment, payment_id or "")
    if payment is None or payment.ordered_at is None or payment.status is RequestStatus.OPEN:
        return None
    wanted = message.values.get("reference")
    found = [
        order
        for order in orders_of(work, payment.payment_id)
        if order.sender == message.sender
        and (order.status is OrderStatus.PENDING or order.told_by == message.message_id)
        and wanted in {None, order.reference}
    ]
    # The one that was paid is the one that the news of its payment is about.
    order = next((o for o in found if o.capture_id), found[0] if found else None)
    return FinalStatus(order, status_of(order)) if order else None


def status_of(order: Order) -> OrderStatus:
    """Return how an order ended whose request is over: one that was paid cannot be cancelled."""
    return OrderStatus.COMPLETED if order.capture_id else OrderStatus.CANCELED


def begin_order(work: Work, message: Message, form: OrderForm | None) -> Message:
    """Note what *message* is about to leave as, and return it so; in the write that marks it.

    Whatever becomes of the call, an order that may have been shown is watched from now on.
    """
    if form is None:
        return message.but(order=None)
    if isinstance(form, FinalStatus):
        work.put(form.order.but(status=form.status, told_by=message.message_id))
        return message.but(order=form.order.reference)
    payment = form.payment
    order = work.put(
        Order(
            payment_id=payment.payment_id,
            reference=work.ids.new("ORD_"),
            clinic_id=payment.clinic_id,
            sender=message.sender,
            configuration=form.configuration,
            message_id=message.message_id,
            created_at=work.now,
        )
    )
    work.put(
        Locator(
            id=order.reference,
            kind="order",
            clinic_id=order.clinic_id,
            partition=order.payment_id,
            sort=order.reference,
        )
    )
    if payment.ordered_at is None:
        links.schedule_polling(work, payment, payment.held_until)
        work.put(payment.but(ordered_at=work.now))
    return message.but(order=order.reference)


def channel_order(
    message: Message, form: OrderForm | None, about: str, until: str, now: datetime
) -> OrderRequest | OrderNews | None:
    """Return what the channel shows of the order that *message* leaves as, begun just *now*.

    *about* and *until* are few words: what it is for, and how long that is held.
    """
    if form is None or message.order is None:
        return None
    if isinstance(form, FinalStatus):
        return OrderNews(form.order.reference, form.status.value, about)
    payment = form.payment
    return OrderRequest(
        reference=message.order,
        configuration=form.configuration,
        payment_id=payment.payment_id,
        token_id=payment.token_id,
        amount_paise=payment.amount_paise,
        expires_at=max(payment.held_until or now, now + LEAST_LIFE),
        about=about,
        until=until,
        seller=form.clinic.name,
        address=form.clinic.address,
    )


def withdraw_order(work: Work, message: Message) -> Message:
    """Take back what the message that WhatsApp refused would have shown; return it without."""
    order = find_order(work, message.order or "")
    if order is not None and order.message_id == message.message_id:
        work.delete(order)
        located = work.get(Locator, order.reference)
        if located is not None:
            work.delete(located)
    elif order is not None and order.told_by == message.message_id:
        work.put(order.but(status=OrderStatus.PENDING, told_by=None))
    return message.but(order=None)


def find_order(work: Work, reference: str) -> Order | None:
    """Return the order that WhatsApp knows by *reference*, if it is one of ours."""
    located = work.get(Locator, reference) if reference else None
    if located is None or located.kind != "order":
        return None
    return work.get(Order, located.partition, reference)


def orders_of(work: Work, payment_id: str) -> list[Order]:
    """Return every order by which a request for payment was shown, the oldest first."""
    return work.query(Order, payment_id).records


def gateway_order(order: Order) -> ShownOrder:
    """Return what the gateway is asked about."""
    return ShownOrder(order.payment_id, order.reference, order.sender, order.configuration)


def record_paying_order(work: Work, payment_id: str, reference: str, capture_id: str) -> None:
    """Note by which order a payment came, if it is known here."""
    order = work.get(Order, payment_id, reference)
    if order is not None and order.capture_id is None:
        work.put(order.but(capture_id=capture_id))


def schedule_close(work: Work, payment: Payment) -> None:
    """Have WhatsApp told how the orders of a request that is over have ended.

    What the person is told of it anyway takes that along; it is said by itself after a while.
    """
    if payment.ordered_at is None:
        return
    links.schedule_for_payment(work, "close_orders", work.now + CLOSE_AFTER, payment)


def close_orders(open_work: OpenWork, item: Due) -> None:
    """Write to the person about each order of a request that still looks open to them."""
    work = open_work()
    work.delete(item)
    payment = work.get(Payment, str(item.values.get("payment") or ""))
    if payment is not None and payment.status is not RequestStatus.OPEN:
        for order in orders_of(work, payment.payment_id):
            if order.status is OrderStatus.PENDING:
                _send_closed(work, payment, order)
    work.commit()


def _send_closed(work: Work, payment: Payment, order: Order) -> None:
    token = work.get(Token, payment.queue_id, payment.token_id)
    clinic = work.get(Clinic, payment.clinic_id)
    doctor = work.get(Doctor, payment.clinic_id, payment.doctor_id)
    status = status_of(order)
    message_id = f"msg_{status}_{order.reference}"
    if token is None or clinic is None or doctor is None or work.get(Message, message_id):
        return
    send(
        work,
        Draft(
            CLOSED,
            to=payment.contact_id,
            clinic=clinic,
            sender=order.sender,
            about=token,
            payment_id=payment.payment_id,
            values={
                **notice_values(token, doctor),
                "amount": payment.amount_paise,
                "paid": status is OrderStatus.COMPLETED,
                "reference": order.reference,
            },
            urgency=Urgency.NEWS,
            consent=Consent.TOKEN,
            message_id=message_id,
        ),
    )
