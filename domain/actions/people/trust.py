"""Whom a clinic may write to: on a shared number a new one could write to anybody in its name.

A clinic is free to write to those whom its staff recorded once it has paid a bill, has a sender of
its own, or the operator has said so (`CLINIC_TRUST`). Until then people whom its staff recorded get
the fixed words of a booking. Those who wrote to it or booked with it themselves get everything, up
to `FREE_A_DAY` messages in its own words a day. While its name waits for the operator, others get
nothing.
"""

from __future__ import annotations

from enum import StrEnum

from domain.actions.messages.outbox import sender_of
from domain.clinic_names import NameDoubt, name_doubt
from domain.errors import NotNow
from domain.model.clinics import Clinic
from domain.model.conversations import Conversation
from domain.model.messages import Consent, Message
from domain.model.people import ClinicPatient, Contact, FreeMessages
from domain.model.queues import Token
from domain.model.subscriptions import Invoice, InvoiceStatus
from domain.timetable import today
from domain.work import Work

FREE_A_DAY = 100
"""Messages in its own words that a clinic may send in a day before it is trusted."""
NOT_TRUSTED = (
    "This person has not written to the clinic or booked with it themselves. Until its first bill "
    "is paid, or the operator trusts it, a clinic on the shared number sends others only the words "
    "of their bookings."
)
NAME_HELD = (
    "The operator has yet to look at the clinic's name. Until then only people who wrote to the "
    "clinic or booked with it themselves get messages."
)
DAY_USED_UP = (
    f"The clinic has sent its {FREE_A_DAY} messages of today. There is no limit once its first "
    "bill is paid, or the operator trusts it."
)
_TO_PATIENTS = ("booking/", "late/", "mine/", "money/", "news/", "office/", "talk/", "visits/")
"""Flows of messages that are for patients: all others are for staff, or answer somebody."""
FIXED = {"news/reminder"}
"""Messages that are fixed words of a booking, though a first STOP ends them."""


class NotTrustedYet(NotNow):
    """The clinic may not write that to this person yet."""

    code = "CLINIC_NOT_TRUSTED"


class Standing(StrEnum):
    """How far a clinic may write to people whom its staff recorded."""

    FREE = "FREE"
    LIMITED = "LIMITED"
    """Fixed words of bookings only."""
    HELD = "HELD"
    """Nothing, until the operator has looked at its name."""


def standing_of(work: Work, clinic: Clinic) -> Standing:
    """Return how far a clinic may write to people whom its staff recorded."""
    if clinic.phone_number_id is not None:
        return Standing.FREE
    if clinic.name_doubt is not None:
        return Standing.HELD
    if work.rules.clinic_trust == "all" or clinic.trusted_at is not None:
        return Standing.FREE
    bills = work.query(Invoice, clinic.clinic_id, limit=100).records
    paid = any(bill.status is InvoiceStatus.PAID for bill in bills)
    return Standing.FREE if paid else Standing.LIMITED


def came_themself(work: Work, clinic: Clinic, contact_id: str, about: Token | None = None) -> bool:
    """Return whether a person has written to the clinic, or booked with it, themselves."""
    if about is not None and about.source == "BOT":
        return True
    across = work.system("see whether a person has come to a clinic of their own will")
    spoken = across.get(Conversation, f"{sender_of(across, clinic)}#{contact_id}")
    if spoken is not None and spoken.clinic_id == clinic.clinic_id and spoken.last_inbound_at:
        return True
    contact = across.get(Contact, contact_id)
    ids = contact.patient_ids if contact else ()
    known = across.fetch([(ClinicPatient, (clinic.clinic_id, i)) for i in ids])
    return any(isinstance(r, ClinicPatient) and r.opted_in_by in {"BOT", "WORD"} for r in known)


def why_not_free(
    work: Work,
    clinic: Clinic,
    contact_id: str,
    about: Token | None = None,
    standing: Standing | None = None,
) -> str | None:
    """Return why a clinic may not write its own words to a person, for staff; None if it may.

    Who asks about many gives the clinic's *standing*, which is read once for all of them.
    """
    standing = standing or standing_of(work, clinic)
    if standing is Standing.FREE or came_themself(work, clinic, contact_id, about):
        return None
    return NAME_HELD if standing is Standing.HELD else NOT_TRUSTED


def take_free_messages(work: Work, clinic: Clinic, wanted: int) -> int:
    """Count messages of a clinic's own words for today; return how many of *wanted* may be sent."""
    if not wanted or standing_of(work, clinic) is Standing.FREE:
        return wanted
    day = today(clinic, work.now).isoformat()
    sent = work.get(FreeMessages, clinic.clinic_id, day)
    before = sent.count if sent else 0
    given = min(wanted, max(0, FREE_A_DAY - before))
    if given:
        fresh = FreeMessages(
            version=sent.version if sent else 0,
            clinic_id=clinic.clinic_id,
            day=day,
            count=before + given,
            ttl=int(work.now.timestamp()) + 3 * 86_400,
        )
        work.put(fresh)
    return given


def why_held(work: Work, message: Message) -> str | None:
    """Return why *message* may not leave now, in words for staff; None if it may.

    Asked as it is sent: whoever booked or paid meanwhile, or was trusted, is not held up.
    """
    if message.clinic_id is None or not message.name.startswith(_TO_PATIENTS):
        return None
    clinic = work.get(Clinic, message.clinic_id)
    if clinic is None or (clinic.name_doubt is None and _is_fixed(message)):
        return None  # as almost all messages are: nothing more is read for them
    return why_not_free(work, clinic, message.contact_id)


def _is_fixed(message: Message) -> bool:
    """Return whether a message has only words of ours, and names that are no way to say more."""
    named = (message.values.get(name) for name in ("person", "doctor", "reason"))
    # People are called Kotak: only what leads somewhere, or is spelled to get past us, is held.
    leads = {NameDoubt.ADDRESS, NameDoubt.LETTERS}
    if any(isinstance(n, str) and name_doubt(n) in leads for n in named):
        return False
    return message.name in FIXED or message.consent in {Consent.REPLY, Consent.TOKEN}
