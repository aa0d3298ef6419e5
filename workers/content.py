"""What one message says when it leaves: fresh variables, text or template, order, price (I8)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import structlog

from bot.wiring import NoTemplate, Parts, Rendered
from domain.actions.delivery import freshness, states
from domain.actions.messages import outbox, templates
from domain.actions.payments import orders
from domain.actions.people import consent, trust
from domain.channel import TemplateCall
from domain.errors import Conflict, PulseOpsError, StoreUnavailable, Unreadable
from domain.model.conversations import Conversation
from domain.model.messages import Approval, Consent, Message, MessageStatus
from domain.model.people import Contact
from domain.work import Work

STOPPED = "the person asked for no more messages"
NO_REACTION = "a reaction cannot be put on the person's message now, or not with this provider"
log = structlog.get_logger()


class Unsendable(PulseOpsError):
    """The message ends as *status* without being sent, for *reason* (in words for people)."""

    def __init__(self, status: MessageStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Content:
    """What a message says."""

    values: dict[str, Any]
    """Its variables as of now, without the sealed ones; these are stored."""
    rendered: Rendered
    form: orders.OrderForm | None
    """The order, or the status of one, that it leaves as."""
    category: str | None
    """The price category it is charged as, where the provider does not name it."""


def compose(parts: Parts, work: Work, message: Message, contact: Contact) -> Content:
    """Compute what *message* says now.

    News of a token's turn is recorded as promised, in *work*.

    Raises:
        Unsendable: If it must not be sent, or cannot be put into words.
        StoreUnavailable: If the store does not answer in time.
    """
    try:
        values = _fresh_values(work, message)
        known = values | _secrets(work, message)
        rendered, form = _render(parts, work, message, contact, known)
        category = _category(parts, work, message, rendered)
    except (Unsendable, Conflict, StoreUnavailable):
        raise
    except Exception as error:
        # A fault of ours in one message: left in the outbox it would fail again and again, and
        # hold up what follows it.
        log.exception("render_failed", messageId=message.message_id, error=type(error).__name__)
        raise Unsendable(MessageStatus.FAILED, "it could not be put into words") from error
    return Content(values, rendered, form, category)


def _fresh_values(work: Work, message: Message) -> dict[str, Any]:
    """Return the message's variables as of now.

    Raises:
        Unsendable: If it was tried too often, the person stopped such messages, or it is stale.
    """
    if message.attempts >= states.most_attempts(message):
        raise Unsendable(MessageStatus.FAILED, states.GIVEN_UP)
    if not consent.is_covered(work, message):
        raise Unsendable(MessageStatus.DROPPED, STOPPED)
    held = trust.why_held(work, message)
    if held is not None:
        raise Unsendable(MessageStatus.DROPPED, held)
    values = freshness.fresh_values(work, message)
    if values is None:
        raise Unsendable(MessageStatus.DROPPED, "no longer true, or too late to help")
    return values


def _secrets(work: Work, message: Message) -> dict[str, Any]:
    """Return the message's sealed variables; they are never stored in clear.

    Raises:
        Unsendable: If they have expired, or their key is gone.
    """
    if message.sealed_until is not None and message.sealed_until <= work.now:
        raise Unsendable(MessageStatus.DROPPED, "too late: what it tells is no longer of use")
    try:
        return states.secrets_of(work, message)
    except Unreadable:
        reason = "what it tells was encrypted with a key that is no longer in the settings"
        raise Unsendable(MessageStatus.FAILED, reason) from None


def _render(
    parts: Parts, work: Work, message: Message, contact: Contact, values: dict[str, Any]
) -> tuple[Rendered, orders.OrderForm | None]:
    """Return the message in words, and the order or status of one that it shows.

    Raises:
        Unsendable: If there is no template for it, its order's end was told by another message, or
            it is a reaction and none can be given.
    """
    conversation = work.get(Conversation, f"{message.sender}#{message.contact_id}")
    is_open = outbox.window_is_open(conversation, work.now) and not message.as_template
    language = message.language or contact.language or "en"
    if message.as_reaction and not (is_open and parts.channel.can_react):
        raise Unsendable(MessageStatus.DROPPED, NO_REACTION)
    if message.by_sms:
        return Rendered(parts.renderer.sms(message, values, language)), None
    form = orders.order_form_of(work, message, window_open=is_open)
    if form is None and message.name == orders.CLOSED:
        raise Unsendable(MessageStatus.DROPPED, "the order was closed by other news")
    if form is not None and is_open:
        return parts.renderer.order(message.name, values, language, message.url), form
    return _render_allowed(parts, work, message, values, language, window_open=is_open), form


def _render_allowed(
    parts: Parts,
    work: Work,
    message: Message,
    values: dict[str, Any],
    language: str,
    *,
    window_open: bool,
) -> Rendered:
    """Render *message* as text or, outside the window, as a template WhatsApp does not hold back.

    Falls back to the form without WhatsApp's own button, then to English. A template whose form the
    provider has refused goes in English: where only the other language is at fault, that arrives.

    Raises:
        Unsendable: If no such template is left, or it is marketing the person does not want.
    """
    forms = [message, message.but(asks_number=False)] if message.asks_number else [message]
    reason = "outside the 24-hour window, and there is no template for it"
    for spoken, form in product(dict.fromkeys((language, templates.ENGLISH)), forms):
        try:
            rendered = parts.renderer.render(form, values, spoken, window_open=window_open)
        except NoTemplate:
            continue
        if rendered.template and message.as_plain_text and spoken != templates.ENGLISH:
            continue
        approval = _approval_of(parts, work, message, rendered.template)
        if approval is not None and templates.is_held_back(approval):
            reason = templates.explain_hold(approval.name, approval)
            continue
        if approval is not None and approval.category == templates.MARKETING:
            _require_marketing_consent(work, message)
        return rendered
    raise Unsendable(MessageStatus.FAILED, reason)


def _approval_of(
    parts: Parts, work: Work, message: Message, call: TemplateCall | None
) -> Approval | None:
    """Return what WhatsApp said of a template; of a clinic's own account nothing is known."""
    if call is None or message.sender != parts.rules.platform_sender:
        return None
    account = parts.settings.template_account
    return templates.approval_of(work, account, call.name, call.language)


def _require_marketing_consent(work: Work, message: Message) -> None:
    """Check consent again for a template that WhatsApp has reclassified as marketing.

    Raises:
        Unsendable: If the person stopped marketing; notices about a token go all the same.
    """
    if message.consent is not Consent.NEWS:
        return
    if not consent.is_covered(work, message.but(consent=Consent.MARKETING)):
        raise Unsendable(MessageStatus.DROPPED, STOPPED)


def _category(parts: Parts, work: Work, message: Message, rendered: Rendered) -> str | None:
    if message.by_sms or parts.settings.names_prices:
        return None
    approval = _approval_of(parts, work, message, rendered.template)
    # WhatsApp may charge for a template as something else than it was submitted as.
    return approval.category.lower() if approval and approval.category else rendered.category
