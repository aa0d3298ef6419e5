"""Propagate a contact's new or changed number to every record that shows it to a clinic.

Clinic records, associations, directories and live bookings hold a copy of the number, so that the
desk reads one item. Each copy is set to the contact's number at that moment, so propagation may be
repeated, and two changes may be propagated in any order.
"""

from __future__ import annotations

from datetime import timedelta

from domain import due
from domain.actions.people import directory
from domain.actors import Caller
from domain.due import OpenWork, finish
from domain.model.base import stamp
from domain.model.due import Due, shard_of
from domain.model.people import Association, AssociationStatus, ClinicPatient, Contact, Patient
from domain.model.queues import LiveBooking, Token
from domain.work import Work

AT_ONCE = 4
"""Directories, and live bookings, updated in the same transaction at most."""
PATIENTS_AT_ONCE = 10
"""Patients of the contact updated in the same transaction."""
STEP = 10
"""Live bookings updated in one transaction of the due item."""
KIND = "renumbered"
RECHECK_AFTER = timedelta(minutes=1)
"""After this long everything is checked once more, for a booking made with the old number."""


def propagate_number(work: Work, contact: Contact) -> None:
    """Update the number in every record of *contact*'s patients.

    For a person known to one clinic and a few doctors this happens in this transaction. If there
    is more, a due item updates it moments later.
    """
    across = work.system("propagate a person's number to all who know them")
    if not contact.patient_ids:
        return
    people = [_update_patient(across, contact, i) for i in contact.patient_ids[:PATIENTS_AT_ONCE]]
    known_to = sum(len(p.clinic_ids) for p in people if p)
    few = (
        known_to <= AT_ONCE
        and len(people) == len(contact.patient_ids)
        and _fits_one_transaction(across, contact)
    )
    if few:
        for token in _live_tokens(across, contact, AT_ONCE):
            _update_token(across, contact, token)
        for record in _records(across, people):
            for doctor_id in _update_record(across, contact, record).doctor_ids:
                _update_association(across, contact, doctor_id, record.patient_id)
    at = work.now + RECHECK_AFTER if few else work.now
    key = f"{stamp(at)}#{KIND}#{contact.contact_id}"
    if across.get(Due, shard_of(KIND, contact.contact_id), key) is None:
        about = due.Subject(contact.contact_id)
        due.schedule(work, KIND, at, about, contact=contact.contact_id, again=int(not few))


def continue_propagation(open_work: OpenWork, item: Due) -> None:
    """Update a contact's number everywhere, one directory a transaction, then check once more.

    If the contact changes meanwhile, the step conflicts and the item starts again.
    """
    contact_id = str(item.values.get("contact"))
    contact = open_work().get(Contact, contact_id)
    if contact is not None:
        _propagate_to_tokens(open_work, contact)
        for patient_id in contact.patient_ids:
            _propagate_to_patient(open_work, contact, patient_id)
    if contact is None or not item.values.get("again"):
        finish(open_work, item)
        return
    work = open_work()
    due.reschedule(work, item, RECHECK_AFTER, again=0)
    work.commit()


def _fits_one_transaction(work: Work, contact: Contact) -> bool:
    """Return whether few enough records show the number for one transaction."""
    if len(work.query(LiveBooking, contact.contact_id, limit=AT_ONCE + 1).records) > AT_ONCE:
        return False
    people = [work.get(Patient, i) for i in contact.patient_ids]
    return sum(1 + len(r.doctor_ids) for r in _records(work, people)) <= AT_ONCE


def _live_tokens(work: Work, contact: Contact, limit: int) -> list[Token]:
    booked = work.query(LiveBooking, contact.contact_id, limit=limit).records
    found = work.fetch([(Token, (b.queue_id, b.token_id)) for b in booked])
    return [t for t in found if isinstance(t, Token)]


def _update_token(work: Work, contact: Contact, token: Token) -> None:
    if token.patient_phone != contact.number:
        work.put(token.but(patient_phone=contact.number))


def _update_patient(work: Work, contact: Contact, patient_id: str) -> Patient | None:
    """Make the patient the contact's, with its number."""
    patient = work.get(Patient, patient_id)
    if patient is None:
        return None
    ours = patient.but(contact_id=contact.contact_id, patient_phone=contact.number)
    return patient if ours == patient else work.put(ours)


def _records(work: Work, people: list[Patient | None]) -> list[ClinicPatient]:
    """Return the records of *people* at every clinic that has one."""
    keys = [(c, p.patient_id) for p in people if p for c in p.clinic_ids]
    found = work.fetch([(ClinicPatient, key) for key in keys])
    return [r for r in found if isinstance(r, ClinicPatient)]


def _update_record(work: Work, contact: Contact, record: ClinicPatient) -> ClinicPatient:
    if record.patient_phone == contact.number:
        return record
    owner = Caller(record.clinic_id, None)
    directory.replace_phone(
        work, owner, record.patient_id, record.name, record.patient_phone, contact.number
    )
    now = work.now.replace(microsecond=0)
    return work.put(record.but(patient_phone=contact.number, updated_at=now))


def _update_association(work: Work, contact: Contact, doctor_id: str, patient_id: str) -> None:
    known = work.get(Association, doctor_id, patient_id)
    if known is None or known.patient_phone == contact.number:
        return
    if known.status is AssociationStatus.ACTIVE:
        owner = Caller(known.clinic_id, doctor_id)
        old = known.patient_phone
        directory.replace_phone(work, owner, patient_id, known.patient_name, old, contact.number)
    work.put(known.but(patient_phone=contact.number))


def _propagate_to_tokens(open_work: OpenWork, contact: Contact) -> None:
    """Update live bookings. They come first: a confirmed one opens a record with its number.

    They are few: a person has at most one a doctor and day.
    """
    after = None
    while True:
        work = open_work()
        page = work.query(LiveBooking, contact.contact_id, limit=STEP, after=after)
        work.check(contact)
        for token in work.fetch([(Token, (b.queue_id, b.token_id)) for b in page.records]):
            if isinstance(token, Token):
                _update_token(work, contact, token)
        work.commit()
        after = page.after
        if after is None:
            return


def _propagate_to_patient(open_work: OpenWork, contact: Contact, patient_id: str) -> None:
    work = open_work()
    work.check(contact)
    records = _records(work, [_update_patient(work, contact, patient_id)])
    work.commit()
    for known in records:
        work = open_work()
        record = work.get(ClinicPatient, known.clinic_id, patient_id)
        if record is None:
            continue  # erased meanwhile
        work.check(contact)
        _update_record(work, contact, record)
        work.commit()
        # A doctor associated from now on copies the number from the record.
        current = open_work().get(ClinicPatient, known.clinic_id, patient_id)
        for doctor_id in current.doctor_ids if current else ():
            work = open_work()
            work.check(contact)
            _update_association(work, contact, doctor_id, patient_id)
            work.commit()
