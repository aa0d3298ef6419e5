"""Telephone numbers in a sentence, and the number and name of a person who walks in."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

import phonenumbers

from domain.names import JOINERS, clean_name
from domain.phones import normalise
from flows.hearing.lexicon import Word
from flows.hearing.spans import Span

FEWEST_DIGITS = 6
"""Fewer digits are not looked at: no accepted country has so short a number."""
_INVISIBLE = "Cf"
"""Marks of writing direction, among others, in which phones wrap a number that was copied."""
_AROUND = " \t\r\n.,;:!?/|\\-–—•·()[]{}<>+#&@=*_~`\"'"
"""What people write between a number and a name."""


def find_phones(words: Sequence[Word], text: str, countries: Sequence[str]) -> list[Span[str]]:
    """Return the numbers that *text* has among *words*, in E.164; those not accepted are left out.

    *countries* are codes such as +91; the first is assumed for a number written without one. Digits
    of any script, dashes, brackets and invisible marks may be mixed. A number inside a longer run of
    digits is none.
    """
    found = []
    for start, end, phone in _scan(text, countries):
        inside = [i for i, w in enumerate(words) if w.start < end and w.end > start]
        if inside:
            found.append(Span(inside[0], inside[-1] + 1, phone))
    return found


def number_and_name(text: str, countries: Sequence[str]) -> tuple[str, str | None] | None:
    """Return the first number of *text*, in E.164, and the name before or after it.

    The marks between the two are not part of the name; it is None if there is none. Return None if
    no number is accepted.
    """
    first = next(_scan(text, countries), None)
    if first is None:
        return None
    start, end, phone = first
    parts = [_trim(text[:start]), _trim(text[end:])]
    return phone, clean_name(" ".join(p for p in parts if any(map(str.isalpha, p))))


def _trim(text: str) -> str:
    shown = "".join(c for c in text if c in JOINERS or unicodedata.category(c) != _INVISIBLE)
    return shown.strip(_AROUND)


def _scan(text: str, countries: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Give start, end and E.164 form of each accepted number, in characters of *text*."""
    if sum(c.isdecimal() for c in text) < FEWEST_DIGITS:
        return
    seen, places = text, None
    if not text.isascii():
        places = [i for i, c in enumerate(text) if unicodedata.category(c) != _INVISIBLE]
        seen = "".join(text[i] for i in places)
    region = phonenumbers.region_code_for_country_code(int(countries[0]))
    for match in phonenumbers.PhoneNumberMatcher(seen, region):
        phone = normalise(match.raw_string, countries)
        if phone is not None:
            last = match.end - 1
            start, end = (places[match.start], places[last]) if places else (match.start, last)
            yield start, end + 1, phone
