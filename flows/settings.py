"""Words that work everywhere: help, language, stop and start; and what was not understood."""

from __future__ import annotations

from datetime import timedelta

from domain.actions.booking import seats
from domain.actions.people import consent
from domain.model.conversations import Push
from domain.model.messages import Message, Option
from domain.model.queues import LiveBooking
from flows.handover import TALK
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says

MISSES_BEFORE_HELP = 2
"""After so many messages in a row that were not understood, the next one is offered help."""
CHOOSING = ("doctor", "day", "slot", "person")
CHOOSES_FOR = timedelta(minutes=30)
"""How long after a question of a booking somebody is taken to be choosing still."""


def a_language(turn: Turn) -> bool:
    """Whether the language asked for is one the bot speaks."""
    return _language_asked_for(turn) in {tag for tag, _ in turn.phrases.languages()}


def lost_again(turn: Turn) -> bool:
    """Whether the person has not been understood several times in a row."""
    return turn.conversation.misses >= MISSES_BEFORE_HELP


def lost_midway(turn: Turn) -> bool:
    """Whether that happens while they choose a doctor, day or time: the list helps them on."""
    asked_at = turn.conversation.asked_at
    is_asked = asked_at is not None and turn.work.now - asked_at < CHOOSES_FOR
    return lost_again(turn) and is_asked and bool(turn.doctors())


def by_staff(turn: Turn) -> bool:
    """Whether a member of staff wrote who is not answered as a patient now."""
    until = turn.conversation.as_patient_until
    return turn.user is not None and not (until is not None and until > turn.work.now)


def a_recording(turn: Turn) -> bool:
    """Whether a voice note came."""
    return turn.inbound.media == "audio"


def a_place(turn: Turn) -> bool:
    """Whether a place on the map came."""
    return turn.inbound.kind == "location"


def set_language(turn: Turn) -> None:
    """Answer in the language asked for from now on."""
    turn.contact = turn.work.put(turn.contact.but(language=_language_asked_for(turn)))


def stop(turn: Turn) -> None:
    """Stop this clinic's messages to this contact."""
    live = seats.live_tokens(turn.work, turn.contact.contact_id, turn.clinic.clinic_id)
    out = consent.opt_out(
        turn.work, turn.clinic.clinic_id, turn.contact.contact_id, has_live_token=bool(live)
    )
    turn.values = {"everything": out.everything}


def stop_all(turn: Turn) -> None:
    """Stop the messages of all clinics to this contact."""
    across = turn.work.system("see whether a person has a live booking at any clinic")
    live = bool(across.query(LiveBooking, turn.contact.contact_id, limit=1).records)
    out = consent.opt_out_of_all(turn.work, turn.contact.contact_id, has_live_token=live)
    turn.values = {"everything": out.everything}


def start(turn: Turn) -> None:
    """Resume this clinic's messages to this contact."""
    turn.values = {
        "again": consent.opt_in(turn.work, turn.clinic.clinic_id, turn.contact.contact_id)
    }


def ask_again(turn: Turn) -> None:
    """Put the standing question again, in the words it had."""
    question = turn.work.get(Message, turn.conversation.question or "")
    if question is not None:
        turn.say(
            question.name,
            Say(
                values=question.values,
                options=question.options,
                url=question.url,
                payment_id=question.payment_id,
            ),
        )


def count_miss(turn: Turn) -> None:
    """Count a message that was not understood."""
    turn.remember(misses=turn.conversation.misses + 1)


def reset_misses(turn: Turn) -> None:
    """Reset the count of messages not understood, because other help is offered."""
    turn.remember(misses=0)


