"""The number of a person whose WhatsApp hides it: what they answer when they are asked for it.

`phone_requests.request_number` asks, apart from the conversation: an earlier question stands, and
the answer is understood in every state.
"""

from __future__ import annotations

import re

from domain import phones
from domain.actions.people import phone_requests
from flows.hearing.text import fold
from flows.settings import count_miss
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says

DIGITS = re.compile(r"\+?\d(?: ?\d){4,}")
"""Five digits or more are meant to be a phone number: no choice and no time has as many."""


def is_typed(turn: Turn, *, alone: bool = False) -> bool:
    """Whether a person without a known number typed something that is meant to be one.

    It may stand in a sentence, unless it must be *alone*, as it must where a name is asked for.
    """
    if turn.contact.phone is not None or turn.inbound.kind != "text":
        return False
    text = fold(turn.inbound.text)
    if alone or turn.state == "name":
        return DIGITS.fullmatch(text) is not None
    return turn.meaning.trigger is None and DIGITS.search(text) is not None


def a_number(turn: Turn) -> bool:
    """Whether what was typed is a phone number of a country that is accepted."""
    return _number_typed(turn) is not None


def is_missing(turn: Turn) -> bool:
    """Whether the person was asked for a number, and none is known."""
    return turn.contact.number is None and turn.contact.number_asked_at is not None


def is_own(turn: Turn) -> bool:
    """Whether the person has shared their own number, with WhatsApp's button."""
    return turn.inbound.own_phone is not None


def keep_number(turn: Turn) -> None:
    """Keep the number that was typed, for people to call."""
    number = _number_typed(turn)
    if number is not None:
        turn.contact = phone_requests.record_unverified(turn.work, turn.contact, number)


def _number_typed(turn: Turn) -> str | None:
    found = DIGITS.search(fold(turn.inbound.text))
    return phone_requests.parse_number(turn.work, found[0]) if found else None


# fmt: off
ROWS = (
    #   on            at         when         do            say                     then
    Row("number",     ANYWHERE,  a_number,    keep_number,  "number/kept",          None),
    Row("number",     ANYWHERE,  None,        None,         "number/wrong",         None),
    Row("contact",    ANYWHERE,  is_own,      None,         "number/shared",        None),
    Row("contact",    ANYWHERE,  is_missing,  None,         "number/not_own",       None),
    Row("contact",    ANYWHERE,  None,        None,         "settings/unreadable",  None),
    Row("no_number",  ANYWHERE,  is_missing,  None,         "number/skipped",       None),
    Row("no_number",  ANYWHERE,  None,        count_miss,   "settings/lost",        None),
)
# fmt: on


@says("number/kept")
def _kept(turn: Turn) -> Say:
    return Say(
        values={"phone": phones.group_digits(turn.contact.number or "")}, keeps_question=True
    )


@says("number/shared")
def _shared(turn: Turn) -> Say:
    return Say(
        values={"phone": phones.group_digits(turn.inbound.own_phone or "")}, keeps_question=True
    )


@says("number/wrong")
def _wrong(turn: Turn) -> Say:
    countries = list(turn.work.rules.phone_countries)
    return Say(values={"countries": countries}, keeps_question=True)


@says("number/not_own")
@says("number/skipped")
def _keep_question(_turn: Turn) -> Say:
    return Say(keeps_question=True)
