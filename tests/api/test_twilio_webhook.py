"""Twilio's webhook in one process, and what is made up for after an outage."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from bot.app import create_app
from bot.channels.twilio.parse import parse_inbound
from domain.channel import SendUnknown
from domain.errors import StoreUnavailable
from domain.model.conversations import Seen
from domain.model.messages import Message, MessageStatus
from domain.ports import Changes, Records
from flows.inbound import Inbound
from tests.people import PLATFORM_NUMBER
from tests.stage import Stage
from workers.catch_up import catch_up

HOOK = "/api/v1/webhooks/twilio"
TOKEN = "twilio-token"
ASHA = "+919876543021"
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'


@dataclass
class Moody:
    """Records that can be told not to take anything."""

    records: Records
    away: bool = False

    def __post_init__(self) -> None:
        self.get, self.query = self.records.get, self.records.query

    def commit(self, changes: Changes) -> None:
        if self.away:
            raise StoreUnavailable
        self.records.commit(changes)


@dataclass
class Twilio:
    """Posts webhooks as Twilio does, and keeps what it could not deliver."""

    stage: Stage
    public_url: str = "https://clinics.example.in"
    kept: list[dict[str, str]] = field(default_factory=list)
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = replace(
            self.stage.parts.settings,
            whatsapp_provider="twilio",
            twilio_auth_token=TOKEN,
            twilio_whatsapp_from=PLATFORM_NUMBER,
            public_url=self.public_url,
        )
        rules = replace(
            self.stage.parts.rules, platform_sender=PLATFORM_NUMBER, platform_number=PLATFORM_NUMBER
        )
        self.moody = Moody(self.stage.records)
        self.parts = replace(
            self.stage.parts, settings=settings, rules=rules, records=self.moody,
            fetch_missed=self.missed,
        )  # fmt: skip
        self.stage.parts = self.parts
        self.stage.deliverer = replace(self.stage.deliverer, parts=self.parts)
        self.app = create_app(self.parts)

    def post(self, form: dict[str, str], query: str = "", signature: str | None = None):
        address = f"{self.public_url}{HOOK}{query}"
        signed = RequestValidator(TOKEN).compute_signature(address, form)
        headers = {"X-Twilio-Signature": signed if signature is None else signature}
        answer: TestResponse = self.app.test_client().post(HOOK + query, data=form, headers=headers)
        return answer

    def missed(self, since: datetime, until: datetime) -> list[Inbound]:
        self.asked.append((since, until))
        found = [parse_inbound(form, datetime.fromisoformat(form["at"])) for form in self.kept]
        return [m for m in found if m is not None and since <= m.sent_at <= until]

    def said(self) -> list[str]:
        self.stage.settle()
        return [m.text for m in self.stage.channel.sent if m.phone == ASHA]


@pytest.fixture
def twilio(stage: Stage) -> Twilio:
    return Twilio(stage)


def message(words: str, sid: str = "SM1", **more: str) -> dict[str, str]:
    return {
        "MessageSid": sid,
        "SmsStatus": "received",
        "From": f"whatsapp:{ASHA}",
        "To": f"whatsapp:{PLATFORM_NUMBER}",
        "Body": words,
        "NumMedia": "0",
        "ProfileName": "Asha",
        **more,
    }


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_message_is_answered_with_empty_twiml_and_acts(twilio):
    answer = twilio.post(message("JOIN SUN1"))
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.text == EMPTY
    assert len(twilio.said()) == 1


def test_a_message_repeated_acts_once(twilio):
    for _ in range(3):
        assert twilio.post(message("hi")).status_code == 200
    assert len(twilio.said()) == 1


@pytest.mark.parametrize("signature", ["", "wrong", "é"])
def test_a_wrong_signature_is_refused_and_nothing_happens(twilio, signature):
    before = count("pulseops_webhooks_rejected_total", provider="twilio", reason="signature")
    assert twilio.post(message("hi"), signature=signature).status_code == 403
    assert twilio.said() == []
    after = count("pulseops_webhooks_rejected_total", provider="twilio", reason="signature")
    assert after == before + 1


def test_what_was_signed_is_the_public_address_whatever_the_proxy_made_of_it(twilio):
    form = message("hi")
    here = RequestValidator(TOKEN).compute_signature(f"http://localhost{HOOK}", form)
    assert twilio.post(form, signature=here).status_code == 403
    assert twilio.post(form).status_code == 200


def test_a_status_is_matched_by_our_id_in_its_address(twilio):
    twilio.post(message("hi"))
    twilio.said()
    sent = twilio.stage.messages()[-1]
    form = {"MessageSid": sent.provider_id, "MessageStatus": "delivered", "To": ASHA}
    assert twilio.post(form, f"?message={sent.message_id}").text == EMPTY
    stored = twilio.stage.work().get(Message, sent.message_id)
    assert stored.status is MessageStatus.DELIVERED


def test_a_failed_status_ends_a_message_with_a_reason(twilio):
    twilio.post(message("hi"))
    twilio.said()
    sent = twilio.stage.messages()[-1]
    form = {"MessageSid": sent.provider_id, "MessageStatus": "undelivered", "ErrorCode": "63024"}
    twilio.post(form, f"?message={sent.message_id}")
    stored = twilio.stage.work().get(Message, sent.message_id)
    assert stored.status is MessageStatus.FAILED
    assert "63024" in stored.failure


@pytest.mark.parametrize(
    "form",
    [
        {"MessageSid": "SM1", "MessageStatus": "queued"},
        {"MessageSid": "SM1", "MessageStatus": "delivered"},
        {"Body": "a text message", "From": ASHA, "To": PLATFORM_NUMBER, "MessageSid": "SM5"},
        {},
    ],
    ids=["nothing yet", "of no message of ours", "a text message", "nothing"],
)
def test_what_is_not_acted_on_is_answered_too(twilio, form):
    assert twilio.post(form).text == EMPTY
    assert twilio.said() == []


def test_while_the_store_is_away_twilio_is_asked_to_try_again(twilio):
    before = count("pulseops_turns_total", outcome="unavailable")
    twilio.moody.away = True
    assert twilio.post(message("hi")).status_code == 503
    assert count("pulseops_turns_total", outcome="unavailable") == before + 1
    twilio.moody.away = False
    assert twilio.post(message("hi")).status_code == 200
    assert len(twilio.said()) == 1


def test_where_whatsapp_goes_through_twilio_metas_webhook_is_not_there(twilio):
    assert twilio.app.test_client().post("/api/v1/webhooks/whatsapp").status_code == 404


def test_where_it_does_not_twilio_brings_no_messages(stage):
    settings = replace(
        stage.parts.settings, twilio_auth_token=TOKEN, public_url="https://clinics.example.in"
    )
    app = create_app(replace(stage.parts, settings=settings))
    form = message("hi")
    address = f"https://clinics.example.in{HOOK}"
    signed = RequestValidator(TOKEN).compute_signature(address, form)
    answer = app.test_client().post(HOOK, data=form, headers={"X-Twilio-Signature": signed})
    assert answer.text == EMPTY
    assert stage.settle() == []


# --- After an outage ----------------------------------------------------------------------------


def kept(twilio: Twilio, words: str, sid: str) -> None:
    at = twilio.stage.clock.now().isoformat()
    twilio.kept.append(message(words, sid, at=at))


def test_what_came_while_nobody_heard_is_answered_once(twilio):
    assert catch_up(twilio.parts) == 0
    assert twilio.asked == [], "what came before there was an installation is not ours"
    twilio.stage.clock.advance(30)
    twilio.post(message("hi", "SM1"))
    kept(twilio, "hi", "SM1")
    kept(twilio, "language", "SM2")
    twilio.stage.clock.advance(30)
    assert catch_up(twilio.parts) == 1
    assert len(twilio.said()) == 2
    assert catch_up(twilio.parts) == 0
    twilio.stage.clock.advance(7)
    assert catch_up(twilio.parts) == 0
    assert len(twilio.asked) == 2
    assert twilio.asked[1][0] < twilio.asked[0][1], "the spans overlap"


def test_what_came_just_now_is_left_to_come_by_itself(twilio):
    catch_up(twilio.parts)
    twilio.stage.clock.advance(30)
    kept(twilio, "hi", "SM1")
    assert catch_up(twilio.parts) == 0


def test_a_provider_that_does_not_answer_is_asked_again_for_all_of_it(twilio):
    catch_up(twilio.parts)
    twilio.stage.clock.advance(10)
    kept(twilio, "hi", "SM1")
    twilio.stage.clock.advance(10)

    def silent(_since: datetime, _until: datetime) -> list[Inbound]:
        raise SendUnknown

    assert catch_up(replace(twilio.parts, fetch_missed=silent)) == 0
    twilio.stage.clock.advance(60)
    assert catch_up(twilio.parts) == 1


def test_a_store_that_goes_away_meanwhile_leaves_the_rest_for_later(twilio):
    catch_up(twilio.parts)
    twilio.stage.clock.advance(10)
    kept(twilio, "hi", "SM1")
    twilio.stage.clock.advance(10)
    twilio.moody.away = True
    with pytest.raises(StoreUnavailable):
        catch_up(twilio.parts)
    twilio.moody.away = False
    assert catch_up(twilio.parts) == 1
    assert twilio.stage.work().get(Seen, "SM1") is not None


def test_what_is_older_than_a_week_is_not_asked_for(twilio):
    catch_up(twilio.parts)
    twilio.stage.clock.advance(days=30)
    catch_up(twilio.parts)
    since, _ = twilio.asked[0]
    assert twilio.stage.clock.now() - since == timedelta(days=7)


def test_metas_api_keeps_nothing_to_ask_for(stage):
    assert catch_up(stage.parts) == 0
