"""People whose number WhatsApp does not tell: asking them for one, and what they give.

Three things may be known of somebody's number. WhatsApp signed it together with their account: it
is theirs. They shared it with WhatsApp's own button: it is most likely theirs, and leads to them,
but opens nothing. They typed it: people may call it, and that is all.
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


def request_number(work: Work, clinic: Clinic, contact_id: str) -> None:
    """Ask a person for a number people at *clinic* may call, if none is known; once in all.

    They need not answer: what they were about is done, or goes on, without it.
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
            order=1,  # behind what it was asked with
        ),
    )


def parse_number(work: Work, text: str) -> str | None:
    """Return a number as a person wrote it, E.164; None if it is none of an accepted country."""
    return phones.normalise(text, work.rules.phone_countries)


def record_unverified(work: Work, contact: Contact, number: str) -> Contact:
    """Keep a number that nothing proves, for people to call; may be repeated and corrected."""
    if contact.told_phone == number:
        return contact
    contact = work.put(contact.but(told_phone=number))
    phone_changes.propagate_number(work, contact)
    return contact


def assign_number(work: Work, contact: Contact, phone: str, *, verified: bool) -> Contact:
    """Let *contact* be known at *phone*, which leads to nobody yet, and no more at its old one.

    *verified* says that a signed message carried phone and account together.
    """
    before = work.get(Address, f"tel:{contact.phone}") if contact.phone else None
    if before is not None and before.contact_id == contact.contact_id:
        work.delete(before)
    work.put(Address(address=f"tel:{phone}", contact_id=contact.contact_id))
    contact = work.put(contact.but(phone=phone, verified_phone=verified, told_phone=None))
    phone_changes.propagate_number(work, contact)
    return contact
