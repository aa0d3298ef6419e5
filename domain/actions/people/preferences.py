"""What a patient prefers at one doctor's: a part of the day, and how news comes.

Preferences belong to the association of doctor and patient. They hold while it is active, and at
no other doctor's.
"""

from __future__ import annotations

from domain.model.people import Association, AssociationStatus
from domain.timetable import PartOfDay
from domain.work import Work


def preferred_part(work: Work, doctor_id: str, patient_id: str) -> PartOfDay | None:
    """Return the part of the day that a patient prefers at a doctor's; None for no preference."""
    part = _preferences(work, doctor_id, patient_id).get("preferredTime")
    return PartOfDay(part) if part else None


def prefers_sms(work: Work, doctor_id: str, patient_id: str) -> bool:
    """Return whether a patient prefers news of a doctor's visits by SMS to WhatsApp."""
    return _preferences(work, doctor_id, patient_id).get("communicationMethod") == "SMS"


def _preferences(work: Work, doctor_id: str, patient_id: str) -> dict[str, str]:
    """Return the preferences by their names in the API; empty without an active association."""
    across = work.system("what a patient prefers is kept with what a clinic knows of them")
    association = across.get(Association, doctor_id, patient_id)
    if association is None or association.status is not AssociationStatus.ACTIVE:
        return {}
    return association.preferences
