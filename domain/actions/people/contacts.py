"""WhatsApp accounts that people write from."""

from __future__ import annotations

from domain.model.people import Address, Contact
from domain.work import Work


def contact_by_phone(work: Work, phone: str) -> Contact | None:
    """Return the contact reached at *phone* (E.164), if that number is known."""
    address = work.get(Address, f"tel:{phone}")
    return work.get(Contact, address.contact_id) if address else None


def new_contact(
    work: Work,
    *,
    phone: str | None,
    wa_user_id: str | None,
    profile_name: str | None,
    verified: bool,
) -> Contact:
    """Write a contact and its addresses (phone, WhatsApp user id); each must be free."""
    contact = work.put(
        Contact(
            contact_id=work.ids.secret("con_"),
            phone=phone,
            wa_user_id=wa_user_id,
            verified_phone=verified,
            profile_name=profile_name,
            created_at=work.now,
        )
    )
    if phone:
        work.put(Address(address=f"tel:{phone}", contact_id=contact.contact_id))
    if wa_user_id:
        work.put(Address(address=f"wa:{wa_user_id}", contact_id=contact.contact_id))
    return contact
