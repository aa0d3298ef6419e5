"""Which way a message goes, and its other way when that fails: WhatsApp, SMS, an alert to the desk.

What must arrive goes by SMS where WhatsApp fails. News that went by SMS, as the patient prefers
(`sms_preference`), goes by WhatsApp where the SMS fails.
"""

from __future__ import annotations

from datetime import timedelta

from domain.actions.delivery import sms_preference
from domain.actions.delivery.freshness import GUARDS
from domain.actions.messages.notices import notice_values
from domain.actions.messages.outbox import CALLS, requeue
from domain.actions.staff.alerts import Alert, alert_doctor
from domain.due import OpenWork
from domain.model.clinics import Clinic, Doctor
from domain.model.conversations import Conversation
from domain.model.due import Due
from domain.model.messages import Guard, Message, MessageStatus
from domain.model.people import Contact
from domain.model.queues import Token
from domain.work import Work

CODES = {"account/code"}
NOTICES = {"account/number_gone", "account/number_changed"}
BY_SMS = CODES | NOTICES | CALLS.keys()
"""The messages that go by SMS when WhatsApp fails."""
UNREACHED = timedelta(days=30)
"""How long after WhatsApp last failed a person their codes go by SMS at once."""
ARRIVED = {MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.DROPPED}


def choose_way(work: Work, message: Message, contact: Contact) -> Message:
    """Return *message* as it goes now: by WhatsApp, or by SMS where that is due at once."""
    if message.by_sms:
        return message
    if sms_preference.goes_by_sms_first(work, message, contact):
        return message.but(by_sms=True, sms_first=True)
    return message.but(by_sms=_goes_by_sms_at_once(work, message, contact))


def has_other_way(work: Work, message: Message) -> bool:
    """Return whether *message*, which fails one way, may go another, and would still help.

    After WhatsApp, what must arrive goes by SMS; after an SMS that the patient prefers, news goes
    by WhatsApp. No message changes its way twice.
    """
    if message.is_wiped:
        return False
    if message.helps_until is not None and message.helps_until <= work.now:
        return False
    if message.sms_first:
        return message.by_sms
    if not work.rules.sms or message.by_sms or message.name not in BY_SMS:
        return False
    contact = work.get(Contact, message.contact_id)
    return contact is not None and contact.phone is not None


def send_other_way(work: Work, message: Message) -> None:
    """Put *message* back into the outbox, to go its other way now: see `has_other_way`.

    It keeps the provider's id of the attempt that failed. Later statuses of that attempt count only
    if the person did receive it.
    """
    requeue(
        work,
        message.but(
            by_sms=not message.by_sms,
            status=MessageStatus.QUEUED,
            as_template=False,
            failed_on=None,
            # The price of an SMS that did not arrive is none of WhatsApp's.
            category=None if message.by_sms else message.category,
            updated_at=work.now,
        ),
        work.now,
    )


def _goes_by_sms_at_once(work: Work, message: Message, contact: Contact) -> bool:
    """Return whether *message* is a code for a person whom WhatsApp failed lately."""
    failed_at = contact.whatsapp_failed_at
    if message.name not in CODES or failed_at is None or work.now - failed_at > UNREACHED:
        return False
    spoken = work.get(Conversation, f"{message.sender}#{contact.contact_id}")
    if spoken is not None and spoken.last_inbound_at and spoken.last_inbound_at > failed_at:
        return False
    return has_other_way(work, message)


def escalate_undelivered(open_work: OpenWork, item: Due) -> None:
    """Send a call-in that did not arrive its other way; if it has none, alert the desk."""
    work = open_work()
    work.delete(item)
    message = work.get(Message, str(item.values.get("message")))
    if message is not None and message.status not in ARRIVED and is_still_true(work, message):
        if has_other_way(work, message):
            send_other_way(work, message)
        else:
            alert_desk(work, message)
    work.commit()


def is_still_true(work: Work, message: Message) -> bool:
    """Return whether the guard of *message* holds for its token now."""
    if message.about is None or message.queue_id is None or message.guard is None:
        return False
    token = work.get(Token, message.queue_id, message.about)
    return token is not None and GUARDS[message.guard](work, token)


def alert_desk(work: Work, message: Message) -> None:
    """Alert the desk, once a message, that a patient may not know they are called."""
    token = work.get(Token, message.queue_id or "", message.about or "")
    if token is None or work.get(Message, _note_id(message)) is not None:
        return
    clinic = work.get(Clinic, token.clinic_id)
    doctor = work.get(Doctor, token.clinic_id, token.doctor_id)
    if clinic is not None and doctor is not None:
        alert_doctor(
            work,
            clinic,
            doctor,
            Alert(
                name="desk/unheard",
                message_id=_note_id(message),
                values={**notice_values(token, doctor), "called": message.guard is Guard.CURRENT},
                about=token,
                shows=[token.patient_id],
                # Not the call-in's own guard: that one records what the patient was told.
                guard=Guard.CURRENT if message.guard is Guard.CURRENT else Guard.WAITING,
                helps_for=timedelta(minutes=10),
            ),
        )


def _note_id(message: Message) -> str:
    return f"msg_unheard_{message.message_id}"
