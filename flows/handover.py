"""Talking to the clinic's people: the bot is silent until the person or the desk calls it back."""

from __future__ import annotations

from domain.actions.people import phone_requests
from domain.actions.staff import handover, talks
from domain.actions.visits import files
from domain.actions.visits.files import Received
from domain.model.messages import Message, Option
from flows.hearing.text import fold
from flows.inbound import Inbound
from flows.table import ANYWHERE, Row
from flows.turn import SAYS, Say, Turn, says

BACK = {"menu", "मेनू"}
"""What calls the bot back; a greeting may be meant for the people who answer."""
ALWAYS_ANSWERED = {"stop", "start", "status", "here", "cancel", "move"}
"""Triggers that the bot answers even while people do."""
BOOKING_WORDS = {
    "book", "booking", "appointment", "token", "बुक", "बुकिंग", "अपॉइंटमेंट", "टोकन",
}  # fmt: skip
"""Words of a wish to book; the other phrases of its trigger are greetings."""
SIGNS = {
    "image": "📷", "video": "🎬", "audio": "🎤", "document": "📎", "sticker": "🖼️", "contacts": "👤",
    "location": "📍",
}  # fmt: skip
"""What people at the desk see of a message before, or in place of, the file that it brings."""
WITH_PEOPLE = "talk/with_people"
NOT_PASSED = "talk/file_lost"


TALK = Option(id="human", label="talk_button")
"""The button by which a person asks for somebody to talk to."""


def is_for_people(turn: Turn) -> bool:
    """Whether a message is for the clinic's people, who answer now, and not for the bot."""
    if not handover.is_handed_over(turn.conversation, turn.work):
        return False
    inbound = turn.inbound
    return inbound.kind != "tap" and turn.meaning.trigger not in ALWAYS_ANSWERED


def pass_on(turn: Turn) -> None:
    """Pass a message to the desk; the bot stays silent longer.

    Whoever wishes to book is told once how to call the bot back.
    """
    inbound = turn.inbound
    passed = handover.pass_on(
        turn.work, turn.clinic, turn.contact, inbound.sender, words_of(inbound)
    )
    if passed:
        _pass_on_file(turn)
    turn.remember(handed_over_until=turn.work.now + talks.SILENT_FOR)
    if _wishes_to_book(turn) and not _was_told(turn):
        turn.say(WITH_PEOPLE, SAYS[WITH_PEOPLE](turn))


def _pass_on_file(turn: Turn) -> None:
    """Have the file of a message fetched for the desk; say so if it cannot be."""
    found, contact_id = received(turn.inbound), turn.contact.contact_id
    if found is not None and not files.are_too_many(turn.work, turn.clinic, contact_id):
        files.receive(turn.work, turn.clinic, contact_id, found)
    elif turn.inbound.media in {"image", "video", "audio", "document"}:
        turn.say(NOT_PASSED, SAYS[NOT_PASSED](turn))


def received(inbound: Inbound) -> Received | None:
    """Return the file that a message brings; None if it brings none that could be fetched."""
    if inbound.kind != "media" or inbound.source is None or inbound.media in {None, "sticker"}:
        return None
    return Received(
        sender=inbound.sender,
        message_id=inbound.message_id,
        media=inbound.media or "",
        source=inbound.source,
        words=inbound.text,
        name=inbound.file_name or "",
    )


def words_of(inbound: Inbound) -> str:
    """Return a message as words: a sign for what it brings, a place as a link to a map."""
    if inbound.place is not None:
        where = inbound.place
        link = f"https://maps.google.com/?q={where.latitude},{where.longitude}"
        return " ".join(filter(None, ("📍", where.name, where.address, link)))
    if inbound.kind == "text":
        return inbound.text
    return f"{SIGNS.get(inbound.media or inbound.kind, '❔')} {inbound.text}".strip()


def _wishes_to_book(turn: Turn) -> bool:
    words = set(fold(turn.inbound.text).split())
    return turn.meaning.trigger in {"hi", "book_for"} and bool(words & BOOKING_WORDS)


def _was_told(turn: Turn) -> bool:
    last = turn.work.get(Message, turn.conversation.question or "")
    return last is not None and last.name == WITH_PEOPLE


def calls_bot_back(turn: Turn) -> bool:
    """Whether the person wants the bot again."""
    return turn.inbound.kind == "text" and fold(turn.inbound.text) in BACK


def call_bot_back(turn: Turn) -> None:
    """Let the bot answer again, because the person wants it."""
    talks.end_talk(turn.work, turn.clinic.clinic_id, turn.contact.contact_id)
    turn.remember(handed_over_until=None)


def hand_over(turn: Turn) -> None:
    """Hand the conversation over to the clinic's people."""
    words = turn.inbound.text
    told = handover.hand_over(turn.work, turn.clinic, turn.contact, turn.inbound.sender, words)
    if told:
        turn.remember(handed_over_until=turn.work.now + talks.SILENT_FOR)
        phone_requests.request_number(turn.work, turn.clinic, turn.contact.contact_id)
    turn.values = {"told": bool(told), **handover.next_opening(turn.work, turn.clinic)}


def hand_back(turn: Turn) -> None:
    """Hand a conversation back to the bot, as the desk says."""
    contact_id = turn.choice[0] if turn.choice else ""
    turn.values = {"was": handover.hand_back(turn.work, turn.clinic, contact_id)}


# fmt: off
ROWS = (
    #   on         at         when   do         say                  then
    Row("human",   ANYWHERE,  None,  hand_over,  "talk/handed_over",  "idle"),
)
STAFF_ROWS = (
    Row("bot_on",  ANYWHERE,  None,  hand_back,  "desk/bot_is_on",    None),
)
# fmt: on


@says("talk/handed_over")
def _handed_over(turn: Turn) -> Say:
    return Say(values=turn.values)


@says(WITH_PEOPLE)
@says(NOT_PASSED)
def _with_people(_turn: Turn) -> Say:
    return Say()


@says("desk/bot_is_on")
def _bot_is_on(turn: Turn) -> Say:
    return Say(values=turn.values, keeps_question=True)
