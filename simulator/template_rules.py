"""What Meta refuses in the form of a template when it is submitted.

The texts follow "Template components", the subcodes "Error codes". Meta also refuses templates
for what they say; nobody reads them here.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from simulator import limits
from simulator.errors import GraphError
from simulator.model import kind_of

if TYPE_CHECKING:
    from simulator.model import Template

Payload = dict[str, Any]

# Meta's subcodes of a template that it does not take.
NOT_VALID = 2388042
INCOMPLETE = 2388043
TOO_LONG = 2388040
WRONG_HEADER = 2388047
WRONG_BODY = 2388072
WRONG_FOOTER = 2388073
TOO_MANY_VARIABLES = 2388293
VARIABLE_AT_THE_EDGE = 2388299

VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
NAMED = re.compile(r"[a-z][a-z0-9_]*")
REFUSED_SPACES = re.compile(rf"\t| {{{limits.TEMPLATE_SPACES_REFUSED},}}")
# A line with nothing in it is a line break more.
REFUSED_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")
MARKUP = re.compile(r"[*_~`]")
# A digit in a key cap is an emoji.
KEY_CAP = re.compile("[0-9#*]\ufe0f?\u20e3")
HEADERS = ("TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION")
OTP_TYPES = ("COPY_CODE", "ONE_TAP", "ZERO_TAP")
PHONE_NUMBER = re.compile(r"\+?[0-9]{7,19}")


def refused(details: str, subcode: int) -> GraphError:
    """Return Meta's refusal to create a template."""
    return GraphError(100, details, message="(#100) Invalid parameter", subcode=subcode)


def variables(text: str) -> list[str]:
    """Return the names or numbers of the variables in *text*, each once, in order."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def check(template: Template) -> None:
    """Refuse a template whose components have not the form that Meta takes.

    Raises:
        GraphError: 100, with Meta's subcode.
    """
    kinds = [kind_of(component) for component in template.components]
    if len(set(kinds)) != len(kinds) or "BODY" not in kinds:
        raise refused("components must have one BODY, and each other type at most once", NOT_VALID)
    if template.category == "AUTHENTICATION" and ("HEADER" in kinds or "BUTTONS" not in kinds):
        raise refused("an authentication template has a button, and no header", NOT_VALID)
    for component in template.components:
        checked = COMPONENTS.get(kind_of(component))
        if checked is None:
            raise refused(f"component type '{component.get('type')}' is not known", NOT_VALID)
        checked(template, component)


def _text(component: Payload, longest: int) -> str:
    text = component.get("text")
    if not isinstance(text, str) or not text.strip():
        raise refused(f"component {kind_of(component)} needs a text", INCOMPLETE)
    if limits.length(text) > longest:
        raise refused(f"component {kind_of(component)} is longer than {longest}", TOO_LONG)
    return text


def _plain(component: Payload, longest: int, subcode: int) -> str:
    """Return a text that has neither line breaks nor markup nor emoji; variables may be in it."""
    text = _text(component, longest)
    words = VARIABLE.sub(" ", text)
    wrong = re.search(r"[\n\r\t]", words) or MARKUP.search(words)
    if wrong or any(_is_emoji(character) for character in words):
        what = f"component {kind_of(component)}"
        raise refused(f"{what} has line breaks, tabs, formatting or emoji", subcode)
    return text


def _is_emoji(character: str) -> bool:
    return unicodedata.category(character) == "So" or character in "\ufe0f\u20e3"


def _has_text(text: str) -> bool:
    """Return whether *text* has a letter or a digit: signs, emoji and punctuation are no text."""
    return any(c.isalpha() or c.isdecimal() for c in KEY_CAP.sub(" ", text))


def _body(template: Template, component: Payload) -> None:
    if template.category == "AUTHENTICATION":
        if "text" in component:
            raise refused("the text of an authentication template is fixed", NOT_VALID)
        return
    text = _text(component, limits.TEMPLATE_BODY_MAX).replace("\r\n", "\n")
    if REFUSED_SPACES.search(text) or REFUSED_LINES.search(text):
        raise refused(
            "a body has no tabs, nor more than four spaces or two line breaks in a row", WRONG_BODY
        )
    names = _variables_of(template, text)
    if names:
        _variables_between_words(VARIABLE.split(text)[::2])
        examples = _examples(template, component, "body_text", names)
        filled = VARIABLE.sub(lambda found: examples[found[1]], text)
        if limits.length(filled) > limits.TEMPLATE_BODY_MAX:
            raise refused("the body with its examples is too long", TOO_LONG)


def _variables_between_words(words: list[str]) -> None:
    """Refuse a body by the *words* before, between and after its variables."""
    if not _has_text(words[0]) or not _has_text(words[-1]):
        raise refused(
            "variables cannot be at the start or end of the template", VARIABLE_AT_THE_EDGE
        )
    if not all(between.strip() for between in words):
        raise refused("two variables stand side by side", WRONG_BODY)
    count = sum(_has_text(word) for part in words for word in part.split())
    if count < limits.template_words(len(words) - 1):
        raise refused(
            "too many variables for the length of the template; reduce their number or"
            " increase the message length",
            TOO_MANY_VARIABLES,
        )


def _variables_of(template: Template, text: str) -> list[str]:
    """Return the variables of a text; refuse names and braces that Meta does not take."""
    if re.search(r"[{}]", VARIABLE.sub("", text)):
        raise refused("the curly braces of a variable are missing or do not match", WRONG_BODY)
    names = variables(text)
    if template.parameter_format == "NAMED":
        wrong = [name for name in names if not NAMED.fullmatch(name)]
    else:
        wrong = [] if names == [str(n + 1) for n in range(len(names))] else names
    if wrong:
        raise refused(f"variables are not well named: {', '.join(wrong)}", NOT_VALID)
    return names


def _examples(
    template: Template, component: Payload, field: str, names: list[str]
) -> dict[str, str]:
    """Return the sample value of each variable, which Meta's reviewers ask for."""
    example = component.get("example")
    example = example if isinstance(example, dict) else {}
    named = template.parameter_format == "NAMED"
    given = example.get(f"{field}_named_params" if named else field)
    given = given if isinstance(given, list) else []
    if named:
        given = [one for one in given if isinstance(one, dict)]
        samples = {one.get("param_name"): one.get("example") for one in given}
    else:
        given = given[0] if given and isinstance(given[0], list) else given
        samples = {str(n + 1): value for n, value in enumerate(given)}
    what = f"component of type {kind_of(component)}"
    if len(given) != len(names) or set(samples) != set(names):
        raise refused(f"{what} is missing expected field(s) (example)", INCOMPLETE)
    for value in samples.values():
        if not isinstance(value, str) or not value.strip():
            raise refused(f"{what} is missing expected field(s) (example)", INCOMPLETE)
        if REFUSED_SPACES.search(value) or "\n" in value:
            raise refused(f"{what} has an example with line breaks, tabs or spaces", WRONG_BODY)
    return samples


