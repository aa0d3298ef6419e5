"""Red flags: what may be an emergency gets one fixed answer, always and before everything else."""

from __future__ import annotations

from domain import phones
from domain.actions.booking import seats
from domain.actions.booking.queues import is_present
from domain.actions.messages.outbox import Draft, send
from domain.actions.staff import alarms
from domain.emergencies import emergency_numbers
from domain.model.people import Contact
from domain.work import Work
from flows.inbound import Inbound
from flows.table import ANYWHERE, Row
from flows.turn import Say, Turn, says

RED_FLAG = "red_flag"
ANSWER = "safety/red_flag"


def is_red_flag(turn: Turn) -> bool:
    """Whether a text may tell of an emergency."""
    return turn.inbound.kind == "text" and turn.ear.alarms(turn.inbound.text)


def alarm_desk(turn: Turn) -> None:
    """Alert the clinic's people, unless they were just now because of the same person."""
    work, alarmed_at = turn.work, turn.conversation.alarmed_at
    told = alarmed_at is not None and work.now - alarmed_at < alarms.QUIET_FOR
    if not told:
        live = seats.live_tokens(work, turn.contact.contact_id, turn.clinic.clinic_id)
        doctors = {t.doctor_id for t in live if is_present(work, turn.clinic, t.doctor_id, t.date)}
        words = turn.inbound.text
        told = bool(alarms.alarm_of_emergency(work, turn.clinic, turn.contact, words, doctors))
        turn.remember(alarmed_at=work.now if told else None)
    turn.values = {"told": told}


def answer_without_clinic(work: Work, inbound: Inbound, contact: Contact) -> None:
    """Say whom to call, before it is known which clinic is meant; nobody can be alerted yet."""
    values = {"numbers": emergency_numbers(contact.number), "phone": None, "told": False}
    send(
        work,
        Draft(
            ANSWER,
            to=contact.contact_id,
            clinic=None,
            sender=inbound.sender,
            values=values,
            reply_to=inbound.message_id,
        ),
    )


# fmt: off
ROWS = (
    #   on         at         when   do           say      then
    Row(RED_FLAG,  ANYWHERE,  None,  alarm_desk,  ANSWER,  None),
)
# fmt: on


@says(ANSWER)
def _red_flag(turn: Turn) -> Say:
    """Say whom to call; of what was asked before, nothing is lost."""
    phone = turn.clinic.phone
    values = {
        "numbers": emergency_numbers(phone, turn.clinic.time_zone),
        "phone": phones.group_digits(phone) if phone else None,
        **turn.values,
    }
    return Say(values=values, keeps_question=True)
