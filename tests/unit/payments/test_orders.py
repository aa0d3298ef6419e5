"""I3, inside WhatsApp: an advance asked for by an order, paid there, found by asking, closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.actions.delivery import states
from domain.actions.payments import orders
from domain.actions.settlement import captures
from domain.channel import ErrorClass, OrderNews, OrderRequest, Outbound, SendFailed, SendUnknown
from domain.errors import NotFound
from domain.model.clinics import Sender
from domain.model.conversations import Conversation
from domain.model.messages import Message, MessageStatus
from domain.model.money import (
    Capture,
    Disposition,
    Order,
    OrderStatus,
    Payment,
    Refund,
    RefundStatus,
)
from domain.model.queues import PaymentStatus, Token, TokenStatus
from tests.bank import Bank
from tests.orders import (
    CONFIGURATION,
    PLATFORM_CONFIGURATION,
    FakeOrders,
    asked_by,
    forget_orders,
    show_orders,
    tell,
    told_by,
)
from tests.people import CITY_SENDER, PLATFORM_SENDER, Cast, stored
from tests.stage import Stage
from web.checkout.pay import obtain_gateway_url

ASHA = "+919876543021"


@pytest.fixture
def whatsapp(stage: Stage, cast: Cast) -> FakeOrders:
    return show_orders(stage, cast)


def book(stage: Stage, number: int = 1) -> Outbound:
    """Let Asha choose a time in chat; return the message that asks for the advance."""
    for said in ("hi", "2", str(number)):
        stage.hear(ASHA, said, name="Asha")
        stage.settle()
    return stage.channel.sent[-1]


def newest(stage: Stage) -> Token:
    return stage.every_token(ASHA)[-1]


def order(stage: Stage, reference: str) -> Order:
    found = orders.find_order(stage.work(), reference)
    assert found is not None
    return found


def news(stage: Stage) -> list[tuple[str, str]]:
    """Return the status of every order that was told, in the order of telling."""
    told = [m.order for m in stage.channel.sent if isinstance(m.order, OrderNews)]
    return [(n.reference, n.status) for n in told]


@pytest.mark.usefixtures("whatsapp")
def test_an_advance_is_asked_for_by_an_order_that_ends_with_the_hold(stage: Stage) -> None:
    message = book(stage)
    asked, token = asked_by(message), newest(stage)
    assert (asked.configuration, asked.amount_paise) == (CONFIGURATION, 5000)
    assert (asked.payment_id, asked.token_id) == (token.payment_id, token.token_id)
    assert asked.expires_at == token.held_until
    assert (asked.about, asked.until) == ("Advance, Token #1", "Held until 8:40 AM")
    assert asked.seller == "City Medical Center"
    assert len(asked.reference) <= 35
    assert not message.choices


@pytest.mark.usefixtures("whatsapp")
def test_an_order_lives_for_as_long_as_whatsapp_wants_even_if_the_hold_does_not(
    stage: Stage,
) -> None:
    book(stage)
    stage.wait(8)
    stage.hear(ASHA, "status")
    again = asked_by(stage.settle()[-1])
    assert again.expires_at == stage.clock.now() + timedelta(seconds=330)


def test_a_payment_told_by_whatsapp_is_found_and_takes_the_seat(
    stage: Stage, whatsapp: FakeOrders
) -> None:
    reference = asked_by(book(stage)).reference
    whatsapp.pay(reference, "pay_1")
    tell(stage, reference)
    [said] = stage.settle()
    token = newest(stage)
    assert (token.status, token.capture_id) == (TokenStatus.CONFIRMED, "pay_1")
    assert told_by(said) == OrderNews(reference, "completed", "Token #1")
    assert "Booking confirmed" in said.text
    assert order(stage, reference).status is OrderStatus.COMPLETED
    stage.wait(2)
    assert news(stage) == [(reference, "completed")]


def test_the_word_of_a_webhook_alone_is_no_money(stage: Stage, whatsapp: FakeOrders) -> None:
    reference = asked_by(book(stage)).reference
    tell(stage, reference)
    stage.settle()
    assert whatsapp.asked == [(CITY_SENDER, CONFIGURATION, reference)]
    assert newest(stage).status is TokenStatus.PENDING


def test_money_whose_notices_are_all_lost_is_found_within_two_minutes(
    stage: Stage, whatsapp: FakeOrders
) -> None:
    reference = asked_by(book(stage)).reference
    whatsapp.pay(reference, "pay_1")
    stage.wait(2)
    assert newest(stage).status is TokenStatus.CONFIRMED


def test_money_is_found_once_whatsapp_answers_again(stage: Stage, whatsapp: FakeOrders) -> None:
    reference = asked_by(book(stage)).reference
    whatsapp.pay(reference, "pay_1")
    whatsapp.away = True
    tell(stage, reference)
    stage.wait(4)
    assert newest(stage).status is TokenStatus.PENDING
    whatsapp.away = False
    stage.wait(3)
    assert newest(stage).status is TokenStatus.CONFIRMED


@pytest.mark.parametrize("first", ["whatsapp", "gateway"])
def test_two_notices_of_one_capture_count_once(stage: Stage, cast: Cast, first: str) -> None:
    bank = Bank()
    show_orders(stage, cast, bank)
    reference = asked_by(book(stage)).reference
    token = newest(stage)
    shown = order(stage, reference)
    bank.pay_order(orders.gateway_order(shown), "pay_1", 5000)

    def by_gateway() -> None:
        work = stage.work()
        captures.record_capture(work, token.payment_id or "", "pay_1", 5000, reference)
        work.commit()

    def by_whatsapp() -> None:
        tell(stage, reference)
        stage.settle()

    for notice in (
        (by_whatsapp, by_gateway, by_whatsapp)
        if first == "whatsapp"
        else (by_gateway, by_whatsapp, by_gateway)
    ):
        notice()
    stage.wait(2)
    assert newest(stage).status is TokenStatus.CONFIRMED
    assert bank.refunds == {}
    assert news(stage) == [(reference, "completed")]


def test_a_payment_that_comes_too_late_is_returned_and_the_order_complete(
    stage: Stage, cast: Cast
) -> None:
    bank = Bank()
    show_orders(stage, cast, bank)
    reference = asked_by(book(stage)).reference
    shown = orders.gateway_order(order(stage, reference))
    stage.wait(11)
    other = asked_by(book(stage)).reference  # the slot is held again: the money comes too late
    bank.pay_order(shown, "pay_late", 5000)
    tell(stage, reference)
    stage.settle()
    back = stage.work().get(Refund, "pay_late", "REFUND")
    assert back is not None
    assert back.status is RefundStatus.PROCESSED
    assert bank.refunds["pay_late"][0] == 5000
    assert (other, "completed") not in news(stage)


def test_a_second_payment_goes_back_and_both_orders_are_closed(stage: Stage, cast: Cast) -> None:
    bank = Bank()
    show_orders(stage, cast, bank)
    first = asked_by(book(stage)).reference
    stage.hear(ASHA, "status")
    second = asked_by(stage.settle()[-1]).reference
    assert first != second
    for n, reference in enumerate((first, second)):
        bank.pay_order(orders.gateway_order(order(stage, reference)), f"pay_{n}", 5000)
        tell(stage, reference)
        stage.settle()
    stage.wait(5)
    kept = {c: stage.work().get(Capture, c, "CAPTURE") for c in ("pay_0", "pay_1")}
    assert {c: k.disposition for c, k in kept.items() if k} == {
        "pay_0": Disposition.SEAT,
        "pay_1": Disposition.REFUND,
    }
    assert set(bank.refunds) == {"pay_1"}
    assert sorted(news(stage)) == [(first, "completed"), (second, "completed")]


def test_an_order_left_open_when_another_was_paid_is_cancelled(
    stage: Stage, whatsapp: FakeOrders
) -> None:
    first = asked_by(book(stage)).reference
    stage.hear(ASHA, "status")
    second = asked_by(stage.settle()[-1]).reference
    whatsapp.pay(second, "pay_2")
    tell(stage, second)
    stage.wait(2)
    assert news(stage) == [(second, "completed"), (first, "canceled")]
    closed = stage.messages()[-1]
    assert closed.name == orders.CLOSED
    assert "please do not pay it any more" in stage.channel.sent[-1].text


@pytest.mark.usefixtures("whatsapp")
def test_a_hold_that_ends_cancels_the_order_with_the_words_that_say_so(stage: Stage) -> None:
    reference = asked_by(book(stage)).reference
    stage.wait(20)
    assert news(stage) == [(reference, "canceled")]
    said = stage.channel.sent[-1]
    assert "was not paid in time" in said.text
    assert "Send *book* for another time." in said.text
    assert not said.choices


@pytest.mark.usefixtures("whatsapp")
def test_a_booking_cancelled_in_chat_cancels_the_order_by_a_message_of_its_own(
    stage: Stage,
) -> None:
    reference = asked_by(book(stage)).reference
    for said in ("cancel", "1"):
        stage.hear(ASHA, said)
        stage.settle()
    stage.wait(3)
    assert news(stage) == [(reference, "canceled")]
    assert stage.messages()[-1].name == orders.CLOSED


def test_what_is_paid_by_the_link_cancels_the_order(stage: Stage, cast: Cast) -> None:
    bank = Bank()
    show_orders(stage, cast, bank)
    reference = asked_by(book(stage)).reference
    token = newest(stage)
    obtain_gateway_url(stage.parts, token.payment_id or "", "https://clinic.example/pay")
    bank.pay(token.payment_id or "", "pay_link", 5000)
    stage.wait(5)
    assert newest(stage).capture_id == "pay_link"
    assert news(stage) == [(reference, "canceled")]


def test_an_attempt_that_fails_ends_nothing_and_offers_the_page(
    stage: Stage, whatsapp: FakeOrders
) -> None:
    reference = asked_by(book(stage)).reference
    whatsapp.fail(reference)
    tell(stage, reference, has_failed=True)
    tell(stage, reference, has_failed=True)
    [said] = stage.settle()
    assert "did not go through" in said.text
    assert (said.order, said.url_label) == (None, "Pay ₹50")
    assert newest(stage).payment_status is PaymentStatus.FAILED
    whatsapp.pay(reference, "pay_1")
    tell(stage, reference)
    stage.settle()
    assert newest(stage).status is TokenStatus.CONFIRMED


def test_a_failure_told_after_the_capture_changes_nothing(
    stage: Stage, whatsapp: FakeOrders
) -> None:
    reference = asked_by(book(stage)).reference
    whatsapp.pay(reference, "pay_1")
    tell(stage, reference)
    stage.settle()
    tell(stage, reference, has_failed=True)
    assert stage.settle() == []
    assert newest(stage).payment_status is PaymentStatus.PAID


@pytest.mark.usefixtures("whatsapp")
def test_of_an_order_that_is_not_ours_nothing_is_taken(stage: Stage) -> None:
    with pytest.raises(NotFound):
        tell(stage, "PO-01JABC-1")
    with pytest.raises(NotFound):
        tell(stage, newest_locator(stage))


def newest_locator(stage: Stage) -> str:
    """Return the id of something here that is no order."""
    book(stage)
    return newest(stage).token_id


# --- Where an order cannot be shown ---


def refuse(stage: Stage, code: int, kind: ErrorClass) -> None:
    stage.channel.failures.append(SendFailed(kind, code, "because"))


@pytest.mark.usefixtures("whatsapp")
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (134011, ErrorClass.ORDER),
        (131026, ErrorClass.NEVER),
        (131009, ErrorClass.MALFORMED),
        (131051, ErrorClass.MALFORMED),
    ],
)
def test_an_order_that_is_refused_goes_at_once_as_a_link(
    stage: Stage, code: int, kind: ErrorClass
) -> None:
    for said in ("hi", "2"):
        stage.hear(ASHA, said, name="Asha")
        stage.settle()
    refuse(stage, code, kind)
    stage.hear(ASHA, "1")
    [said_now] = stage.settle()
    assert (said_now.order, said_now.url_label) == (None, "Pay ₹50")
    payment_id = newest(stage).payment_id or ""
    assert said_now.url == stage.parts.rules.pay_url(payment_id)
    assert orders.orders_of(stage.work(), payment_id) == []
    stage.wait(20)
    assert news(stage) == []


@pytest.mark.usefixtures("whatsapp")
def test_an_order_that_fails_after_it_was_taken_goes_again_as_a_link(stage: Stage) -> None:
    message = book(stage)
    work = stage.work()
    sent = work.get(Message, message.message_id)
    assert sent is not None
    failure = SendFailed(ErrorClass.NEVER, 131026, "an old WhatsApp")
    states.apply_status(work, message.message_id, "failed", sent.provider_id or "", failure=failure)
    work.commit()
    [again] = stage.settle()
    assert (again.order, again.message_id) == (None, message.message_id)
    assert again.url is not None


def test_an_order_whose_sending_is_in_doubt_goes_again_under_another_reference(
    stage: Stage, whatsapp: FakeOrders
) -> None:
    for said in ("hi", "2"):
        stage.hear(ASHA, said, name="Asha")
        stage.settle()
    stage.channel.failures.append(SendUnknown("no answer"))
    stage.hear(ASHA, "1")
    first = asked_by(stage.settle()[-1]).reference
    second = asked_by(stage.wait(1)[-1]).reference
    assert first != second
    whatsapp.pay(first, "pay_1")  # it had arrived after all
    stage.wait(2)
    assert newest(stage).capture_id == "pay_1"
    stage.wait(2)
    assert news(stage) == [(first, "completed"), (second, "canceled")]


def test_a_status_that_whatsapp_refuses_leaves_the_words(
    stage: Stage, whatsapp: FakeOrders
) -> None:
    reference = asked_by(book(stage)).reference
    whatsapp.pay(reference, "pay_1")
    tell(stage, reference)
    refuse(stage, 2046, ErrorClass.ORDER)
    [said] = stage.settle()
    assert said.order is None
    assert "Booking confirmed" in said.text
    stage.wait(2)
    assert news(stage) == [(reference, "completed")]  # tried once more, by itself


@pytest.mark.usefixtures("whatsapp")
def test_a_closing_that_whatsapp_refuses_is_said_to_nobody(stage: Stage) -> None:
    asked_by(book(stage))
    for said in ("cancel", "1"):
        stage.hear(ASHA, said)
        stage.settle()
    refuse(stage, 2047, ErrorClass.ORDER)
    assert stage.wait(5) == []
    dropped = [
        m
        for m in stage.work()
        .query(Message, stage.contact_id(ASHA), index="contactId-createdAt-idx")
        .records
        if m.name == orders.CLOSED
    ]
    assert [m.status for m in dropped] == [MessageStatus.DROPPED]


def test_outside_the_window_the_link_is_asked_for_and_the_order_is_closed_by_template(
    stage: Stage, whatsapp: FakeOrders
) -> None:
    reference = asked_by(book(stage)).reference
    whatsapp.pay(reference, "pay_1")
    close_window(stage)
    tell(stage, reference)
    sent = stage.wait(2)
    assert [m.template.name for m in sent if m.template] == [
        "booking_confirmed_v1",
        "booking_order_closed_paid_v1",
    ]
    assert told_by(sent[-1]).reference == reference
    assert sent[0].order is None


def close_window(stage: Stage) -> None:
    work = stage.work()
    found = work.get(Conversation, f"{CITY_SENDER}#{stage.contact_id(ASHA)}")
    assert found is not None
    assert found.last_inbound_at is not None
    work.put(found.but(last_inbound_at=found.last_inbound_at - timedelta(days=2)))
    work.commit()


@pytest.mark.usefixtures("whatsapp")
@pytest.mark.parametrize("lacks", ["configuration", "installation"])
def test_without_a_configuration_there_is_the_link(stage: Stage, lacks: str) -> None:
    if lacks == "installation":
        forget_orders(stage)
    else:
        work = stage.work()
        own = work.get(Sender, CITY_SENDER)
        assert own is not None
        work.put(own.but(payment_configuration=None))
        work.commit()
    said = book(stage)
    assert (said.order, said.url_label) == (None, "Pay ₹50")
    payment = stage.work().get(Payment, newest(stage).payment_id or "")
    assert payment is not None
    assert payment.ordered_at is None


@pytest.mark.usefixtures("whatsapp")
def test_the_shared_number_has_the_configuration_of_the_installation(
    stage: Stage, cast: Cast
) -> None:
    assert orders.configuration_of(stage.work(), PLATFORM_SENDER) == PLATFORM_CONFIGURATION
    assert orders.configuration_of(stage.work(), CITY_SENDER) == CONFIGURATION
    assert orders.configuration_of(stage.work(), "1") is None
    assert stored(stage.records, cast.clinic).phone_number_id == CITY_SENDER


@pytest.mark.usefixtures("whatsapp")
def test_a_request_that_is_over_when_it_leaves_is_no_order(stage: Stage) -> None:
    for said in ("hi", "2"):
        stage.hear(ASHA, said, name="Asha")
        stage.settle()
    stage.hear(ASHA, "1")
    stage.clock.advance(minutes=10)
    said_late = next(m for m in stage.settle() if m.url)
    assert not isinstance(said_late.order, OrderRequest)
