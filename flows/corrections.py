"""What is told of a booking that stands: whose it is, under which name, and what the visit is for.

A name in a sentence is a guess: nothing changes before the person says yes.
"""

from __future__ import annotations

from itertools import groupby

import msgspec

from domain.actions.booking import complaints, renaming
from domain.actions.messages import notices
from domain.actions.people import told
from domain.errors import NotFound
from domain.model.clinics import Doctor
from domain.model.conversations import Wish
from domain.model.messages import Option
from domain.model.queues import Token
from domain.names import is_same_name
from flows.booking import begin, no_doctors
from flows.hearing.lexicon import Word
from flows.hearing.meaning import Meaning, PersonSaid, Who
from flows.hearing.people import find_people, name_said
from flows.hearing.spans import covered
from flows.my_bookings import (
    being_served,
    bookings_meant,
    none_live,
    over,
    several,
    take,
    take_chosen,
)
from flows.settings import ask_again
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says
from flows.wish import GOES_ON, profile_of, seal_person, wish_of

RIGHT_NAME = "right_name"
"""The state in which the right name is asked for."""
CORRECTING = frozenset({None, "symptom", "change_name"})
"""What a sentence may want beside a name that is for a booking that stands."""


def is_correction(turn: Turn, said: Meaning) -> bool:
    """Whether a sentence names somebody for a booking that stands, and wants nothing else.

    While a booking is being made, a name is for that one.
    """
    if turn.state in GOES_ON or said.trigger not in CORRECTING or said.facts:
        return False
    if said.trigger is None and _is_question(turn, said.rest):
        return False
    if said.trigger != "change_name" and (said.doctor_ids or said.day or said.time):
        return False  # a visit is wished for somebody
    return _person_in(turn, said) is not None


def _is_question(turn: Turn, text: str) -> bool:
    words = turn.ear.lexicon.words(text)
    return any(w.text == "?" or w.has("say:ask", "plain:question") for w in words)


def nobody_to_book(turn: Turn) -> bool:
    """Whether the contact has no booking here, and nobody can be booked."""
    return none_live(turn) and no_doctors(turn)


def is_booking(turn: Turn) -> bool:
    """Whether a booking is being made, and its question stands."""
    return turn.state in GOES_ON and turn.conversation.question is not None


def no_name(turn: Turn) -> bool:
    """Whether no name waits to be given to a booking."""
    return _person(turn) is None


def named_so(turn: Turn) -> bool:
    """Whether the one booking meant has that name already."""
    person, token = _person(turn), bookings_meant(turn)[0]
    return person is not None and is_same_name(person.name or "", token.patient_name)


def named_so_and_ill(turn: Turn) -> bool:
    """Whether it has that name already, and what the visit is for was told with it."""
    return named_so(turn) and _complaint(turn) is not None


def nothing_told(turn: Turn) -> bool:
    """Whether what the visit is for is not known any more."""
    return _complaint(turn) is None


def name_waits(turn: Turn) -> bool:
    """Whether a name waits that a booking shall not get after all."""
    return not over(turn) and not none_live(turn) and not no_name(turn)


def await_answer(turn: Turn) -> None:
    """Remember who and what was told, until it is clear for which booking, or it is confirmed."""
    turn.remember(wish=_told(turn, corrects=True))


def keep_for_booking(turn: Turn) -> None:
    """Remember what the visit is for, and put the question of the booking that is made again."""
    wish, complaint = wish_of(turn), _complaint(turn)
    if complaint is not None:
        before = turn.work.seal.open(wish.complaint) if wish.complaint is not None else None
        both = complaints.join_complaints(before, complaint)
        wish = msgspec.structs.replace(wish, complaint=turn.work.seal.seal(both))
    turn.remember(wish=wish)
    ask_again(turn)


def begin_with_said(turn: Turn) -> None:
    """Begin a booking for the person named, and remember what it is for."""
    begin(turn)
    turn.remember(wish=_told(turn, corrects=False))


