"""News of a visit by SMS, for patients who prefer that at the visit's doctor.

News is what an event tells about a token (`VISIT_NEWS`): confirmations, the link for an advance,
reminders, progress, calls in, changes, refunds. These stay on WhatsApp:

- replies to what the person wrote there, and while they book in that chat also what booking leads
  to (`booking/…`): the link, the confirmation;
- questions that only an answer makes useful: ratings, requests for a phone number;
- announcements, broadcasts, what staff write themselves, prescriptions;
- the final status of an order, which only WhatsApp shows.

It is decided when a message leaves, before its first try, by what is preferred then. Without an
SMS provider nothing is read for it.
"""

from __future__ import annotations

from datetime import timedelta

from domain.actions.delivery import circuit_breaker
from domain.actions.people.preferences import prefers_sms
from domain.model.conversations import Conversation
from domain.model.messages import Consent, Message, SenderHealth
from domain.model.people import Contact
from domain.model.queues import Token
from domain.work import Work

VISIT_NEWS = frozenset(
    {
        "booking/confirmed",
        "booking/pay",
        "booking/payment_failed",
        "booking/hold_ended",
        "booking/money_back",
        "news/reminder",
        "news/progress",
        "news/paused",
        "news/reopened",
        "news/emergency",
        "news/next_in_line",
        "news/your_turn",
        "news/not_yet",
        "news/skipped",
        "news/cancelled",
        "news/closed",
        "news/withdrawn",
    }
)
"""The messages that go by SMS to a patient who prefers that."""
BOOKING = "booking/"
"""What the names of messages begin with that booking leads to."""


def goes_by_sms_first(work: Work, message: Message, contact: Contact) -> bool:
    """Return whether *message* goes by SMS as the patient prefers, before its first try.

    It does not while the number that SMS leave by cannot send. Reads the token, which most news
    needs anyway when it leaves, and the association.
    """
    is_new = message.attempts == 0 and not message.sms_first
    if not work.rules.sms or message.name not in VISIT_NEWS or not is_new:
        return False
    if contact.phone is None or message.consent is Consent.REPLY or _is_part_of_chat(work, message):
        return False
    token = work.get(Token, message.queue_id or "", message.about or "")
    if token is None or not prefers_sms(work, token.doctor_id, token.patient_id):
        return False
    health = work.get(SenderHealth, circuit_breaker.SMS)
    return circuit_breaker.wait_until(message, health, work.now) is None


def _is_part_of_chat(work: Work, message: Message) -> bool:
    """Return whether *message* belongs to a booking that the person makes on WhatsApp just now.

    So it is if they wrote there shortly before it was written, or since. Shortly is as long as a
    slot is held for them, so that a payment is confirmed in the chat that asked for it. They wrote
    to the number that the message would leave by.
    """
    if not message.name.startswith(BOOKING):
        return False
    spoken = work.get(Conversation, f"{message.sender}#{message.contact_id}")
    wrote_at = spoken.last_inbound_at if spoken else None
    chat = timedelta(minutes=work.rules.hold_minutes)
    return wrote_at is not None and message.created_at - wrote_at < chat
