"""The staff's conversation: which trigger a message is, and the table that answers it."""

from __future__ import annotations

from datetime import timedelta

from domain.actions.booking.queues import current_queue
from domain.actions.people.audit import DONE, Access, log_access
from domain.model.messages import Option
from domain.model.queues import QueueStatus
from domain.rules import AS_PATIENT_MINUTES
from domain.work import Work
from flows import (
    account,
    announcing,
    closing,
    desk,
    desk_booking,
    doctor_files,
    handover,
    lateness,
    line,
    lookup,
    machines,
    manners,
    patient,
    pausing,
    questions,
    schedule,
    settings,
    talks,
    walk_ins,
)
from flows.choices import choice_confirmed, choice_named, standing_push
from flows.hearing.meaning import Meaning
from flows.hearing.text import number_in
from flows.known import known
from flows.table import ANYWHERE, Row, Table
from flows.turn import Say, Turn, says

ONLY_STAFF = {
    "next", "skip", "pause", "more", "resume", "emergency", "close", "undo", "list", "add",
    "announce", "doctors", "done", "on_time", "unsure", "guess", "is_here", "lock", "call",
    "priority", "help_desk", "reply", "to_patient", "send_kept", "file",
    "paid", "find", "today", "book_for", "book_yes",
    "off", "hours", "off_yes", "hours_yes", "keep_plan", "off_back",
}  # fmt: skip
"""Commands that stay the staff's while a member of staff is answered as a patient."""
ALSO_PATIENTS = {"book", "ok", "thanks"}
"""What staff say in the words of patients."""
CONFIRMS = {*desk.CONFIRMS, desk_booking.BOOK_YES}
"""Kinds of choices that a typed yes picks."""
FROM_NOTE = {"at", "run", "minutes"}
"""Kinds of choices that go on with the command remembered: whose line, yes, how long."""
ANSWERS = {"no", "full", "retell"}
"""Kinds of choices that answer a question, and whose words may be typed."""


def act_as_patient(turn: Turn) -> None:
    """Answer this member of staff as a patient until `done` or half an hour of silence."""
    until = turn.work.now + timedelta(minutes=AS_PATIENT_MINUTES)
    turn.remember(as_patient_until=until)


def act_as_staff(turn: Turn) -> None:
    """Answer this member of staff as staff again."""
    turn.remember(as_patient_until=None, token_id=None, note=None)


# fmt: off
ROWS = (
    *line.GUARDS,
    *closing.ROWS,
    *pausing.ROWS,
    *line.ROWS,
    *announcing.ROWS,
    *walk_ins.ROWS,
    *desk.ROWS,
    *desk_booking.ROWS,
    *lookup.ROWS,
    *questions.ROWS,
    *schedule.ROWS,
    *lateness.STAFF_ROWS,
    *talks.ROWS,
    *doctor_files.ROWS,
    #   on          at         when   do             say               then
    Row("done",     ANYWHERE,  None,  act_as_staff,  "staff/done",     "idle"),
    Row("hi",       ANYWHERE,  None,  None,          "staff/help",     "idle"),
    Row("help",     ANYWHERE,  None,  None,          "staff/help",     "idle"),
    Row("help_desk", ANYWHERE, None,  None,          "staff/help_desk", "idle"),
    Row("doctors",  ANYWHERE,  None,  None,          "staff/doctors",  "idle"),
    Row("stop",     ANYWHERE,  None,  None,          "staff/stop",     "idle"),
    Row("lost",     ANYWHERE,  None,  None,          "staff/lost",     "idle"),
    *account.ROWS,
    *handover.STAFF_ROWS,
    *(r for r in settings.ROWS if r.on in {"language", "lang", "media"}),
    *manners.STAFF_ROWS,
)
# fmt: on
TABLE = Table(
    ROWS, {**line.REFUSALS, **walk_ins.REFUSALS, **desk.REFUSALS, **desk_booking.REFUSALS}
)


@says("staff/help")
def _help(turn: Turn) -> Say:
    return Say(
        values={"name": turn.staff.name, "admin": turn.staff.role == "ADMIN"},
        options=[Option(id="status", label="status_button")],
    )


@says("staff/help_desk")
def _help_desk(turn: Turn) -> Say:
    return Say(values={"admin": turn.staff.role == "ADMIN"})


@says("staff/done")
@says("staff/stop")
@says("staff/lost")
def _words_only(_turn: Turn) -> Say:
    return Say()


@says("staff/doctors")
def _doctors(turn: Turn) -> Say:
    lines = []
    for doctor in turn.doctors():
        queue = current_queue(turn.work, turn.clinic, doctor)
        lines.append(
            {
                "name": doctor.name,
                "line": queue.status.value,
                "serving": queue.current_number,
            }
        )
    return Say(values={"lines": lines, "closed": QueueStatus.CLOSED.value})


