"""A reaction is delivered as what it is, or not at all: never as words, a template or an SMS."""

from __future__ import annotations

from datetime import timedelta

from domain.channel import ErrorClass
from domain.model.messages import Message, MessageStatus
from tests.outbox import SHARD, failed, row, status, waiting, write
from tests.people import Cast
from tests.stage import Stage


def react(stage: Stage, cast: Cast) -> Message:
    return write(stage, cast, "manners/noted", reply_to="wamid.IN1", as_reaction=True)


def test_it_is_put_on_the_message_and_that_is_shown_as_read(stage: Stage, cast: Cast) -> None:
    message = react(stage, cast)
    stage.deliverer.drain(SHARD)
    [sent] = stage.channel.sent
    assert (sent.text, sent.reacts_to, sent.quotes) == ("👍", "wamid.IN1", None)
    assert stage.channel.read == ["wamid.IN1"]
    assert row(stage, message).status is MessageStatus.SENT
    status(stage, message, "sent", row(stage, message).provider_id or "")
    assert row(stage, message).status is MessageStatus.SENT


def test_it_quotes_nothing_even_if_the_person_has_written_again(stage: Stage, cast: Cast) -> None:
    react(stage, cast)
    stage.clock.advance(seconds=1)
    stage.hear("+919876543021", "hi")
    stage.deliverer.drain(SHARD)
    [first, *_] = stage.channel.sent
    assert (first.reacts_to, first.quotes) == ("wamid.IN1", None)


def test_a_provider_without_reactions_sends_nothing(stage: Stage, cast: Cast) -> None:
    stage.channel.can_react = False
    message = react(stage, cast)
    stage.deliverer.drain(SHARD)
    assert stage.channel.sent == []
    assert row(stage, message).status is MessageStatus.DROPPED
    assert waiting(stage) == []


def test_outside_the_window_it_is_dropped(stage: Stage, cast: Cast) -> None:
    message = react(stage, cast)
    stage.clock.advance(seconds=timedelta(hours=24).total_seconds())
    stage.deliverer.drain(SHARD)
    assert stage.channel.sent == []
    assert row(stage, message).status is MessageStatus.DROPPED


def test_refused_for_its_form_it_is_not_written_in_words(stage: Stage, cast: Cast) -> None:
    for kind in (ErrorClass.MALFORMED, ErrorClass.TEMPLATE, ErrorClass.LANGUAGE):
        message = react(stage, cast)
        stage.channel.failures.append(failed(kind))
        stage.deliverer.drain(SHARD)
        assert row(stage, message).status is MessageStatus.FAILED
    assert stage.channel.sent == []
    assert waiting(stage) == []


def test_a_provider_that_is_away_gets_it_later(stage: Stage, cast: Cast) -> None:
    message = react(stage, cast)
    stage.channel.failures.append(failed(ErrorClass.LATER))
    stage.wait(1)
    assert row(stage, message).status is MessageStatus.SENT
    assert len(stage.channel.sent) == 1
