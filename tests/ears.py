"""The ear with the words of all languages, and a clinic of four doctors to be heard in."""

from __future__ import annotations

from datetime import date
from functools import cache

from flows.hearing.doctors import DoctorKnown
from flows.hearing.ear import Ear
from flows.hearing.known import Known
from tests.sendable import renderer

MONDAY = date(2030, 11, 25)
KHAN = DoctorKnown("doc_khan", "Dr. Imran Khan", "Dermatology")
MEERA = DoctorKnown("doc_meera", "Dr. Meera Iyer", "Pediatrics")
RAO = DoctorKnown("doc_rao", "Dr. Vikram Rao", "Dentistry")
SUNITA_RAO = DoctorKnown("doc_srao", "Dr. Sunita Rao", "Cardiology")
KNOWN = Known(MONDAY, 600, (KHAN, MEERA, RAO, SUNITA_RAO))
"""Ten o'clock on Monday."""


@cache
def the_ear() -> Ear:
    """Return the ear; its words are read once for all tests of a process."""
    return renderer().ear()
