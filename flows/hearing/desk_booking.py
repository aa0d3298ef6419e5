"""A booking that staff make for somebody by phone: "book sharma 9876543210 Ravi tomorrow 5pm"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.names import clean_name
from flows.hearing.dates import find_days
from flows.hearing.doctors import DoctorNames
from flows.hearing.known import Known
from flows.hearing.lexicon import Lexicon, Word
from flows.hearing.names import MOST_WORDS, Kind, kind_of, without_short_slips
from flows.hearing.phones import find_phones
from flows.hearing.spans import covered
from flows.hearing.times import find_times

BESIDE = (
    "say:polite", "say:this_one", "say:of", "say:book", "say:visit", "say:doctor", "say:filler",
)  # fmt: skip


@dataclass(frozen=True)
class BookingSaid:
    """For whom to book: E.164 and name; and the one doctor who was named, if any."""

    phone: str
    name: str
    doctor_ids: tuple[str, ...] = ()
    day: date | None = None
    """The day that was named, possibly a past one."""


def read_booking(
    text: str, lexicon: Lexicon, known: Known, doctors: DoctorNames
) -> BookingSaid | None:
    """Return for whom and with which doctor *text* asks to book.

    None unless it names one phone and one person, and says nothing that is not understood.
    """
    words = without_short_slips(lexicon.words(text, doctors.parts))
    phones = find_phones(words, text, known.countries)
    if len(phones) != 1 or "?" in text:
        return None
    named = [s for s in doctors.find(words) if len(s.value) == 1 and s.weight >= 1]
    days = find_days(words, known.today)
    taken = covered(phones) | covered(named) | covered(days) | covered(find_times(words))
    runs: list[list[Word]] = []
    for at, word in enumerate(words):
        if at in taken or not word.text[0].isalnum():
            continue
        kind = kind_of(word)
        follows = bool(runs) and at > 0 and runs[-1][-1].end in {word.start - 1, word.start - 2}
        if kind in {Kind.NAME, Kind.BOTH} or (kind is Kind.INITIAL and follows):
            if follows:
                runs[-1].append(word)
            else:
                runs.append([word])
        elif not word.has(*BESIDE):
            return None
    if len(runs) != 1 or len(runs[0]) > MOST_WORDS:
        return None
    name = clean_name(text[runs[0][0].start : runs[0][-1].end])
    ids = tuple(named[0].value) if len(named) == 1 else ()
    day = days[0].value.day if days else None
    return BookingSaid(phones[0].value, name, ids, day) if name else None
