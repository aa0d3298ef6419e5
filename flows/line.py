"""Running a line from WhatsApp: the commands of doctors, and of admins who name one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.actions.booking.complaints import complaint_of
from domain.actions.booking.places import waiting_in_order
from domain.actions.booking.queues import current_queue
from domain.actions.delivery import freshness
from domain.actions.line import calling, lifecycle, undoing
from domain.actions.visits import files
from domain.errors import (
    CalledJustNow,
    DayClosed,
    LineMoved,
    NobodyWaiting,
    NothingToUndo,
    NotNow,
    Refused,
    Unreadable,
)
from domain.line_context import LineContext
from domain.model.clinics import Doctor
from domain.model.messages import Option
from domain.model.queues import Queue, QueueStatus, Token
from domain.rules import COMMAND_MAX_AGE_SECONDS
from flows.commands import (
    arguments,
    doctor_meant,
    seen_state,
)
from flows.table import ANYWHERE, Refusal, Row
from flows.turn import Say, Turn, says

MOST_LISTED = 18
COMMANDS = (
    "start", "next", "skip", "pause", "resume", "emergency", "close", "undo", "status", "list",
    "add", "announce", "late", "on_time", "more", "full",
)  # fmt: skip


def too_old(turn: Turn) -> bool:
    """Whether the command was sent so long ago that it may no longer be meant (invariant I2)."""
    age = turn.work.now - turn.inbound.sent_at
    return age > timedelta(seconds=COMMAND_MAX_AGE_SECONDS) and not nobody_named(turn)


def nobody_named(turn: Turn) -> bool:
    """Whether it is not clear whose line is meant."""
    return doctor_meant(turn) is None


def more_was_said(turn: Turn) -> bool:
    """Whether words follow a command that takes none, so that it may not be one.

    "next week I am away" must call nobody in.
    """
    is_text = turn.inbound.kind == "text"
    if not is_text or nobody_named(turn):
        return False
    said = arguments(turn)
    current = the_line(turn).queue.current_number
    if turn.meaning.trigger == "skip" and current is not None:
        return turn.ear.token_number(said) != current and not turn.ear.adds_nothing(said, "skip")
    return not turn.ear.adds_nothing(said, turn.meaning.trigger)


def keep_command(turn: Turn) -> None:
    """Remember the command until the sender says whose line is meant."""
    turn.remember(note=f"{turn.meaning.trigger} {turn.meaning.rest}".strip())


def keep_unsure(turn: Turn) -> None:
    """Remember the command that may be meant, until the sender says whose line is meant."""
    turn.remember(note=turn.meaning.rest)


def start(turn: Turn) -> None:
    """Open the line."""
    turn.queue = lifecycle.start(the_line(turn), turn.actor)


def call_next(turn: Turn) -> None:
    """Complete the consultation and call the next patient."""
    moved = calling.call_next(the_line(turn), turn.actor, seen_state(turn))
    turn.queue = moved.queue
    turn.values = _nobody_called(moved)


def skip(turn: Turn) -> None:
    """Skip the patient who was called and has not come, and call the next."""
    line = the_line(turn)
    moved = calling.skip(line, turn.actor, seen_state(turn))
    turn.queue = moved.queue
    turn.values = {**_nobody_called(moved), "skipped": line.queue.current_number}


def undo(turn: Turn) -> None:
    """Take back what staff did last: a call, a pause, a resume, a close or a walk-in."""
    undone = undoing.undo(the_line(turn), turn.actor, seen_state(turn))
    turn.queue = undone.moved.queue
    if undone.token is not None:
        turn.show(undone.token)
    turn.values = {
        **_nobody_called(undone.moved),
        "undone": undone.action,
        "added": undone.token.patient_name if undone.token else None,
    }


def _which_doctor_rows() -> tuple[Row, ...]:
    return tuple(
        Row(c, ANYWHERE, nobody_named, keep_command, "line/which_doctor", "which") for c in COMMANDS
    )


def _unsure_rows() -> tuple[Row, ...]:
    alone = ("start", "next", "skip", "undo", "resume", "close", "on_time")
    return tuple(Row(c, ANYWHERE, more_was_said, None, "line/unsure", "idle") for c in alone)


def _too_old_rows() -> tuple[Row, ...]:
    changing = [c for c in COMMANDS if c not in {"status", "list"}]
    return tuple(Row(c, ANYWHERE, too_old, None, "line/too_old", "idle") for c in changing)


GUARDS = (*_which_doctor_rows(), *_too_old_rows(), *_unsure_rows())
"""What comes before every row that obeys a command."""
# fmt: off
ROWS = (
    Row("unsure",     ANYWHERE,  nobody_named, keep_unsure, "line/which_doctor", "which"),
    Row("unsure",     ANYWHERE,  None,        None,       "line/unsure",       "idle"),
    #   on            at         when         do          say                  then
    Row("start",      ANYWHERE,  None,        start,      "line/started",      "idle"),
    Row("next",       ANYWHERE,  None,        call_next,  "line/called",       "idle"),
    Row("skip",       ANYWHERE,  None,        skip,       "line/skipped",      "idle"),
    Row("undo",       ANYWHERE,  None,        undo,       "line/undone",       "idle"),
    Row("status",     ANYWHERE,  None,        None,       "line/status",       "idle"),
    Row("list",       ANYWHERE,  None,        None,       "line/list",         "idle"),
)
# fmt: on
REFUSALS: dict[type[Refused], Refusal] = {
    CalledJustNow: Refusal("line/called_just_now"),
    LineMoved: Refusal("line/moved"),
    NobodyWaiting: Refusal("line/nobody"),
    NothingToUndo: Refusal("line/nothing_to_undo"),
    NotNow: Refusal("line/not_now"),
    DayClosed: Refusal("line/day_over"),
}


def the_line(turn: Turn) -> LineContext:
    """Return the line that commands apply to now, of the doctor who is meant.

    Raises:
        LookupError: If it is not clear which doctor; the tables ask for one before.
    """
    doctor = doctor_meant(turn)
    if doctor is None:
        raise LookupError("A command was obeyed though it is not clear whose line it means.")
    if turn.queue is None:
        turn.queue = current_queue(turn.work, turn.clinic, doctor)
    return LineContext(turn.work, turn.clinic, doctor, turn.queue)


def state(turn: Turn) -> Say:
    """Return the new state of the line, with the buttons for what comes next."""
    line = the_line(turn)
    people = freshness.people_in_line(turn.work, line.queue)
    turn.show(people.current, people.following)
    known = freshness.line_values(turn.work, line.queue, people)
    values = {"doctor": line.doctor.name, **known, **turn.values, "complaint": None}
    current = turn.work.get(Token, line.queue.queue_id, line.queue.current_token or "")
    complaint = _complaint(turn, current) if current is not None else None
    secrets = {"complaint": complaint} if complaint is not None else {}
    return Say(values=values, secrets=secrets, options=_buttons(line.doctor, line.queue))


@says("line/called")
def _called(turn: Turn) -> Say:
    said = state(turn)
    queue = the_line(turn).queue
    current = turn.work.get(Token, queue.queue_id, queue.current_token or "")
    sent = files.files_of(turn.work, current) if current is not None else []
    return replace(said, values={**said.values, "files": len(sent)})


for _name in (
    "line/started", "line/skipped", "line/undone", "line/paused", "line/emergency",
    "line/resumed", "line/status", "line/too_old", "line/nobody",
    "line/nothing_to_undo", "line/day_over",
):  # fmt: skip
    says(_name)(state)


@says("line/not_now")
def _not_now(turn: Turn) -> Say:
    said = state(turn)
    wanted = turn.details.get("action", turn.meaning.trigger)
    return replace(said, values={**said.values, "wanted": wanted})


@says("line/unsure")
def _unsure(turn: Turn) -> Say:
    said = state(turn)
    word = turn.meaning.trigger or ""
    if word == "unsure":
        word = turn.meaning.rest.partition(" ")[0]
    return replace(said, values={**said.values, "said": word.replace("_", " ")})


@says("line/moved")
def _line_moved(turn: Turn) -> Say:
    said = state(turn)
    at = turn.details.get("at")
    return replace(
        said,
        values={
            **said.values,
            "by": turn.details.get("by_name"),
            "did": turn.details.get("action"),
            "at": at.isoformat() if at else None,
        },
    )


@says("line/called_just_now")
def _called_just_now(turn: Turn) -> Say:
    said = state(turn)
    line, again, at = the_line(turn), turn.meaning.trigger, turn.details["at"]
    chosen = f"{line.doctor.doctor_id}:{line.queue.current_token}"
    return Say(
        values={
            **said.values,
            "again": again,
            "seconds": max(0, round((turn.work.now - at).total_seconds())),
        },
        options=[
            Option(id=f"{again}:{chosen}", label="again_button", values={"again": again}),
            Option(id=f"status:{line.doctor.doctor_id}", label="enough_button"),
        ],
    )


@says("line/list")
def _list(turn: Turn) -> Say:
    said = state(turn)
    queue = the_line(turn).queue
    waiting = waiting_in_order(turn.work, queue.queue_id)
    refs = [(Token, (queue.queue_id, w.token_id)) for w in waiting[:MOST_LISTED]]
    tokens = [t for t in turn.work.fetch(refs) if isinstance(t, Token)]
    turn.show(*tokens)
    late = {w.token_id: freshness.late_text(w, turn.work.now) for w in waiting}
    told = {str(t.number): text for t in tokens if (text := _complaint(turn, t))}
    return replace(
        said,
        secrets={**said.secrets, **({"complaints": told} if told else {})},
        values={
            **said.values,
            "complaints": {},
            "tokens": [
                {
                    "number": t.number,
                    "person": t.patient_name,
                    "at": t.estimated_time.isoformat(),
                    "arrived": t.arrived_at is not None,
                    "late": late[t.token_id],
                }
                for t in tokens
            ],
            "more": len(waiting) - len(tokens),
        },
    )


@says("line/which_doctor")
def _which_doctor(turn: Turn) -> Say:
    return Say(
        options=[
            Option(id=f"at:{d.doctor_id}", label="doctor_row", values={"name": d.name})
            for d in turn.doctors()[:10]
        ]
    )


def _complaint(turn: Turn, token: Token) -> str | None:
    """Return what a patient told the doctor; the line goes on if its key is gone."""
    try:
        return complaint_of(turn.work, token)
    except Unreadable:
        return None


def _buttons(doctor: Doctor, queue: Queue) -> list[Option]:
    """Return at most three buttons; next and skip name the token that was called."""
    seen = queue.current_token or "-"
    at = doctor.doctor_id
    match queue.status:
        case QueueStatus.SCHEDULED:
            return [Option(id=f"start:{at}", label="start_button")]
        case QueueStatus.ACTIVE:
            buttons = [Option(id=f"next:{at}:{seen}", label="next_button")]
            if queue.current_token:
                buttons.append(Option(id=f"skip:{at}:{seen}", label="skip_button"))
            return [*buttons, Option(id=f"list:{at}", label="list_button")]
        case QueueStatus.PAUSED | QueueStatus.EMERGENCY:
            return [
                Option(id=f"resume:{at}", label="resume_button"),
                Option(id=f"list:{at}", label="list_button"),
            ]
    return []


def _nobody_called(moved: calling.MoveResult) -> dict[str, object]:
    return {"nobody": moved.current is None}
