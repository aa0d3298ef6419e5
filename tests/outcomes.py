"""Whether what came of a sentence is what the corpus says must happen, and whether it acted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.sentences import Sentence
from tests.spoken import DOCTORS, TODAY, Heard, say, tap

QUESTION = {
    "proposed": "booking/proposal", "sure": "mine/sure", "slots": "booking/slots",
    "days": "booking/days", "doctors": "booking/doctors", "name": "booking/ask_name",
    "whom": "booking/for_whom",
}  # fmt: skip
ZONE = ZoneInfo("Asia/Kolkata")
DOES: dict[str, set[str]] = {
    # What a message to the writer says of what was understood.
    "booking/doctors": {"greet", "symptom"},
    "booking/no_days": {"book"},
    "booking/which_doctor": {"book"},
    "booking/not_that_day": {"book", "move"},
    "booking/proposal": {"book", "move"},
    "booking/slots": {"book", "move"},
    "booking/days": {"book", "move"},
    "booking/day_full": {"book", "move"},
    "booking/for_whom": {"book"},
    "booking/already": {"book"},
    "booking/ask_name": {"book", "again"},
    "booking/pay": {"status", "pay"},
    "mine/status": {"status", "keep", "no", "again"},
    "mine/none": {"status", "cancel", "move", "here", "pay", "late"},
    "mine/which": {"status", "cancel", "move", "here", "pay", "late"},
    "mine/sure": {"cancel", "again"},
    "mine/not_now": {"cancel", "move", "here", "status"},
    "mine/not_today": {"here"},
    "mine/checked_in": {"here"},
    "mine/cancelled": {"yes"},
    "late/noted": {"late"},
    "late/how_late": {"late"},
    "late/doctor_noted": {"late"},
    "late/doctor_how_late": {"ask_minutes"},
    "late/doctor_on_time": {"late"},
    "mine/rename": {"rename", "symptom"},
    "mine/which_name": {"rename"},
    "mine/noted": {"symptom"},
    "manners/noted": {"ok", "thanks"},
    "manners/welcome": {"thanks", "ok"},
    "manners/sorry": {"complain"},
    "manners/sorry_for_the_wait": {"complain"},
    "manners/foreign": {"foreign"},
    "safety/red_flag": {"red_flag"},
    "settings/help": {"help"},
    "settings/languages": {"language"},
    "settings/spoken": {"language"},
    "settings/stopped": {"stop"},
    "settings/stopped_all": {"stop"},
    "settings/started": {"start"},
    "settings/lost": {"lost"},
    "settings/lost_again": {"lost"},
    "settings/repeat": {"again"},
    "talk/handed_over": {"human"},
    "talk/hours": {"hours"},
    "route/ask_code": {"lost", "greet"},
    # Of staff's.
    "line/called": {"next"},
    "line/skipped": {"skip"},
    "line/nobody": {"next", "skip"},
    "line/paused": {"pause"},
    "line/resumed": {"resume"},
    "line/emergency": {"emergency"},
    "line/closed": {"close"},
    "line/close_question": {"close", "ask_close", "unsure"},
    "line/announce_preview": {"announce", "unsure"},
    "line/started": {"start"},
    "line/undone": {"undo"},
    "line/nothing_to_undo": {"undo"},
    "line/status": {"status", "no"},
    "line/list": {"list"},
    "line/added": {"add"},
    "line/already_booked": {"add"},
    "line/announced": {"announce"},
    "line/how_to_add": {"add", "unsure"},
    "line/how_to_tell": {"announce", "unsure"},
    "line/how_long": {"ask_minutes", "unsure"},
    "line/is_here": {"is_here"},
    "line/unsure": {"unsure", "lost"},
    "line/guess": {"unsure"},
    "line/which_doctor": {"unsure"},
    "line/moved": {"next", "skip", "unsure"},
    "line/not_now": {"unsure"},
    "reception/checked_in": {"check_in"},
    "reception/here_already": {"check_in"},
    "reception/called": {"call"},
    "reception/called_just_now": {"call", "unsure"},
    "reception/cancel_sure": {"ask_cancel"},
    "reception/moved": {"move_to"},
    "reception/prioritised": {"priority"},
    "reception/collected": {"paid"},
    "reception/how_much": {"paid", "unsure"},
    "reception/too_much": {"paid", "unsure"},
    "reception/found": {"find"},
    "reception/today": {"today"},
    "reception/book_sure": {"ask_book"},
    "reception/not_booked": {"ask_book"},
    "reception/how_to_book": {"unsure"},
    "reception/whom": {"unsure"},
    "reception/not_found": {"unsure"},
    "reception/which_patient": {"unsure"},
    "reception/not_possible": {"unsure"},
    "reception/where_to": {"unsure"},
    "reception/behind_whom": {"unsure"},
    "reception/behind_not_found": {"unsure"},
    "staff/help_desk": {"help"},
    "staff/help": {"help"},
    "staff/done": {"done"},
    "staff/lost": {"lost", "unsure"},
    "staff/stop": {"unsure", "stop"},
    "staff/doctors": {"status"},
}
"""What each message shows to have been understood."""


NAMED = {"booking/pay", "booking/confirmed", "news/confirmed"}


@dataclass(frozen=True)
class Judged:
    """Whether a sentence was understood, and whether the product acted on it though it must not."""

    right: bool
    acted: bool
    seen: str
    """What was seen, for people to read."""


def judge(sentence: Sentence) -> Judged:
    """Say the sentence and compare what came of it with what must."""
    heard = say(sentence.at, sentence.text)
    seen = _seen(sentence, heard)
    right = bool(seen & set(sentence.does)) and all(_details(sentence, heard, seen))
    changed = (heard.tokens, heard.line) != heard.before
    shown = f"{heard.names} {sorted(seen)}"
    return Judged(right, bool(changed) and not right, shown)


def _seen(sentence: Sentence, heard: Heard) -> set[str]:
    found = {shown for name in heard.names for shown in DOES.get(name, {name})}
    found |= _picked(sentence, heard)
    values = heard.values
    if "facts/answer" in heard.names:
        found |= {f["fact"] for f in values["facts/answer"]["facts"]}
        found |= {"policy"} if "if_late" in found else set()
    if QUESTION.get(sentence.at) in heard.names:
        found.add("again")
    if not heard.names:
        found |= {"ok", "lost", "desk"}
    if "line/guess" in heard.names and values["line/guess"]["command"] == "close":
        found.add("ask_close")
    if "booking/doctors" in heard.names and (
        # The doctor is all that is missing: the list of doctors is the next question.
        values["booking/doctors"]["person"] or ("book" in sentence.does and not sentence.doctor)
    ):
        found.add("book")
    if sentence.at == "name" and NAMED & set(heard.names):
        found.add("name")
    if sentence.at == "platform" and heard.names and "City" in str(values):
        found.add("join")
    return found


def _picked(sentence: Sentence, heard: Heard) -> set[str]:
    """Return what a number would have been picked for with the same outcome."""
    options = {"pick": sentence.option, "yes": 1, "no": 2}
    found = {
        wish
        for wish, option in options.items()
        if wish in sentence.does and option is not None and _same(tap(sentence.at, option), heard)
    }
    if (sentence.at, sentence.option) == ("proposed", 3) and "booking/doctors" in heard.names:
        found.add("pick")
    return found


def _same(one: Heard, other: Heard) -> bool:
    return (one.names, one.tokens, one.line) == (other.names, other.tokens, other.line)


def _details(sentence: Sentence, heard: Heard, seen: set[str]) -> Iterator[bool]:
    every: dict[str, Any] = {}
    for values in heard.values.values():
        every |= values
    if len(sentence.doctor) == 1 and "doctor" in every:
        yield every["doctor"] == DOCTORS[sentence.doctor[0]][0]
    if sentence.day and sentence.day not in {"past", "beyond"} and every.get("at"):
        at = datetime.fromisoformat(every["at"]).astimezone(ZONE)
        yield at.date() == _date(sentence.day)
        if sentence.time and ":" in sentence.time:
            yield f"{at:%H:%M}" == sentence.time or sentence.bound is not None
    if sentence.day in {"past", "beyond"}:
        yield "booking/not_that_day" in heard.names or "booking/doctors" in heard.names
    if sentence.minutes is not None and {"pause", "emergency", "late"} & seen & set(sentence.does):
        yield _has_minutes(every, sentence.minutes, heard)
    if sentence.name and "person" in every and {"name", "rename"} & set(sentence.does):
        named = every["named"] if "mine/rename" in heard.names else every["person"]
        yield (named or "").casefold() == sentence.name.casefold()
    if sentence.does == ("add",) and sentence.name:
        yield str(every.get("added", "")).casefold() == sentence.name.casefold()
    if sentence.also:
        yield set(sentence.also) <= seen


def _has_minutes(every: Mapping[str, Any], minutes: int, heard: Heard) -> bool:
    until = every.get("until")
    if every.get("minutes") is not None:
        return bool(every["minutes"] == minutes)
    if until is None:
        return False
    wanted = heard.now + timedelta(minutes=minutes)
    return abs((datetime.fromisoformat(until) - wanted).total_seconds()) <= 60


def _date(day: str) -> date:
    return TODAY + timedelta(days=int(day)) if day[0] in "+-" else date.fromisoformat(day)
