"""Whom people call in an emergency: the numbers that a country answers at any hour."""

from __future__ import annotations

NUMBERS = {"+91": ("112", "108")}
"""By country code. In India 112 is every emergency (ERSS), 108 the ambulance."""
ZONES = {"Asia/Kolkata": "+91"}
"""The country code of a time zone, where no phone number tells the country."""
ANYWHERE = ("112",)
"""What every mobile phone dials as an emergency call (3GPP TS 22.101, 10.1.1)."""


def emergency_numbers(phone: str | None, time_zone: str | None = None) -> tuple[str, ...]:
    """Return the emergency numbers of the country of *phone* (E.164), else of *time_zone*.

    The first is answered for every kind of emergency.
    """
    known = (code for code in NUMBERS if (phone or "").startswith(code))
    return NUMBERS.get(next(known, ZONES.get(time_zone or "", "")), ANYWHERE)