# fmt: off
ROWS = (
    #   on           at         when          do             say                      then
    Row("help",      ANYWHERE,  None,         None,          "settings/help",         None),
    Row("language",  ANYWHERE,  None,         None,          "settings/languages",    "language"),
    Row("lang",      ANYWHERE,  a_language,   set_language,  "settings/spoken",       "idle"),
    Row("lang",      ANYWHERE,  None,         None,          "settings/languages",    "language"),
    Row("stop",      ANYWHERE,  None,         stop,          "settings/stopped",      "idle"),
    Row("stop_all",  ANYWHERE,  None,         stop_all,      "settings/stopped_all",  "idle"),
    Row("start",     ANYWHERE,  None,         start,         "settings/started",      "idle"),
    Row("media",     ANYWHERE,  by_staff,     None,          "staff/commands_only",   None),
    Row("media",     ANYWHERE,  a_recording,  None,          "settings/voice",        None),
    Row("media",     ANYWHERE,  a_place,      None,          "settings/place",        None),
    Row("media",     ANYWHERE,  None,         None,          "settings/unreadable",   None),
    Row("repeat",    ANYWHERE,  None,         None,          "settings/repeat",       None),
    Row("ask_again", ANYWHERE,  None,         ask_again,     None,                     None),
    Row("lost",      CHOOSING,  lost_midway,  reset_misses,  "booking/doctors",       "doctor"),
    Row("lost",      ANYWHERE,  lost_again,   reset_misses,  "settings/lost_again",   "idle"),
    Row("lost",      ANYWHERE,  None,         count_miss,    "settings/lost",         None),
)
# fmt: on


@says("settings/help")
def _help(_turn: Turn) -> Say:
    return Say(
        options=[
            Option(id="hi", label="book_button"),
            Option(id="status", label="status_button"),
            Option(id="language", label="language_button"),
        ]
    )


@says("settings/lost_again")
def _lost_again(_turn: Turn) -> Say:
    return Say(
        options=[
            TALK,
            Option(id="hi", label="book_button"),
            Option(id="status", label="status_button"),
        ]
    )


@says("settings/languages")
def _languages(turn: Turn) -> Say:
    return Say(
        options=[
            Option(id=f"lang:{tag}", label="language_row", values={"name": own})
            for tag, own in turn.phrases.languages()
        ]
    )


@says("settings/spoken")
def _spoken(_turn: Turn) -> Say:
    return Say(
        options=[
            Option(id="hi", label="book_button"),
            Option(id="status", label="status_button"),
        ]
    )


@says("settings/stopped")
def _stopped(turn: Turn) -> Say:
    options = [Option(id="stop_all", label="stop_all_button")] if turn.on_shared_number else []
    return Say(values=turn.values, options=options)


@says("settings/stopped_all")
def _stopped_all(turn: Turn) -> Say:
    return Say(values=turn.values)


@says("settings/started")
def _started(turn: Turn) -> Say:
    return Say(values=turn.values, options=[Option(id="hi", label="book_button")])


@says("settings/voice")
def _voice(turn: Turn) -> Say:
    if turn.conversation.offered or turn.state == "name":
        return Say(values={"asked": True}, keeps_question=True)
    return Say(
        values={"asked": False},
        options=[
            Option(id="hi", label="book_button"),
            Option(id="status", label="turn_button"),
            Option(id="human", label="talk_button"),
        ],
    )


@says("staff/commands_only")
@says("settings/place")
@says("settings/unreadable")
@says("settings/lost")
def _keep_question(turn: Turn) -> Say:
    return Say(values={"asked": bool(turn.conversation.offered)}, keeps_question=True)


REPEAT = "settings/repeat"


@says(REPEAT)
def _repeat(turn: Turn) -> Say:
    """Repeat a question that an event asked after the digit was typed."""
    if turn.push is None:
        raise LookupError("No event has asked anything that could be repeated.")
    return Say(values={"question": turn.push.question}, options=options_of(turn.push))


def options_of(push: Push) -> list[Option]:
    """Return the choices of an event's question, in short words."""
    return [Option(id=o, label=_label(o)) for o in push.offered]


def _label(option_id: str) -> str:
    kind, _, rest = option_id.partition(":")
    return f"stars_{rest[-1]}" if kind == "rate" else f"{kind}_short"


def _language_asked_for(turn: Turn) -> str | None:
    return turn.choice[0] if turn.choice else turn.meaning.language
