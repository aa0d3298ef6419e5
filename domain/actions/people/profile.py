"""What a clinic knows of a patient's person and health: encrypt, show and combine profiles.

Nothing here writes to the store: each function returns a value, and its caller stores it.

Who sees the clinic's profile of a patient: its admins; each doctor with whom the patient has had a
token or a visit; and a doctor who wrote all of it. Any other doctor who adds the same person sees
only what they recorded themself, as with a patient new to the clinic.
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
"""Years; an earlier date of birth is refused."""


def seal(work: Work, profile: Profile) -> str | None:
    """Encrypt a profile for the store; an empty one is None."""
    if profile == EMPTY:
        return None
    return work.seal.seal(msgspec.json.encode(profile).decode())


def unseal(work: Work, text: str | None) -> Profile:
    """Decrypt a stored profile; None is an empty one.

    Raises:
        Unreadable: If it was encrypted with a key that is gone.
    """
    return EMPTY if text is None else msgspec.json.decode(work.seal.open(text), type=Profile)


def may_see(record: ClinicPatient, association: Association | None) -> bool:
    """Return whether the doctor of *association* sees the clinic's profile; None is an admin."""
    if association is None or association.treats or association.total_visits > 0:
        return True
    return record.author == association.doctor_id


def visible_to(work: Work, record: ClinicPatient, association: Association | None) -> Profile:
    """Return what the doctor of *association* sees of a patient's profile; None is an admin."""
    own = unseal(work, association.recorded if association else None)
    if may_see(record, association):
        return merge_own(unseal(work, record.facts), own)
    return own


def parse_changes(today: date, changes: dict[str, Any]) -> Profile:
    """Check *changes*, keyed by field of `Profile` (None clears it); return them as a profile.

    An age is stored with the day it was given on (*today*, in the clinic's zone). It is dropped if
    a date of birth is given too.

    Raises:
        Invalid: If the date of birth is ahead, or more than `MAX_AGE` years ago.
    """
    born, age = changes.get("date_of_birth"), changes.get("age")
    if born is not None and not 0 <= years_between(born, today) <= MAX_AGE:
        raise Invalid("dateOfBirth", "This cannot be a date of birth.")
    given = {name: value for name, value in changes.items() if value is not None}
    if born is not None or age is None:
        given.pop("age", None)
    else:
        given["age_on"] = today
    return Profile(**given)


def fill_gaps(old: Profile, new: Profile) -> Profile:
    """Fill the empty fields of *old* from *new*; a field that has a value keeps it."""
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
    """Replace the fields *named* of *old* by those of *new*.

    An age is never kept beside a date of birth.
    """
    changes = {name: getattr(new, name) for name in named if name not in {"age", "date_of_birth"}}
    if "date_of_birth" in named:
        changes["date_of_birth"] = new.date_of_birth
    born = changes.get("date_of_birth", old.date_of_birth)
    if born is not None:
        changes |= {"age": None, "age_on": None}
    elif "age" in named:
        changes |= {"age": new.age, "age_on": new.age_on}
    return msgspec.structs.replace(old, **changes)


def merge_own(of_clinic: Profile, of_doctor: Profile) -> Profile:
    """Merge a doctor's own profile of a patient into the clinic's.

    The clinic's values stay and its empty fields are filled. Lists are joined, so that no allergy
    is lost.
    """
    longer = {}
    for name in LIST_FIELDS:
        known, more = getattr(of_clinic, name) or (), getattr(of_doctor, name) or ()
        if more:
            longer[name] = tuple(dict.fromkeys((*known, *more)))
    return msgspec.structs.replace(fill_gaps(of_clinic, of_doctor), **longer)


def age_of(profile: Profile, today: date) -> int | None:
    """Return a patient's age in whole years on *today* (in the clinic's zone); None if unknown."""
    if profile.date_of_birth is not None:
        return years_between(profile.date_of_birth, today)
    if profile.age is None:
        return None
    return profile.age + (max(0, years_between(profile.age_on, today)) if profile.age_on else 0)


def years_between(since: date, today: date) -> int:
    """Return the whole years from *since* to *today*; negative if *since* is ahead."""
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))
