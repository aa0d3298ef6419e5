"""Staff answer patients: by the button *Reply*, or by replying to what a patient wrote.

The text after the button goes to that patient, and so does a reply to their message. Only what is a
command, and no more, is asked about first, so that a command never reaches a patient by mistake.
"""

from __future__ import annotations

from datetime import timedelta

from domain.actions.staff import handover, talks
from domain.actions.visits import files
from domain.model.messages import Option
from domain.model.talks import Talk
from flows import handover as spoken
from flows.hearing.meaning import Meaning
from flows.replies import message_answered
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says

TO_PATIENT = "to_patient"
"""The trigger of a text that is meant for a patient; `turn.choice` has their contactId."""
REPLYING, ASKED = "replying", "reply_asked"
REPLY_WITHIN = timedelta(minutes=15)
"""How long after the button the next text goes to the patient."""
NO_ORDERS = frozenset({None, "hi"})
"""What a text to a patient may mean as a command without being asked about: a greeting is theirs."""


def is_for_patient(turn: Turn, command: Meaning) -> bool:
    """Whether a text of staff is meant for a patient; notes whom, and what *command* it may be."""
    if turn.inbound.kind not in {"text", "media", "location"}:
        return False
    contact_id = _quoted(turn) or _asked_for(turn)
    if contact_id is None or (command.trigger == "done" and not command.guess):
        return False
    turn.choice, turn.meaning = [contact_id], command
    return True


def _quoted(turn: Turn) -> str | None:
    """Return the patient (contactId) whose words the message replies to; None if it does not."""
    answered = message_answered(turn.work, turn.contact.contact_id, turn.inbound)
    for option in answered.options if answered is not None else ():
        kind, _, contact_id = option.id.partition(":")
        if kind == "reply":
            return contact_id
    return None


def _asked_for(turn: Turn) -> str | None:
    """Return the patient (contactId) whom the button was tapped for just now, if one was."""
    asked_at = turn.conversation.asked_at
    if turn.state != REPLYING or asked_at is None or turn.work.now - asked_at > REPLY_WITHIN:
        return None
    is_older = turn.inbound.sent_at < asked_at.replace(microsecond=0)
    return None if is_older else turn.conversation.note


def is_order(turn: Turn) -> bool:
    """Whether what is to go to a patient is exactly a command."""
    return turn.meaning.trigger not in NO_ORDERS and not turn.meaning.guess


def nobody_to_answer(turn: Turn) -> bool:
    """Whether the person never asked this clinic for somebody, or too long ago."""
    return _talk(turn) is None


def answers_one(turn: Turn) -> bool:
    """Whether the member of staff answers one patient now, and is not treated as a patient."""
    return not _is_as_patient(turn) and len(talks.talks_of(turn.work, turn.clinic, turn.staff)) == 1


def answers_several(turn: Turn) -> bool:
    """Whether they answer several."""
    return not _is_as_patient(turn) and len(talks.talks_of(turn.work, turn.clinic, turn.staff)) > 1


def _is_as_patient(turn: Turn) -> bool:
    until = turn.conversation.as_patient_until
    return until is not None and until > turn.work.now


def begin_reply(turn: Turn) -> None:
    """Let the next text go to the patient; the rest of the desk sees who answers."""
    talk = _require(turn)
    other = talk.user_id if talk.until > turn.work.now else None
    talks.take(turn.work, turn.clinic, talk, turn.staff)
    turn.remember(note=talk.contact_id)
    _show(turn, talk)
    turn.values = {"others": other not in {None, turn.staff.user_id}}


def keep_words(turn: Turn) -> None:
    """Keep a text that is a command until the sender says that it is for the patient."""
    sealed = turn.work.seal.seal(turn.inbound.text)
    turn.remember(note=f"{turn.choice[0]} {sealed}")