def note_complaint(turn: Turn) -> None:
    """Keep what the visit is for with the booking, and who it is for as far as that adds to it."""
    note_person(turn)
    complaint = _complaint(turn)
    if complaint is not None:
        turn.token = complaints.note_complaint(turn.work, turn.acted_on, complaint)
    turn.remember(wish=None)


def note_person(turn: Turn) -> None:
    """Keep age and sex of the booking's patient, who was named right."""
    take(turn)
    person = _person(turn)
    if person is not None and named_so(turn):
        turn.token = told.keep_told(turn.work, turn.acted_on, profile_of(turn, person))


def keep_name(turn: Turn) -> None:
    """Leave the booking as it is, and forget the name."""
    take(turn)
    turn.remember(wish=None)


def rename(turn: Turn) -> None:
    """Give the booking the name that waits, and keep what the visit is for.

    Raises:
        NotFound: If no name waits.
        NotNow: If the patient is being served.
        AlreadyBooked: If the other patient has a booking with that doctor that day.
    """
    person, complaint = _person(turn), _complaint(turn)
    if person is None or person.name is None:
        raise NotFound
    token = bookings_meant(turn)[0]
    turn.contact, turn.token = renaming.correct_name(
        turn.work,
        turn.clinic,
        turn.work.require(Doctor, token.clinic_id, token.doctor_id),
        turn.contact,
        token,
        person.name,
        profile_of(turn, person),
    )
    if complaint is not None:
        turn.token = complaints.note_complaint(turn.work, turn.token, complaint)
    turn.remember(wish=None)


# fmt: off
ROWS = (
    #   on             at         when              do                     say                   then
    Row("symptom",     ANYWHERE,  is_booking,       keep_for_booking,      None,                 None),
    *(Row(on,          ANYWHERE,  nobody_to_book,   begin,                 "booking/no_doctors", "idle")
      for on in ("rename", "change_name", "symptom")),
    *(Row(on,          ANYWHERE,  none_live,        begin_with_said,       "booking/doctors",    "doctor")
      for on in ("rename", "change_name", "symptom")),
    Row("rename",      ANYWHERE,  no_name,          None,                  "mine/which_name",    RIGHT_NAME),
    Row("rename",      ANYWHERE,  several,          await_answer,          "mine/which",         "idle"),
    Row("rename",      ANYWHERE,  named_so_and_ill, note_complaint,        "mine/noted",         "idle"),
    Row("rename",      ANYWHERE,  named_so,         note_person,           "mine/status",        "idle"),
    Row("rename",      ANYWHERE,  being_served,     take,                  "mine/not_now",       "idle"),
    Row("rename",      ANYWHERE,  None,             await_answer,          "mine/rename",        "renaming"),
    Row("renamed",     ANYWHERE,  over,             take_chosen,           "mine/not_now",       "idle"),
    Row("renamed",     ANYWHERE,  none_live,        None,                  "mine/none",          "idle"),
    Row("renamed",     ANYWHERE,  no_name,          None,                  "mine/which_name",    RIGHT_NAME),
    Row("renamed",     ANYWHERE,  None,             rename,                "mine/renamed",       "idle"),
    Row("keep",        ANYWHERE,  name_waits,       keep_name,             "mine/status",        "idle"),
    Row("change_name", ANYWHERE,  None,             None,                  "mine/which_name",    RIGHT_NAME),
    Row("symptom",     ANYWHERE,  nothing_told,     take,                  "mine/status",        "idle"),
    Row("symptom",     ANYWHERE,  several,          await_answer,          "mine/which",         "idle"),
    Row("symptom",     ANYWHERE,  None,             note_complaint,        "mine/noted",         "idle"),
)
# fmt: on


@says("mine/which_name")
def _which_name(_turn: Turn) -> Say:
    return Say()


