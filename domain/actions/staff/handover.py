"""Hand a conversation over to a clinic's staff, and back to the bot."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from domain.actions.messages.outbox import Draft, send, sender_of
from domain.actions.people.contacts import new_contact
from domain.actions.staff import bundles, talks
from domain.actions.staff.alerts import Alert, alert_desk
from domain.due import OpenWork
from domain.model.clinics import Claim, Clinic, Doctor
from domain.model.conversations import Conversation
from domain.model.due import Due
from domain.model.messages import Option
from domain.model.people import Address, Contact
from domain.model.talks import Talk
from domain.timetable import hours, is_open, today
from domain.work import Work

HELPS = timedelta(hours=12)
"""How long an alert waits to be delivered."""
DAYS_AHEAD = 14


def is_handed_over(conversation: Conversation, work: Work) -> bool:
    """Return whether staff, not the bot, answer in this conversation now."""
    until = conversation.handed_over_until
    return until is not None and until > work.now


def hand_over(work: Work, clinic: Clinic, contact: Contact, sender: str, words: str) -> int:
    """Alert the desk that a person wants to talk to somebody; return how many people it reaches.

    *sender* is the number of ours they write to. The caller sets in the conversation until when the
    bot is silent (`talks.SILENT_FOR` from now).
    """
    first, *more = talks.parts_of(words)
    told = alert_desk(work, clinic, _alert(contact, "desk/wants_to_talk", first))
    for part in more:
        alert_desk(work, clinic, _alert(contact, "desk/says", part))
    if told:
        talks.open_talk(work, clinic, contact.contact_id, sender, anew=True)
    return told


def alert_desk_of_parked(open_work: OpenWork, item: Due) -> None:
    """Alert the desk that a message was parked by our own fault, so that they call its sender."""
    work = open_work()
    work.delete(item)
    clinic = work.get(Clinic, item.clinic_id or "")
    contact = work.get(Contact, str(item.values.get("contact") or ""))
    if clinic is not None and contact is not None:
        alert = Alert(
            name="desk/parked",
            values={"person": contact.profile_name or "", "phone": contact.number},
            shows=[contact.contact_id],
            helps_for=talks.SILENT_FOR,
        )
        alert_desk(work, clinic, alert)
    work.commit()


def pass_on(work: Work, clinic: Clinic, contact: Contact, sender: str, words: str) -> bool:
    """Forward what a person writes while the bot is silent to whoever answers, or to the desk.

    Return False if they see it in the WhatsApp Business app anyway.
    """
    talk = talks.open_talk(work, clinic, contact.contact_id, sender, anew=False)
    if talks.is_in_app(talk):
        return False
    if bundles.hold(work, clinic, contact.contact_id, words):
        return True
    for part in talks.parts_of(words):
        talks.alert_answering(work, clinic, talk, _alert(contact, "desk/says", part))
    return True


def tell_bundle(open_work: OpenWork, item: Due) -> None:
    """Tell whoever answers a person what has come since they were last told; may be repeated."""
    work = open_work()
    clinic = work.get(Clinic, item.clinic_id or "")
    contact = work.get(Contact, str(item.values.get("contact") or ""))
    words, count = bundles.take(work, item)
    talk = work.get(Talk, clinic.clinic_id, contact.contact_id) if clinic and contact else None
    if clinic and contact and talk and count and not talks.is_in_app(talk):
        for order, part in enumerate(talks.parts_of(words)):
            shown = count if count > 1 and not order else None
            talks.alert_answering(work, clinic, talk, _alert(contact, "desk/says", part, shown))
    work.delete(item)
    work.commit()


def _alert(contact: Contact, name: str, words: str, count: int | None = None) -> Alert:
    return Alert(
        name=name,
        values={"count": count},
        # What a patient writes may be about their health: it is stored encrypted only, and nothing
        # of it, nor of the person, is left once it was sent.
        secrets={
            "person": contact.profile_name or "",
            "phone": contact.number or "",
            "text": words,
        },
        options=talks.buttons_of(contact.contact_id),
        shows=[contact.contact_id],
        helps_for=HELPS,
    )


def answered_in_app(
    work: Work, sender: str, phone: str | None, wa_user_id: str | None, at: datetime
) -> None:
    """Keep the bot silent for a person to whom the clinic wrote in the WhatsApp Business app.

    It is silent until *done*, or two hours after the last such message. What the person writes
    meanwhile is seen there, so it is not passed on. May be repeated; an old notice changes nothing.
    """
    until = at + talks.SILENT_FOR
    addresses = (f"wa:{wa_user_id}", f"tel:{phone}")
    address = next((a for key in addresses if (a := work.get(Address, key))), None)
    contact_id = address.contact_id if address else None
    if contact_id is None:
        contact_id = new_contact(
            work, phone=phone, wa_user_id=wa_user_id, profile_name=None, verified=False
        ).contact_id
    key = f"{sender}#{contact_id}"
    own, before = work.get(Claim, f"sender:{sender}"), work.get(Conversation, key)
    clinic_id = own.clinic_id if own else before.clinic_id if before else None
    clinic = work.get(Clinic, clinic_id or "")
    if clinic is None or until <= work.now:
        return
    conversation = before or Conversation(conversation=key, sender=sender, contact_id=contact_id)
    silent_until = max(until, conversation.handed_over_until or until)
    work.put(conversation.but(clinic_id=clinic.clinic_id, handed_over_until=silent_until))
    talks.go_on_in_app(work, clinic, contact_id, sender)


def hand_back(work: Work, clinic: Clinic, contact_id: str) -> bool:
    """Hand a conversation back to the bot, and tell the person; return whether the bot was silent.

    May be repeated.
    """
    talk = talks.end_talk(work, clinic.clinic_id, contact_id)
    sender = talk.sender if talk else sender_of(work, clinic)
    across = work.system("hand a conversation back to the bot")
    conversation = across.get(Conversation, f"{sender}#{contact_id}")
    # On a number that clinics share the person may talk to the people of another one by now.
    elsewhere = conversation is not None and conversation.clinic_id not in {None, clinic.clinic_id}
    if conversation is None or elsewhere or not is_handed_over(conversation, work):
        return False
    work.put(conversation.but(handed_over_until=None))
    send(
        work,
        Draft(
            "talk/bot_is_back",
            to=contact_id,
            clinic=clinic,
            sender=sender,
            options=[
                Option(id="hi", label="book_button"),
                Option(id="status", label="status_button"),
            ],
            helps_until=work.now + talks.SILENT_FOR,
        ),
    )
    return True


def next_opening(work: Work, clinic: Clinic, since: date | None = None) -> dict[str, Any]:
    """Return when the clinic is open, now or next, as values of a message.

    `open` is whether it is open now, `day` the date, `from` and `to` the instants at which the
    first doctor begins and the last one ends. They are None if no day of the next two weeks is
    open. With *since* it is the first open day from that day on.
    """
    doctors = work.query(Doctor, clinic.clinic_id, limit=100).records
    first = since or today(clinic, work.now)
    # Yesterday's hours may reach past midnight.
    for ahead in range(0 if since else -1, DAYS_AHEAD + 1):
        day = first + timedelta(days=ahead)
        spans = [hours(clinic, d, day) for d in doctors if is_open(clinic, d, day)]
        end = max((span[1] for span in spans), default=None)
        if end is not None and end > work.now:
            begin = min(span[0] for span in spans)
            return {
                "open": begin <= work.now,
                "day": day.isoformat(),
                "from": begin.isoformat(),
                "to": end.isoformat(),
            }
    return {"open": False, "day": None, "from": None, "to": None}
