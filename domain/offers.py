"""Message templates that staff may send to patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.errors import Invalid

VALUE_MAX = 600
"""Characters of one variable; Meta cuts a template's body at 1,024."""
FREE_TEXT = "free_text"
"""The template that carries text written by staff."""


@dataclass(frozen=True)
class OfferedTemplate:
    """One template in one language."""

    name: str
    """Its name in the API, such as appointment_reminder."""
    message: str
    """The message behind it, such as office/appointment_reminder."""
    provider_name: str
    """Its name at WhatsApp."""
    language: str
    category: str
    header: str
    body: str
    """With {{variable}} for each variable."""
    variables: tuple[str, ...]


def find_template(offers: Sequence[OfferedTemplate], name: str) -> OfferedTemplate:
    """Return the template called *name*, in English.

    Raises:
        Invalid: If there is none of that name.
    """
    for offer in offers:
        if offer.name == name:
            return offer
    known = ", ".join(sorted({o.name for o in offers}))
    raise Invalid("templateName", f"There is no such template. There are: {known}.")


def validate_values(template: OfferedTemplate, data: Mapping[str, str]) -> dict[str, str]:
    """Raise `Invalid` unless *data* fills every variable of *template*, and no other; return it.

    Raises:
        Invalid: About the first variable that is missing, unknown, empty or too long.
    """
    for name in template.variables:
        if not data.get(name, "").strip():
            raise Invalid(f"templateData.{name}", f"The template needs {name}.")
        if len(data[name]) > VALUE_MAX:
            raise Invalid(f"templateData.{name}", f"At most {VALUE_MAX} characters.")
    for name in data:
        if name not in template.variables:
            raise Invalid(f"templateData.{name}", "The template has no such variable.")
    return dict(data)
