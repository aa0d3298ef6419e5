"""Message templates: registers them, and finds the one that a call names.

A template is registered once for each language, and approved at once. Meta's review takes up to a
day; what Meta always refuses for its form is refused here too.
"""

from __future__ import annotations

import re
import secrets
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from simulator import limits
from simulator.errors import GraphError

if TYPE_CHECKING:
    from simulator.store import Store

NAME = re.compile(r"^[a-z0-9_]+$")
LANGUAGE = re.compile(r"^[a-z]{2,3}(_[A-Z]{2})?$")
VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
NAMED = re.compile(r"^[a-z][a-z0-9_]*$")
CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
Category = Literal["AUTHENTICATION", "MARKETING", "UTILITY"]
Format = Literal["POSITIONAL", "NAMED"]
# A template that may tell how an order stands.
ORDER_STATUS = "ORDER_STATUS"


class Template(msgspec.Struct):
    """An approved template in one language; `components` are those of its creation."""

    id: str
    name: str
    language: str
    category: Category
    parameter_format: Format
    components: list[dict[str, Any]]
    status: str = "APPROVED"
    sub_category: str = ""

    def component(self, kind: str) -> dict[str, Any]:
        """Return the component of that type, or an empty one."""
        return next((c for c in self.components if _kind(c) == kind), {})

    def buttons(self) -> list[dict[str, Any]]:
        """Return the button definitions, in order; a send call refers to them by index."""
        buttons = self.component("BUTTONS").get("buttons", [])
        return list(buttons)


def variables(text: str) -> list[str]:
    """Return the names or numbers of the variables in *text*, each once, in order."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def _kind(component: dict[str, Any]) -> str:
    return str(component.get("type", "")).upper()


def refused(details: str, subcode: int) -> GraphError:
    """Return Meta's refusal to create a template."""
    return GraphError(100, details, message="(#100) Invalid parameter", subcode=subcode)


def parse(payload: object) -> Template:
    """Return the template to be registered.

    Raises:
        GraphError: 100, if Meta refuses its form.
    """
    if not isinstance(payload, dict):
        raise GraphError(100, "The request body must be a JSON object.")
    name = payload.get("name")
    if not isinstance(name, str) or not NAME.match(name) or len(name) > limits.TEMPLATE_NAME_MAX:
        raise refused("name must be lower case letters, digits and underscores", 2388042)
    language = payload.get("language")
    if not isinstance(language, str) or not LANGUAGE.match(language):
        raise refused("language is not a supported language code", 2388042)
    category = str(payload.get("category", "")).upper()
    if category not in CATEGORIES:
        raise refused(f"category must be one of {', '.join(CATEGORIES)}", 2388042)
    parameter_format = str(payload.get("parameter_format", "POSITIONAL")).upper()
    if parameter_format not in ("POSITIONAL", "NAMED"):
        raise refused("parameter_format must be POSITIONAL or NAMED", 2388042)
    components = payload.get("components")
    if not isinstance(components, list) or not all(isinstance(c, dict) for c in components):
        raise refused("components must be an array of objects", 2388042)
    template = msgspec.convert(
        {
            "id": str(secrets.randbelow(9 * 10**14) + 10**14),
            "name": name,
            "language": language,
            "category": category,
            "parameter_format": parameter_format,
            "components": components,
            "sub_category": _sub_category(payload, category),
        },
        Template,
    )
    kinds = [_kind(c) for c in components]
    if len(set(kinds)) != len(kinds) or "BODY" not in kinds:
        raise refused("components must have one BODY, and each other type at most once", 2388042)
    for component in components:
        check = COMPONENTS.get(_kind(component))
        if check is None:
            raise refused(f"component type '{component.get('type')}' is not known", 2388042)
        check(template, component)
    return template


def _sub_category(payload: dict[str, Any], category: str) -> str:
    given = str(payload.get("sub_category") or "").upper()
    if given and (given, category) != (ORDER_STATUS, "UTILITY"):
        raise refused("sub_category must be ORDER_STATUS, of category UTILITY", 2388042)
    return given


def _text(component: dict[str, Any], longest: int) -> str:
    text = component.get("text")
    if not isinstance(text, str) or not text.strip():
        raise refused(f"component {_kind(component)} needs a text", 2388043)
    if len(text) > longest:
        raise refused(f"component {_kind(component)} is longer than {longest}", 2388040)
    return text


def _body(template: Template, component: dict[str, Any]) -> None:
    if template.category == "AUTHENTICATION":
        if "text" in component:
            raise refused("the text of an authentication template is fixed", 2388042)
        return
    text = _text(component, limits.TEMPLATE_BODY_MAX)
    names = variables(text)
    _named_rightly(template, names)
    stripped = text.strip()
    if names and (stripped.startswith("{{") or stripped.endswith("}}")):
        raise refused("variables cannot be at the start or end of the template", 2388299)
    if names:
        _require_examples(template, component, "body_text", len(names))


def _header(template: Template, component: dict[str, Any]) -> None:
    if str(component.get("format", "")).upper() != "TEXT":
        return
    names = variables(_text(component, limits.TEMPLATE_HEADER_MAX))
    _named_rightly(template, names)
    if len(names) > 1:
        raise refused("a header has at most one variable", 2388042)
    if names:
        _require_examples(template, component, "header_text", 1)


def _named_rightly(template: Template, names: list[str]) -> None:
    if template.parameter_format == "NAMED":
        wrong = [name for name in names if not NAMED.match(name)]
    else:
        wrong = [] if names == [str(n + 1) for n in range(len(names))] else names
    if wrong:
        raise refused(f"variables are not well named: {', '.join(wrong)}", 2388042)


