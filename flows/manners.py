"""Courtesy, complaints, and scripts that are not understood.

Thanks and "ok" get a reaction on the message, never words, and no question is lost. A complaint
gets what is known of the wait, and somebody to talk to. Who writes in a script of no language here
is told, in all of them, which are.
"""

from __future__ import annotations

from domain.actions.messages.notices import notice_values
from domain.model.clinics import Doctor
from domain.model.messages import Guard, Option
from domain.model.queues import WAITING, TokenStatus
from flows.handover import TALK
from flows.hearing.text import script_of
from flows.my_bookings import bookings_meant, none_live, take
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says


def is_asked_if_sure(turn: Turn) -> bool:
    """Whether the newest question is whether to cancel a booking, and that is still live."""
    return any(t.token_id == _asked_about(turn) for t in bookings_meant(turn))


def take_asked(turn: Turn) -> None:
    """Take the booking that the newest question asks whether to cancel."""
    turn.token = next(t for t in bookings_meant(turn) if t.token_id == _asked_about(turn))


def _asked_about(turn: Turn) -> str | None:
    offered = (o.partition(":") for o in turn.conversation.offered)
    return next((about for kind, _, about in offered if kind == "yes_cancel"), None)


def is_in_foreign_script(turn: Turn) -> bool:
    """Whether a text is in a script that no language here is written in, such as Tamil's."""
    script = script_of(turn.inbound.text) if turn.inbound.kind == "text" else None
    return script not in {None, *(script_of(own) for _, own in turn.phrases.languages())}


# fmt: off
ROWS = (
    #   on           at         when               do           say                           then
    # It is neither yes nor no, so the question whether to cancel is asked again.
    Row("ok",        "sure",    is_asked_if_sure,  take_asked,  "mine/sure",                  "sure"),
    Row("thanks",    "sure",    is_asked_if_sure,  take_asked,  "mine/sure",                  "sure"),
    Row("ok",        ANYWHERE,  None,              None,        "manners/noted",              None),
    Row("thanks",    ANYWHERE,  None,              None,        "manners/welcome",            None),
    Row("foreign",   ANYWHERE,  None,              None,        "manners/foreign",            None),
    Row("complain",  ANYWHERE,  none_live,         None,        "manners/sorry",              "idle"),
    Row("complain",  ANYWHERE,  None,              take,        "manners/sorry_for_the_wait", "idle"),
)
STAFF_ROWS = tuple(r for r in ROWS if r.on in {"ok", "thanks"} and r.at == ANYWHERE)
# fmt: on


@says("manners/noted")
@says("manners/welcome")
def _reaction(_turn: Turn) -> Say:
    return Say(keeps_question=True, as_reaction=True)


@says("manners/foreign")
def _foreign(turn: Turn) -> Say:
    """Say in all languages which they are; a number still answers the question before."""
    return Say(
        values={"newcomer": not turn.conversation.greeted},
        options=[
            Option(id=f"lang:{tag}", label="spoken_button", values={"name": own})
            for tag, own in turn.phrases.languages()
        ],
        keeps_question=True,
    )


@says("manners/sorry")
def _sorry(_turn: Turn) -> Say:
    return Say(options=[TALK, Option(id="hi", label="book_button")])


@says("manners/sorry_for_the_wait")
def _sorry_for_the_wait(turn: Turn) -> Say:
    """Say where the booking stands when this is sent, and what the person can do about it."""
    token = turn.acted_on
    doctor = turn.work.require(Doctor, token.clinic_id, token.doctor_id)
    options = [TALK]
    if token.status in WAITING | {TokenStatus.SKIPPED}:
        cancel = Option(id=f"cancel:{token.token_id}", label="cancel_button")
        if token.capture_id and token.paid_paise:
            paid = {"paid": token.paid_paise}
            cancel = Option(id=cancel.id, label="cancel_paid_button", values=paid)
        options.append(cancel)
    options.append(Option(id=f"status:{token.token_id}", label="turn_button"))
    return Say(
        values=notice_values(token, doctor), options=options, about=token, guard=Guard.STANDING
    )
