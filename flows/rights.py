"""What a clinic keeps of a person: told on request, and erased when they say so twice."""

from __future__ import annotations

from dataclasses import replace

from domain.actions.people import erasure, rights
from domain.actions.people.rights import OwnPerson
from domain.errors import HasLiveToken, Refused
from domain.model.messages import Option
from flows.table import ANYWHERE, Refusal, Row
from flows.turn import Say, Turn, says

MOST_PEOPLE = 5
LONGEST_FACT = 80
"""Letters of one thing known of a person, such as their allergies, in the answer."""
ASKED = "erasing"
"""The state in which the person was asked whether to erase."""
STATUS = Option(id="status", label="status_button")


def nothing_kept(turn: Turn) -> bool:
    """Whether the clinic has neither a record nor a booking of the person."""
    own = rights.own_data(turn.work, turn.clinic, turn.contact)
    return not (own.people or own.bookings)


def is_booked(turn: Turn) -> bool:
    """Whether a booking is live, which is to be cancelled or used first."""
    return not rights.may_erase(turn.work, turn.clinic, turn.contact)


def not_asked(turn: Turn) -> bool:
    """Whether the yes is not the answer to the newest question: a button of long ago."""
    return turn.state != ASKED


def erase(turn: Turn) -> None:
    """Have everything erased that need not be kept."""
    rights.request_own_erasure(turn.work, turn.clinic, turn.contact)


# fmt: off
ROWS = (
    #   on           at         when          do     say               then
    Row("my_data",   ANYWHERE,  nothing_kept, None,  "rights/nothing", "idle"),
    Row("my_data",   ANYWHERE,  None,         None,  "rights/data",    "idle"),
    Row("erase",     ANYWHERE,  nothing_kept, None,  "rights/nothing", "idle"),
    Row("erase",     ANYWHERE,  is_booked,    None,  "rights/booked",  "idle"),
    Row("erase",     ANYWHERE,  None,         None,  "rights/sure",    ASKED),
    Row("yes_erase", ANYWHERE,  nothing_kept, None,  "rights/nothing", "idle"),
    Row("yes_erase", ANYWHERE,  is_booked,    None,  "rights/booked",  "idle"),
    Row("yes_erase", ANYWHERE,  not_asked,    None,  "rights/sure",    ASKED),
    Row("yes_erase", ANYWHERE,  None,         erase, "rights/erased",  "idle"),
    Row("no_erase",  ANYWHERE,  None,         None,  "rights/kept",    "idle"),
)
# fmt: on
REFUSALS: dict[type[Refused], Refusal] = {HasLiveToken: Refusal("rights/booked")}


@says("rights/data")
def _data(turn: Turn) -> Say:
    """Say what is kept; what is known of people goes encrypted, as it may be about their health."""
    own = rights.own_data(turn.work, turn.clinic, turn.contact)
    people = [{"name": p.name, "facts": _facts(turn, p)} for p in own.people[:MOST_PEOPLE]]
    said = _kept(turn)
    return replace(
        said,
        values={
            **said.values,
            "phone": turn.contact.number,
            "bookings": own.bookings,
            "days": turn.work.rules.keeps.messages.days,
            "notice": turn.work.rules.notice_url,
            "people": [],
        },
        secrets={"people": people},
        options=[Option(id="erase", label="erase_button")],
    )


@says("rights/sure")
def _sure(turn: Turn) -> Say:
    said = _kept(turn)
    return replace(
        said,
        options=[
            Option(id="yes_erase", label="yes_erase_button"),
            Option(id="no_erase", label="no_erase_button"),
        ],
    )


@says("rights/erased")
def _erased(turn: Turn) -> Say:
    return _kept(turn)


@says("rights/nothing")
def _nothing(turn: Turn) -> Say:
    return Say(values={"notice": turn.work.rules.notice_url})


@says("rights/booked")
@says("rights/kept")
def _still_kept(_turn: Turn) -> Say:
    return Say(options=[STATUS])


def _kept(turn: Turn) -> Say:
    """Return what the law requires to be kept, as values of a message."""
    own = rights.own_data(turn.work, turn.clinic, turn.contact)
    until = own.visits_until.isoformat() if own.visits_until else None
    return Say(values={"visits": own.visits, "until": until, "years": erasure.KEPT_YEARS})


def _facts(turn: Turn, person: OwnPerson) -> list[list[str]]:
    """Return what is known of a person beside the name: kind and words."""
    known = person.profile
    age = rights.age_of(known, turn.clinic, turn.work.now)
    lists = {
        "allergies": known.allergies,
        "conditions": known.chronic_conditions,
        "medicines": known.current_medications,
    }
    found = {
        "born": known.date_of_birth.isoformat() if known.date_of_birth else None,
        "age": str(age) if age is not None and known.date_of_birth is None else None,
        "gender": known.gender,
        "address": known.address,
        "emergency": known.emergency_contact,
        "blood": known.blood_group,
        **{kind: ", ".join(told) if told else None for kind, told in lists.items()},
    }
    return [[kind, text[:LONGEST_FACT]] for kind, text in found.items() if text]
