"""Renders messages from `templates/`, at the moment they are sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.channels.cloud import limits
from bot.channels.fit import cut
from bot.channels.templates import TemplateDefinition
from bot.channels.text import NOTHING
from bot.rendering import formats
from bot.rendering.catalogue import Entry, Sample, Variant, read_catalogue
from bot.rendering.rendered import NoTemplate, Rendered, ShownOption
from bot.rendering.wordbook import ENGLISH, FLOW, SINK, Block, NoWords, Parameters, Wordbook
from domain.channel import Choice, TemplateCall
from domain.model.messages import Message, Option
from domain.offers import OfferedTemplate
from flows.hearing.ear import Ear, Vocabulary

__all__ = ["NoWords", "Renderer"]

TEMPLATE_VERSION = "v1"
"""Part of every template's name: an approved text is never changed but gets a successor."""
OFFICE = "office"
"""The flow of the templates that staff fill in and send."""
GIVEN = frozenset({"clinic"})
"""Variables that staff need not fill in, since every message has them."""
SMS_MAX = 480
"""Three parts of a text message in an Indian script, each charged."""
TEMPLATE_BUTTON_MAX = 25
"""Meta, "Template components": a quick reply's words."""


class Renderer:
    """Renders messages. Safe to share between threads; everything is read once.

    Args:
        templates: The folder with `messages/` and `catalogue/`.
        clock: Returns now, for messages whose values have no `now` of their own.
    """

    def __init__(
        self, templates: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.words = Wordbook(templates / "messages")
        self._catalogue = read_catalogue(templates / "catalogue")
        self._clock = clock

    def languages(self) -> list[tuple[str, str]]:
        """Return the tag and own name of each language, English first."""
        return [(tag, language.name) for tag, language in self.words.languages.items()]

    def ear(self) -> Ear:
        """Return what understands people, in all languages."""
        return self.words.ear

    def vocabularies(self) -> list[Vocabulary]:
        """Return the words that people type in each language, English first."""
        return list(self.words.vocabularies)

    def messages(self) -> dict[str, Entry]:
        """Return the catalogue: the entry of each message."""
        return dict(self._catalogue)

    def title(self, language: str, name: str, option: Option) -> str:
        """Return the words on *option* of message *name* in *language*.

        Times are in the zone of the option's values, or in India's.
        """
        return self._show_option(language, name, 1, option, self._scope({}, name, None)).title

    def every_title(self, name: str, option: Option) -> set[str]:
        """Return the words that *option* of message *name* may be shown with, in all languages.

        Those on a template's button are among them. Times are as in `title`.
        """
        scope = self._scope({}, name, None)
        return {
            words
            for tag in self.words.languages
            for words in (
                self._show_option(tag, name, 1, option, scope).title,
                self._template_title(tag, name, option, scope),
            )
        }

    def render(
        self, message: Message, values: Mapping[str, Any], language: str, *, window_open: bool
    ) -> Rendered:
        """Return *message* in words, with *values* as of now.

        Outside the service window it is the message's approved template. One-time codes are always
        templates, since Meta allows nothing else, and so are requests for the phone number with
        WhatsApp's own button.

        Raises:
            NoTemplate: If a template is needed and the message has none for its options.
            NoWords: If no language has words for the message or an option.
        """
        entry = self._catalogue.get(message.name)
        if entry is not None and entry.category == "AUTHENTICATION":
            return self._code(message.name, values, language)
        if message.asks_number or not window_open:
            return self._as_template(message, values, language)
        if message.as_document and message.url:
            return self.document(message.name, values, language, message.url)
        return self.free_form(message.name, values, language, message.options, message.url)

    def free_form(
        self,
        name: str,
        values: Mapping[str, Any],
        language: str,
        options: Sequence[Option] = (),
        url: str | None = None,
    ) -> Rendered:
        """Return message *name* as it reads inside the service window.

        Raises:
            NoWords: If no language has words for it.
        """
        flow, message = _parts(name)
        scope = self._scope(values, name, url)
        offered = self._show_options(language, name, options, scope)
        block = self.words.block(language, flow, message)
        text = formats.tidy(block.render({**scope, "options": offered}))
        choices = tuple(Choice(o.id, o.title, o.more) for o in offered)
        label = link = ""
        if choices:
            label = self.words.title(language, flow, (f"{message}__open", "open"), scope)
        if url:
            link = self.words.title(language, flow, (f"{message}__link", "link"), scope)
        return Rendered(
            text=cut(text, _longest(choices, url)),
            choices=choices,
            choices_label=cut(label, limits.LIST_LABEL_MAX),
            url=url,
            url_label=cut(link, limits.URL_LABEL_MAX),
        )

    def document(self, name: str, values: Mapping[str, Any], language: str, url: str) -> Rendered:
        """Return message *name* as a document: its caption, and a name for the file at *url*.

        Raises:
            NoWords: If no language has words for it.
        """
        flow, message = _parts(name)
        scope = self._scope(values, name, url)
        block = self.words.block(language, flow, f"{message}__caption")
        return Rendered(
            text=cut(formats.tidy(block.render(scope)), limits.CAPTION_MAX),
            url=url,
            document=self.words.title(language, flow, (f"{message}__file",), scope),
        )

    def order(
        self, name: str, values: Mapping[str, Any], language: str, url: str | None = None
    ) -> Rendered:
        """Return message *name* as an order inside WhatsApp, or as the status of one.

        Neither has choices; *url*, which leads to the same payment, is not shown.

        Raises:
            NoWords: If no language has words for it.
        """
        flow, message = _parts(name)
        scope = self._scope(values, name, url)
        block = self.words.block(language, flow, message)
        about = self.words.title(language, flow, (f"{message}__order", "order"), scope)
        return Rendered(
            text=cut(formats.tidy(block.render({**scope, "options": []})), limits.ORDER_BODY_MAX),
            about=cut(about, limits.ORDER_ITEM_MAX),
            until=self.words.optional_title(language, flow, (f"{message}__until",), scope),
        )

    def sms(self, message: Message, values: Mapping[str, Any], language: str) -> str:
        """Return *message* as a text message (SMS), which has no buttons and no markup.

        Raises:
            NoWords: If no language has words for it.
        """
        flow, name = _parts(message.name)
        scope = self._scope(values, message.name, message.url)
        offered = self._show_options(language, message.name, message.options, scope)
        block = self.words.block(language, flow, f"{name}__sms", name)
        text = formats.tidy(block.render({**scope, "options": offered}))
        return cut(text.replace("*", ""), SMS_MAX)

    def template_catalogue(self) -> list[TemplateDefinition]:
        """Return every template in every language, as they are submitted for approval.

        Raises:
            NoTemplate: If one has no sample, whose values Meta's reviewers see as examples.
        """
        return [
            self._definition(name, entry, variant, tag)
            for name, entry in self._catalogue.items()
            if entry.category is not None
            for variant in entry.template
            for tag in self.words.languages
        ]

    def offered_templates(self) -> list[OfferedTemplate]:
        """Return the templates of the flow `office`, which staff may send, English first."""
        found = [
            OfferedTemplate(
                name=_parts(name)[1],
                message=name,
                provider_name=definition.name,
                language=tag,
                category=definition.category,
                header=definition.header,
                body=definition.body,
                variables=tuple(v for v in definition.examples if v not in GIVEN),
            )
            for tag in self.words.languages
            for name, entry in self._catalogue.items()
            if _parts(name)[0] == OFFICE
            for definition in [self._definition(name, entry, entry.template[0], tag)]
        ]
        return sorted(found, key=lambda o: o.language != ENGLISH)

    def _code(self, name: str, values: Mapping[str, Any], language: str) -> Rendered:
        said = self.free_form(name, values, language)
        tag = language if language in self.words.languages else ENGLISH
        call = TemplateCall(_template_name(name, Variant()), tag, code=str(values["code"]))
        return Rendered(text=said.text, template=call, category="authentication")

    def _as_template(self, message: Message, values: Mapping[str, Any], language: str) -> Rendered:
        entry = self._catalogue.get(message.name)
        variant = _matching_variant(entry, values, message.options) if entry else None
        if entry is None or variant is None:
            raise NoTemplate(f"{message.name} has no template for {len(message.options)} options")
        block = self._template_block(message.name, variant, language)
        sink = Parameters()
        scope = self._scope(values, message.name, message.url) | {SINK: sink}
        text = cut(formats.tidy(block.render(scope)), limits.TEMPLATE_BODY_MAX)
        call = TemplateCall(
            _template_name(message.name, variant),
            block.language.tag,
            parameters=sink.values,
            payloads=tuple(o.id for o in message.options),
        )
        return Rendered(text=text, template=call, category=_price_category(entry))

    def _definition(
        self, name: str, entry: Entry, variant: Variant, tag: str
    ) -> TemplateDefinition:
        if entry.category is None:
            raise NoTemplate(f"{name} never goes as a template")
        sample = _sample_of(entry, variant)
        sink = Parameters(placeholders=True)
        body = ""
        scope = self._scope(sample.values, name, sample.url) | {SINK: sink}
        if entry.category != "AUTHENTICATION":
            body = formats.tidy(self._template_block(name, variant, tag).render(scope))
        return TemplateDefinition(
            name=_template_name(name, variant),
            language=tag,
            category=entry.category,
            header=self.words.optional_title(tag, *_header(name), scope),
            body=body,
            examples=sink.values,
            buttons=tuple(self._template_title(tag, name, o, scope) for o in sample.options),
            order=variant.order,
            asks_number=variant.asks_number,
        )

    def _template_block(self, name: str, variant: Variant, language: str) -> Block:
        flow, message = _parts(name)
        own = f"{message}__template__{variant.variant}" if variant.variant else ""
        return self.words.block(language, flow, *filter(None, (own, f"{message}__template")))

    def _template_title(
        self, language: str, name: str, option: Option, scope: Mapping[str, Any]
    ) -> str:
        """Return the words on a template's button; they cannot depend on a message's values."""
        names = _names(name, option)
        names = (*(f"{n}__template" for n in names), *names)
        inner = {**scope, **formats.plain_values(option.values)}
        return cut(self.words.title(language, _parts(name)[0], names, inner), TEMPLATE_BUTTON_MAX)

    def _scope(self, values: Mapping[str, Any], name: str, url: str | None) -> dict[str, Any]:
        return {
            "zone": formats.DEFAULT_ZONE,
            "now": self._clock(),
            "url": url,
            FLOW: _parts(name)[0],
            **formats.plain_values(values),
        }

    def _show_options(
        self, language: str, name: str, options: Sequence[Option], scope: Mapping[str, Any]
    ) -> list[ShownOption]:
        return [
            self._show_option(language, name, n, o, scope) for n, o in enumerate(options, start=1)
        ]

    def _show_option(
        self, language: str, name: str, number: int, option: Option, scope: Mapping[str, Any]
    ) -> ShownOption:
        values = formats.plain_values(option.values)
        inner = {**scope, **values}
        flow, names = _parts(name)[0], _names(name, option)
        title = self.words.title(language, flow, names, inner) or NOTHING
        more = tuple(f"{n}__more" for n in names)
        long = tuple(f"{n}__long" for n in names)
        return ShownOption(
            number=number,
            id=option.id,
            label=option.label,
            values=values,
            title=cut(title, limits.LIST_ROW_TITLE_MAX),
            more=cut(
                self.words.optional_title(language, flow, more, inner),
                limits.LIST_ROW_DESCRIPTION_MAX,
            ),
            long=self.words.optional_title(language, flow, long, inner) or title,
        )


def _header(name: str) -> tuple[str, tuple[str, ...]]:
    flow, message = _parts(name)
    return flow, (f"{message}__header",)


def _parts(name: str) -> tuple[str, str]:
    """Return the flow and the message of the name `flow/message`."""
    flow, _, message = name.partition("/")
    return flow, message


def _names(name: str, option: Option) -> tuple[str, ...]:
    """Return the blocks to look for an option's words in, the message's own first."""
    return (f"{_parts(name)[1]}__{option.label}", option.label)


def _template_name(name: str, variant: Variant) -> str:
    return "_".join(filter(None, (*_parts(name), variant.variant, TEMPLATE_VERSION)))


def _matching_variant(
    entry: Entry, values: Mapping[str, Any], options: Sequence[Option]
) -> Variant | None:
    """Return the message's first template that fits its options and values, if any."""
    if entry.category is None:
        return None
    labels = tuple(o.label for o in options)
    for variant in entry.template:
        if variant.buttons == labels and (variant.when is None or values.get(variant.when)):
            return variant
    return None


def _price_category(entry: Entry) -> str:
    """Return the price category of a message's templates."""
    return (entry.category or "").lower()


def _sample_of(entry: Entry, variant: Variant) -> Sample:
    for sample in entry.sample:
        if _matching_variant(entry, sample.values, sample.options) == variant:
            return sample
    raise NoTemplate(f"no sample for the template {variant}")


def _longest(choices: tuple[Choice, ...], url: str | None) -> int:
    """Return the longest body beside these choices or this link (bot.channels.cloud.limits)."""
    if not choices:
        return limits.URL_BODY_MAX if url else limits.TEXT_BODY_MAX
    if len(choices) <= limits.BUTTONS_MAX and not any(c.more for c in choices):
        return limits.BUTTON_BODY_MAX
    return limits.LIST_BODY_MAX