def _header(template: Template, component: Payload) -> None:
    form = str(component.get("format", "")).upper()
    if form not in HEADERS:
        raise refused(f"the format of a header must be one of {', '.join(HEADERS)}", WRONG_HEADER)
    if form != "TEXT":
        return
    text = _plain(component, limits.TEMPLATE_HEADER_MAX, WRONG_HEADER)
    names = _variables_of(template, text)
    if len(names) > 1:
        raise refused("a header has at most one variable", WRONG_HEADER)
    if names:
        _examples(template, component, "header_text", names)


def _footer(template: Template, component: Payload) -> None:
    if template.category == "AUTHENTICATION":
        low, high = limits.OTP_EXPIRY_MINUTES
        minutes = component.get("code_expiration_minutes")
        if not isinstance(minutes, int) or not low <= minutes <= high:
            raise refused(f"code_expiration_minutes must be {low} to {high}", NOT_VALID)
        return
    if re.search(r"[{}]", _plain(component, limits.TEMPLATE_FOOTER_MAX, WRONG_FOOTER)):
        raise refused("a footer has no variables", WRONG_FOOTER)


def _buttons(template: Template, component: Payload) -> None:
    buttons = component.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= limits.TEMPLATE_BUTTONS_MAX:
        raise refused(f"buttons must be 1 to {limits.TEMPLATE_BUTTONS_MAX}", NOT_VALID)
    if not all(isinstance(button, dict) for button in buttons):
        raise refused("buttons must be objects", NOT_VALID)
    kinds = [kind_of(button) for button in buttons]
    if template.category == "AUTHENTICATION":
        if kinds != ["OTP"] or str(buttons[0].get("otp_type", "")).upper() not in OTP_TYPES:
            raise refused("an authentication template has one OTP button", NOT_VALID)
        return
    once = max(kinds.count("PHONE_NUMBER"), kinds.count("REQUEST_CONTACT_INFO"))
    if kinds.count("URL") > limits.TEMPLATE_URL_BUTTONS_MAX or once > 1:
        raise refused("too many buttons of one type", NOT_VALID)
    # Quick replies come first or last, as one group: they begin or end at most once in between.
    quick = [kind == "QUICK_REPLY" for kind in kinds]
    if sum(one != other for one, other in pairwise(quick)) > 1:
        raise refused("quick replies must be one group, first or last", NOT_VALID)
    # The words of a button that asks for the contact are WhatsApp's.
    own = [b for b, kind in zip(buttons, kinds, strict=True) if kind != "REQUEST_CONTACT_INFO"]
    labels = [_label(button) for button in own]
    if len(set(labels)) != len(labels):
        raise refused("two buttons have the same text", NOT_VALID)


def _label(button: Payload) -> str:
    """Return the words of a button; refuse one whose form Meta does not take."""
    kind = kind_of(button)
    if kind not in ("QUICK_REPLY", "URL", "PHONE_NUMBER"):
        raise refused(f"button type '{button.get('type')}' is not known", NOT_VALID)
    label = _plain(button, limits.TEMPLATE_BUTTON_TEXT_MAX, NOT_VALID)
    if re.search(r"[{}]", label):
        raise refused("the text of a button has no variables", NOT_VALID)
    if kind == "URL":
        _url_button(button)
    if kind == "PHONE_NUMBER" and not PHONE_NUMBER.fullmatch(str(button.get("phone_number", ""))):
        raise refused("a PHONE_NUMBER button needs a phone_number", NOT_VALID)
    return label


def _url_button(button: Payload) -> None:
    url = button.get("url")
    if not isinstance(url, str) or not re.match(r"^https?://", url):
        raise refused("a URL button needs a url", NOT_VALID)
    if limits.length(url) > limits.TEMPLATE_URL_MAX:
        raise refused(f"a url has at most {limits.TEMPLATE_URL_MAX} characters", NOT_VALID)
    names = variables(url)
    if names and (names != ["1"] or not url.endswith("}}")):
        raise refused("a url has at most one variable, {{1}}, at its end", NOT_VALID)
    if names and not button.get("example"):
        raise refused(
            "component of type BUTTONS is missing expected field(s) (example)", INCOMPLETE
        )


COMPONENTS = {"BODY": _body, "HEADER": _header, "FOOTER": _footer, "BUTTONS": _buttons}
