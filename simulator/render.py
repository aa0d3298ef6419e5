"""Turns an outgoing call into the message a person sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from simulator import limits, order_rules, parameters
from simulator.errors import GraphError, missing
from simulator.model import Link, Option, OptionKind, kind_of
from simulator.template_rules import VARIABLE, variables
from simulator.templates import ORDER_STATUS

if TYPE_CHECKING:
    from simulator.model import Template

Payload = dict[str, Any]

# The fixed words of authentication templates, in the languages the demonstration speaks.
OTP_WORDS = {
    "en": (
        "*{code}* is your verification code.",
        "For your security, do not share this code.",
        "This code expires in {minutes} minutes.",
        "Copy code",
    ),
    "hi": (
        "*{code}* आपका सत्यापन कोड है।",
        "अपनी सुरक्षा के लिए, यह कोड किसी के साथ साझा न करें।",
        "यह कोड {minutes} मिनट में समाप्त हो जाएगा।",
        "कोड कॉपी करें",
    ),
}
REFUSED_SPACES = re.compile(rf"[\n\r\t]| {{{limits.TEMPLATE_SPACES_REFUSED},}}")


class Content(msgspec.Struct, kw_only=True):
    """What a message shows: the fields of the same names in `simulator.model.Message`."""

    type: str
    text: str = ""
    header: str = ""
    footer: str = ""
    option_kind: OptionKind = ""
    options: list[Option] = []
    list_label: str = ""
    links: list[Link] = []
    code: str = ""
    code_label: str = ""
    asks_location: bool = False
    order: Payload = {}
    asks_contact: bool = False
    media: Payload = {}
    category: str = "service"
    template: str = ""


def free_form(payload: Payload) -> Content:
    """Return what the person sees of a checked call that is neither template nor reaction."""
    kind = payload.get("type", "text")
    if kind == "text":
        return Content(type="text", text=payload["text"]["body"])
    if kind == "interactive":
        return _interactive(payload["interactive"])
    media = dict(payload[kind])
    return Content(type=kind, text=media.pop("caption", "") or "", media={"kind": kind, **media})


def _interactive(interactive: Payload) -> Content:
    action = interactive["action"]
    header = interactive.get("header") or {}
    content = Content(
        type="interactive",
        text=interactive["body"]["text"],
        header=header.get("text", ""),
        footer=(interactive.get("footer") or {}).get("text", ""),
    )
    kind = header.get("type")
    if kind not in (None, "text"):
        content.media = {"kind": kind, **header[kind]}
    match interactive["type"]:
        case "button":
            content.option_kind = "button_reply"
            content.options = [
                Option(id=b["reply"]["id"], title=b["reply"]["title"]) for b in action["buttons"]
            ]
        case "list":
            content.option_kind = "list_reply"
            content.list_label = action["button"]
            content.options = [
                Option(
                    id=row["id"],
                    title=row["title"],
                    description=row.get("description") or "",
                    section=section.get("title") or "",
                )
                for section in action["sections"]
                for row in section["rows"]
            ]
        case "cta_url":
            parameters = action["parameters"]
            content.links = [Link(label=parameters["display_text"], url=parameters["url"])]
        case "order_details":
            content.order = _order(action["parameters"])
        case "order_status":
            content.order = _order_status(action["parameters"])
        case _:
            content.asks_location = True
    return content


def _order(parameters: Payload) -> Payload:
    order = parameters["order"]
    gateway = parameters["payment_settings"][0]["payment_gateway"]
    given = gateway.get(gateway["type"]) or {}
    return {
        "reference": parameters["reference_id"],
        "configuration": gateway["configuration_name"],
        "amount": parameters["total_amount"]["value"],
        "about": order["items"][0]["name"],
        "until": order["expiration"].get("description", ""),
        "expires": int(order["expiration"]["timestamp"]),
        "status": "pending",
        "attempts": [],
        "receipt": given.get("receipt", ""),
        "notes": given.get("notes", {}),
    }


def _order_status(parameters: Payload) -> Payload:
    order = parameters["order"]
    return {
        "of": parameters["reference_id"],
        "status": order["status"],
        "about": order.get("description", ""),
    }


def template(known: Template, payload: Payload) -> Content:
    """Return what the person sees of a call for the template *known*.

    Raises:
        GraphError: 100, 131008, 131009, 132000, 132005 or 132012, if the parameters do not fit.
    """
    given = payload["template"].get("components", [])
    parameters.check(known, given)
    content = Content(type="template", category=known.category.lower(), template=known.name)
    if known.category == "AUTHENTICATION":
        _authentication(known, given, content)
        return content
    header = known.component("HEADER")
    if str(header.get("format", "")).upper() == "TEXT":
        content.header = _filled(known, header, given, limits.TEMPLATE_HEADER_MAX)
    elif header:
        content.media = _header_media(str(header.get("format", "")).lower(), given)
    content.text = _filled(known, known.component("BODY"), given, limits.TEMPLATE_BODY_MAX)
    content.footer = known.component("FOOTER").get("text", "")
    _template_buttons(known, given, content)
    if known.sub_category == ORDER_STATUS:
        content.order = _told_order(given)
    return content


def _told_order(given: list[Payload]) -> Payload:
    """Return the status of an order in a template.

    Raises:
        GraphError: 131008 or 131009, if it has no valid one.
    """
    for parameter in _parameters(given, "order_status"):
        order_rules.check_told(parameter.get("order_status"), "template.components.order_status")
        return _order_status(parameter["order_status"])
    raise missing("template.components.order_status")


def _parameters(given: list[Payload], kind: str, index: int | None = None) -> list[Payload]:
    """Return the parameters of a component, none if the call does not have it."""
    for component in given:
        if kind_of(component) == kind.upper() and index in (None, int(component.get("index", 0))):
            parameters: list[Payload] = component.get("parameters", [])
            return parameters
    return []


def _value(parameter: Payload) -> str:
    """Return a text parameter's value.

    Raises:
        GraphError: 131008 if it is empty, 100 if it has what Meta refuses in parameters.
    """
    text = parameter.get("text")
    if not isinstance(text, str) or not text.strip():
        raise GraphError(131008, "Parameter of type text is missing text value")
    if REFUSED_SPACES.search(text):
        raise GraphError(
            100,
            "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
            message="(#100) Invalid parameter",
        )
    return text


def _filled(known: Template, component: Payload, given: list[Payload], longest: int) -> str:
    """Return the text of the header or the body with its parameters."""
    kind, text = kind_of(component).lower(), component["text"]
    names = variables(text)
    fillers = _parameters(given, kind)
    if any(filler["type"] != "text" for filler in fillers):
        raise GraphError(132012, f"{kind}: parameters of a text must be of type text")
    if len(fillers) != len(names):
        raise parameters.miscounted(kind, len(fillers), len(names))
    if known.parameter_format == "NAMED":
        values = {filler["parameter_name"]: _value(filler) for filler in fillers}
        if set(values) != set(names):
            raise GraphError(
                132012,
                f"{kind}: expected parameter_name {', '.join(names)},"
                f" got {', '.join(sorted(values))}",
            )
    else:
        values = {str(n + 1): _value(filler) for n, filler in enumerate(fillers)}
    filled = VARIABLE.sub(lambda found: values[found.group(1)], text)
    if limits.length(filled) > longest:
        raise GraphError(132005, f"{kind} is {limits.length(filled)} characters long")
    return filled


def _header_media(kind: str, given: list[Payload]) -> Payload:
    fillers = _parameters(given, "header")
    if len(fillers) != 1 or fillers[0]["type"] != kind:
        raise GraphError(132012, f"header: Format mismatch, expected {kind.upper()}")
    media = fillers[0].get(kind)
    if not isinstance(media, dict) or not (media.get("link") or media.get("id")):
        raise missing(f"template.components.header.{kind}")
    return {"kind": kind, **media}


def _template_buttons(known: Template, given: list[Payload], content: Content) -> None:
    for index, button in enumerate(known.buttons()):
        kind = str(button["type"]).upper()
        fillers = _parameters(given, "button", index)
        if kind == "QUICK_REPLY":
            # Without a payload of its own the button sends its label back.
            payload = fillers[0]["payload"] if fillers else None
            content.option_kind = "quick_reply"
            content.options.append(Option(id=payload or button["text"], title=button["text"]))
        elif kind == "URL":
            url = button["url"]
            variable = VARIABLE.search(url)
            if variable is not None:
                if not fillers:
                    raise GraphError(
                        131008, f"Button at index {index} of type Url requires a parameter"
                    )
                # The only variable of an address is at its end.
                url = url[: variable.start()] + _value(fillers[0])
                if limits.length(url) > limits.TEMPLATE_URL_MAX:
                    raise GraphError(132005, f"url is {limits.length(url)} characters long")
            content.links.append(Link(label=button["text"], url=url))
        elif kind == "REQUEST_CONTACT_INFO":
            content.asks_contact = True
        elif kind == "PHONE_NUMBER":
            number = button.get("phone_number", "")
            content.links.append(Link(label=button["text"], url=f"tel:{number}"))


def _authentication(known: Template, given: list[Payload], content: Content) -> None:
    codes = [_parameters(given, "body"), _parameters(given, "button", 0)]
    if any([filler["type"] for filler in fillers] != ["text"] for fillers in codes):
        raise GraphError(132000, "the code must be given once in the body and once in the button")
    code, again = (_value(fillers[0]) for fillers in codes)
    if code != again:
        raise GraphError(132012, "the code in the body and in the button must be the same")
    if len(code) > limits.OTP_CODE_MAX:
        raise GraphError(132005, f"code must be at most {limits.OTP_CODE_MAX} characters long")
    if not (code.isascii() and code.isalnum()):
        raise GraphError(132012, "a code has letters and digits alone")
    one_time_code(
        content,
        code,
        known.language,
        warns=bool(known.component("BODY").get("add_security_recommendation")),
        minutes=known.component("FOOTER").get("code_expiration_minutes"),
    )
    buttons = known.buttons()
    content.code_label = (buttons[0].get("text") if buttons else "") or content.code_label


def one_time_code(
    content: Content, code: str, language: str, *, warns: bool, minutes: int | None
) -> None:
    """Write WhatsApp's own words about *code* into *content*.

    Args:
        content: What the message shows.
        code: The code.
        language: The template's language.
        warns: Add that the code is not to be shared.
        minutes: After how long it expires, if that is said.
    """
    code_text, security, expiry, copy = OTP_WORDS.get(language[:2], OTP_WORDS["en"])
    content.text = code_text.format(code=code) + (f" {security}" if warns else "")
    content.footer = expiry.format(minutes=minutes) if minutes else ""
    content.code, content.code_label = code, copy
