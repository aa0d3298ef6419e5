"""The product through Twilio, against a simulator that refuses what Twilio may refuse."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from domain.model.messages import MessageStatus
from tests.e2e.conftest import started
from tests.e2e.day import a_call_after_a_silent_day
from tests.e2e.twilio import TwilioInstallation, link_in

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e 2")]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwilioInstallation]:
    with started(TwilioInstallation(tmp_path_factory.mktemp("twilio"))) as installation:
        yield installation


def test_from_hi_to_your_turn_nothing_is_refused(town):
    asha, ravi = town.patients[:2]
    meera = town.doctors[0]

    asha.says("Hi")
    doctors = asha.hears("select doctor")
    assert {o["title"] for o in doctors["options"]} == {"Dr. Meera", "Dr. Khan", "Dr. Bose"}
    asha.taps("Dr. Meera")
    slots = asha.hears("Available slots")
    assert slots["list_label"]
    asha.taps(next(o["id"] for o in slots["options"] if o["id"].startswith("slot:")))
    asha.pays(link_in(asha.hears("Tap to pay")))
    assert "Token #" in asha.hears("Booking confirmed")["text"]

    ravi.says("Hi")
    ravi.hears("select doctor")
    ravi.taps("Dr. Meera")
    ravi.hears("Available slots")
    ravi.says("2")
    ravi.pays(link_in(ravi.hears("Tap to pay")))
    ravi.hears("Booking confirmed")

    meera.says("start")
    started = meera.hears("Started")
    assert "2 waiting" in started["text"]
    assert started["option_kind"] == "button_reply"
    asha.hears("You are next")
    meera.says("next")
    meera.hears("Now serving")
    asha.hears("It is your turn")
    meera.taps("Next")
    ravi.hears("It is your turn")

    town.settle()
    assert town.refusals() == []
    assert town.failures() == []
    calls = town.control("GET", "/calls")["calls"]
    assert {call["outcome"] for call in calls} == {"accepted"}
    ours = [parse_qs(urlsplit(call["biz"]).query)["message"][0] for call in calls]
    assert len(set(ours)) == len(ours)
    assert {town.message(message_id).status for message_id in ours} == {MessageStatus.READ}


def test_whoever_was_silent_for_a_day_is_called_in_by_a_template(town):
    a_call_after_a_silent_day(town)
    town.settle()
    assert town.refusals() == []
    assert town.failures() == []


def test_webhooks_that_failed_come_again(town):
    imran = town.patients[3]
    town.processes["web"].kill()
    imran.says("Hi")
    imran.says("help")
    town.restart("web")
    imran.hears("select doctor", "Welcome")
    town.settle()
    assert town.refusals() == []
