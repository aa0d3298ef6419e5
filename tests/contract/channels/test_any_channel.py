"""What every WhatsApp channel keeps to, against a local server that plays its provider."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from domain.channel import Channel, ErrorClass, SendFailed, SendUnknown
from tests.contract.channels.providers import (
    HANG_UP,
    IMPATIENT,
    PAGE,
    SILENCE,
    Answer,
    Meta,
    Server,
    Twilio,
)

Provider = Meta | Twilio


def test_a_message_taken_returns_the_providers_id(channel: Channel, provider: Provider) -> None:
    provider.accepts("OUT1", "OUT2")

    assert [channel.send(provider.TEXT), channel.send(provider.TEXT)] == ["OUT1", "OUT2"]


@pytest.mark.parametrize("kind", ErrorClass)
def test_a_refusal_says_what_to_do_and_why(
    channel: Channel, provider: Provider, kind: ErrorClass
) -> None:
    if kind in {ErrorClass.ORDER, ErrorClass.UNWANTED} and kind not in provider.CODES:
        pytest.skip("the provider shows no orders, or does not tell who wants no marketing")
    code = provider.refuses(kind)

    with pytest.raises(SendFailed) as refusal:
        channel.send(provider.TEXT)

    assert (refusal.value.kind, refusal.value.code) == (kind, code)
    assert str(code) in refusal.value.reason


def test_a_provider_that_cannot_be_reached_is_tried_later(
    provider: Provider, nobody_there: str
) -> None:
    with pytest.raises(SendFailed) as refusal:
        provider.channel(nobody_there).send(provider.TEXT)

    assert refusal.value.kind is ErrorClass.LATER


@pytest.mark.parametrize("answer", [SILENCE, HANG_UP, Answer(body=b"{", short=9)],
                         ids=["no answer", "hung up", "half an answer"])  # fmt: skip
def test_a_message_written_but_not_answered_may_have_gone(
    provider: Provider, server: Server, answer: Answer
) -> None:
    provider.answers(answer)

    with pytest.raises(SendUnknown):
        provider.channel(timeout=IMPATIENT).send(provider.TEXT)

    server.wait_for_calls(1)
    assert len(server.calls) == 1, "it was sent once, and not again behind our back"


def test_a_message_taken_without_an_id_may_have_gone(channel: Channel, provider: Provider) -> None:
    provider.accepts_without_an_id()

    with pytest.raises(SendUnknown):
        channel.send(provider.TEXT)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_page_instead_of_an_answer_is_tried_later(
    channel: Channel, provider: Provider, status: int
) -> None:
    provider.answers(replace(PAGE, status=status))

    with pytest.raises(SendFailed) as refusal:
        channel.send(provider.TEXT)

    assert (refusal.value.kind, refusal.value.code) == (ErrorClass.LATER, None)
    assert str(status) in refusal.value.reason


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, ErrorClass.MALFORMED), (403, ErrorClass.NEVER), (401, ErrorClass.STOP)],
)
def test_a_page_that_refuses_goes_by_its_status(
    channel: Channel, provider: Provider, status: int, kind: ErrorClass
) -> None:
    provider.answers(replace(PAGE, status=status))

    with pytest.raises(SendFailed) as refusal:
        channel.send(provider.TEXT)

    assert refusal.value.kind is kind


def test_a_message_to_nobody_is_refused_without_a_call(
    channel: Channel, provider: Provider, server: Server
) -> None:
    with pytest.raises(SendFailed) as refusal:
        channel.send(replace(provider.TEXT, phone=None, wa_user_id=None))

    assert refusal.value.kind is ErrorClass.NEVER
    assert server.calls == []


def test_a_sender_the_account_does_not_have_is_stopped_without_a_call(
    channel: Channel, provider: Provider, server: Server
) -> None:
    with pytest.raises(SendFailed) as refusal:
        channel.send(replace(provider.TEXT, sender="999"))

    assert refusal.value.kind is ErrorClass.STOP
    assert server.calls == []


def test_one_connection_carries_many_messages_refused_ones_too(
    channel: Channel, provider: Provider, server: Server
) -> None:
    for _ in range(3):
        channel.send(provider.TEXT)
    provider.refuses(ErrorClass.NEVER)
    with pytest.raises(SendFailed):
        channel.send(provider.TEXT)
    provider.accepts()
    channel.send(provider.TEXT)

    assert len(server.calls) == 5
    assert len({call.connection for call in server.calls}) == 1


def test_threads_send_side_by_side(channel: Channel, provider: Provider, server: Server) -> None:
    messages = [replace(provider.TEXT, message_id=f"out_{number}") for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(channel.send, messages))) == 40

    assert len({call.body for call in server.calls}) == 40
    assert len({call.connection for call in server.calls}) <= 8


@pytest.mark.parametrize("answer", [SILENCE, HANG_UP, PAGE, Answer(401), Answer(body=b"null")])
def test_marking_as_read_never_raises(provider: Provider, answer: Answer) -> None:
    provider.answers(answer)

    provider.channel(timeout=IMPATIENT).mark_read(provider.TEXT.sender, "wamid.A1")


def test_marking_as_read_never_raises_though_nothing_can_be_sent(
    provider: Provider, nobody_there: str
) -> None:
    provider.channel(nobody_there).mark_read(provider.TEXT.sender, "wamid.A1")
    provider.channel().mark_read("999", "wamid.A1")


def test_nothing_that_is_logged_names_anybody_or_a_secret(
    channel: Channel,
    provider: Provider,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)

    channel.send(provider.TEXT)
    channel.mark_read(provider.TEXT.sender, "wamid.A1")
    for kind in provider.CODES:
        provider.refuses(kind)
        with pytest.raises(SendFailed):
            channel.send(provider.TEXT)
        channel.mark_read(provider.TEXT.sender, "wamid.A1")
    provider.answers(HANG_UP)
    with pytest.raises(SendUnknown):
        channel.send(provider.TEXT)

    said = caplog.text + "".join(capfd.readouterr())
    for secret in ("9800000001", "IN.7788990011", "Asha", "Token 012", provider.SECRET, "wamid"):
        assert secret not in said
