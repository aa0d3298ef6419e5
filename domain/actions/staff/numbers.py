"""The numbers of staff: claim, prove, change and release them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from domain import phones
from domain.actions.messages.outbox import Draft, send
from domain.actions.people.audit import log_account
from domain.actions.people.contacts import contact_by_phone, new_contact
from domain.actions.staff import sessions
from domain.errors import Invalid, NotFound, NumberTaken
from domain.model.accounts import AccountEvent
from domain.model.clinics import Clinic, StaffNumber, StaffStatus, User
from domain.model.messages import Option
from domain.model.people import Contact
from domain.work import Work

FORMER_LOCKS = timedelta(days=7)
"""How long after a change the old number can lock the account: the change may be a thief's."""


def parse_number(work: Work, field: str, text: str) -> str:
    """Return a typed number as E.164.

    Raises:
        Invalid: About *field*, if it is no phone number or its country is not accepted.
    """
    number = phones.normalise(text, work.rules.phone_countries)
    if number is None:
        countries = ", ".join(work.rules.phone_countries)
        raise Invalid(field, f"Must be a telephone number of {countries}.")
    return number


def member_at(work: Work, clinic_id: str, number: str) -> User | None:
    """Return the active member of a clinic's staff whose number is *number*.

    It reads as many records if there is none, so that the time taken tells nothing.
    """
    work = work.system("a number belongs to one member of a clinic's staff")
    taken = work.get(StaffNumber, number, clinic_id)
    user = work.get(User, clinic_id, taken.user_id if taken else "usr_nobody")
    if user is None or user.whatsapp_number != number:
        return None
    return user if user.status is StaffStatus.ACTIVE else None


def claim_number(work: Work, user: User) -> None:
    """Make *user*'s number theirs at their clinic. May be repeated.

    Raises:
        NumberTaken: If another member of the clinic's staff has it.
    """
    other = member_at(work, user.clinic_id, user.whatsapp_number)
    if other is not None and other.user_id != user.user_id:
        raise NumberTaken("This number belongs to somebody else who works at the clinic.")
    before = work.system("a number belongs to one member of a clinic's staff").get(
        StaffNumber, user.whatsapp_number, user.clinic_id
    )
    work.put(
        StaffNumber(
            version=before.version if before else 0,
            whatsapp_number=user.whatsapp_number,
            clinic_id=user.clinic_id,
            user_id=user.user_id,
            doctor_id=user.doctor_id,
        )
    )


def release_number(work: Work, user: User) -> None:
    """Release *user*'s number at their clinic, if it is theirs. May be repeated."""
    taken = work.system("a number belongs to one member of a clinic's staff").get(
        StaffNumber, user.whatsapp_number, user.clinic_id
    )
    if taken is not None and taken.user_id == user.user_id:
        work.delete(taken)


def _retire_number(work: Work, user: User) -> None:
    taken = work.system("a number belongs to one member of a clinic's staff").get(
        StaffNumber, user.whatsapp_number, user.clinic_id
    )
    if taken is not None and taken.user_id == user.user_id:
        until = work.now + FORMER_LOCKS
        work.put(taken.but(former=True, ttl=int(until.timestamp())))


def change_number(work: Work, clinic: Clinic, user: User, number: str) -> User:
    """Change *user*'s number: the old one loses its powers at once, and all sessions end.

    Both numbers get a message. The new one is a patient's until its owner proves it; the old one
    can lock the account for `FORMER_LOCKS`.

    Raises:
        NumberTaken: If another member of the clinic's staff has it.
    """
    _retire_number(work, user)
    changed = user.but(whatsapp_number=number, proven=False, frozen=False)
    claim_number(work, changed)
    log_account(work, user, AccountEvent.NUMBER_CHANGE)
    changed = sessions.end_all_sessions(work, changed, "NUMBER_CHANGED")
    write_to_owner(work, clinic, user, "account/number_gone", {})
    request_confirmation(work, clinic, changed)
    return changed


def request_confirmation(work: Work, clinic: Clinic, user: User) -> None:
    """Ask the owner of *user*'s number to prove it, by a button."""
    button = confirm_button(user)
    write_to_owner(work, clinic, user, "account/number_changed", {}, [button])


def confirm_button(user: User) -> Option:
    """Return the button by which the owner of *user*'s number proves it."""
    return Option(id=f"me:{user.clinic_id}:{user.user_id}", label="me_button")


def account_of(work: Work, contact: Contact, clinic_id: str, user_id: str) -> User | None:
    """Return an active account, if its number is the contact's verified phone."""
    work = work.system("find the account whose number is being proven")
    user = work.get(User, clinic_id, user_id)
    if user is None or not contact.verified_phone or contact.phone != user.whatsapp_number:
        return None
    return user if user.status is StaffStatus.ACTIVE else None


def prove_number(work: Work, contact: Contact, clinic_id: str, user_id: str) -> User:
    """Mark a member of staff's number as proven: its owner tapped the button. May be repeated.

    Raises:
        NotFound: If it is not the contact's account; see `account_of`.
    """
    user = account_of(work, contact, clinic_id, user_id)
    if user is None:
        raise NotFound
    return user if user.proven else work.put(user.but(proven=True, updated_at=work.now))


def ensure_contact(work: Work, number: str, name: str | None) -> Contact:
    """Return the contact at a staff member's number; write one if there is none."""
    work = work.system("write to a member of staff")
    return contact_by_phone(work, number) or new_contact(
        work, phone=number, wa_user_id=None, profile_name=name, verified=False
    )


def write_to_owner(
    work: Work,
    clinic: Clinic,
    user: User,
    name: str,
    values: Mapping[str, Any],
    options: Sequence[Option] = (),
) -> None:
    """Write message *name* about an account to its number; *values* are those beside `name`."""
    contact = ensure_contact(work, user.whatsapp_number, user.name)
    send(
        work,
        Draft(
            name,
            to=contact.contact_id,
            clinic=clinic,
            values={"name": user.name, **values},
            options=options,
        ),
    )