def answer(turn: Turn, staff_work: Work) -> None:
    """Answer a message of a member of staff: a command, or their own booking as a patient.

    *turn* reads in the scope of their own contact, *staff_work* is the same unit of work in their
    scope as staff.
    """
    staff_meaning = Meaning(None)
    if turn.inbound.kind == "text":
        turn.meaning = turn.ear.phrase(turn.inbound.text)
        staff_meaning = turn.ear.command(turn.inbound.text, known(turn))
    meaning = turn.meaning
    trigger = _trigger(turn, staff_meaning)
    own = _as_patient_now(turn, meaning, staff_meaning) or _own_tap(turn)
    own = own and not desk.names_a_patient(turn, trigger)
    if trigger == "book" and turn.ear.count_phones(staff_meaning.rest, known(turn)):
        trigger = desk_booking.BOOK_FOR  # for whom the number is
        turn.meaning = staff_meaning.but(trigger=trigger)
    if trigger == "book" or (trigger not in ONLY_STAFF and own):
        act_as_patient(turn)
        turn.meaning, turn.choice = meaning, []
        patient.answer(turn)
        return
    turn.work = staff_work
    if machines.is_ignored(turn, trigger):
        return
    TABLE.fire(trigger, turn)
    _log_access(turn, trigger)


def _log_access(turn: Turn, trigger: str) -> None:
    """Write into the audit log whose data the answer shows, or the command changed."""
    turn.show(turn.token)
    if not turn.shown:
        return
    outcome = turn.refusal.code if turn.refusal else DONE
    about = {"doctorId": turn.doctor.doctor_id} if turn.doctor else {}
    log_access(turn.work, turn.staff, Access(f"chat_{trigger}", outcome, turn.shown, about))


def _as_patient_now(turn: Turn, meaning: Meaning, staff_meaning: Meaning) -> bool:
    """Whether words that staff and patients share mean the person's own booking now.

    A command with more behind it than patients say, such as "status khan", does not.
    """
    until = turn.conversation.as_patient_until
    only_staff_say = bool(staff_meaning.trigger and staff_meaning.rest) and meaning.trigger is None
    return until is not None and until > turn.work.now and not only_staff_say


def _own_tap(turn: Turn) -> bool:
    """Whether a tap, or a number that answers an event, belongs to the patients' conversation."""
    if turn.inbound.kind == "text":
        return number_in(turn.inbound.text) is not None and bool(standing_push(turn))
    kind, _, about = (turn.inbound.choice or "").partition(":")
    only_patients = patient.TABLE.machine.events.keys() - TABLE.machine.events.keys()
    return turn.inbound.kind == "tap" and (kind in only_patients or about.startswith("TKN_"))


def _trigger(turn: Turn, staff_meaning: Meaning) -> str:
    if turn.inbound.kind == "tap" and turn.inbound.choice:
        return _choose(turn, turn.inbound.choice)
    if talks.is_for_patient(turn, staff_meaning):
        return talks.TO_PATIENT
    if turn.inbound.kind != "text":
        return "media"
    number = turn.ear.answers.choice(turn.inbound.text)
    if number is not None and 1 <= number <= len(turn.conversation.offered):
        return _choose(turn, turn.conversation.offered[number - 1])
    named = choice_named(turn) or choice_confirmed(turn)
    if named is not None and named.partition(":")[0] in {*FROM_NOTE, *CONFIRMS, *ANSWERS}:
        return _choose(turn, named)  # a button with a command's word is no more than that command
    if staff_meaning.trigger is not None:
        turn.meaning = staff_meaning
        if not staff_meaning.guess:
            return staff_meaning.trigger
        if staff_meaning.trigger == "close":  # which is asked about anyway
            turn.meaning = staff_meaning.but(rest="")
            return "close"
        rest = f"{staff_meaning.trigger} {staff_meaning.rest}".strip()
        turn.meaning = staff_meaning.but(trigger="guess", rest=rest)
        return "guess"
    if turn.state == "which":
        return _named_doctor(turn)
    return turn.meaning.trigger if turn.meaning.trigger in ALSO_PATIENTS else "lost"


def _choose(turn: Turn, option_id: str) -> str:
    kind, *rest = option_id.split(":")
    turn.choice = rest
    if kind in FROM_NOTE:
        command, _, arguments = (turn.conversation.note or "status").partition(" ")
        turn.confirmed = kind == "run"
        if kind == "minutes":
            arguments = f"{arguments} {rest[0]}".strip()
        turn.meaning = Meaning(command, arguments, turn.meaning.language)
        return command
    turn.meaning = Meaning(kind, "", turn.meaning.language)
    return kind


def _named_doctor(turn: Turn) -> str:
    """Take a typed name as the answer to "which doctor?"; the command's row asks again if not."""
    command, _, arguments = (turn.conversation.note or "status").partition(" ")
    turn.meaning = Meaning(
        command, f"{turn.inbound.text} {arguments}".strip(), turn.meaning.language
    )
    return command
