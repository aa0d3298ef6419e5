"""The person behind an erased record: what the clinic said of them, and they themselves."""

from __future__ import annotations

from domain.actions.people import directory
from domain.due import OpenWork
from domain.model.clinics import Clinic, StaffNumber
from domain.model.people import (
    Address,
    ClinicPatient,
    ConsentChange,
    ConsentWay,
    Contact,
    OptOut,
    Patient,
)
from domain.model.queues import LiveBooking
from domain.work import Work

MAX_CHANGES = 50
"""Consent changes of a contact who never wrote; staff cause far fewer."""
BY_STAFF = {ConsentWay.STAFF, ConsentWay.API}


def is_known_to(work: Work, clinic: Clinic, contact: Contact) -> bool:
    """Return whether the clinic has a record of anybody whom *contact* writes for."""
    family = [(ClinicPatient, (clinic.clinic_id, i)) for i in contact.patient_ids]
    return any(record is not None for record in work.fetch(family))


def erase_statements(open_work: OpenWork, clinic: Clinic, person: Patient) -> None:
    """Erase what the clinic's staff said of the contact's consent; the person's own words stay.

    Where nobody else knows the contact it is erased whole, so this must not be seen to stay.
    """
    work = open_work()
    contact = work.get(Contact, person.contact_id)
    if contact is None or is_known_to(work, clinic, contact):
        return
    work.check(contact)  # whoever is recorded meanwhile keeps what is said now
    stopped = work.get(OptOut, clinic.clinic_id, contact.contact_id)
    if stopped is not None and stopped.by_clinic:
        work.delete(stopped)
    for change in work.query(ConsentChange, contact.contact_id, limit=MAX_CHANGES).records:
        if change.clinic_id == clinic.clinic_id and change.way in BY_STAFF:
            work.delete(change)
    work.commit()


def erase_person_if_unknown(open_work: OpenWork, clinic: Clinic, patient_id: str) -> None:
    """Erase the person if no clinic has a record of them, and their contact if nobody uses it."""
    work = open_work()
    person = work.get(Patient, patient_id)
    if person is None or person.clinic_ids:
        return
    begin = f"{patient_id}#"
    span = (begin, begin + directory.HIGHEST)
    if work.query(LiveBooking, person.contact_id, between=span, limit=1).records:
        return
    work.delete(person)
    contact = work.get(Contact, person.contact_id)
    if contact is not None:
        left = tuple(i for i in contact.patient_ids if i != patient_id)
        if left or _is_in_use(work, contact):
            work.put(contact.but(patient_ids=left))
        else:
            _erase_contact(work, clinic, contact)
    work.commit()


def _is_in_use(work: Work, contact: Contact) -> bool:
    """Return whether a person has written from this account, or it is a staff member's."""
    if contact.verified_phone or contact.wa_user_id or contact.profile_name:
        return True
    return bool(work.query(StaffNumber, contact.phone or "", limit=1).records)


def _erase_contact(work: Work, clinic: Clinic, contact: Contact) -> None:
    address = work.get(Address, f"tel:{contact.phone}")
    stopped = work.get(OptOut, clinic.clinic_id, contact.contact_id)
    changes = work.query(ConsentChange, contact.contact_id, limit=MAX_CHANGES).records
    for record in (contact, address, stopped, *changes):
        if record is not None:
            work.delete(record)
