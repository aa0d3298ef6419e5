"""What is known of a patient's person and health: who may see it, and who may change it.

A clinic's facts are shown to its admins and to the doctors with whom the patient ever had a token
or a visit; and to the doctor who alone has written the record. Another doctor who adds the same
person sees what they gave themself, as with somebody new, until the patient is theirs.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from domain.errors import Invalid
from domain.model.people import Association, ClinicPatient, Profile
from domain.work import Work

EMPTY = Profile()
LIST_FIELDS = ("allergies", "chronic_conditions", "current_medications")
PLAIN_FIELDS = ("gender", "address", "emergency_contact", "blood_group")
MAX_AGE = 150
"""Years."""


def seal(work: Work, profile: Profile) -> str | None:
    """Return *facts* as they are stored; None if there are none."""
    if profile == EMPTY:
        return None
    return work.seal.seal(msgspec.json.encode(profile).decode())


def unseal(work: Work, text: str | None) -> Profile:
    """Return the facts that were stored.

    Raises:
        Unreadable: If they were sealed with a key that is gone.
    """
    return EMPTY if text is None else msgspec.json.decode(work.seal.open(text), type=Profile)


def may_see(record: ClinicPatient, association: Association | None) -> bool:
    """Return whether the clinic's facts are open to that doctor; None is an admin."""
    if association is None or association.treats or association.total_visits > 0:
        return True
    return record.author == association.doctor_id


def visible_to(work: Work, record: ClinicPatient, association: Association | None) -> Profile:
    """Return the facts that a doctor, or an admin (None), is shown."""
    own = unseal(work, association.recorded if association else None)
    if may_see(record, association):
        return merge_own(unseal(work, record.facts), own)
    return own


def parse_changes(today: date, changes: dict[str, Any]) -> Profile:
    """Return *changes* (fields of `Profile`, and None for what is withdrawn) as facts of *today*.

    An age is kept with its day; beside a date of birth it means nothing.

    Raises:
        Invalid: If the date of birth is not a possible one.
    """
    born, age = changes.get("date_of_birth"), changes.get("age")
    if born is not None and not 0 <= years_between(born, today) <= MAX_AGE:
        raise Invalid("dateOfBirth", "This cannot be a date of birth.")
    found = {name: value for name, value in changes.items() if value is not None}
    if born is not None or age is None:
        found.pop("age", None)
    else:
        found["age_on"] = today
    return Profile(**found)


def fill_gaps(old: Profile, new: Profile) -> Profile:
    """Return *old* with what it does not know from *new*; nothing known is changed."""
    changes: dict[str, Any] = {
        name: getattr(new, name)
        for name in (*PLAIN_FIELDS, *LIST_FIELDS)
        if not getattr(old, name) and getattr(new, name) is not None
    }
    if old.date_of_birth is None and new.date_of_birth is not None:
        changes |= {"date_of_birth": new.date_of_birth, "age": None, "age_on": None}
    elif old.date_of_birth is None and old.age is None:
        changes |= {"age": new.age, "age_on": new.age_on}
    return msgspec.structs.replace(old, **changes)


def apply_changes(old: Profile, new: Profile, named: set[str]) -> Profile:
    """Return *old* with the fields *named* as *new* has them; an age yields to a date of birth."""
    changes = {name: getattr(new, name) for name in named if name not in {"age", "date_of_birth"}}
    if "date_of_birth" in named:
        changes["date_of_birth"] = new.date_of_birth
    born = changes.get("date_of_birth", old.date_of_birth)
    if born is not None:
        changes |= {"age": None, "age_on": None}
    elif "age" in named:
        changes |= {"age": new.age, "age_on": new.age_on}
    return msgspec.structs.replace(old, **changes)


def merge_own(clinics: Profile, doctors: Profile) -> Profile:
    """Return the clinic's facts with what a doctor had recorded before they could see them.

    Nothing known is changed or lost: lists become longer, for an allergy not told is a danger.
    """
    longer = {}
    for name in LIST_FIELDS:
        known, more = getattr(clinics, name) or (), getattr(doctors, name) or ()
        if more:
            longer[name] = tuple(dict.fromkeys((*known, *more)))
    return msgspec.structs.replace(fill_gaps(clinics, doctors), **longer)


def age_of(profile: Profile, today: date) -> int | None:
    """Return a patient's age in whole years on *today*, a day of the clinic's; None if unknown."""
    if profile.date_of_birth is not None:
        return years_between(profile.date_of_birth, today)
    if profile.age is None:
        return None
    return profile.age + (max(0, years_between(profile.age_on, today)) if profile.age_on else 0)


def years_between(since: date, today: date) -> int:
    """Return the whole years from *since* to *today*; below 0 if it is still to come."""
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))
