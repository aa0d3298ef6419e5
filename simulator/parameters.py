"""What Meta refuses in the components of a call that sends a template.

Here is whether they fit the template; what is in their texts is looked at when they are filled in
(`render`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator import limits
from simulator.errors import GraphError, invalid, missing
from simulator.model import kind_of
from simulator.template_rules import VARIABLE
from simulator.templates import ORDER_STATUS

if TYPE_CHECKING:
    from simulator.model import Template

Payload = dict[str, Any]

PATH = "template.components"
# The `sub_type` by which a call refers to a button; other buttons take no parameters. A button
# that copies a code is a URL button in this call ("Authentication templates").
SUB_TYPES = {"QUICK_REPLY": "quick_reply", "URL": "url", "OTP": "url"}


def check(known: Template, given: list[Any]) -> None:
    """Refuse components that do not fit the template *known*.

    Raises:
        GraphError: 100, 131008, 131009, 132000 or 132012.
    """
    seen = set()
    for position, component in enumerate(given):
        path = f"{PATH}[{position}]"
        if not isinstance(component, dict):
            raise invalid(path, "must be an object")
        parameters = _parameters(component, path)
        kind = kind_of(component)
        match kind:
            case "HEADER" | "BODY":
                _text(known, kind, parameters)
            case "BUTTON":
                _button(known, component, parameters)
            case "ORDER_STATUS" if known.sub_category == ORDER_STATUS:
                if [p["type"] for p in parameters] != ["order_status"]:
                    raise GraphError(132012, "order_status: expected one parameter order_status")
            case _:
                raise invalid(f"{path}.type", f"'{component.get('type')}' is not in the template")
        place = kind, str(component.get("index"))
        if place in seen:
            raise invalid(path, "is given twice")
        seen.add(place)


def _parameters(component: Payload, path: str) -> list[Payload]:
    parameters = component.get("parameters", [])
    if not isinstance(parameters, list):
        raise invalid(f"{path}.parameters", "must be an array")
    for parameter in parameters:
        if not isinstance(parameter, dict):
            raise invalid(f"{path}.parameters", "must be objects")
        if not isinstance(parameter.get("type"), str):
            raise missing(f"{path}.parameters.type")
    return parameters


def _text(known: Template, kind: str, parameters: list[Payload]) -> None:
    if parameters and not known.component(kind):
        raise miscounted(kind.lower(), len(parameters), 0)
    _require_names(parameters, named=known.parameter_format == "NAMED")


def _require_names(parameters: list[Payload], *, named: bool) -> None:
    """Refuse a text without the name of its variable, or with a name where none is."""
    for parameter in parameters:
        if parameter["type"] != "text":
            continue
        name = parameter.get("parameter_name")
        if named and not (isinstance(name, str) and name.strip()):
            raise GraphError(
                100, "Parameter name is missing or empty", message="(#100) Invalid parameter"
            )
        if not named and name is not None:
            raise GraphError(132012, f"expected no parameter_name, got {name}")


def _button(known: Template, component: Payload, parameters: list[Payload]) -> None:
    index = str(component.get("index", ""))
    buttons = known.buttons()
    if not index.isdecimal() or int(index) >= len(buttons):
        raise GraphError(132012, f"button: there is no button at index {index}")
    button = buttons[int(index)]
    expected, found = SUB_TYPES.get(kind_of(button)), component.get("sub_type")
    if found != expected:
        what = f"Button at index {index}"
        raise GraphError(132012, f"{what}: Format mismatch, expected {expected}, received {found}")
    if expected == "quick_reply":
        _quick_reply(index, parameters)
    else:
        _url(known, button, parameters)


def _quick_reply(index: str, parameters: list[Payload]) -> None:
    if [parameter["type"] for parameter in parameters] != ["payload"]:
        raise GraphError(132012, f"Button at index {index} of type QuickReply takes one payload")
    payload, path = parameters[0].get("payload"), f"{PATH}.button.parameters.payload"
    if not isinstance(payload, str) or not payload.strip():
        raise missing(path)
    if limits.length(payload) > limits.TEMPLATE_PAYLOAD_MAX:
        raise invalid(path, f"must be at most {limits.TEMPLATE_PAYLOAD_MAX} characters long")


def _url(known: Template, button: Payload, parameters: list[Payload]) -> None:
    code = kind_of(button) == "OTP"
    variables = 1 if code or VARIABLE.search(button["url"]) else 0
    if len(parameters) > variables:
        raise miscounted("button", len(parameters), variables)
    if any(parameter["type"] != "text" for parameter in parameters):
        raise GraphError(132012, "button: the parameter of an address must be of type text")
    # The variable of an address is numbered even where those of the texts have names.
    _require_names(parameters, named=code and known.parameter_format == "NAMED")


def miscounted(kind: str, given: int, expected: int) -> GraphError:
    """Return the refusal of a component with another number of parameters than *expected*."""
    return GraphError(
        132000,
        f"{kind}: number of localizable_params ({given}) does not match"
        f" the expected number of params ({expected})",
    )