def send_words(turn: Turn) -> None:
    """Send the text, the file or the place to the patient."""
    found = spoken.received(turn.inbound)
    if found is None:
        _send(turn, spoken.words_of(turn.inbound))
        return
    talk = talks.go_on(turn.work, turn.clinic, turn.staff, _require(turn))
    files.receive(turn.work, turn.clinic, talk.contact_id, found, user=turn.staff)
    turn.remember(note=None)
    _show(turn, talk)


def send_kept(turn: Turn) -> None:
    """Send the patient the text that was asked about."""
    contact_id, _, sealed = (turn.conversation.note or "").partition(" ")
    turn.choice = [contact_id]
    _send(turn, turn.work.seal.open(sealed))


def _send(turn: Turn, words: str) -> None:
    talk = talks.answer(turn.work, turn.clinic, turn.staff, _require(turn), words)
    turn.remember(note=None)
    _show(turn, talk)


def give_back(turn: Turn) -> None:
    """Let the bot answer the patient again."""
    talk = talks.talks_of(turn.work, turn.clinic, turn.staff)[0]
    turn.values = {"was": handover.hand_back(turn.work, turn.clinic, talk.contact_id)}


def _talk(turn: Turn) -> Talk | None:
    return turn.work.get(Talk, turn.clinic.clinic_id, turn.choice[0] if turn.choice else "")


def _require(turn: Turn) -> Talk:
    return turn.work.require(Talk, turn.clinic.clinic_id, turn.choice[0])


def _show(turn: Turn, talk: Talk) -> None:
    """Note whose data is touched, for the audit log (invariant I11)."""
    ids = talks.patients_of(turn.work, talk.clinic_id, talk.contact_id)
    turn.shown.update(dict.fromkeys(ids))


# fmt: off
ROWS = (
    #   on           at         when              do           say                      then
    Row("reply",     ANYWHERE,  nobody_to_answer, None,        "desk/nobody_to_answer", "idle"),
    Row("reply",     ANYWHERE,  None,             begin_reply, "desk/reply",            REPLYING),
    Row(TO_PATIENT,  ANYWHERE,  nobody_to_answer, None,        "desk/nobody_to_answer", "idle"),
    Row(TO_PATIENT,  ANYWHERE,  is_order,         keep_words,  "desk/reply_or_command", ASKED),
    Row(TO_PATIENT,  ANYWHERE,  None,             send_words,  "desk/replied",          "idle"),
    Row("send_kept", ASKED,     None,             send_kept,   "desk/replied",          "idle"),
    Row("done",      ANYWHERE,  answers_one,      give_back,   "desk/bot_is_on",        "idle"),
    Row("done",      ANYWHERE,  answers_several,  None,        "desk/whom_to_give_back", None),
)
# fmt: on


@says("desk/nobody_to_answer")
def _nobody(_turn: Turn) -> Say:
    return Say(keeps_question=True)


@says("desk/reply")
def _reply(turn: Turn) -> Say:
    return Say(values=turn.values, secrets=_person(turn))


@says("desk/reply_or_command")
def _reply_or_command(turn: Turn) -> Say:
    return Say(
        secrets={**_person(turn), "text": turn.inbound.text},
        options=[Option(id="send_kept", label="send_kept_button")],
    )


@says("desk/replied")
def _replied(turn: Turn) -> Say:
    return Say(secrets=_person(turn), options=talks.buttons_of(turn.choice[0]))


@says("desk/whom_to_give_back")
def _whom(turn: Turn) -> Say:
    found = talks.talks_of(turn.work, turn.clinic, turn.staff)
    names = {t.contact_id: talks.name_of(turn.work, t.contact_id) for t in found[:10]}
    return Say(
        options=[
            Option(id=f"bot_on:{contact_id}", label="person_row", values={"name": name})
            for contact_id, name in names.items()
        ]
    )


def _person(turn: Turn) -> dict[str, str]:
    return {"person": talks.name_of(turn.work, turn.choice[0])}
