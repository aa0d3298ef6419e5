"""Which contents WhatsApp approves as templates; its reviewers decide at once here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from simulator.twilio import limits
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
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")


def review(resource: Resource, payload: dict[str, Any], others: Iterable[Resource]) -> Approval:
    """Return WhatsApp's decision about *resource*, submitted as *payload* says.

    Args:
        resource: The content.
        payload: The body of the call: `name`, `category` and perhaps `allow_category_change`.
        others: All contents of the account; a name is approved once in each language.

    Raises:
        TwilioError: 20422, if it cannot be submitted.
    """
    name, category = payload.get("name"), payload.get("category")
    if not isinstance(name, str) or not NAME.match(name) or len(name) > limits.TEMPLATE_NAME_MAX:
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
    reason = "Content in this language already exists" if taken else _fault(resource, category)
    return Approval(
        name=name,
        category=category,
        content_type=resource.kind,
        status="rejected" if reason else "approved",
        rejection_reason=reason,
        allow_category_change=bool(payload.get("allow_category_change", True)),
    )


def _fault(resource: Resource, category: str) -> str:
    """Return why WhatsApp rejects *resource*; empty if it approves it."""
    if (resource.kind == AUTHENTICATION) != (category == "AUTHENTICATION"):
        return "The category does not fit the type of the content"
    if resource.kind == AUTHENTICATION:
        return ""
    body = resource.definition["body"]
    if limits.units(body) > limits.CONTENT_BODY_MAX:
        return f"The body is longer than {limits.CONTENT_BODY_MAX} characters"
    before, *between = VARIABLE.split(body)
    if between and not (_has_words(before) and _has_words(between[-1])):
        return "Variables cannot be at the start or end of the template"
    return _button_fault(resource)


def _button_fault(resource: Resource) -> str:
    if resource.kind != QUICK_REPLY:
        return ""
    titles = [action["title"] for action in resource.definition["actions"]]
    if any(VARIABLE.search(title) for title in titles):
        return "The title of a quick reply has no variables"
    if len(set(titles)) != len(titles):
        return "Two quick replies have the same title"
    return ""


def _has_words(text: str) -> bool:
    """Return whether *text* has a letter or a digit; signs and emoji do not count as text."""
    return any(character.isalnum() for character in text)
