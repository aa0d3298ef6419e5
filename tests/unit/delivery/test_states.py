"""I5: the life of one outgoing message, answer by answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.actions.delivery import states
from domain.actions.messages import outbox
from domain.actions.messages.outbox import Draft, outbox_shard_of, send
from domain.channel import ErrorClass, SendFailed
from domain.model.conversations import Conversation
from domain.model.messages import Message, MessageStatus, Outgoing, Urgency
from tests.outbox import row
from tests.people import CITY_SENDER, NOW, Cast
from tests.stage import Stage

MALFORMED = SendFailed(ErrorClass.MALFORMED, 131009, "because")
IN_ANOTHER_FORM = {ErrorClass.TEMPLATE, ErrorClass.LANGUAGE, ErrorClass.MALFORMED}


def begun(stage: Stage, cast: Cast, **given: Any) -> Message:
    work = stage.work()
    message = send(work, Draft("x/y", to="con_asha", clinic=cast.clinic, **given))
    work.commit()
    work = stage.work()
    found = work.get(Message, message.message_id)
    assert found is not None
    states.begin_sending(work, found, {"now": "now"})
    work.commit()
    return row(stage, message)


def places(stage: Stage) -> list[Outgoing]:
    return stage.work().query(Outgoing, outbox_shard_of(CITY_SENDER)).records


def apply(stage: Stage, action, message: Message, *args: object) -> Message:
    work = stage.work()
    action(work, message, *args)
    work.commit()
    return row(stage, message)


def test_a_message_being_sent_keeps_its_place_and_its_variables(stage: Stage, cast: Cast) -> None:
    message = begun(stage, cast)
    assert (message.status, message.attempts) == (MessageStatus.SENDING, 1)
    assert message.values == {"now": "now"}
    assert [p.place for p in places(stage)] == [message.outbox]


@pytest.mark.parametrize(("urgency", "seconds"), [(Urgency.NOW, 10), (Urgency.NEWS, 120)])
def test_a_doubt_lasts_as_long_as_somebody_can_wait(
    stage: Stage, cast: Cast, urgency: Urgency, seconds: int
) -> None:
    message = begun(stage, cast, urgency=urgency)
    at = message.sending_since
    assert at is not None
    assert states.is_in_doubt(message, at + timedelta(seconds=seconds - 1))
    assert not states.is_in_doubt(message, at + timedelta(seconds=seconds))
    apply(stage, states.record_doubt, message)
    assert len(places(stage)) == 1
    assert places(stage)[0].written.endswith(message.message_id)


def test_a_doubt_settled_by_a_status_stays_settled(stage: Stage, cast: Cast) -> None:
    message = begun(stage, cast)
    work = stage.work()
    states.apply_status(work, message.message_id, "delivered", "wamid.1")
    work.commit()
    after = apply(stage, states.record_doubt, row(stage, message))
    assert (after.status, after.outbox) == (MessageStatus.DELIVERED, None)
    assert after.sent_at is not None
    assert places(stage) == []


def test_an_acceptance_after_a_delivery_keeps_the_delivery(stage: Stage, cast: Cast) -> None:
    message = begun(stage, cast)
    work = stage.work()
    states.apply_status(work, message.message_id, "read", "wamid.1")
    work.commit()
    after = apply(stage, states.record_acceptance, row(stage, message), "wamid.1")
    assert after.status is MessageStatus.READ


@pytest.mark.parametrize("kind", ErrorClass)
def test_i5_a_refusal_either_waits_or_ends_with_a_reason(
    stage: Stage, cast: Cast, kind: ErrorClass
) -> None:
    message = begun(stage, cast)
    after = apply(stage, states.apply_refusal, message, SendFailed(kind, 7, "because"))
    assert after.error_code == 7
    if kind in states.FOR_GOOD - IN_ANOTHER_FORM:
        assert (after.status, after.failure) == (MessageStatus.FAILED, "because")
        assert places(stage) == []
    else:
        assert after.status is MessageStatus.QUEUED
        assert [p.place for p in places(stage)] == [after.outbox]
        assert after.as_template == (kind in {ErrorClass.TEMPLATE, ErrorClass.LANGUAGE})
        assert after.language == ("en" if kind is ErrorClass.LANGUAGE else None)
        assert after.as_plain_text == (kind is ErrorClass.MALFORMED)


@pytest.mark.parametrize("as_document", [False, True])
def test_a_form_that_is_refused_goes_once_more_as_plain_text(
    stage: Stage, cast: Cast, *, as_document: bool
) -> None:
    message = begun(stage, cast, url="https://clinic.example/rx", as_document=as_document)
    again = apply(stage, states.apply_refusal, message, MALFORMED)
    assert (again.status, again.as_plain_text, again.as_document) == (
        MessageStatus.QUEUED, True, False,
    )  # fmt: skip
    assert [p.place for p in places(stage)] == [again.outbox]
    ended = apply(stage, states.apply_refusal, again, MALFORMED)
    assert (ended.status, ended.failure) == (MessageStatus.FAILED, "because")
    assert places(stage) == []


def test_a_form_refused_after_it_was_accepted_goes_as_plain_text_too(
    stage: Stage, cast: Cast
) -> None:
    message = begun(stage, cast)
    apply(stage, states.record_acceptance, message, "wamid.1")
    work = stage.work()
    states.apply_status(work, message.message_id, "failed", "wamid.1", failure=MALFORMED)
    work.commit()
    again = row(stage, message)
    assert (again.status, again.as_plain_text) == (MessageStatus.QUEUED, True)
    assert [p.place for p in places(stage)] == [again.outbox]


def test_a_template_refused_as_none_ends(stage: Stage, cast: Cast) -> None:
    message = begun(stage, cast).but(as_template=True)
    failure = SendFailed(ErrorClass.TEMPLATE, 131047, "because")
    assert apply(stage, states.apply_refusal, message, failure).status is MessageStatus.FAILED


@pytest.mark.parametrize(
    ("kind", "code"), [(ErrorClass.LANGUAGE, 132001), (ErrorClass.NEVER, 132015)]
)
def test_what_asks_for_a_number_goes_in_words_where_the_button_cannot(
    stage: Stage, cast: Cast, kind: ErrorClass, code: int
) -> None:
    message = begun(stage, cast, asks_number=True, language="hi")
    failure = SendFailed(kind, code, "because")
    again = apply(stage, states.apply_refusal, message, failure)
    assert (again.status, again.asks_number) == (MessageStatus.QUEUED, False)
    assert (again.language, again.as_template) == ("hi", False)
    assert [p.place for p in places(stage)] == [again.outbox]


def test_a_document_that_cannot_be_fetched_goes_once_more_as_a_link(
    stage: Stage, cast: Cast
) -> None:
    message = begun(stage, cast, url="https://clinic.example/rx", as_document=True)
    apply(stage, states.record_acceptance, message, "wamid.1")
    failure = SendFailed(ErrorClass.DOCUMENT, 131053, "because")
    work = stage.work()
    states.apply_status(work, message.message_id, "failed", "wamid.1", failure=failure)
    work.commit()
    again = row(stage, message)
    assert (again.status, again.as_document) == (MessageStatus.QUEUED, False)
    assert again.url == message.url
    assert len(places(stage)) == 1
    assert apply(stage, states.apply_refusal, again, failure).status is MessageStatus.FAILED
    assert places(stage) == []


def test_the_window_is_open_for_a_day_but_its_last_minute() -> None:
    talk = Conversation(conversation="s#c", sender="s", contact_id="c", last_inbound_at=NOW)
    assert outbox.window_is_open(talk, NOW + timedelta(hours=23, minutes=58))
    assert not outbox.window_is_open(talk, NOW + timedelta(hours=23, minutes=59))
    assert not outbox.window_is_open(None, NOW)
    assert not outbox.window_is_open(talk.but(last_inbound_at=None), NOW)


def test_the_price_category_is_kept_whenever_it_is_named(stage: Stage, cast: Cast) -> None:
    message = begun(stage, cast)
    for word, category in (("delivered", None), ("sent", "utility"), ("delivered", "other")):
        work = stage.work()
        states.apply_status(work, message.message_id, word, "wamid.1", category=category)
        work.commit()
    assert row(stage, message).category == "utility"
    assert row(stage, message).status is MessageStatus.DELIVERED
