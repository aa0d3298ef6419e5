"""Files at the providers: fetched, uploaded, and fetched from nowhere else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.channels.cloud.media import CloudMedia
from bot.channels.http import new_session
from bot.channels.twilio.media import TwilioMedia
from domain.channel import Outbound
from domain.media import LARGEST_BYTES, MediaAway, MediaRefused
from domain.model.messages import Attachment
from tests.contract.channels.providers import (
    ACCOUNT,
    AUTH_TOKEN,
    HANG_UP,
    SENDER,
    TEXT,
    THREE,
    TOKEN,
    Answer,
    Meta,
    Server,
    Twilio,
)

PDF = Answer(body=b"%PDF-1.7", content_type="application/pdf")
ADDRESS = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"


@pytest.fixture
def cloud(server: Server) -> CloudMedia:
    return CloudMedia(f"{server.url}/v26.0", {SENDER: TOKEN}.__getitem__, new_session())


@pytest.fixture
def twilio(server: Server) -> TwilioMedia:
    return TwilioMedia(ACCOUNT, AUTH_TOKEN, server.url, new_session())


def named(url: str) -> Answer:
    return Answer(body=json.dumps({"url": url, "mime_type": "image/jpeg; x=1", "id": "7"}).encode())


def moved(to: str) -> Answer:
    return Answer(307, headers=(("Location", to),))


def test_meta_names_an_address_and_gives_the_file_for_the_token(
    cloud: CloudMedia, server: Server
) -> None:
    server.answers.extend([named(f"{server.url}/media/7"), PDF])
    found = cloud.fetch(SENDER, "7")
    assert (found.content, found.media_type) == (b"%PDF-1.7", "image/jpeg")
    assert [c.path for c in server.calls] == ["/v26.0/7", "/media/7"]
    assert {c.headers["Authorization"] for c in server.calls} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("source", ["../me", "7?x=1", "", "७"])
def test_no_id_of_a_file_becomes_another_address(
    cloud: CloudMedia, server: Server, source: str
) -> None:
    with pytest.raises(MediaRefused):
        cloud.fetch(SENDER, source)
    assert server.calls == []


@pytest.mark.parametrize(
    "url", ["http://lookaside.fbsbx.com/7", "https://evil.example/7", "https://xfbsbx.com/7"]
)
def test_the_token_goes_to_no_address_but_metas(
    cloud: CloudMedia, server: Server, url: str
) -> None:
    server.answers.append(named(url))
    with pytest.raises(MediaRefused):
        cloud.fetch(SENDER, "7")
    assert len(server.calls) == 1


def test_meta_takes_a_file_under_an_id(cloud: CloudMedia, server: Server) -> None:
    server.answers.append(Answer(body=b'{"id": "900"}'))
    assert cloud.offer(SENDER, b"%PDF-1.7", "application/pdf", "a report.pdf") == "900"
    [call] = server.calls
    assert (call.method, call.path) == ("POST", f"/v26.0/{SENDER}/media")
    assert call.headers["Content-Type"].startswith("multipart/form-data")
    assert b'name="messaging_product"\r\n\r\nwhatsapp' in call.body
    assert b"%PDF-1.7" in call.body


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(503), MediaAway),
        (Answer(401, b"{}"), MediaAway),
        (Answer(429, b"{}"), MediaAway),
        (HANG_UP, MediaAway),
        (Answer(body=b"<html>"), MediaAway),
        (Answer(404, b"{}"), MediaRefused),
        (Answer(400, b"{}"), MediaRefused),
    ],
)
def test_what_meta_does_not_give_is_asked_for_again_or_not(
    cloud: CloudMedia, server: Server, answer: Answer, error: type[Exception]
) -> None:
    server.answers.append(answer)
    with pytest.raises(error):
        cloud.fetch(SENDER, "7")
    with pytest.raises(error):
        cloud.offer(SENDER, b"x", "text/plain", "x.txt")


def test_a_number_without_a_token_fetches_nothing(cloud: CloudMedia, server: Server) -> None:
    with pytest.raises(MediaAway):
        cloud.fetch("another", "7")
    assert server.calls == []


def test_twilio_gives_a_file_after_sending_us_on_without_the_token(
    twilio: TwilioMedia, server: Server
) -> None:
    server.answers.extend([moved(f"{server.url}/cdn/ME1"), PDF])
    found = twilio.fetch("+14155238886", ADDRESS)
    assert (found.content, found.media_type) == (b"%PDF-1.7", "application/pdf")
    first, second = server.calls
    assert first.path.endswith("/Media/ME1")
    assert first.headers["Authorization"].startswith("Basic ")
    assert "Authorization" not in second.headers


@pytest.mark.parametrize(
    "address",
    [
        ADDRESS.replace("api.twilio.com", "evil.example"),
        ADDRESS.replace(ACCOUNT, "AC999"),
        ADDRESS.replace("/Messages", "/../AC999/Messages"),
        "file:///etc/passwd",
    ],
)
def test_twilios_token_goes_to_no_other_address(
    twilio: TwilioMedia, server: Server, address: str
) -> None:
    with pytest.raises(MediaRefused):
        twilio.fetch("+14155238886", address)
    assert server.calls == []


def test_twilio_sends_us_nowhere_but_to_its_own(twilio: TwilioMedia, server: Server) -> None:
    server.answers.append(moved("http://169.254.169.254/latest/meta-data"))
    with pytest.raises(MediaRefused):
        twilio.fetch("+14155238886", ADDRESS)
    assert len(server.calls) == 1


def test_twilio_takes_no_files(twilio: TwilioMedia, server: Server) -> None:
    assert twilio.offer("+14155238886", b"x", "text/plain", "x.txt") is None
    assert server.calls == []


def test_a_file_that_is_too_large_is_not_read_to_its_end(
    twilio: TwilioMedia, server: Server
) -> None:
    server.answers.append(Answer(body=bytes(LARGEST_BYTES + 1)))
    with pytest.raises(MediaRefused):
        twilio.fetch("+14155238886", ADDRESS)


# --- Files that we send ---


def carrying(message: Outbound, reference: str | None, link: str | None, kind: str) -> Outbound:
    name = "a report.pdf" if kind == "document" else "a.ogg"
    file = Attachment(kind=kind, reference=reference, link=link, name=name)
    return replace(message, attachment=file, choices=THREE)


def test_meta_is_given_a_file_by_its_id_with_words_and_name(server: Server) -> None:
    meta = Meta(server)
    meta.channel().send(carrying(TEXT, "900", None, "document"))
    [call] = server.calls
    assert call.json["type"] == "document"
    assert call.json["document"] == {
        "id": "900", "caption": TEXT.text, "filename": "a report.pdf",
    }  # fmt: skip
    assert "interactive" not in call.json


def test_a_voice_note_goes_to_meta_without_words(server: Server) -> None:
    meta = Meta(server)
    meta.channel().send(carrying(TEXT, "900", None, "audio"))
    assert server.calls[0].json["audio"] == {"id": "900"}


def test_a_file_that_meta_refused_goes_as_words(server: Server) -> None:
    meta = Meta(server)
    refused = replace(carrying(TEXT, "900", None, "image"), is_plain=True)
    meta.channel().send(refused)
    assert server.calls[0].json["type"] == "text"


def test_twilio_is_given_the_address_of_a_file(server: Server) -> None:
    twilio = Twilio(server)
    url = "https://clinic.example/api/v1/files/abc"
    twilio.channel().send(carrying(twilio.TEXT, None, url, "image"))
    form = server.calls[0].form
    assert (form["MediaUrl"], form["Body"]) == (url, twilio.TEXT.text)
