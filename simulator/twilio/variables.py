"""The values of a content's variables: which are refused, and how they are filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from simulator.limits import length
from simulator.twilio import limits
from simulator.twilio.contents import VARIABLE
from simulator.twilio.errors import TwilioError

if TYPE_CHECKING:
    from simulator.twilio.contents import Resource

Payload = dict[str, Any]

LINE_BREAK_OR_TAB = re.compile("[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]")
SPACES = " " * limits.SPACES_REFUSED


def read(resource: Resource, given: str | None) -> dict[str, str]:
    """Return the values in *given*, the ContentVariables of a call.

    Raises:
        TwilioError: 21656 if it is no JSON object of strings with a value for each variable of the
            content and no other, or a value has what Twilio refuses; 21658 if one is too long.
    """
    numbers = resource.numbers()
    try:
        values = msgspec.json.decode(given or "{}", type=dict[str, str])
    except msgspec.DecodeError as error:
        raise TwilioError(21656, f"not a JSON object of strings ({error})") from error
    missing, unknown = sorted(numbers - values.keys()), sorted(values.keys() - numbers)
    if missing or unknown:
        raise TwilioError(21656, f"missing: {missing}, not in the content: {unknown}")
    for number, value in values.items():
        if length(value) > limits.VARIABLE_MAX:
            raise TwilioError(21658, f"variable {number}")
        wrong = objection(value)
        if wrong:
            raise TwilioError(21656, f"variable {number} {wrong}")
    return values


def objection(value: object) -> str:
    """Return what is wrong with the value of a variable; empty if Twilio takes it."""
    if not isinstance(value, str) or not value.strip():
        return "is empty"
    if LINE_BREAK_OR_TAB.search(value):
        return "has a line break or a tab"
    if SPACES in value:
        return "has more than four spaces in a row"
    # Reported by developers and not documented; the strict reading counts it in.
    return "has an apostrophe" if "'" in value else ""


def fill(definition: Payload, values: dict[str, str]) -> Payload:
    """Return *definition* with all variables replaced in all its texts."""
    return {name: _filled(part, values) for name, part in definition.items()}


def _filled(part: object, values: dict[str, str]) -> object:
    if isinstance(part, str):
        return VARIABLE.sub(lambda found: values[found.group(1)], part)
    if isinstance(part, dict):
        return fill(part, values)
    return [_filled(each, values) for each in part] if isinstance(part, list) else part