@says("mine/rename")
def _rename(turn: Turn) -> Say:
    """Ask whether the booking is for the person named; age and complaint are encrypted."""
    token, person = bookings_meant(turn)[0], _person(turn)
    if person is None:
        raise LookupError("A name is asked about that nobody told.")
    return Say(
        values={**_about(turn, token), "named": person.name, "age": None, "complaint": None},
        secrets={"age": person.age, "complaint": _complaint(turn)},
        options=[
            Option(id=f"renamed:{token.token_id}", label="yes_button"),
            Option(
                id=f"keep:{token.token_id}",
                label="no_name_button",
                values={"name": token.patient_name},
            ),
        ],
    )


@says("mine/renamed")
@says("mine/noted")
def _noted(turn: Turn) -> Say:
    complaint = complaints.complaint_of(turn.work, turn.acted_on)
    return Say(
        values={**_about(turn, turn.acted_on), "complaint": None},
        secrets={"complaint": complaint},
    )


def _told(turn: Turn, *, corrects: bool) -> Wish:
    """Return whom and what the message tells of, encrypted."""
    person, complaint = _person(turn), _complaint(turn)
    return Wish(
        person=seal_person(turn, person) if person is not None else None,
        complaint=turn.work.seal.seal(complaint) if complaint is not None else None,
        corrects=corrects,
    )


def _about(turn: Turn, token: Token) -> dict[str, str | int]:
    doctor = turn.work.require(Doctor, token.clinic_id, token.doctor_id)
    return notices.notice_values(token, doctor)


def _person(turn: Turn) -> PersonSaid | None:
    """Return whom this message names, or one before it that waits for an answer."""
    if turn.meaning.rest:
        return _person_in(turn, turn.meaning)
    wish = _waiting(turn)
    if wish is None or wish.person is None:
        return None
    return msgspec.json.decode(turn.work.seal.open(wish.person), type=PersonSaid)


def _person_in(turn: Turn, said: Meaning) -> PersonSaid | None:
    """Return whom a sentence names; of one that says a name is wrong, whom it ends with.

    That name ("naam galat hai, Ravi hai") must be known as one, or be written like one: not every
    unknown word is a name. Where the right name was asked for, it may be all that is said.
    """
    if said.person is not None and said.person.who is Who.NAMED:
        return said.person
    words = turn.ear.lexicon.words(said.rest)
    starts = [0] if turn.conversation.state == RIGHT_NAME else []
    if any(w.has("say:change_name") for w in words):
        starts += [w.start for w in words if w.keys("name") or _is_capital(w)]
    doctors = [d.name for d in turn.doctors()]
    named = (name_said(said.rest[start:], turn.ear.lexicon, doctors) for start in starts)
    return next((p for p in named if p is not None and p.name is not None), None)


def _is_capital(word: Word) -> bool:
    """Whether a word begins as a name is written; Devanagari has no small letters."""
    return word.raw[0].isalpha() and not word.raw[0].islower()


def _complaint(turn: Turn) -> str | None:
    """Return what the visit is for, as this message says it, or one before it that waits."""
    if turn.meaning.rest:
        return _complaint_in(turn, turn.meaning.rest)
    wish = _waiting(turn)
    return turn.work.seal.open(wish.complaint) if wish and wish.complaint else None


def _complaint_in(turn: Turn, text: str) -> str | None:
    """Return what *text* tells of an illness, without what names a person and without courtesy."""
    words = turn.ear.lexicon.words(text)
    if not any(w.has("say:symptom", "say:red") for w in words):
        return None
    named = covered([s for s in find_people(words, text) if s.value.who is Who.NAMED])
    kept = [i for i in range(len(words)) if i not in named]
    while kept and _says_nothing(words[kept[0]]):
        del kept[0]
    while kept and _says_nothing(words[kept[-1]]):
        del kept[-1]
    runs = [[i for _, i in run] for _, run in groupby(enumerate(kept), lambda p: p[1] - p[0])]
    return " ".join(text[words[run[0]].start : words[run[-1]].end] for run in runs) or None


def _says_nothing(word: Word) -> bool:
    return not word.text[0].isalnum() or word.has("filler:courtesy", "filler:yes", "person:and")


def _waiting(turn: Turn) -> Wish | None:
    wish = turn.conversation.wish
    return wish if wish is not None and wish.corrects else None