def _require_examples(
    template: Template, component: dict[str, Any], field: str, count: int
) -> None:
    """Refuse variables without sample values, which Meta's reviewers ask for."""
    example = component.get("example")
    example = example if isinstance(example, dict) else {}
    if template.parameter_format == "NAMED":
        samples = example.get(f"{field}_named_params", [])
    else:
        samples = example.get(field, [])
        if samples and isinstance(samples[0], list):
            samples = samples[0]
    if len(samples) != count:
        raise refused(
            f"component of type {_kind(component)} is missing expected field(s) (example)", 2388043
        )


def _footer(template: Template, component: dict[str, Any]) -> None:
    if template.category == "AUTHENTICATION":
        low, high = limits.OTP_EXPIRY_MINUTES
        minutes = component.get("code_expiration_minutes")
        if not isinstance(minutes, int) or not low <= minutes <= high:
            raise refused(f"code_expiration_minutes must be {low} to {high}", 2388042)
        return
    if variables(_text(component, limits.TEMPLATE_FOOTER_MAX)):
        raise refused("a footer has no variables", 2388042)


def _buttons(template: Template, component: dict[str, Any]) -> None:
    buttons = component.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= limits.TEMPLATE_BUTTONS_MAX:
        raise refused(f"buttons must be 1 to {limits.TEMPLATE_BUTTONS_MAX}", 2388042)
    kinds = [_kind(button) for button in buttons]
    if template.category == "AUTHENTICATION":
        if kinds != ["OTP"] or str(buttons[0].get("otp_type", "")).upper() not in (
            "COPY_CODE",
            "ONE_TAP",
            "ZERO_TAP",
        ):
            raise refused("an authentication template has one OTP button", 2388042)
        return
    once = max(kinds.count("PHONE_NUMBER"), kinds.count("REQUEST_CONTACT_INFO"))
    if kinds.count("URL") > limits.TEMPLATE_URL_BUTTONS_MAX or once > 1:
        raise refused("too many buttons of one type", 2388042)
    # Quick replies come first or last, as one group: they begin or end at most once in between.
    quick = [kind == "QUICK_REPLY" for kind in kinds]
    if sum(one != other for one, other in pairwise(quick)) > 1:
        raise refused("quick replies must be one group, first or last", 2388042)
    for button, kind in zip(buttons, kinds, strict=True):
        if kind == "REQUEST_CONTACT_INFO":
            continue  # its words are WhatsApp's
        if kind not in ("QUICK_REPLY", "URL", "PHONE_NUMBER"):
            raise refused(f"button type '{button.get('type')}' is not known", 2388042)
        _text(button, limits.TEMPLATE_BUTTON_TEXT_MAX)
        if kind == "URL":
            _url_button(button)


def _url_button(button: dict[str, Any]) -> None:
    url = button.get("url")
    if not isinstance(url, str) or not re.match(r"^https?://", url):
        raise refused("a URL button needs a url", 2388042)
    if len(url) > limits.TEMPLATE_URL_MAX:
        raise refused(f"a url has at most {limits.TEMPLATE_URL_MAX} characters", 2388042)
    names = variables(url)
    if names and (names != ["1"] or not url.endswith("}}")):
        raise refused("a url has at most one variable, {{1}}, at its end", 2388042)
    if names and not button.get("example"):
        raise refused("component of type BUTTONS is missing expected field(s) (example)", 2388043)


COMPONENTS = {"BODY": _body, "HEADER": _header, "FOOTER": _footer, "BUTTONS": _buttons}


class Registry:
    """The templates of the business account. Call with the world's lock held."""

    def __init__(self, store: Store, configured: list[dict[str, Any]]) -> None:
        """Begin with the templates in *store* and the configured ones."""
        self._store = store
        self._templates: dict[tuple[str, str], Template] = {}
        for body in store.load("template"):
            template = msgspec.json.decode(body, type=Template)
            self._templates[template.name, template.language] = template
        for payload in configured:
            template = parse(payload)
            self._templates.setdefault((template.name, template.language), template)

    def add(self, template: Template) -> None:
        """Register a template.

        Raises:
            GraphError: 100 with subcode 2388024, if the name exists in that language.
        """
        key = (template.name, template.language)
        if key in self._templates:
            raise refused("Content in this language already exists", 2388024)
        self._save(template)

    def edit(self, template_id: str, components: object) -> Template | None:
        """Replace a template's components and return it, or None if there is none with that id."""
        old = next((t for t in self._templates.values() if t.id == template_id), None)
        if old is None:
            return None
        new = parse({**msgspec.to_builtins(old), "components": components})
        new.id = old.id
        self._save(new)
        return new

    def remove(self, name: str) -> int:
        """Delete a template in all its languages; return how many there were."""
        keys = [key for key in self._templates if key[0] == name]
        for key in keys:
            del self._templates[key]
            self._store.delete("template", "/".join(key))
        return len(keys)

    def find(self, name: str, language: str) -> Template:
        """Return the template that a call names.

        Raises:
            GraphError: 132001, if it is not registered in that language.
        """
        template = self._templates.get((name, language))
        if template is None:
            raise GraphError(132001, f"template name ({name}) does not exist in {language}")
        return template

    def all(self) -> list[Template]:
        """Return all templates by name and language."""
        return [self._templates[key] for key in sorted(self._templates)]

    def _save(self, template: Template) -> None:
        self._templates[template.name, template.language] = template
        key = f"{template.name}/{template.language}"
        self._store.put("template", key, msgspec.json.encode(template))
