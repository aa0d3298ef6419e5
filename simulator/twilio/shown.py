"""What a person sees of a content, and which contents WhatsApp does not show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.limits import length
from simulator.model import Option
from simulator.render import Content, one_time_code
from simulator.twilio import limits
from simulator.twilio.contents import AUTHENTICATION, LIST_PICKER, QUICK_REPLY
from simulator.twilio.errors import TwilioError
from simulator.twilio.variables import fill

if TYPE_CHECKING:
    from simulator.twilio.contents import Resource

Payload = dict[str, Any]

# What does not fit once the variables are filled in. The documentation of 63021 names the body
# alone, and Twilio may report it by a status; here the answer says it, of every part.
UNFIT = 63021


def show(resource: Resource, values: dict[str, str]) -> Content:
    """Return what the person sees of *resource* with checked *values*.

    Raises:
        TwilioError: 63021, if it does not fit once the variables are filled in.
    """
    if resource.kind == AUTHENTICATION:
        if not resource.approved:
            raise TwilioError(UNFIT, f"{AUTHENTICATION} is sent only after approval")
        content = _code(resource, values["1"])
    else:
        filled = fill(resource.definition, values)
        _fit(filled["body"], "body", limits.CONTENT_BODY_MAX)
        content = Content(type="text", text=filled["body"])
        if resource.kind == QUICK_REPLY:
            _buttons(content, filled["actions"], approved=resource.approved)
        elif resource.kind == LIST_PICKER:
            _list(content, filled)
    if resource.approved:
        content.type, content.template = "template", resource.approval.name
        content.category = resource.approval.category.lower()
    return content


def _buttons(content: Content, actions: list[Payload], *, approved: bool) -> None:
    most = limits.TEMPLATE_BUTTONS_MAX if approved else limits.BUTTONS_MAX
    longest = limits.TEMPLATE_BUTTON_TITLE_MAX if approved else limits.BUTTON_TITLE_MAX
    if len(actions) > most:
        raise TwilioError(UNFIT, f"more than {most} quick replies without approval")
    content.type = "interactive"
    content.option_kind = "quick_reply" if approved else "button_reply"
    for action in actions:
        _fit(action["title"], "title", longest)
        # Without an id the button sends its title back.
        identity = action.get("id") or action["title"]
        _fit(identity, "id", limits.ID_MAX)
        content.options.append(Option(id=identity, title=action["title"]))
    _distinct(content.options)


def _list(content: Content, filled: Payload) -> None:
    content.type, content.option_kind = "interactive", "list_reply"
    content.list_label = filled["button"]
    _fit(content.list_label, "button", limits.LIST_BUTTON_MAX)
    for item in filled["items"]:
        description = item.get("description") or ""
        _fit(item["item"], "item", limits.LIST_ITEM_MAX)
        _fit(item["id"], "id", limits.ID_MAX)
        _fit(description, "description", limits.LIST_DESCRIPTION_MAX)
        row = Option(id=item["id"], title=item["item"], description=description)
        content.options.append(row)
    _distinct(content.options)


def _code(resource: Resource, code: str) -> Content:
    _fit(code, "code", limits.CODE_MAX)
    content = Content(type="template", category="authentication")
    definition = resource.definition
    one_time_code(
        content,
        code,
        resource.language,
        warns=definition.get("add_security_recommendation", False),
        minutes=definition.get("code_expiration_minutes"),
    )
    content.code_label = definition["actions"][0]["copy_code_text"]
    return content


def _fit(text: str, what: str, longest: int) -> None:
    if length(text) > longest:
        raise TwilioError(UNFIT, f"{what} is longer than {longest} characters")


def _distinct(options: list[Option]) -> None:
    for what, values in (
        ("ids", [option.id for option in options]),
        ("titles", [option.title for option in options]),
    ):
        if len(set(values)) != len(values):
            raise TwilioError(UNFIT, f"two options have the same {what}")
