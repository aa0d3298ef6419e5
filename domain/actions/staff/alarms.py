"""Alarms: what the clinic's people must hear of a person who writes to the bot."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from domain.actions.staff.alerts import Alert, alert_desk, alert_desk_and_doctors
from domain.model.clinics import Clinic
from domain.model.messages import Urgency
from domain.model.people import Contact
from domain.work import Work

QUIET_FOR = timedelta(minutes=10)
"""How long after one alarm of an emergency no other follows for the same person."""
EMERGENCY_HELPS = timedelta(hours=2)
MACHINE_HELPS = timedelta(hours=12)


def alarm_of_emergency(
    work: Work, clinic: Clinic, contact: Contact, words: str, doctor_ids: Collection[str]
) -> int:
    """Alert the clinic that a person may be in danger; return how many people are alerted.

    They are the admins and the doctors *doctor_ids*; everybody who can be reached, if none of those
    has a proven number. The caller keeps when it did so, and is silent for `QUIET_FOR`.
    """
    alert = Alert(
        name="desk/emergency",
        values=_person(contact),
        # What a patient writes is about their health: it is stored encrypted only.
        secrets={"text": words},
        shows=[contact.contact_id],
        urgency=Urgency.NOW,
        helps_for=EMERGENCY_HELPS,
    )
    return alert_desk_and_doctors(work, clinic, doctor_ids, alert)


def alarm_of_machine(work: Work, clinic: Clinic, contact: Contact, minutes: int) -> int:
    """Alert the desk that a machine seems to answer the bot, which is silent for *minutes*.

    Return how many people are alerted.
    """
    alert = Alert(
        name="desk/machine",
        values={**_person(contact), "minutes": minutes},
        shows=[contact.contact_id],
        helps_for=MACHINE_HELPS,
    )
    return alert_desk(work, clinic, alert)


def _person(contact: Contact) -> dict[str, str | None]:
    return {"person": contact.profile_name or "", "phone": contact.number}
