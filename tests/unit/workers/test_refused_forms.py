"""A provider that does not take the form of a message still gets its words."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest

from bot.observability.logs import configure
from bot.observability.metrics import exposition
from domain.actions.delivery import dead_letters
from domain.channel import ErrorClass
from domain.model.messages import MessageStatus, Option
from tests.outbox import SHARD, failed, row, waiting, write
from tests.people import Cast
from tests.sms import with_sms
from tests.stage import Stage

MALFORMED = failed(ErrorClass.MALFORMED, 131009)
CHOICES = (Option(id="hi", label="book_button"), Option(id="status", label="status_button"))

PRESCRIPTION = {
    "person": "Asha Rao", "doctor": "Dr. Sharma", "day": "2030-11-25",
    "until": "2030-12-02T04:42:00+00:00",
}  # fmt: skip


def refused_forms() -> float:
    [line] = [
        line
        for line in exposition().decode().splitlines()
        if line.startswith('pulseops_refused_forms_total{provider="cloud"}')
    ]
    return float(line.rpartition(" ")[2])


def test_a_refused_form_goes_at_once_as_numbered_text(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast, "settings/help", options=CHOICES)
    stage.channel.failures.append(MALFORMED)
    stage.deliverer.drain(SHARD)
    [sent] = stage.channel.sent
    assert sent.is_plain
    assert [choice.id for choice in sent.choices] == [option.id for option in CHOICES]
    assert row(stage, message).status is MessageStatus.SENT
    assert waiting(stage) == []


def test_a_reply_whose_quote_may_be_refused_quotes_nothing(stage: Stage, cast: Cast) -> None:
    write(stage, cast, reply_to="wamid.IN1")
    stage.clock.advance(seconds=1)
    write(stage, cast)
    stage.channel.failures.append(MALFORMED)
    stage.deliverer.drain(SHARD)
    assert [sent.quotes for sent in stage.channel.sent if sent.is_plain] == [None]


def test_plain_text_that_is_refused_ends_with_the_reason(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    stage.channel.failures.extend([MALFORMED, MALFORMED])
    stage.deliverer.drain(SHARD)
    ended = row(stage, message)
    assert (ended.status, ended.failure) == (MessageStatus.FAILED, "the provider's reason")
    assert stage.channel.sent == []
    assert waiting(stage) == []


def test_a_template_that_is_refused_goes_in_english(stage: Stage, cast: Cast) -> None:
    write(stage, cast, "visits/prescription", language="hi", values=PRESCRIPTION)
    stage.channel.failures.extend([failed(ErrorClass.TEMPLATE, 131047), MALFORMED])
    stage.deliverer.drain(SHARD)
    [sent] = stage.channel.sent
    assert sent.template is not None
    assert sent.template.language == "en"


def test_a_refused_form_is_logged_and_counted(stage: Stage, cast: Cast) -> None:
    before = refused_forms()
    written = io.StringIO()
    configure("info", written)
    message = write(stage, cast)
    stage.channel.failures.append(MALFORMED)
    stage.deliverer.drain(SHARD)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    [said] = [line for line in lines if line["event"] == "form_refused"]
    assert (said["level"], said["code"], said["messageId"]) == (
        "warning", 131009, message.message_id,
    )  # fmt: skip
    assert refused_forms() == before + 1


@pytest.mark.parametrize("kind", [ErrorClass.NEVER, ErrorClass.UNWANTED])
def test_a_refusal_about_the_person_is_no_refusal_of_a_form(
    stage: Stage, cast: Cast, kind: ErrorClass
) -> None:
    before = refused_forms()
    write(stage, cast)
    stage.channel.failures.append(failed(kind))
    stage.deliverer.drain(SHARD)
    assert stage.channel.sent == []
    assert refused_forms() == before


def test_a_text_message_has_no_other_form(stage: Stage, cast: Cast) -> None:
    before = refused_forms()
    sms = with_sms(stage)
    sms.failures.append(MALFORMED)
    until = stage.clock.now() + timedelta(minutes=5)
    code = {"values": {"purpose": "LOGIN"}, "secrets": {"code": "482913"}, "helps_until": until}
    message = write(stage, cast, "account/code", **code)
    stage.channel.failures.append(failed(ErrorClass.NEVER))
    stage.settle()
    assert row(stage, message).status is MessageStatus.FAILED
    assert sms.sent == []
    assert refused_forms() == before


def test_replayed_it_is_tried_in_its_own_form(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast, "settings/help", options=CHOICES)
    stage.channel.failures.extend([MALFORMED, MALFORMED])
    stage.deliverer.drain(SHARD)
    work = stage.work()
    dead_letters.replay(work, message.message_id)
    work.commit()
    stage.deliverer.drain(SHARD)
    assert [sent.is_plain for sent in stage.channel.sent] == [False]
