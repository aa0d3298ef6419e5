"""Erasing what is left of a person in messages, conversations and kept answers.

Everything here is done in small steps, and may be repeated.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import due
from domain.actions.people.erased_contacts import is_known_to
from domain.actions.people.rewriting import read_all, rewrite
from domain.due import OpenWork
from domain.model.accounts import Idempotency
from domain.model.base import stamp
from domain.model.broadcasts import Broadcast, BroadcastPage, Recipient
from domain.model.clinics import Clinic, User
from domain.model.conversations import Conversation, Parked
from domain.model.files import PatientFile, owner_of
from domain.model.messages import Message, MessageStatus
from domain.model.people import Address, Contact, Patient
from domain.model.queues import Token
from domain.model.talks import Talk
from domain.rules import STAFF_MESSAGES_KEPT

END = "~"
"""Sorts after every instant."""


def erase_answers(
    open_work: OpenWork, clinic: Clinic, patient_id: str, requested_at: datetime
) -> None:
    """Erase the answers about a patient that repeated calls of the clinic would get.

    That a call was made is kept: it still acts once (invariant I12).
    """
    of_patient = read_all(open_work(), Idempotency, patient_id, "patientId-idempotencyKey-idx")
    rewrite(
        open_work,
        [k for k in of_patient if k.clinic_id == clinic.clinic_id and k.created_at < requested_at],
        lambda kept: kept.but(answer=""),
    )


def erase_traces(
    open_work: OpenWork, clinic: Clinic, person: Patient, requested_at: datetime
) -> None:
    """Erase what the clinic's messages tell of a person: to them, to staff, and to many.

    If the clinic knows others on that phone, only what is about this patient.
    """
    work = open_work()
    contact = work.get(Contact, person.contact_id)
    others = contact is not None and is_known_to(work, clinic, contact)
    own = {t.token_id for t in read_all(work, Token, person.patient_id, "patientId-date-idx")}
    messages = [
        m
        for m in read_all(work, Message, person.contact_id, "contactId-createdAt-idx")
        if m.clinic_id == clinic.clinic_id
        and m.created_at <= requested_at
        and (m.about in own or not others)
    ]
    rewrite(open_work, messages, _without_content)
    shown = {person.patient_id} if others else {person.patient_id, person.contact_id}
    _erase_from_staff_messages(open_work, clinic, shown, requested_at)
    _erase_files(open_work, clinic, person, requested_at, own, others=others)
    if not others:
        _erase_talk(open_work, clinic, person.contact_id)
        _erase_from_conversations(open_work, clinic, person.contact_id)
        _erase_parked(open_work, clinic, person.contact_id, requested_at)
        _erase_from_broadcasts(open_work, clinic, person)


def _erase_files(
    open_work: OpenWork,
    clinic: Clinic,
    person: Patient,
    requested_at: datetime,
    own: set[str],
    *,
    others: bool,
) -> None:
    """Have the files of the person's chat removed; of a family those with their own bookings."""
    owner = owner_of(clinic.clinic_id, person.contact_id)
    for file in read_all(open_work(), PatientFile, owner):
        if file.created_at > requested_at or (others and file.token_id not in own):
            continue
        work = open_work()
        about = due.Subject(file.file_id, clinic_id=file.clinic_id)
        due.schedule(work, "remove_file", work.now, about, owner=owner, file=file.file_id)
        work.commit()


def _erase_talk(open_work: OpenWork, clinic: Clinic, contact_id: str) -> None:
    work = open_work()
    talk = work.get(Talk, clinic.clinic_id, contact_id)
    if talk is not None:
        work.delete(talk)
        work.commit()


def _erase_from_staff_messages(
    open_work: OpenWork, clinic: Clinic, shown: set[str], requested_at: datetime
) -> None:
    """Erase the content of messages to the clinic's staff that showed any of *shown* (ids).

    Such messages are kept for days only, so no more than those are read.
    """
    work = open_work()
    span = (stamp(requested_at - STAFF_MESSAGES_KEPT), stamp(requested_at) + END)
    for user in read_all(work, User, clinic.clinic_id):
        address = work.get(Address, f"tel:{user.whatsapp_number}")
        if address is None:
            continue
        told = read_all(work, Message, address.contact_id, "contactId-createdAt-idx", span)
        rewrite(open_work, [m for m in told if shown & {*m.shows}], _without_content)


def _erase_from_conversations(open_work: OpenWork, clinic: Clinic, contact_id: str) -> None:
    """Erase what conversations of the contact with the clinic remember of a booking being made."""
    work = open_work()
    senders = {clinic.phone_number_id or "", work.rules.platform_sender}
    found = work.fetch([(Conversation, (f"{sender}#{contact_id}",)) for sender in sorted(senders)])
    own = [c for c in found if isinstance(c, Conversation) and c.clinic_id == clinic.clinic_id]
    rewrite(open_work, own, lambda c: c.but(wish=None, note=None, patient_id=None, texts=()))


def _erase_parked(
    open_work: OpenWork, clinic: Clinic, contact_id: str, requested_at: datetime
) -> None:
    """Erase messages of the contact to the clinic that we could not handle."""
    work = open_work()
    for back in range(work.rules.keeps.parked.days + 1):
        day = f"{requested_at - timedelta(days=back):%Y-%m-%d}"
        parked = read_all(work, Parked, day, "day-parked-idx")
        own = [p for p in parked if p.contact_id == contact_id and p.clinic_id == clinic.clinic_id]
        rewrite(open_work, own, lambda _: None)


def _erase_from_broadcasts(open_work: OpenWork, clinic: Clinic, person: Patient) -> None:
    """Erase the person from the recipients of the clinic's broadcasts."""
    number = person.patient_phone
    for broadcast in read_all(open_work(), Broadcast, clinic.clinic_id):
        own = open_work().get(Recipient, broadcast.broadcast_id, person.contact_id)
        if own is not None:
            rewrite(open_work, [own], lambda r: r.but(name=None, phone=None))
        if broadcast.expanded and number is not None:
            pages = list(read_all(open_work(), BroadcastPage, broadcast.broadcast_id))
            rewrite(
                open_work,
                [page for page in pages if number in page.phones],
                lambda page: page.but(phones=tuple(p for p in page.phones if p != number)),
            )


def _without_content(message: Message) -> Message:
    if message.status is MessageStatus.SENDING:
        return message
    if message.status is MessageStatus.QUEUED:
        message = message.but(status=MessageStatus.DROPPED, failure="the patient was erased")
    return message.but(values={}, options=(), url=None, sealed=None)
