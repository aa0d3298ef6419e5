"""Who wrote, and to which clinic: decided before anything is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain.actions.clinics import senders
from domain.actions.people import phone_requests
from domain.actions.people.contacts import new_contact
from domain.actions.people.merge import merge
from domain.model.clinics import Claim, Clinic, ClinicStatus, StaffNumber, StaffStatus, User
from domain.model.conversations import Conversation, Push
from domain.model.messages import Message
from domain.model.people import Address, Contact
from domain.model.queues import RUNNING, Locator, Queue
from domain.timetable import today
from domain.work import Work
from flows.hearing.ear import Ear
from flows.hearing.text import fold, number_in
from flows.inbound import Inbound

MOST_CODES = 12
"""Words of a newcomer's message that are tried as a join code."""


@dataclass(frozen=True)
class Destination:
    """The clinic a message is for, and who wrote it."""

    contact: Contact
    clinic: Clinic | None
    """None: the person must say which clinic first."""
    candidates: tuple[Clinic, ...] = ()
    """The clinics to choose from, if a member of staff works at several."""
    user: User | None = None
    """The member of staff who writes, with a proven number."""
    entered: bool = False
    """Whether the message said no more than which clinic: a join code, or a choice of clinics."""
    shared: bool = True
    """Whether it came on a number that clinics share."""
    wrong_code: bool = False


def contact_of(work: Work, inbound: Inbound) -> Contact:
    """Return the contact a message comes from, created if it is new.

    A signed message with both phone and WhatsApp user id ties the two. A known phone with another
    user id, and no notice of a change before, is a stranger, who gets no staff powers.
    """
    by_id = by_phone = None
    if inbound.wa_user_id:
        address = work.get(Address, f"wa:{inbound.wa_user_id}")
        by_id = work.get(Contact, address.contact_id) if address else None
    if inbound.phone:
        address = work.get(Address, f"tel:{inbound.phone}")
        by_phone = work.get(Contact, address.contact_id) if address else None
    if by_id is not None:
        return _update_known(work, inbound, by_id, by_phone)
    if by_phone is not None and (
        by_phone.wa_user_id is None
        or by_phone.wa_user_id == inbound.wa_user_id
        or inbound.wa_user_id is None
    ):
        return _tie_account(work, inbound, by_phone)
    return new_contact(
        work,
        phone=inbound.phone if by_phone is None else None,
        wa_user_id=inbound.wa_user_id,
        profile_name=inbound.profile_name,
        verified=inbound.phone is not None and by_phone is None,
    )


def _update_known(
    work: Work, inbound: Inbound, contact: Contact, by_phone: Contact | None
) -> Contact:
    shown = inbound.phone
    # A number that was shared, or came with a notice of change, yields to that of a signed message.
    is_news = shown is not None and shown != contact.phone and not contact.verified_phone
    if is_news and by_phone is not None and by_phone.wa_user_id is None:
        return merge(work, contact, by_phone, inbound.sender)
    if shown is not None and is_news and by_phone is None:
        contact = phone_requests.assign_number(work, contact, shown, verified=True)
    elif shown is not None and contact.phone == shown and not contact.verified_phone:
        contact = work.put(contact.but(verified_phone=True))
    if inbound.profile_name and contact.profile_name is None:
        contact = work.put(contact.but(profile_name=inbound.profile_name))
    return contact


def _tie_account(work: Work, inbound: Inbound, contact: Contact) -> Contact:
    changed = contact.but(
        verified_phone=True,
        wa_user_id=contact.wa_user_id or inbound.wa_user_id,
        profile_name=contact.profile_name or inbound.profile_name,
    )
    if inbound.wa_user_id and contact.wa_user_id is None:
        work.put(Address(address=f"wa:{inbound.wa_user_id}", contact_id=contact.contact_id))
    return changed if changed == contact else work.put(changed)


def share_number(work: Work, inbound: Inbound, contact: Contact) -> Contact:
    """Keep the number that a person shared, if none of theirs is known.

    Sharing does not verify it. A number of somebody else's stays theirs, and here only the desk
    may call it: contacts are merged by a message that carries number and account together.
    """
    number = inbound.own_phone
    if number is None or contact.phone is not None:
        return contact
    if work.get(Address, f"tel:{number}") is not None:
        return phone_requests.record_unverified(work, contact, number)
    return phone_requests.assign_number(work, contact, number, verified=False)


