"""Merge two contacts of one person: a WhatsApp account, and the number it turns out to have."""

from __future__ import annotations

from domain import due
from domain.actions.people import phone_changes
from domain.due import OpenWork, finish
from domain.model.conversations import Conversation, Push
from domain.model.due import Due
from domain.model.people import Address, ConsentChange, Contact, OptOut, Silence
from domain.model.queues import Hold, LiveBooking, Token
from domain.rules import HOLDS_PER_CONTACT
from domain.work import Work

AT_ONCE = 3
"""Live bookings, and holds, reassigned in the same transaction; a due item does the others."""
STEP = 10
"""Live bookings, and holds, reassigned in one transaction of the due item."""


def merge(work: Work, account: Contact, known: Contact, sender: str) -> Contact:
    """Merge *account*, which now shows its phone, into *known*, the contact of that phone.

    Clinics know *known*, so its id stays. It takes over the account's bookings, patients and
    conversation with *sender*, which now show the phone. An opt-out of either holds for both.
    """
    _release_number(work, account)
    address = work.get(Address, f"wa:{account.wa_user_id}")
    if address is not None:
        work.put(address.but(contact_id=known.contact_id))
    _reassign_conversation(work, account, known, sender)
    _copy_opt_outs(work, account, known)
    # The account stays, for messages that are on their way to its id.
    work.put(account.but(phone=None, verified_phone=False, told_phone=None, patient_ids=()))
    others = (i for i in account.patient_ids if i not in known.patient_ids)
    known = work.put(
        known.but(
            wa_user_id=account.wa_user_id,
            verified_phone=True,
            told_phone=None,
            language=known.language or account.language,
            last_clinic_id=account.last_clinic_id or known.last_clinic_id,
            profile_name=known.profile_name or account.profile_name,
            patient_ids=(*known.patient_ids, *others),
        )
    )
    if _reassign_bookings(work, account.contact_id, known, AT_ONCE):
        values: dict[str, str | int | None] = {
            "account": account.contact_id,
            "known": known.contact_id,
        }
        due.schedule(work, "merged", work.now, due.Subject(account.contact_id), **values)
    phone_changes.propagate_number(work, known)
    return known


def continue_merge(open_work: OpenWork, item: Due) -> None:
    """Reassign the remaining bookings and holds of a merged account, in steps; may be repeated."""
    left = True
    while left:
        work = open_work()
        known = work.get(Contact, str(item.values.get("known")))
        if known is None:
            break
        work.check(known)
        left = _reassign_bookings(work, str(item.values.get("account")), known, STEP)
        work.commit()
    finish(open_work, item)


def _release_number(work: Work, account: Contact) -> None:
    """Release the phone that the account was known by until now."""
    address = work.get(Address, f"tel:{account.phone}") if account.phone else None
    if address is not None and address.contact_id == account.contact_id:
        work.delete(address)


def _reassign_bookings(work: Work, account_id: str, known: Contact, limit: int) -> bool:
    """Reassign up to *limit* bookings and *limit* holds to *known*; return whether more follow."""
    bookings = work.query(LiveBooking, account_id, limit=limit)
    for booking in bookings.records:
        token = work.get(Token, booking.queue_id, booking.token_id)
        work.delete(booking)
        work.put(booking.but(version=0, contact_id=known.contact_id))
        if token is not None:
            work.put(token.but(contact_id=known.contact_id, patient_phone=known.number))
    holds = work.query(Hold, account_id, limit=limit)
    for hold in holds.records:
        work.delete(hold)
        names = (f"{hold.clinic_id}#{n}" for n in range(1, HOLDS_PER_CONTACT + 1))
        free = next((n for n in names if work.get(Hold, known.contact_id, n) is None), None)
        if free is not None:  # else *known* has as many as it may: the account's are dropped
            work.put(hold.but(version=0, contact_id=known.contact_id, hold=free))
    return bookings.after is not None or holds.after is not None


def _reassign_conversation(work: Work, account: Contact, known: Contact, sender: str) -> None:
    before, after = f"{sender}#{account.contact_id}", f"{sender}#{known.contact_id}"
    conversation, push = work.get(Conversation, before), work.get(Push, before)
    if conversation is not None:
        there = work.get(Conversation, after)
        version = there.version if there else 0
        work.delete(conversation)
        work.put(conversation.but(version=version, conversation=after, contact_id=known.contact_id))
    if push is not None and work.get(Push, after) is None:
        work.delete(push)
        work.put(push.but(version=0, conversation=after, contact_id=known.contact_id))


def _copy_opt_outs(work: Work, account: Contact, known: Contact) -> None:
    silence = work.get(Silence, account.contact_id)
    if silence is not None and work.get(Silence, known.contact_id) is None:
        work.put(silence.but(version=0, contact_id=known.contact_id))
    clinic_id = account.last_clinic_id
    stopped = work.get(OptOut, clinic_id, account.contact_id) if clinic_id else None
    if stopped is not None and work.get(OptOut, stopped.clinic_id, known.contact_id) is None:
        work.put(stopped.but(version=0, contact_id=known.contact_id))
    changes = work.query(ConsentChange, account.contact_id, limit=STEP, descending=True)
    for change in changes.records:
        work.put(change.but(version=0, contact_id=known.contact_id))
