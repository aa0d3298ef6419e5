"""Which content resources Twilio refuses to keep."""

from __future__ import annotations

import re
from typing import Any

from simulator.limits import length
from simulator.twilio import limits
from simulator.twilio.contents import (
    AUTHENTICATION,
    LIST_PICKER,
    QUICK_REPLY,
    TEXT,
    TYPES,
    VARIABLE,
    texts,
)
from simulator.twilio.errors import TwilioError, invalid
from simulator.twilio.variables import objection

Payload = dict[str, Any]

LANGUAGE = re.compile(r"^[a-z]{2,3}(_[A-Z]{2})?$")
# "Variables cannot be placed next to each other" (Twilio, "Using variables with Content").
ADJACENT = re.compile(r"\}\}[ \t]*\{\{")
NUMBER = re.compile(r"^[1-9][0-9]*$")


def check(payload: object) -> tuple[str, str, dict[str, str], Payload]:
    """Return name, language, samples and types of a content that is to be kept.

    Raises:
        TwilioError: 20422, if its form is not one that Twilio takes.
    """
    if not isinstance(payload, dict):
        raise invalid("the body must be a JSON object")
    name, language = payload.get("friendly_name"), payload.get("language")
    if not isinstance(name, str) or not name.strip():
        raise invalid("friendly_name is required")
    if not isinstance(language, str) or not LANGUAGE.match(language):
        raise invalid("language must be a code such as en or en_GB")
    types = payload.get("types")
    if not isinstance(types, dict) or len(types) != 1:
        raise invalid("types must have one type")
    ((kind, definition),) = types.items()
    if kind not in TYPES or not isinstance(definition, dict):
        raise invalid(f"types must have one of {', '.join(TYPES)}")
    CHECKS[kind](definition)
    samples = payload.get("variables", {})
    if not isinstance(samples, dict):
        raise invalid("variables must be an object")
    _variables(kind, definition, samples)
    return name, language, samples, types


def _variables(kind: str, definition: Payload, samples: Payload) -> None:
    """Refuse variables that are not numbered from 1 without gaps, each with a sample."""
    found = set()
    for text in texts(definition):
        if ADJACENT.search(text):
            raise invalid(f"two variables stand side by side in {text!r}")
        if any(brace in VARIABLE.sub("", text) for brace in ("{{", "}}")):
            raise invalid(f"{text!r} has braces that are no variable")
        found.update(VARIABLE.findall(text))
    if kind == AUTHENTICATION:
        found = {"1"}
    named = sorted(name for name in found if not NUMBER.match(name))
    if named:
        raise invalid(f"variables must be numbers, not {', '.join(named)}")
    wanted = {str(n) for n in range(1, len(found) + 1)}
    if found != wanted:
        raise invalid("variables must be numbered from 1 without gaps")
    if samples.keys() != wanted:
        raise invalid("each variable needs a sample, and each sample a variable")
    for number, sample in samples.items():
        if not isinstance(sample, str) or objection(sample):
            raise invalid(f"the sample of variable {number} {objection(sample)}")


def _text(value: object, path: str, longest: int) -> str:
    """Return *value* if it is a text; its length is checked here unless variables change it."""
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"{path} is required")
    if not VARIABLE.search(value) and length(value) > longest:
        raise invalid(f"{path} must be at most {longest} characters long")
    return value


def _objects(value: object, path: str, most: int) -> list[Payload]:
    is_list = isinstance(value, list) and all(isinstance(each, dict) for each in value)
    if not isinstance(value, list) or not is_list or not 1 <= len(value) <= most:
        raise invalid(f"{path} must be 1 to {most} objects")
    return value


def _plain(definition: Payload) -> None:
    _only(definition, "body")
    _text(definition.get("body"), "body", limits.BODY_MAX)


def _quick_reply(definition: Payload) -> None:
    _only(definition, "body", "actions")
    _text(definition.get("body"), "body", limits.CONTENT_BODY_MAX)
    for action in _objects(definition.get("actions"), "actions", limits.TEMPLATE_BUTTONS_MAX):
        _only(action, "type", "title", "id")
        if action.get("type", "QUICK_REPLY") != "QUICK_REPLY":
            raise invalid("the type of an action must be QUICK_REPLY")
        _text(action.get("title"), "title", limits.TEMPLATE_BUTTON_TITLE_MAX)
        if action.get("id") is not None:
            _text(action["id"], "id", limits.ID_MAX)


def _list_picker(definition: Payload) -> None:
    _only(definition, "body", "button", "items")
    _text(definition.get("body"), "body", limits.CONTENT_BODY_MAX)
    _text(definition.get("button"), "button", limits.LIST_BUTTON_MAX)
    for item in _objects(definition.get("items"), "items", limits.LIST_ITEMS_MAX):
        _only(item, "item", "id", "description")
        _text(item.get("item"), "item", limits.LIST_ITEM_MAX)
        _text(item.get("id"), "id", limits.ID_MAX)
        if item.get("description") is not None:
            _text(item["description"], "description", limits.LIST_DESCRIPTION_MAX)


def _authentication(definition: Payload) -> None:
    _only(definition, "add_security_recommendation", "code_expiration_minutes", "actions")
    if not isinstance(definition.get("add_security_recommendation", False), bool):
        raise invalid("add_security_recommendation must be true or false")
    minutes = definition.get("code_expiration_minutes")
    is_whole = isinstance(minutes, int) and not isinstance(minutes, bool)
    if minutes is not None and (not is_whole or minutes not in limits.CODE_MINUTES):
        raise invalid("code_expiration_minutes must be 1 to 90")
    (action,) = _objects(definition.get("actions"), "actions", 1)
    _only(action, "type", "copy_code_text")
    if action.get("type") != "COPY_CODE":
        raise invalid("the type of the action must be COPY_CODE")
    label = action.get("copy_code_text")
    _text(label, "copy_code_text", limits.TEMPLATE_BUTTON_TITLE_MAX)


def _only(definition: Payload, *fields: str) -> None:
    unknown = sorted(definition.keys() - set(fields))
    if unknown:
        raise TwilioError(20001, ", ".join(unknown))


CHECKS = {
    TEXT: _plain,
    QUICK_REPLY: _quick_reply,
    LIST_PICKER: _list_picker,
    AUTHENTICATION: _authentication,
}
