"""Message templates: registers them, and finds the one that a call names.

A template is registered once for each language, and approved at once. Meta's review takes up to a
day; what Meta always refuses for its form is refused here too.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

import msgspec

from simulator import limits, template_rules
from simulator.errors import GraphError
from simulator.model import Template
from simulator.template_rules import NOT_VALID, refused

if TYPE_CHECKING:
    from simulator.store import Store

NAME = re.compile(r"[a-z0-9_]+")
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
# A template that may tell how an order stands.
ORDER_STATUS = "ORDER_STATUS"


def parse(payload: object) -> Template:
    """Return the template to be registered.

    Raises:
        GraphError: 100, if Meta refuses its form.
    """
    if not isinstance(payload, dict):
        raise GraphError(100, "The request body must be a JSON object.")
    name = payload.get("name")
    longest = limits.TEMPLATE_NAME_MAX
    if not isinstance(name, str) or not NAME.fullmatch(name) or len(name) > longest:
        raise refused("name must be lower case letters, digits and underscores", NOT_VALID)
    language = payload.get("language")
    if not isinstance(language, str) or not LANGUAGE.fullmatch(language):
        raise refused("language is not a supported language code", NOT_VALID)
    category = str(payload.get("category", "")).upper()
    if category not in CATEGORIES:
        raise refused(f"category must be one of {', '.join(CATEGORIES)}", NOT_VALID)
    parameter_format = str(payload.get("parameter_format", "POSITIONAL")).upper()
    if parameter_format not in ("POSITIONAL", "NAMED"):
        raise refused("parameter_format must be POSITIONAL or NAMED", NOT_VALID)
    components = payload.get("components")
    if not isinstance(components, list) or not all(isinstance(c, dict) for c in components):
        raise refused("components must be an array of objects", NOT_VALID)
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
    template_rules.check(template)
    return template


def _sub_category(payload: dict[str, Any], category: str) -> str:
    given = str(payload.get("sub_category") or "").upper()
    if given and (given, category) != (ORDER_STATUS, "UTILITY"):
        raise refused("sub_category must be ORDER_STATUS, of category UTILITY", NOT_VALID)
    return given


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
