"""Staff get the files that patients sent: by a button, or by the number of a booking."""

from __future__ import annotations

from domain.actions.staff import talks
from domain.actions.visits import files
from domain.due import tokens_of
from domain.model.files import PatientFile
from domain.model.queues import Token
from flows.commands import arguments
from flows.line import keep_command, nobody_named, the_line
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says

MOST_SENT = 5
"""Files of a booking that one message asks for; the newest are sent."""


def may_have(turn: Turn) -> bool:
    """Whether a button asks for a file that this member of staff may have."""
    if not _by_button(turn):
        return False
    contact_id, file_id, *_ = (*turn.choice, "", "")
    return files.may_have(turn.work, turn.clinic, turn.staff, contact_id, file_id)


def by_button(turn: Turn) -> bool:
    """Whether a button asks for a file."""
    return _by_button(turn)


def _by_button(turn: Turn) -> bool:
    return turn.inbound.kind == "tap" and len(turn.choice) > 1


def has_files(turn: Turn) -> bool:
    """Whether the booking named, or the one inside, has files."""
    return bool(_found(turn)[1])


def send_one(turn: Turn) -> None:
    """Have the file of a button sent to this member of staff."""
    contact_id, file_id, *_ = turn.choice
    own = turn.contact.contact_id
    files.ask_for(turn.work, turn.clinic, contact_id, file_id, to=own)
    shown = talks.patients_of(turn.work, turn.clinic.clinic_id, contact_id)
    turn.shown.update(dict.fromkeys(shown))


def send_all(turn: Turn) -> None:
    """Have the files of a booking sent to this member of staff."""
    token, found = _found(turn)
    for file in found[-MOST_SENT:]:
        own = turn.contact.contact_id
        files.ask_for(turn.work, turn.clinic, file.contact_id, file.file_id, to=own)
    turn.show(token)


def _found(turn: Turn) -> tuple[Token | None, list[PatientFile]]:
    """Return the booking whose number is named, or else the one inside, and its files."""
    queue = the_line(turn).queue
    number = turn.ear.token_number(arguments(turn)) or queue.current_number
    tokens = tokens_of(turn.work, queue.queue_id)
    token = next((t for t in tokens if t.number == number), None)
    return token, files.files_of(turn.work, token) if token is not None else []


# fmt: off
ROWS = (
    #   on      at         when          do            say                  then
    Row("file", ANYWHERE,  may_have,     send_one,     None,                None),
    Row("file", ANYWHERE,  by_button,    None,         "desk/no_file",      None),
    Row("file", ANYWHERE,  nobody_named, keep_command, "line/which_doctor", "which"),
    Row("file", ANYWHERE,  has_files,    send_all,     None,                "idle"),
    Row("file", ANYWHERE,  None,         None,         "desk/no_file",      "idle"),
)
# fmt: on


@says("desk/no_file")
def _no_file(_turn: Turn) -> Say:
    return Say(keeps_question=True)
