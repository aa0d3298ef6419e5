"""The catalogue's samples, with names that nobody should have in them."""

from __future__ import annotations

from typing import Any

from bot.rendering.catalogue import Sample
from domain.model.messages import Option

_NAMES = {
    "person", "doctor", "clinic", "name", "by", "added", "text", "next_person", "specialization",
}  # fmt: skip
HOSTILE = {
    "lines": "Asha\nRao\r\n\tMenon\u2028x\u2029y\x85z\x0bq",
    "formatting": "*Asha* _Rao_ ~Menon~ ```code``` `x`",
    "long": "W" * 100,
    "right to left": "\u202egnp.exe\u202c محمد",
    "arabic, embedded": "\u202bمحمد\u202c \u200fعلي",
    "hebrew, embedded": "\u202a\u202bשרה כהן",
    "long right to left": "محمد " * 20,
    "isolates": "\u2066\u2067\u2068a\u2069",
    "invisible": "A\u200bs\u2060h\ufeffa\u00ad",
    "emoji": "👩🏽\u200d⚕️ Asha 🎉🎉",
    "long emoji": "👨🏿\u200d👩🏽\u200d👧🏻\u200d👦🇮🇳" * 7,
    "apostrophe": "Seán O'Brien",
    "devanagari": "श्रीमती लक्ष्मी " * 6,
    "spaces": "Asha          Rao\u00a0\u3000 ",
    "five spaces, tab, line break": "Asha     Rao\tIyer\nMenon",
    "placeholder": "{{person}} {% raise %} {{ 7 * 7 }}",
    "option": "1. Wait 2 - Cancel",
}
REFUSED = ["", "   ", "\n", "W" * 200, "محمد " * 40, "👩🏽\u200d⚕️" * 40, "आशा " * 50]
"""Names that `domain` refuses, but WhatsApp and the clinics may send: blank or too long."""


def _replaced(value: Any, key: str, name: str) -> Any:
    if isinstance(value, dict):
        return {k: _replaced(v, k, name) for k, v in value.items()}
    if isinstance(value, list):
        return [_replaced(v, key, name) for v in value]
    return name if key in _NAMES and isinstance(value, str) else value


def with_names(sample: Sample, name: str) -> tuple[dict[str, Any], tuple[Option, ...]]:
    """Return the values and options of *sample* with everybody called *name*."""
    values = _replaced(sample.values, "", name)
    options = tuple(
        Option(id=o.id, label=o.label, values=_replaced(o.values, "", name)) for o in sample.options
    )
    return values, options
