"""Telephone numbers: inside the product always E.164, with the plus sign."""

from __future__ import annotations

from collections.abc import Sequence

import phonenumbers


def normalise(text: str, countries: Sequence[str]) -> str | None:
    """Return *text* as an E.164 number of an accepted country, or None if it is not one.

    *countries* are codes such as +91; the first is assumed for a number given without one.
    """
    region = phonenumbers.region_code_for_country_code(int(countries[0]))
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    if f"+{number.country_code}" not in countries:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def group_digits(number: str) -> str:
    """Return an E.164 number with its digits in groups, for people to read."""
    parsed = phonenumbers.parse(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def mask(number: str) -> str:
    """Mask the middle of a number, to show it to somebody who has not proven that it is theirs."""
    return f"{number[:6]}****{number[-3:]}"