def change_number(work: Work, inbound: Inbound, contact: Contact) -> Contact:
    """Follow a WhatsApp account to its new number or user id, as WhatsApp's own notice says."""
    phone, wa_user_id = inbound.new_phone, inbound.new_wa_user_id
    if phone not in {None, contact.phone} and work.get(Address, f"tel:{phone}") is None:
        contact = phone_requests.assign_number(work, contact, phone or "", verified=False)
    if wa_user_id not in {None, contact.wa_user_id}:
        taken = work.get(Address, f"wa:{wa_user_id}")
        before = work.get(Address, f"wa:{contact.wa_user_id}") if contact.wa_user_id else None
        if taken is None:
            work.put(Address(address=f"wa:{wa_user_id}", contact_id=contact.contact_id))
            contact = work.put(contact.but(wa_user_id=wa_user_id))
        if taken is None and before is not None:
            work.delete(before)
    return contact


def route(
    work: Work,
    inbound: Inbound,
    contact: Contact,
    conversation: Conversation,
    ear: Ear,
) -> Destination:
    """Find the clinic a message is for and, if one of its staff wrote, their account.

    In this order: the clinic that owns the number written to; on a shared number the one of a join
    code, the one whose booking or question is answered, the one where the person is staff (of
    several: where they have an open queue), the one last written to, the installation's only active
    one; otherwise none.
    """
    own = _clinic_of_number(work, inbound)
    if own is not None:
        user = _staff_at(work, contact, own)
        return Destination(contact, own, user=user, shared=False, entered=is_join(inbound, ear))
    entered = _clinic_entered(work, inbound, contact, ear)
    if entered is not None:
        return entered
    asking = _clinic_answered(work, inbound, conversation)
    if asking is not None:
        return Destination(contact, asking, user=_staff_at(work, contact, asking))
    picked = _clinic_picked(work, inbound, conversation)
    if picked is not None and (user := _staff_at(work, contact, picked)) is not None:
        return Destination(contact, picked, user=user, entered=True)
    works_at = _workplaces(work, contact)
    if len(works_at) == 1:
        return Destination(contact, works_at[0][0], user=works_at[0][1])
    if works_at:
        return _choose_workplace(work, contact, works_at)
    if contact.last_clinic_id is not None:
        clinic = _open_clinic(work, contact.last_clinic_id)
        if clinic is not None:
            return Destination(contact, clinic)
    only = work.query(Clinic, ClinicStatus.ACTIVE, index="status-clinicId-idx", limit=2).records
    return Destination(contact, only[0] if len(only) == 1 else None)


def _clinic_of_number(work: Work, inbound: Inbound) -> Clinic | None:
    clinic = _clinic_by_claim(work, f"sender:{inbound.sender}")
    if clinic is not None:
        return clinic
    if not inbound.display_number or inbound.display_number == work.rules.platform_number:
        return None
    clinic = _clinic_by_claim(work, f"number:{inbound.display_number}")
    return senders.adopt_sender(work, clinic, inbound.sender) if clinic else None


def _clinic_by_claim(work: Work, claim: str) -> Clinic | None:
    found = work.get(Claim, claim)
    return work.get(Clinic, found.clinic_id) if found else None


def _open_clinic(work: Work, clinic_id: str) -> Clinic | None:
    clinic = work.get(Clinic, clinic_id)
    return clinic if clinic and clinic.status is not ClinicStatus.PENDING else None


def _staff_at(work: Work, contact: Contact, clinic: Clinic) -> User | None:
    if not contact.phone or not contact.verified_phone:
        return None
    number = work.get(StaffNumber, contact.phone, clinic.clinic_id)
    user = work.get(User, clinic.clinic_id, number.user_id) if number else None
    if user is None or user.status is not StaffStatus.ACTIVE or not user.proven:
        return None
    return user if user.whatsapp_number == contact.phone else None


def _workplaces(work: Work, contact: Contact) -> list[tuple[Clinic, User]]:
    if not contact.phone or not contact.verified_phone:
        return []
    found = []
    for number in work.query(StaffNumber, contact.phone, limit=20).records:
        clinic = _open_clinic(work, number.clinic_id)
        user = _staff_at(work, contact, clinic) if clinic else None
        if clinic and user:
            found.append((clinic, user))
    return found


