"""Pictures, documents and voice notes: kept for the doctor, or passed on in a talk."""

from __future__ import annotations

from domain.actions.booking import seats
from domain.actions.visits import files
from domain.model.clinics import Doctor
from domain.model.files import FilePurpose
from domain.model.messages import Option
from domain.model.queues import Token
from flows import handover
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says

MOST_OFFERED = 9
FILES = {"image", "video", "document"}
"""What may be a report; a voice note is for people."""


def too_many(turn: Turn) -> bool:
    """Whether the person has sent more files today than are kept."""
    contact_id = turn.contact.contact_id
    return is_file(turn) and files.are_too_many(turn.work, turn.clinic, contact_id)


def one_booking(turn: Turn) -> bool:
    """Whether a file came from somebody with one live booking here."""
    return is_file(turn) and len(_bookings(turn)) == 1


def several_bookings(turn: Turn) -> bool:
    """Whether a file came from somebody with several."""
    return is_file(turn) and len(_bookings(turn)) > 1


def no_booking(turn: Turn) -> bool:
    """Whether a file came from somebody without a booking here."""
    return is_file(turn)


def is_file(turn: Turn) -> bool:
    """Whether a message brings what may be a report."""
    return turn.inbound.media in FILES and handover.received(turn.inbound) is not None


def _bookings(turn: Turn) -> list[Token]:
    return seats.live_tokens(turn.work, turn.contact.contact_id, turn.clinic.clinic_id)


def keep(turn: Turn) -> None:
    """Keep the file with the one booking."""
    (token,) = _bookings(turn)
    _receive(turn, token)
    turn.token = token


def keep_for_later(turn: Turn) -> None:
    """Keep the file until it is said what it is for."""
    turn.values = {"file": _receive(turn, None)}


def _receive(turn: Turn, token: Token | None) -> str:
    found = handover.received(turn.inbound)
    if found is None:
        raise LookupError("A row of files was reached without one.")
    made = files.receive(
        turn.work,
        turn.clinic,
        turn.contact.contact_id,
        found,
        token=token,
        purpose=FilePurpose.VISIT,
    )
    return made.file_id


def assign(turn: Turn) -> None:
    """Keep the file with the booking that was chosen."""
    token_id, file_id, *_ = (*turn.choice, "", "")
    token = next((t for t in _bookings(turn) if t.token_id == token_id), None)
    if token is not None:
        contact_id = turn.contact.contact_id
        files.assign(turn.work, turn.clinic, contact_id, file_id, token)
    turn.token = token


def is_assigned(turn: Turn) -> bool:
    """Whether the booking chosen for the file is still live."""
    token_id = turn.choice[0] if turn.choice else ""
    return any(t.token_id == token_id for t in _bookings(turn))


def give_to_desk(turn: Turn) -> None:
    """Give the file to the clinic's people, who answer from now on."""
    file_id = turn.choice[0] if turn.choice else ""
    handover.hand_over(turn)
    files.assign(turn.work, turn.clinic, turn.contact.contact_id, file_id, None)


def is_own(turn: Turn) -> bool:
    """Whether the button is for a file of this person's own chat."""
    return len(turn.choice) > 1 and turn.choice[0] == turn.contact.contact_id


def send_own(turn: Turn) -> None:
    """Send the person a file that staff sent them while WhatsApp took no files."""
    own = turn.contact.contact_id
    files.ask_for(turn.work, turn.clinic, own, turn.choice[1], to=own)


# fmt: off
ROWS = (
    #   on           at         when              do              say                 then
    Row("media",     ANYWHERE,  too_many,         None,           "files/too_many",   None),
    Row("media",     ANYWHERE,  one_booking,      keep,           "files/kept",       None),
    Row("media",     ANYWHERE,  several_bookings, keep_for_later, "files/whose",      None),
    Row("media",     ANYWHERE,  no_booking,       keep_for_later, "files/what_for",   None),
    Row("file_for",  ANYWHERE,  is_assigned,      assign,         "files/kept",       None),
    Row("file_for",  ANYWHERE,  None,             None,           "files/gone",       None),
    Row("file_talk", ANYWHERE,  None,             give_to_desk,   "talk/handed_over", "idle"),
    Row("file",      ANYWHERE,  is_own,           send_own,       None,               None),
    Row("file",      ANYWHERE,  None,             None,           "files/gone",       None),
)
# fmt: on


@says("files/kept")
def _kept(turn: Turn) -> Say:
    token = turn.acted_on
    doctor = turn.work.require(Doctor, token.clinic_id, token.doctor_id)
    values = {"doctor": doctor.name, "number": token.number, "person": token.patient_name}
    return Say(values=values, keeps_question=True)


@says("files/whose")
def _whose(turn: Turn) -> Say:
    names = {d.doctor_id: d.name for d in turn.doctors()}
    return Say(
        options=[
            Option(
                id=f"file_for:{t.token_id}:{turn.values['file']}",
                label="booking_row",
                values={
                    "number": t.number,
                    "person": t.patient_name,
                    "doctor": names.get(t.doctor_id, ""),
                },
            )
            for t in _bookings(turn)[:MOST_OFFERED]
        ]
    )


@says("files/what_for")
def _what_for(turn: Turn) -> Say:
    return Say(
        options=[
            Option(id="hi", label="book_button"),
            Option(id=f"file_talk:{turn.values['file']}", label="talk_button"),
        ]
    )


@says("files/gone")
@says("files/too_many")
def _gone(_turn: Turn) -> Say:
    return Say(keeps_question=True)
