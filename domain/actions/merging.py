"""Two contacts that turn out to be one person: a WhatsApp account whose number was not known."""

from __future__ import annotations

from domain.model.conversations import Conversation, Push
from domain.model.people import Address, Contact, OptOut, Patient, Silence
from domain.model.queues import Hold, LiveBooking, Token
from domain.work import Work

MOST_BOOKINGS = 20
"""Live bookings moved at once, as all is one transaction."""


def merge(work: Work, account: Contact, known: Contact, sender: str) -> Contact:
    """Let *known*, of whom only the phone was known, be *account*, who now shows that phone.

    What the account booked, whom it writes for and where its conversation with *sender* is go to
    the contact of the phone, whom clinics know. Who stopped messages has stopped them for both.
    """
    _move_bookings(work, account, known)
    for patient_id in account.patient_ids:
        patient = work.get(Patient, patient_id)
        if patient is not None:
            work.put(patient.but(contact_id=known.contact_id, patient_phone=known.phone))
    address = work.get(Address, f"wa:{account.wa_user_id}")
    if address is not None:
        work.put(address.but(contact_id=known.contact_id))
    _move_talk(work, account, known, sender)
    _keep_silence(work, account, known)
    # It keeps its address for the messages that are on their way.
    work.put(account.but(patient_ids=()))
    others = (i for i in account.patient_ids if i not in known.patient_ids)
    return work.put(
        known.but(
            wa_user_id=account.wa_user_id,
            verified_phone=True,
            language=known.language or account.language,
            last_clinic_id=account.last_clinic_id or known.last_clinic_id,
            profile_name=known.profile_name or account.profile_name,
            patient_ids=(*known.patient_ids, *others),
        )
    )


def _move_bookings(work: Work, account: Contact, known: Contact) -> None:
    for booking in work.query(LiveBooking, account.contact_id, limit=MOST_BOOKINGS).records:
        token = work.get(Token, booking.queue_id, booking.token_id)
        work.delete(booking)
        work.put(booking.but(version=0, contact_id=known.contact_id))
        if token is not None:
            work.put(token.but(contact_id=known.contact_id, patient_phone=known.phone))
    for hold in work.query(Hold, account.contact_id, limit=MOST_BOOKINGS).records:
        if work.get(Hold, known.contact_id, hold.hold) is None:
            work.delete(hold)
            work.put(hold.but(version=0, contact_id=known.contact_id))


def _move_talk(work: Work, account: Contact, known: Contact, sender: str) -> None:
    before, after = f"{sender}#{account.contact_id}", f"{sender}#{known.contact_id}"
    talk, push = work.get(Conversation, before), work.get(Push, before)
    if talk is not None:
        there = work.get(Conversation, after)
        version = there.version if there else 0
        work.delete(talk)
        work.put(talk.but(version=version, conversation=after, contact_id=known.contact_id))
    if push is not None and work.get(Push, after) is None:
        work.delete(push)
        work.put(push.but(version=0, conversation=after, contact_id=known.contact_id))


def _keep_silence(work: Work, account: Contact, known: Contact) -> None:
    silence = work.get(Silence, account.contact_id)
    if silence is not None and work.get(Silence, known.contact_id) is None:
        work.put(silence.but(version=0, contact_id=known.contact_id))
    clinic_id = account.last_clinic_id
    stopped = work.get(OptOut, clinic_id, account.contact_id) if clinic_id else None
    if stopped is not None and work.get(OptOut, stopped.clinic_id, known.contact_id) is None:
        work.put(stopped.but(version=0, contact_id=known.contact_id))