def _choose_workplace(
    work: Work, contact: Contact, works_at: list[tuple[Clinic, User]]
) -> Destination:
    running = [(clinic, user) for clinic, user in works_at if _has_open_queue(work, clinic, user)]
    if len(running) == 1:
        return Destination(contact, running[0][0], user=running[0][1])
    for clinic, user in works_at:
        if clinic.clinic_id == contact.last_clinic_id:
            return Destination(contact, clinic, user=user)
    return Destination(contact, None, candidates=tuple(c for c, _ in works_at))


def _has_open_queue(work: Work, clinic: Clinic, user: User) -> bool:
    if user.doctor_id is None:
        return False
    day = today(clinic, work.now)
    dates = [(day - timedelta(days=1)).isoformat(), day.isoformat()]
    lines = work.fetch([(Queue, (user.doctor_id, date)) for date in dates])
    return any(isinstance(line, Queue) and line.status in RUNNING for line in lines)


def _clinic_entered(work: Work, inbound: Inbound, contact: Contact, ear: Ear) -> Destination | None:
    """Return where a join code leads, or that it is wrong; None if the message has none."""
    claim = _code_in(work, inbound, contact, ear)
    clinic = _open_clinic(work, claim.clinic_id) if claim is not None else None
    if clinic is not None:
        return Destination(contact, clinic, user=_staff_at(work, contact, clinic), entered=True)
    if claim is not None or is_join(inbound, ear):
        return Destination(contact, None, wrong_code=True)
    return None


def is_join(inbound: Inbound, ear: Ear) -> bool:
    """Return whether a message begins with the word for joining and a clinic's code."""
    return inbound.kind == "text" and ear.codes_after_join(inbound.text) is not None


def _code_in(work: Work, inbound: Inbound, contact: Contact, ear: Ear) -> Claim | None:
    """Return the join code that a message has, in any shape: after JOIN, or bare from a newcomer.

    Somebody who writes to a clinic already may use a word that is another's code.
    """
    if inbound.kind != "text":
        return None
    words = ear.codes_after_join(inbound.text)
    if words is None:
        words = ear.codes(inbound.text) if contact.last_clinic_id is None else []
    claims = work.fetch([(Claim, (f"code:{code}",)) for code in words[:MOST_CODES]])
    return next((c for c in claims if isinstance(c, Claim)), None)


def _clinic_answered(work: Work, inbound: Inbound, conversation: Conversation) -> Clinic | None:
    """Return the clinic whose booking or account is tapped on, or whose event a digit answers."""
    if inbound.kind == "tap":
        kind, _, about = (inbound.choice or "").partition(":")
        if kind == "me":
            return _open_clinic(work, about.partition(":")[0])
        named = (p for p in (inbound.choice or "").split(":") if p.startswith("TKN_"))
        located = work.get(Locator, next(named, ""))
        return _open_clinic(work, located.clinic_id) if located else None
    push = work.get(Push, conversation.conversation)
    if push is None or inbound.kind != "text" or number_in(inbound.text) is None:
        return None
    newest = conversation.asked_at is None or push.at > conversation.asked_at
    return _open_clinic(work, push.clinic_id) if newest else None


def _clinic_picked(work: Work, inbound: Inbound, conversation: Conversation) -> Clinic | None:
    """Return which offered clinic was picked: by a tap, its number in the list or its name."""
    choice = inbound.choice
    if inbound.kind == "text":
        number, typed = number_in(inbound.text), fold(inbound.text)
        question = work.get(Message, conversation.question or "")
        names = [fold(o.values.get("name", "")) for o in question.options] if question else []
        named = [i for i, name in enumerate(names) if f" {typed} " in f" {name} "]
        if number is not None and 1 <= number <= len(conversation.offered):
            choice = conversation.offered[number - 1]
        elif len(named) == 1:
            choice = conversation.offered[named[0]]
    kind, _, clinic_id = (choice or "").partition(":")
    return _open_clinic(work, clinic_id) if kind == "clinic" else None


def conversation_of(work: Work, inbound: Inbound, contact: Contact) -> Conversation:
    """Return the conversation between the number written to and the contact, or a new one."""
    key = f"{inbound.sender}#{contact.contact_id}"
    return work.get(Conversation, key) or Conversation(
        conversation=key, sender=inbound.sender, contact_id=contact.contact_id
    )
