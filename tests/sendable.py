"""Every message that the product can send, in each form and language, as a channel is given it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

from msgspec import structs

from bot.rendering.catalogue import Entry, Sample
from bot.rendering.rendered import Rendered
from bot.rendering.renderer import Renderer
from bot.wiring import TEMPLATES
from domain.actions.delivery.sms_fallback import BY_SMS
from domain.actions.payments.orders import CARRIES_STATUS, CLOSED
from domain.channel import OrderNews, OrderRequest, Outbound
from domain.model.messages import Message, Place
from domain.model.money import OrderStatus
from tests.samples import with_names

NOW = datetime(2024, 11, 25, 4, 12, tzinfo=UTC)
REACTIONS = {"manners/noted", "manners/welcome"}
"""The messages that go as a reaction, and never as words."""
PAID_AS_ORDER = "booking/pay"
"""The message whose payment can be made inside WhatsApp."""

TELLS_PLACES = "facts/answer"
"""The message that may go as a place on the map."""
PLACE = Place(
    latitude="12.975800",
    longitude="77.606300",
    name="City Medical Center",
    address="12 MG Road, Bengaluru",
)


@cache
def renderer() -> Renderer:
    """Return the product's renderer; reading all words takes most of a second."""
    return Renderer(TEMPLATES, lambda: NOW)


@dataclass(frozen=True)
class Sendable:
    """One message in one form."""

    title: str
    outbound: Outbound


def message_of(name: str, sample: Sample) -> Message:
    """Return message *name* with the values of *sample*, as the outbox holds it."""
    return Message(
        message_id="msg_1",
        sender="100",
        contact_id="con_1",
        clinic_id="cli_1",
        name=name,
        values=sample.values,
        options=sample.options,
        url=sample.url,
        created_at=NOW,
        updated_at=NOW,
    )


@cache
def every_message(person: str | None = None) -> tuple[Sendable, ...]:
    """Return each message of the catalogue, from each of its samples, in each form it can take.

    With *person*, everybody and everything that has a name in it is called so.
    """
    return tuple(
        Sendable(f"{language}-{name}-{number}-{form}", outbound)
        for language, _ in renderer().languages()
        for name, entry in renderer().messages().items()
        if name not in REACTIONS
        for number, sample in enumerate(entry.sample)
        for form, outbound in _forms(language, name, entry, _called(sample, person))
    )


def reactions() -> Iterator[Sendable]:
    """Yield each message that goes as a reaction, which not every channel can send."""
    for language, _ in renderer().languages():
        for name in sorted(REACTIONS):
            sample = renderer().messages()[name].sample[0]
            words = renderer().render(
                message_of(name, sample), sample.values, language, window_open=True
            )
            yield Sendable(f"{language}-{name}", replace(_outbound(words), reacts_to="wamid.IN1"))


def texts() -> Iterator[str]:
    """Yield each message that can go by SMS, from each of its samples."""
    for language, _ in renderer().languages():
        for name, entry in renderer().messages().items():
            for sample in entry.sample if name in BY_SMS else ():
                yield renderer().sms(message_of(name, sample), sample.values, language)


def _called(sample: Sample, person: str | None) -> Sample:
    if person is None:
        return sample
    values, options = with_names(sample, person)
    return structs.replace(sample, values=values, options=options)


def _forms(
    language: str, name: str, entry: Entry, sample: Sample
) -> Iterator[tuple[str, Outbound]]:
    words, message = renderer(), message_of(name, sample)
    if entry.category is not None:
        outside = words.render(message, sample.values, language, window_open=False)
        if name == CLOSED:
            yield "template with an order's end", replace(_outbound(outside), order=_news())
        else:
            yield "template", _outbound(outside)
    if entry.category == "AUTHENTICATION":
        return
    yield "words", _outbound(words.render(message, sample.values, language, window_open=True))
    flow, _, part = name.partition("/")
    if sample.url and words.words.find(language, flow, (f"{part}__caption",)):
        as_document = message.but(as_document=True)
        shown = words.render(as_document, sample.values, language, window_open=True)
        yield "document", _outbound(shown)
    if name == TELLS_PLACES and sample.url:
        shown = words.render(message, sample.values, language, window_open=True)
        yield "place", replace(_outbound(shown), place=PLACE)
    if name == PAID_AS_ORDER and sample.values["until"]:
        shown = words.order(name, sample.values, language, sample.url)
        yield "order", replace(_outbound(shown), order=_request(shown))
    if name in CARRIES_STATUS:
        shown = words.order(name, sample.values, language, sample.url)
        yield "order's end", replace(_outbound(shown), order=_news(shown.about))


def _outbound(rendered: Rendered) -> Outbound:
    return Outbound(
        message_id="out_01JABC",
        sender="+14155238886",
        phone="+919800000001",
        wa_user_id="IN.7788990011",
        text=rendered.text,
        choices=rendered.choices,
        choices_label=rendered.choices_label,
        url=rendered.url,
        url_label=rendered.url_label,
        document=rendered.document,
        template=rendered.template,
    )


def _request(shown: Rendered) -> OrderRequest:
    return OrderRequest(
        reference="ORD_1",
        configuration="clinic-main",
        payment_id="payr_1",
        token_id="TKN_1",
        amount_paise=5000,
        expires_at=NOW,
        about=shown.about,
        until=shown.until,
        seller="City Clinic",
        address="1 MG Road, Bengaluru 560001",
    )


def _news(about: str = "") -> OrderNews:
    return OrderNews("ORD_1", OrderStatus.COMPLETED.value, about)
