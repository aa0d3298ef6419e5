"""What must be known of the clinic and of the moment to read a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flows.hearing.doctors import DoctorKnown


@dataclass(frozen=True)
class Known:
    """What must be known of the clinic and of the moment to read a sentence."""

    today: date
    """By the clinic's calendar."""
    minute: int
    """Minutes since midnight by the clinic's clock."""
    doctors: tuple[DoctorKnown, ...] = ()
    countries: tuple[str, ...] = ("+91",)
    """Country codes of the phone numbers that are accepted."""


NOTHING_KNOWN = Known(date(2000, 1, 1), 0)
"""For what does not depend on the clinic or the moment."""
