"""An advance paid inside WhatsApp: shown as an order, polled, closed when its request ends.

WhatsApp shows an order as open until we send its final status, whatever the gateway knows. What
WhatsApp says of a payment only causes a check with the gateway
(`domain.actions.settlement.polling`).

The form of a message is decided when it is sent. It is an order, or the final status of one, if its
sender takes payments and the 24-hour window is open; else it is words with a link.
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
"""WhatsApp refuses an order that ends in less than 300 seconds; sending takes some more."""
CLOSE_AFTER = timedelta(minutes=1)
"""How long to wait for a message that carries an order's final status anyway."""
CLOSED = "booking/order_closed"
"""The message that carries nothing but an order's final status."""
CARRIES_STATUS = frozenset(
    {"booking/confirmed", "booking/money_back", "booking/hold_ended", CLOSED}
)
"""Messages that are sent when a request has ended, and carry its order's final status."""


@dataclass(frozen=True)
class NewOrder:
    """The message is sent as an order."""

    payment: Payment
    clinic: Clinic
    configuration: str


@dataclass(frozen=True)
class FinalStatus:
    """The message is sent as the final status of an order that was shown before."""

    order: Order
    status: OrderStatus


OrderForm = NewOrder | FinalStatus


def configuration_of(work: Work, sender: str) -> str | None:
    """Return the payment configuration through which *sender* takes money; None: it takes none."""
    if not work.rules.orders:
        return None
    if sender == work.rules.platform_sender:
        return work.rules.payment_configuration
    own = work.get(Sender, sender)
    return own.payment_configuration if own else None


def order_form_of(work: Work, message: Message, *, window_open: bool) -> OrderForm | None:
    """Return the order, or the final status of one, as which *message* is sent; None: as words.

    Outside the 24-hour window only `CLOSED` is sent as a status: the templates of other messages
    cannot carry one.
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
    # News of a payment is about the order that was paid.
    order = next((o for o in found if o.capture_id), found[0] if found else None)
    return FinalStatus(order, status_of(order)) if order else None


def status_of(order: Order) -> OrderStatus:
    """Return the final status of an order whose request has ended: COMPLETED if it was paid."""
    return OrderStatus.COMPLETED if order.capture_id else OrderStatus.CANCELED


def begin_order(work: Work, message: Message, form: OrderForm | None) -> Message:
    """Record the order, or the final status, as which *message* is about to be sent; return it so.

    Call it in the transaction that marks the message as being sent. The order's request is polled
    from then on: a call without an answer may have shown the order.
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
    """Return what the channel sends for *message*: an order, or the final status of one.

    *about* says in few words what it is for, *until* how long the slot is held.
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
    """Undo `begin_order` for a message that WhatsApp refused; return the message without order."""
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
    """Return the order that WhatsApp knows by *reference*; None if it is none of ours."""
    located = work.get(Locator, reference) if reference else None
    if located is None or located.kind != "order":
        return None
    return work.get(Order, located.partition, reference)


def orders_of(work: Work, payment_id: str) -> list[Order]:
    """Return every order that showed a request for payment, the oldest first."""
    return work.query(Order, payment_id).records


def gateway_order(order: Order) -> ShownOrder:
    """Return *order* as the gateway is asked about it."""
    return ShownOrder(order.payment_id, order.reference, order.sender, order.configuration)


def record_paying_order(work: Work, payment_id: str, reference: str, capture_id: str) -> None:
    """Record which order a capture paid, if the order is known here."""
    order = work.get(Order, payment_id, reference)
    if order is not None and order.capture_id is None:
        work.put(order.but(capture_id=capture_id))


def schedule_close(work: Work, payment: Payment) -> None:
    """Schedule the final status of the orders of a request that has ended.

    A message that is sent anyway usually carries it (`CARRIES_STATUS`); an order that is still open
    after `CLOSE_AFTER` gets a message of its own.
    """
    if payment.ordered_at is None:
        return
    links.schedule_for_payment(work, "close_orders", work.now + CLOSE_AFTER, payment)


def close_orders(open_work: OpenWork, item: Due) -> None:
    """Send the final status of each order that WhatsApp still shows as open."""
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
