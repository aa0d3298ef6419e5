"""Twilio's own library reads what the simulator answers."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from .twilio import ACCOUNT, FROM, QUICK, QUICK_SAMPLES, TO, TOKEN, numbered


@pytest.fixture
def client(twilio):
    client = Client(ACCOUNT, TOKEN, environment={"TWILIO_ACCOUNT_SID": ACCOUNT})
    client.api.base_url = client.content.base_url = twilio.base
    return client


def test_it_sends_and_reads_the_sid(twilio, client):
    made = client.messages.create(from_=FROM, to=TO, body="Hello")
    assert made.sid == twilio.chat()[-1]["id"]
    assert (made.status, made.error_code) == ("queued", None)
    assert abs(made.date_created - datetime.now(UTC)) < timedelta(minutes=1)


def test_it_sends_a_content_with_variables(twilio, client):
    sid = twilio.create(QUICK, QUICK_SAMPLES)
    values = json.dumps(numbered(QUICK_SAMPLES))
    client.messages.create(from_=FROM, to=TO, content_sid=sid, content_variables=values)
    assert twilio.chat()[-1]["text"] == "Token 12 for Asha: is that right?"


def test_it_raises_what_is_refused(client):
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(from_=FROM, to=TO, body="x" * 1601)
    assert (refused.value.status, refused.value.code) == (400, 21617)


def test_it_lists_messages_of_a_time_over_all_pages(client):
    for n in range(5):
        client.messages.create(from_=FROM, to=TO, body=str(n))
    now = datetime.now(UTC)
    listed = client.messages.list(date_sent_after=now - timedelta(hours=1), page_size=2)
    assert [m.body for m in listed] == ["4", "3", "2", "1", "0", "hello"]
    assert {m.direction for m in listed[:5]} == {"outbound-api"}
    assert (listed[5].direction, listed[5].from_, listed[5].num_media) == ("inbound", TO, "0")
    assert client.messages.list(date_sent_after=now + timedelta(hours=1)) == []


def test_it_lists_contents_with_their_approvals_over_all_pages(twilio, client):
    kept = {twilio.create(QUICK, QUICK_SAMPLES) for _ in range(3)}
    kept.add(twilio.approved(QUICK, QUICK_SAMPLES, "library_v1"))
    listed = client.content.v1.content_and_approvals.list(page_size=2)
    assert {c.sid for c in listed} == kept
    states = [c.approval_requests["status"] for c in listed]
    assert sorted(states) == ["approved", *["unsubmitted"] * 3]
    assert client.content.v1.contents(kept.pop()).delete()
    assert len(client.content.v1.content_and_approvals.list()) == 3
