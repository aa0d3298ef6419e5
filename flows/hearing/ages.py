"""Age and gender, as people write them after a name: "34/M", "5 yrs F", "umar 45", "6 mahine"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.hearing.lexicon import Word

OLDEST = 120
"""Years; a higher number is no age."""
MONTHS_A_YEAR = 12
CLEAR_AGE = 24
"""Up to this number, "6m" may be months or male, and is neither."""
_SIGNS = frozenset(",.-/():|=;+")


@dataclass(frozen=True)
class Details:
    """The age in years and the gender that were said, and how far they reach."""

    end: int
    age: int | None = None
    gender: str | None = None


def read_details(words: Sequence[Word], at: int, *, asked: bool = False) -> Details:
    """Return the age and gender that follow at a position, up to the first other word.

    With *asked* the message is the answer to who the patient is: a number alone is an age.
    """
    age = gender = None
    end = here = at
    while here < len(words):
        word = words[here]
        found = _age_at(words, here) or (_bare_age(words, here) if asked else None)
        if found is not None and age is None:
            end, age = found
            here = end
        elif gender is None and (said := gender_of(words, here)) is not None:
            gender = said
            here = end = here + 1
        elif word.text in _SIGNS or word.has("person:is", "person:and"):
            here += 1
        elif word.text.isdecimal() and age is None and _bare_age_with_gender(words, here):
            age = int(word.text)
            here = end = here + 1
        else:
            break
    return Details(end, age, gender)


def find_details(words: Sequence[Word]) -> Details:
    """Return the age and gender that are said anywhere in clear words: "5 saal ka", "girl"."""
    ages: list[int] = []
    at = 0
    while at < len(words):
        found = _age_at(words, at)
        at = found[0] if found else at + 1
        ages += [found[1]] if found else []
    genders = {g for w in words if len(w.raw) > 1 and (g := _gender(w)) is not None}
    age = ages[0] if len(ages) == 1 else None
    return Details(0, age, genders.pop() if len(genders) == 1 else None)


def gender_of(words: Sequence[Word], at: int) -> str | None:
    """Return the gender that a word says; a letter alone says it beside a number or a mark."""
    word = words[at]
    if len(word.raw) > 1:
        return _gender(word)
    before = words[at - 1] if at else None
    after = words[at + 1] if at + 1 < len(words) else None
    beside = (
        before is None
        or before.text in _SIGNS
        or before.number is not None
        or before.has("person:years", "person:months")
        or (after is not None and (after.text == "/" or after.number is not None))
    )
    return _LETTERS.get(word.text) if beside and word.has("person:m", "person:f") else None


_LETTERS = {"m": "MALE", "f": "FEMALE"}


def _gender(word: Word) -> str | None:
    for key, gender in (("male", "MALE"), ("female", "FEMALE"), ("other", "OTHER")):
        if word.has(f"person:{key}"):
            return gender
    return None


def _age_at(words: Sequence[Word], at: int) -> tuple[int, int] | None:
    """Return end and years of "age 5", "umar 45 saal", "5 yrs" or "6 months" at a position."""
    start = at
    while at < len(words) and (
        words[at].has("person:age")
        or (at > start and (words[at].text in {":", "-", "=", "."} or words[at].has("person:is")))
    ):
        at += 1
    number = _years(words, at)
    if number is None:
        return None
    after = words[at + 1] if at + 1 < len(words) else None
    if after is not None and after.has("person:months"):
        return at + 2, number // MONTHS_A_YEAR
    if after is not None and after.has("person:years"):
        return at + 2, number
    return (at + 1, number) if at > start else None


def _bare_age(words: Sequence[Word], at: int) -> tuple[int, int] | None:
    """Return end and years of a number that nothing follows but a gender or a mark."""
    number = _years(words, at)
    after = words[at + 1] if at + 1 < len(words) else None
    if number is None or (after is not None and after.glued and after.text not in _SIGNS):
        return _glued_age(number, at, after)
    clear = after is None or after.text in _SIGNS or gender_of(words, at + 1) is not None
    return (at + 1, number) if clear else None


def _glued_age(number: int | None, at: int, after: Word | None) -> tuple[int, int] | None:
    letter = after is not None and after.has("person:m", "person:f")
    clear = number is not None and (number > CLEAR_AGE or (after and after.has("person:f")))
    return (at + 1, number) if letter and clear and number is not None else None


def _bare_age_with_gender(words: Sequence[Word], at: int) -> bool:
    """Return whether a number is followed by a gender, as in "34/M" and "5, female"."""
    if _years(words, at) is None:
        return False
    after = at + 2 if at + 1 < len(words) and words[at + 1].text in {"/", ",", "-"} else at + 1
    return (
        after < len(words)
        and gender_of(words, after) is not None
        and (after > at + 1 or _bare_age(words, at) is not None)
    )


def _years(words: Sequence[Word], at: int) -> int | None:
    number = words[at].number if at < len(words) else None
    return number if number is not None and number <= OLDEST else None
