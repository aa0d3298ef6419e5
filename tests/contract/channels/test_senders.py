"""Whom a sending number belongs to, as the provider tells the holder of a token."""

from __future__ import annotations

import json
import logging

import pytest

from bot.channels.cloud.senders import CloudSenders
from bot.channels.twilio.channel import TwilioSenders
from domain.errors import Busy
from tests.contract.channels.providers import (
    HANG_UP,
    NUMBER,
    PAGE,
    SENDER,
    TOKEN,
    Answer,
    Meta,
    Server,
    refuses,
)

OWN = "EAAown-token"


def shows(number: object, sender: str = SENDER) -> Answer:
    """Return Graph's answer about a number it shows to the token."""
    return Answer(body=json.dumps({"display_phone_number": number, "id": sender}).encode())


@pytest.fixture
def senders(meta: Meta, server: Server) -> CloudSenders:
    meta.answers()
    return CloudSenders(server.url, TOKEN, meta.session)


def test_the_number_behind_a_sender_is_asked_for_with_the_clinics_own_token(
    senders: CloudSenders, server: Server
) -> None:
    server.answers.append(shows("+91 80400 07000"))
    assert senders.number_of(SENDER, OWN) == "+918040007000"
    [call] = server.calls
    assert (call.method, call.path) == ("GET", f"/{SENDER}?fields=display_phone_number")
    assert call.headers["Authorization"] == f"Bearer {OWN}"


def test_the_platforms_own_number_is_asked_for_once(senders: CloudSenders, server: Server) -> None:
    server.answers.extend([refuses(401), shows("918040009000")])
    assert [senders.number_of(SENDER) for _ in range(3)] == [None, "+918040009000", "+918040009000"]
    assert {call.headers["Authorization"] for call in server.calls} == {f"Bearer {TOKEN}"}
    assert len(server.calls) == 2


@pytest.mark.parametrize(
    "answer",
    [
        refuses(401),
        refuses(400, 100),
        refuses(404, 100),
        shows("918040007000", "999"),
        shows(None),
        Answer(body=b"[]"),
        Answer(307, b"{}"),
    ],
    ids=["bad token", "not theirs", "not there", "another", "no number", "a list", "redirected"],
)
def test_what_graph_does_not_confirm_is_nobodys(
    senders: CloudSenders, server: Server, answer: Answer
) -> None:
    server.answers.append(answer)
    assert senders.number_of(SENDER, OWN) is None


@pytest.mark.parametrize(
    "answer",
    [refuses(500, 2), refuses(429, 4), HANG_UP, PAGE],
    ids=["broken", "too many", "hung up", "a page"],
)
def test_when_graph_cannot_say_it_is_not_a_no(
    senders: CloudSenders, server: Server, answer: Answer
) -> None:
    server.answers.append(answer)
    with pytest.raises(Busy):
        senders.number_of(SENDER, OWN)


def test_graph_out_of_reach_is_not_a_no(meta: Meta, nobody_there: str) -> None:
    with pytest.raises(Busy):
        CloudSenders(nobody_there, TOKEN, meta.session).number_of(SENDER, OWN)


@pytest.mark.parametrize("sender", ["../me", "12/34", "", "١٢٣"])
def test_what_is_no_id_is_not_asked_about(
    senders: CloudSenders, server: Server, sender: str
) -> None:
    assert senders.number_of(sender, OWN) is None
    assert not server.calls


@pytest.mark.parametrize("token", ["EAA\nInjected: yes", "EAA–dash"])
def test_a_token_no_header_can_carry_is_nobodys(
    senders: CloudSenders, server: Server, token: str
) -> None:
    assert senders.number_of(SENDER, token) is None
    assert not server.calls


def test_tokens_are_in_no_log(
    senders: CloudSenders, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers.append(refuses(401))
    with caplog.at_level(logging.DEBUG):
        senders.number_of(SENDER, OWN)
    assert OWN not in caplog.text


def test_at_twilio_the_platforms_sender_is_its_number_and_a_token_proves_nothing() -> None:
    senders = TwilioSenders()
    assert senders.number_of(NUMBER) == NUMBER
    assert senders.number_of(NUMBER, OWN) is None
    assert senders.number_of("") is None
