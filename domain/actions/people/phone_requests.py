"""Request a phone number from people whose number WhatsApp hides, and store their answer.

A number has one of three levels of trust. Verified: WhatsApp signed it together with the account.
Shared, with WhatsApp's own button: it is most likely theirs and leads to their contact, but gives
no staff powers. Told, as text: the desk may call it, and nothing else relies on it.
"""

from __future__ import annotations

from datetime import timedelta

from domain import phones
from domain.actions.messages.outbox import Draft, send
from domain.actions.people import phone_changes
from domain.model.clinics import Clinic
from domain.model.messages import Consent
from domain.model.people import Address, Contact
from domain.work import Work

HELPS = timedelta(hours=12)
"""How long the question waits to be delivered."""


def request_number(work: Work, clinic: Clinic, contact_id: str) -> None:
    """Ask a contact for a number the desk of *clinic* may call, if none is known.

    A contact is asked once, and need not answer: the booking does not wait for it.
    """
    across = work.system("see whether a number of this person is known")
    contact = across.get(Contact, contact_id)
    if contact is None or contact.number is not None or contact.number_asked_at is not None:
        return
    work.put(contact.but(number_asked_at=work.now))
    send(
        work,
        Draft(
            "number/ask",
            to=contact_id,
            clinic=clinic,
            asks_number=True,
            consent=Consent.TOKEN,
            helps_until=work.now + HELPS,
            order=1,  # after the message written in the same transaction
        ),
    )


def parse_number(work: Work, text: str) -> str | None:
    """Return a typed number as E.164; None if it is no number of an accepted country."""
    return phones.normalise(text, work.rules.phone_countries)


def record_unverified(work: Work, contact: Contact, number: str) -> Contact:
    """Store a told number, for the desk to call. May be repeated; a new one replaces it."""
    if contact.told_phone == number:
        return contact
    contact = work.put(contact.but(told_phone=number))
    phone_changes.propagate_number(work, contact)
    return contact


def assign_number(work: Work, contact: Contact, phone: str, *, verified: bool) -> Contact:
    """Make *phone*, which must lead to no contact yet, the address of *contact*.

    Its old phone is released. *verified* says that a signed message carried phone and account
    together.
    """
    before = work.get(Address, f"tel:{contact.phone}") if contact.phone else None
    if before is not None and before.contact_id == contact.contact_id:
        work.delete(before)
    work.put(Address(address=f"tel:{phone}", contact_id=contact.contact_id))
    contact = work.put(contact.but(phone=phone, verified_phone=verified, told_phone=None))
    phone_changes.propagate_number(work, contact)
    return contact
