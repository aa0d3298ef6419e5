"""Persons whom a sentence names: "for Riya, 5, F", "mere papa ke liye", "my name is Ravi"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from domain.names import fold_name
from flows.hearing.ages import Details, find_details, read_details
from flows.hearing.lexicon import Lexicon, Word
from flows.hearing.meaning import PersonSaid, Who
from flows.hearing.names import (
    is_doctors,
    is_initial,
    name_end,
    name_start,
    without_short_slips,
    without_titles,
    written,
)
from flows.hearing.spans import Span, covered, pick

SURE, LIKELY, GUESS = 1.0, 0.8, 0.6
"""Weights: in words that say so, in words that mostly do, and an unknown word in such a place."""
_ADDRESS = re.compile(r"://|\bwww\.|\S@\S|\w\.(?:com|in|org|net|co)\b", re.IGNORECASE)
_PHONE = re.compile(r"\+[\s(]*\d[\d\s().-]{6,}\d|\d{4,}(?:[\s.-]?\d{3,})*")
_INTRODUCING = frozenset(":-=,.")


def find_people(words: Sequence[Word], text: str) -> list[Span[PersonSaid]]:
    """Return the persons that *words* of *text* name, in the order of the sentence.

    The weight is 1 if the words around a name, or "my", say that it is a person; less if an unknown
    word only stands where a name could. A doctor, by title, is none.
    """
    words = without_short_slips(words)
    found = (read(words, text, at) for at in range(len(words)) for read in _READERS)
    people = pick(span for span in found if span is not None)
    people = pick(people + [other for p in people for other in _read_beside(words, text, p)])
    if len(people) == 1:
        people = [_completed(words, people[0])]
    return people


def name_said(text: str, lexicon: Lexicon, doctors: Sequence[str] = ()) -> PersonSaid | None:
    """Return the person that *text* answers, to the question for the patient's name.

    Of kinship alone, or "for me", the name is None: it is asked for. Return None if the text is no
    answer: a question, a link, a number, a day, a command, one of the clinic's *doctors*, or a
    sentence of words that are known.
    """
    if _ADDRESS.search(text):
        return None
    text = _PHONE.sub(lambda m: ",".ljust(len(m[0])), text)
    words = without_short_slips(lexicon.words(text))
    if any(w.text == "?" or (w.has("plain:question") and not w.slip) for w in words):
        return None
    people = find_people(words, text)
    named = [p.value for p in people if p.value.name and p.weight >= GUESS]
    person = named[0] if len(named) == 1 else _plain_name(words, text, doctors)
    if person is None and len(people) == 1:
        rest = [w for i, w in enumerate(words) if i not in covered(people)]
        if people[0].weight >= SURE or all(map(_says_nothing, rest)):
            person = people[0].value
    return person


def _plain_name(words: Sequence[Word], text: str, doctors: Sequence[str]) -> PersonSaid | None:
    """Return the person whose name is the message, but for courtesy, age and gender."""
    start = 0
    while start < len(words) and _says_nothing(words[start]) and not is_initial(words, start):
        start += 1
    before = read_details(words, start)
    start = before.end
    of_baby = start < len(words) and words[start].has("person:baby_of")
    titled = start < len(words) and words[start].has("person:doctor")
    at = without_titles(words, start + 1 if of_baby or titled else start)
    if titled and at < len(words) and words[at].text == ".":
        at += 1
    end = name_end(words, at)
    if end == at or (titled and _is_one_of(words[at:end], doctors)):
        return None
    details = read_details(words, end, asked=True)
    for word in words[details.end :]:
        if word.has("person:child_of", "person:born"):
            break
        if not _says_nothing(word) and not word.has("person:is", "person:and"):
            return None
    details = Details(
        details.end,
        before.age if details.age is None else details.age,
        details.gender or before.gender,
    )
    return _person(Who.NAMED, details, name=written(text, words[start if of_baby else at : end]))


def _is_one_of(words: Sequence[Word], doctors: Sequence[str]) -> bool:
    said = fold_name(" ".join(w.raw for w in words)).split()
    return any(set(said) & set(fold_name(doctor).split()) for doctor in doctors)


def _says_nothing(word: Word) -> bool:
    if word.has("filler:courtesy", "filler:yes") and not word.keys("name"):
        return True
    return not word.text[0].isalnum()


def _completed(words: Sequence[Word], span: Span[PersonSaid]) -> Span[PersonSaid]:
    """Return the one person of a sentence with the age and gender said elsewhere in it."""
    details = find_details(words)
    age = details.age if span.value.age is None else span.value.age
    gender = span.value.gender or details.gender
    return replace(span, value=replace(span.value, age=age, gender=gender))


# What stands around a person. Each reader looks at one position of the sentence.


def _read_kin(words: Sequence[Word], text: str, at: int) -> Span[PersonSaid] | None:
    """Read "my father", "meri beti Riya ke liye", "papa ka naam Ramesh hai"."""
    relations = words[at].keys("kin")
    if not relations:
        return None
    start, marked = at, False
    while start > 0 and (marks := _before_kin(words, start - 1)) is not None:
        start, marked = start - 1, marked or marks
    begin = _skip(words, at + 1, lambda w: _is_courtesy(w) or w.has("say:of") or w.text == ",")
    introduced = begin < len(words) and words[begin].has("person:name")
    begin = without_titles(words, _skip(words, begin, _introduces))
    end = name_end(words, begin, sure=introduced)
    name = written(text, words[begin:end]) if end > begin else None
    details = read_details(words, end if name else at + 1)
    end = _skip(words, details.end, _is_courtesy)
    if end < len(words) and words[end].has("person:ke_liye", "person:ko"):
        marked, end = True, end + 1
    else:
        end = details.end
    if words[at].has("person:address") and not (marked or introduced):
        return None
    person = _person(Who.NAMED if name else Who.RELATIVE, details, name=name)
    person = replace(person, relation=relations[0], called=written(text, words[at : at + 1]))
    return Span(start, end, person, SURE if marked or introduced else GUESS)


def _before_kin(words: Sequence[Word], at: int) -> bool | None:
    """Return whether a word before a kinship shows that a person is meant; None if it is apart."""
    if words[at].has("person:my", "person:for", "person:on_behalf"):
        return True
    age = words[at].has("person:years", "person:months") or (
        words[at].text.isdecimal() and words[at + 1].has("person:years", "person:months")
    )
    return False if age or words[at].has("pick:the", "person:patient") else None


def _read_introduced(words: Sequence[Word], text: str, at: int) -> Span[PersonSaid] | None:
    """Read "my name is Ravi", "naam: Ravi", "patient Riya age 5", "Ravi naam hai"."""
    named = words[at].has("person:name")
    if not named and not words[at].has("person:patient"):
        return None
    if is_doctors(words, at) or (at and words[at - 1].keys("kin")):
        return None  # the doctor's; or that of a relative, who is read with it
    begin = without_titles(words, _skip(words, at + 1, _introduces))
    end = name_end(words, begin, sure=named)
    if end > begin:
        return _named(words, text, (at, begin, end), SURE if named else LIKELY)
    begin = name_start(words, at) if named else at
    return _named(words, text, (begin, begin, at), LIKELY)


def _read_for(words: Sequence[Word], text: str, at: int) -> Span[PersonSaid] | None:
    """Read "for Riya", "on behalf of Mrs Rao", "for me"."""
    if words[at].has("person:for_me"):
        return Span(at, at + 1, PersonSaid(Who.WRITER), SURE)
    if not words[at].has("person:for", "person:on_behalf"):
        return None
    begin = without_titles(words, _skip(words, at + 1, _introduces))
    if begin < len(words) and words[begin].has("person:me"):
        return Span(at, begin + 1, PersonSaid(Who.WRITER), SURE)
    if begin < len(words) and words[begin].has("person:patient"):
        begin += 1
    end = name_end(words, begin, sure=begin > at + 1)
    return _named(words, text, (at, begin, end), _weight(words[begin:end]))


def _read_ke_liye(words: Sequence[Word], text: str, at: int) -> Span[PersonSaid] | None:
    """Read "Riya ke liye", "Riya ji ko", "khud ke liye"."""
    loosely = words[at].has("person:ko")
    if not loosely and not words[at].has("person:ke_liye"):
        return None
    end = at
    while end > 0 and _is_courtesy(words[end - 1]):
        end -= 1
    if end and words[end - 1].has("person:me"):
        return Span(end - 1, at + 1, PersonSaid(Who.WRITER), SURE)
    begin = name_start(words, end)
    weight = _weight(words[begin:end])
    if begin == end or is_doctors(words, begin) or (loosely and weight < SURE):
        return None
    span = _named(words, text, (begin, begin, end), LIKELY if loosely else weight)
    return replace(span, end=at + 1) if span is not None else None


def _read_i_am(words: Sequence[Word], text: str, at: int) -> Span[PersonSaid] | None:
    """Read "I am Ravi Kumar", "this is Ravi", "main Ravi bol raha hoon"."""
    if not words[at].has("person:i_am"):
        return None
    begin = without_titles(words, at + 1)
    end = name_end(words, begin)
    after = words[end] if end < len(words) else None
    closed = after is None or not after.text[0].isalnum()
    closed = closed or (after is not None and after.has("person:is", "person:here", "person:and"))
    if end == begin or not (closed or read_details(words, end, asked=True).end > end):
        return None
    return _named(words, text, (at, begin, end), LIKELY)


def _read_here(words: Sequence[Word], text: str, at: int) -> Span[PersonSaid] | None:
    """Read "Ravi here"."""
    if not words[at].has("person:here"):
        return None
    begin = name_start(words, at)
    alone = begin == 0 or _says_nothing(words[begin - 1])
    return _named(words, text, (begin, begin, at), LIKELY) if alone else None


_READERS: tuple[Callable[[Sequence[Word], str, int], Span[PersonSaid] | None], ...] = (
    _read_kin,
    _read_introduced,
    _read_for,
    _read_ke_liye,
    _read_i_am,
    _read_here,
)


def _read_beside(
    words: Sequence[Word], text: str, person: Span[PersonSaid]
) -> Iterator[Span[PersonSaid]]:
    """Read the other of "for Riya and Rohan" and "Riya aur Rohan ke liye"."""
    if person.value.name is None:
        return
    before, after = person.start - 1, person.end
    if after < len(words) and words[after].has("person:and"):
        end = name_end(words, after + 1)
        other = _named(words, text, (after, after + 1, end), person.weight)
        yield from [other] if other else []
    if before > 0 and words[before].has("person:and"):
        begin = name_start(words, before)
        other = _named(words, text, (begin, begin, before), person.weight)
        yield from [other] if other else []


def _named(
    words: Sequence[Word], text: str, where: tuple[int, int, int], weight: float
) -> Span[PersonSaid] | None:
    """Return a person by name: *where* is the start of it all, and the name's start and end."""
    start, begin, end = where
    if begin == end:
        return None
    name = written(text, words[begin:end])
    details = read_details(words, end)
    return (
        Span(start, details.end, _person(Who.NAMED, details, name=name), weight) if name else None
    )


def _person(who: Who, details: Details, *, name: str | None) -> PersonSaid:
    return PersonSaid(who, name=name, age=details.age, gender=details.gender)


def _weight(words: Sequence[Word]) -> float:
    """Return how likely words are a name: known as one, with a capital, or just unknown."""
    sure = any(w.keys("name") or w.raw[0].isupper() for w in words)
    return SURE if sure else GUESS


def _skip(words: Sequence[Word], at: int, skipped: Callable[[Word], bool]) -> int:
    while at < len(words) and skipped(words[at]):
        at += 1
    return at


def _is_courtesy(word: Word) -> bool:
    return word.has("filler:courtesy") and not word.keys("name")


def _introduces(word: Word) -> bool:
    return word.text in _INTRODUCING or word.has("person:name", "person:is")
