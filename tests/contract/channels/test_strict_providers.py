"""Providers that refuse all that their documentation refuses take every message there is.

Each simulator is that strict. It runs in this process, and gets each message of `templates/`, in
each language and form, with the oddest names, as the channel makes it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from msgspec.structs import replace as replace_struct

from bot.channels.cloud.channel import CloudChannel
from bot.channels.cloud.templates import CloudTemplates
from bot.channels.templates import Templates
from bot.channels.twilio.channel import TwilioChannel
from bot.channels.twilio.client import new_client
from bot.channels.twilio.contents import Contents, TwilioTemplates
from domain.channel import (
    Channel,
    ErrorClass,
    OrderNews,
    OrderRequest,
    Outbound,
    SendFailed,
)
from simulator.app import create_app
from simulator.config import Config, Number, Phone, TwilioAccount
from simulator.model import Message
from simulator.parts import Parts, assemble
from tests.samples import HOSTILE, REFUSED
from tests.sendable import every_message, reactions, renderer
from tests.wsgi import ADDRESS, session_to

NAMES = [
    pytest.param(None, id="as in the samples"),
    *(pytest.param(n, id=k, marks=pytest.mark.slow) for k, n in HOSTILE.items()),
    *(pytest.param(n, id=repr(n[:9]), marks=pytest.mark.slow) for n in REFUSED),
]
UNFETCHED = {131053, 63019}
"""Codes for a document that could not be fetched; no file is at these addresses."""
REFERENCES = itertools.count(1)
SENDER, ACCOUNT, TOKEN = "100200300400500", "900800700", "access-token"
SID, AUTH_TOKEN = "AC" + "0" * 31 + "1", "auth-token"
NUMBER, ASHA = "918040001000", "919800000001"
ORDER = next(
    sendable.outbound.order
    for sendable in every_message()
    if isinstance(sendable.outbound.order, OrderRequest)
)


@dataclass(frozen=True)
class Provider:
    """A strict provider with our templates, and the channel to it."""

    simulator: Parts
    channel: Channel
    sender: str

    def failures(self) -> list[str]:
        """Return why messages failed that were accepted."""
        return [
            str(error)
            for message in self.simulator.world.messages[ASHA]
            for status in message.statuses
            for error in status.errors
            if error["code"] not in UNFETCHED
        ]

    def sent(self, provider_id: str) -> Message:
        """Return a message as Asha sees it."""
        newest_first = self.simulator.world.in_chat(ASHA, None)
        return next(message for message in newest_first if message.id == provider_id)


def simulated(**config: object) -> Parts:
    asha = Phone(
        wa_id=ASHA,
        user_id="IN.7788990011",
        name="Asha",
        role="patient",
        number=SENDER,
        read="never",
    )
    parts = assemble(
        Config(
            webhook_url="http://127.0.0.1:9/unused",
            numbers=[Number(SENDER, NUMBER, "City Clinic")],
            phones=[asha],
            **config,  # type: ignore[arg-type]
        ),
        None,
    )
    # She has just written, so that words may be sent to her.
    parts.inbound.text(asha, parts.config.numbers[0], "Hi", None)
    return parts


def submit_all(templates: Templates) -> None:
    templates.prepare({})
    for definition in renderer().template_catalogue():
        held = templates.submit(definition, None)
        assert held.status in {"APPROVED", "RECEIVED"}, (definition.name, held)


@cache
def meta() -> Provider:
    parts = simulated(
        app_secret="secret", verify_token="token", access_tokens=[TOKEN], waba_id=ACCOUNT
    )
    session = session_to(create_app(parts))
    base = f"{ADDRESS}/v26.0"
    submit_all(CloudTemplates(base, ACCOUNT, TOKEN, session))
    return Provider(parts, CloudChannel(base, lambda _: TOKEN, session), SENDER)


@cache
def twilio() -> Provider:
    parts = simulated(provider="twilio", twilio=TwilioAccount(SID, AUTH_TOKEN))
    client = new_client(SID, AUTH_TOKEN, ADDRESS, session_to(create_app(parts)))
    submit_all(TwilioTemplates(client))
    channel = TwilioChannel(client, Contents(client), "https://bot.example.in")
    return Provider(parts, channel, f"+{NUMBER}")


PROVIDERS: dict[str, Callable[[], Provider]] = {"cloud": meta, "twilio": twilio}


def to_asha(outbound: Outbound, sender: str) -> Iterator[Outbound]:
    """Yield *outbound* as it would be sent now, after the order that it tells of, if any."""
    message = replace(outbound, sender=sender, phone=f"+{ASHA}")
    if message.order is None:
        yield message
        return
    reference = f"ORD_{next(REFERENCES)}"
    ends_at = datetime.fromtimestamp(time.time(), UTC) + timedelta(minutes=10)
    shown = message.order if isinstance(message.order, OrderRequest) else ORDER
    order = replace(shown, reference=reference, expires_at=ends_at)
    yield replace(message, template=None, order=order)
    if isinstance(message.order, OrderNews):
        yield replace(message, order=replace(message.order, reference=reference))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_no_message_is_refused(provider: Callable[[], Provider], name: str | None) -> None:
    strict = provider()
    refused: list[str] = []
    # What has no name in it is tried once.
    known = {s.title: s.outbound for s in every_message()} if name is not None else {}
    for sendable in every_message(name):
        if known.get(sendable.title) == sendable.outbound:
            continue
        for message in to_asha(sendable.outbound, strict.sender):
            try:
                strict.channel.send(message)
            except SendFailed as error:
                refused.append(f"{sendable.title}: {error.reason}")
    assert refused == []
    assert strict.failures() == []


def test_a_reaction_is_seen_on_the_message_it_is_about() -> None:
    strict = meta()
    [asked] = [m for m in strict.simulator.world.messages[ASHA] if m.sender == "user"]
    for sendable in reactions():
        [message] = to_asha(replace(sendable.outbound, reacts_to=asked.id), strict.sender)
        strict.channel.send(message)
        assert asked.reactions == {"business": message.text}


@pytest.mark.slow
@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_every_menu_is_one_that_can_be_tapped(provider: Callable[[], Provider]) -> None:
    strict = provider()
    for sendable in every_message():
        outbound = sendable.outbound
        if outbound.template is None and outbound.order is None and outbound.choices:
            [message] = to_asha(outbound, strict.sender)
            shown = strict.sent(strict.channel.send(message))
            ids = [choice.id for choice in outbound.choices]
            assert [option.id for option in shown.options] == ids, sendable.title


@pytest.mark.slow
@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_every_message_can_go_as_plain_text(provider: Callable[[], Provider]) -> None:
    strict = provider()
    for sendable in every_message():
        outbound = replace(sendable.outbound, template=None, order=None, is_plain=True)
        [message] = to_asha(outbound, strict.sender)
        shown = strict.sent(strict.channel.send(message))
        assert (shown.type, shown.options, shown.media) == ("text", [], {}), sendable.title
        for number, choice in enumerate(outbound.choices, start=1):
            assert f"{number}. {choice.words}" in shown.text, sendable.title
        if outbound.url:
            assert outbound.url in shown.text, sendable.title


FORMS = {
    "cloud": ["list", "button", "cta_url", "document", "location"],
    "twilio": ["twilio/list-picker", "twilio/quick-reply", "media", "location"],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("provider", "form"), [(name, form) for name, forms in FORMS.items() for form in forms]
)
def test_what_is_refused_for_its_form_goes_as_plain_text(provider: str, form: str) -> None:
    strict = PROVIDERS[provider]()
    world = strict.simulator.world
    kinds: set[ErrorClass] = set()
    world.set_faults(replace_struct(world.faults, refused_forms=[form]))
    try:
        for sendable in every_message():
            if sendable.outbound.template is not None or sendable.outbound.order is not None:
                continue
            [message] = to_asha(sendable.outbound, strict.sender)
            try:
                strict.channel.send(message)
            except SendFailed as error:
                kinds.add(error.kind)
                strict.channel.send(replace(message, is_plain=True))
    finally:
        world.set_faults(replace_struct(world.faults, refused_forms=[]))
    assert kinds == {ErrorClass.MALFORMED}
