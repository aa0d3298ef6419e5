"""Whether what goes to Twilio is what Twilio's own library describes.

Its classes are generated from Twilio's OpenAPI documents. Those for the Content API read what they
know of a body and write it again: a field that Twilio does not know is missing afterwards.
docs/decisions/0035-descriptions-that-others-keep.md says what that leaves out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints
from urllib.parse import urlsplit

import pytest
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageList
from twilio.rest.content.v1.content import ContentInstance, ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from bot.channels.templates import TemplateDefinition
from bot.channels.twilio.channel import TwilioChannel, TwilioSms
from bot.channels.twilio.client import new_client
from bot.channels.twilio.contents import TwilioTemplates, menus
from tests.sendable import every_message, renderer, texts
from tests.wire import Wire

ACCOUNT, PUBLIC_URL = "AC0123456789", "https://bot.example.in"
BODY_MAX = 1600
"""From the library's word on the argument `body`."""
ARGUMENTS = get_type_hints(MessageList.create)
Key = tuple[str, str]


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire({"sid": "HX1", "status": "received"})
    yield wire
    wire.session.close()


@pytest.fixture
def client(wire: Wire) -> Client:
    return new_client(ACCOUNT, "TWsecret", None, wire.session)


@pytest.fixture
def arguments(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return the arguments that `Messages` is called with, as it is called."""
    called: list[dict[str, Any]] = []
    create = MessageList.create

    def watched(self: MessageList, **given: Any) -> object:
        called.append(given)
        return create(self, **given)

    monkeypatch.setattr(MessageList, "create", watched)
    return called


def definitions() -> list[TemplateDefinition]:
    """Return the templates that Twilio is given: it has no button that asks for the number."""
    return [d for d in renderer().template_catalogue() if not d.asks_number]


def templates() -> dict[Key, str]:
    return {(d.name, d.language): _sid(d.name) for d in renderer().template_catalogue()}


def all_contents() -> dict[Key, str]:
    return templates() | {(m["friendly_name"], m["language"]): _sid("menu") for m in menus()}


def _sid(name: str) -> str:
    return "HX" + name.encode().hex().ljust(32, "0")[:32]


class TestMessages:
    @pytest.mark.parametrize("contents", [templates, all_contents], ids=["numbered", "menus"])
    def test_every_message_is_one_that_the_library_describes(
        self, wire: Wire, client: Client, arguments: list[dict[str, Any]], contents: Any
    ) -> None:
        known = contents()
        channel = TwilioChannel(client, lambda *key: known.get(key), PUBLIC_URL)
        for message in every_message():
            channel.send(message.outbound)
        assert len(wire.calls) == len(arguments) == len(every_message())
        for message, given in zip(every_message(), arguments, strict=True):
            assert wrong_arguments(given) == [], message.title

    def test_so_is_every_text_message(
        self, client: Client, arguments: list[dict[str, Any]]
    ) -> None:
        sms = TwilioSms(client, "+15550001111", PUBLIC_URL)
        for text in texts():
            sms.send("+919800000001", text, "out_01JABC")
        assert arguments
        assert not [wrong for given in arguments for wrong in wrong_arguments(given)]


class TestContents:
    def test_every_content_is_one_that_the_library_describes(
        self, wire: Wire, client: Client
    ) -> None:
        ours = TwilioTemplates(client)
        ours.prepare({})
        for definition in definitions():
            ours.submit(definition, None)

        where = f"/v1{client.content.v1.contents._uri}"
        created = [body for path, body in calls(wire) if path == where]
        assert len(created) == len([*menus()]) + len(definitions())
        for body in created:
            assert described(ContentList.ContentCreateRequest, body) == body
            assert wrong_actions(body) == []

    def test_every_submission_is_one_that_the_library_describes(
        self, wire: Wire, client: Client
    ) -> None:
        for definition in definitions():
            TwilioTemplates(client).submit(definition, None)

        where = f"/v1{client.content.v1.contents('HX1').approval_create._uri}"
        submitted = [body for path, body in calls(wire) if path == where]
        assert len(submitted) == len(definitions())
        for body in submitted:
            assert described(ApprovalCreateList.ContentApprovalRequest, body) == body

    def test_nothing_else_is_sent(self, wire: Wire, client: Client) -> None:
        TwilioTemplates(client).prepare({})
        TwilioTemplates(client).submit(definitions()[0], None)
        assert {path for path, _ in calls(wire)} == {
            "/v1/Content",
            "/v1/Content/HX1/ApprovalRequests/whatsapp",
        }


class TestComparison:
    """The comparison itself notices what it is there for."""

    def test_a_type_misspelt(self) -> None:
        [first, *_] = menus()
        wrong = {**first, "types": {"twilio/quick_reply": first["types"]["twilio/quick-reply"]}}
        assert described(ContentList.ContentCreateRequest, wrong) != wrong

    def test_a_field_of_a_button_misspelt(self) -> None:
        body = json.loads(json.dumps(next(menus())).replace('"title"', '"text"'))
        assert described(ContentList.ContentCreateRequest, body) != body

    def test_an_action_that_twilio_does_not_know(self) -> None:
        body = json.loads(json.dumps(next(menus())).replace("QUICK_REPLY", "QUICK"))
        assert wrong_actions(body) == ["QUICK"]

    def test_an_argument_of_the_wrong_type(self) -> None:
        assert wrong_arguments({"to": "+9198", "media_url": "https://p.example.in/1"}) == [
            "media_url"
        ]
        assert wrong_arguments({"to": "+9198", "body": "x" * (BODY_MAX + 1)}) == ["body"]


def calls(wire: Wire) -> list[tuple[str, dict[str, Any]]]:
    return [
        (urlsplit(call.url or "").path, body)
        for call, body in zip(wire.calls, wire.bodies, strict=True)
    ]


def wrong_arguments(given: dict[str, Any]) -> list[str]:
    """Return the names of the arguments that are not of the type that the library wants."""
    return [name for name, value in given.items() if not _fits(name, value, ARGUMENTS[name])]


def _fits(name: str, value: object, hint: Any) -> bool:
    wanted = hint if hint is str else get_args(hint)[0]
    if wanted is str:
        return isinstance(value, str) and not (name == "body" and len(value) > BODY_MAX)
    return isinstance(value, list) and all(isinstance(item, get_args(wanted)[0]) for item in value)


def described(known: Any, body: dict[str, Any]) -> dict[str, Any]:
    """Return *body* as the library's class *known* reads and writes it."""
    written: dict[str, Any] = _without_nulls(known(body).to_dict())
    return written


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value


def wrong_actions(body: dict[str, Any]) -> list[str]:
    """Return the kinds of action in a content that Twilio does not know for its type."""
    kinds = {
        "twilio/quick-reply": ContentInstance.QuickReplyActionType,
        "whatsapp/authentication": ContentInstance.AuthenticationActionType,
    }
    return [
        action["type"]
        for shape, content in body["types"].items()
        for action in content.get("actions", ())
        if action["type"] not in vars(kinds[shape]).values()
    ]
