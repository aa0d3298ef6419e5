"""Which contents WhatsApp approves as templates; its reviewers decide at once here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from simulator import template_rules
from simulator.errors import GraphError
from simulator.limits import TEMPLATE_NAME_MAX
from simulator.model import Category, Template
from simulator.twilio.contents import (
    AUTHENTICATION,
    LIST_PICKER,
    QUICK_REPLY,
    VARIABLE,
    Approval,
)
from simulator.twilio.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.twilio.contents import Resource

NAME = re.compile(r"^[a-z0-9_]+$")
CATEGORIES = get_args(Category)

Payload = dict[str, Any]


def review(resource: Resource, payload: Payload, others: Iterable[Resource]) -> Approval:
    """Return WhatsApp's decision about *resource*, submitted as *payload* says.

    Args:
        resource: The content.
        payload: The body of the call: `name`, `category` and perhaps `allow_category_change`.
        others: All contents of the account; a name is approved once in each language.

    Raises:
        TwilioError: 20422, if it cannot be submitted.
    """
    name, category = payload.get("name"), str(payload.get("category"))
    if not isinstance(name, str) or not NAME.match(name) or len(name) > TEMPLATE_NAME_MAX:
        raise invalid("name must be lower case letters, digits and underscores")
    if category not in CATEGORIES:
        raise invalid(f"category must be one of {', '.join(CATEGORIES)}")
    if resource.kind == LIST_PICKER:
        raise invalid(f"{LIST_PICKER} cannot be submitted to WhatsApp")
    if resource.approval.status not in ("unsubmitted", "rejected"):
        raise invalid(f"the content is {resource.approval.status} already")
    taken = any(
        o.approved and (o.approval.name, o.language) == (name, resource.language) for o in others
    )
    known = "Content in this language already exists"
    reason = known if taken else _fault(resource, name, category)
    return Approval(
        name=name,
        category=category,
        content_type=resource.kind,
        status="rejected" if reason else "approved",
        rejection_reason=reason,
        allow_category_change=bool(payload.get("allow_category_change", True)),
    )


def _fault(resource: Resource, name: str, category: str) -> str:
    """Return why WhatsApp rejects *resource*; empty if it approves it.

    Twilio hands a content to the same reviewers as Meta's own API, so the rules are the same.
    """
    if (resource.kind == AUTHENTICATION) != (category == "AUTHENTICATION"):
        return "The category does not fit the type of the content"
    is_code = resource.kind == AUTHENTICATION
    template = msgspec.convert(
        {
            "id": resource.sid,
            "name": name,
            "language": resource.language,
            "category": category,
            "parameter_format": "POSITIONAL",
            "components": _code(resource) if is_code else _components(resource),
        },
        Template,
    )
    try:
        template_rules.check(template)
    except GraphError as error:
        return error.details
    return ""


def _components(resource: Resource) -> list[Payload]:
    """Return the content as Meta's components, with variables numbered as they come in the body."""
    body = resource.definition["body"]
    order = {name: str(n) for n, name in enumerate(template_rules.variables(body), start=1)}
    component = {
        "type": "BODY",
        "text": VARIABLE.sub(lambda found: f"{{{{{order[found[1]]}}}}}", body),
        "example": {"body_text": [[resource.variables[name] for name in order]]},
    }
    if resource.kind != QUICK_REPLY:
        return [component]
    titles = [action["title"] for action in resource.definition["actions"]]
    buttons = [{"type": "QUICK_REPLY", "text": title} for title in titles]
    return [component, {"type": "BUTTONS", "buttons": buttons}]


def _code(resource: Resource) -> list[Payload]:
    minutes = resource.definition.get("code_expiration_minutes")
    footer = [] if minutes is None else [{"type": "FOOTER", "code_expiration_minutes": minutes}]
    button = {"type": "OTP", "otp_type": "COPY_CODE"}
    return [{"type": "BODY"}, *footer, {"type": "BUTTONS", "buttons": [button]}]
