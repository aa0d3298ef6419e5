"""Talks: the desk answers a patient in the patient's chat with the clinic."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import due
from domain.actions.messages.outbox import Draft, send
from domain.actions.staff import bundles
from domain.actions.staff.alerts import Alert, alert_desk, alert_others, alert_user, is_of_desk
from domain.due import OpenWork
from domain.model.clinics import Clinic, Role, User
from domain.model.conversations import Conversation
from domain.model.due import Due
from domain.model.messages import Option
from domain.model.people import ClinicPatient, Contact
from domain.model.talks import Talk
from domain.work import Work

SILENT_FOR = timedelta(hours=2)
"""How long after the last words of either side the bot stays silent."""
QUIET_AFTER = timedelta(minutes=30)
"""After so much silence the desk is asked whether the bot is to answer again."""
KEPT_FOR = timedelta(days=30)
"""How long after the last words the desk may still answer."""
ANSWER_HELPS = timedelta(hours=24)
"""How long an answer of the desk waits to be delivered."""
ASK_HELPS = timedelta(hours=1)
LONGEST_PART = 480
"""Characters of what is written that one message passes on, as a template too; more is several."""


def open_talk(work: Work, clinic: Clinic, contact_id: str, sender: str, *, anew: bool) -> Talk:
    """Begin a patient's talk with the clinic's people, or go on with it; return it.

    *anew* is whether the patient asks for somebody now, so that nobody has taken it.
    """
    before = work.get(Talk, clinic.clinic_id, contact_id)
    is_new = anew or before is None or before.until <= work.now
    talk = before or Talk(
        clinic_id=clinic.clinic_id,
        contact_id=contact_id,
        sender=sender,
        until=work.now,
        last_at=work.now,
        began_at=work.now,
    )
    if is_new:
        talk = talk.but(user_id=None, answered=False, began_at=work.now)
    return _prolong(work, talk.but(sender=sender))


def _prolong(work: Work, talk: Talk) -> Talk:
    """Record that somebody wrote in *talk* now, and have its silence looked at."""
    if not talk.watched:
        about = due.Subject(f"{talk.clinic_id}#{talk.contact_id}", clinic_id=talk.clinic_id)
        due.schedule(work, "talk_quiet", work.now + QUIET_AFTER, about, contact=talk.contact_id)
    return work.put(
        talk.but(
            last_at=work.now,
            until=work.now + SILENT_FOR,
            watched=True,
            ttl=int((work.now + KEPT_FOR).timestamp()),
        )
    )


def end_talk(work: Work, clinic_id: str, contact_id: str) -> Talk | None:
    """Record that the bot answers a patient again; return the talk, if there was one.

    May be repeated.
    """
    talk = work.get(Talk, clinic_id, contact_id)
    if talk is None:
        return None
    return work.put(talk.but(user_id=None, until=work.now))


def go_on_in_app(work: Work, clinic: Clinic, contact_id: str, sender: str) -> Talk:
    """Record that the clinic's people answer a patient in the WhatsApp Business app now."""
    talk = open_talk(work, clinic, contact_id, sender, anew=False)
    return work.put(talk.but(user_id=_app_of(clinic.clinic_id), answered=True))


def is_in_app(talk: Talk) -> bool:
    """Return whether the patient is answered in the WhatsApp Business app."""
    return talk.user_id == _app_of(talk.clinic_id)


def _app_of(clinic_id: str) -> str:
    return f"app#{clinic_id}"


def talks_of(work: Work, clinic: Clinic, user: User) -> list[Talk]:
    """Return the talks that a member of staff has taken, or the desk's in the app, until over."""
    takers = [user.user_id]
    if is_of_desk(work, clinic, user):
        takers.append(_app_of(clinic.clinic_id))
    found = [
        talk
        for taker in takers
        for talk in work.query(Talk, taker, index="userId-contactId-idx", limit=20).records
    ]
    return [t for t in found if t.clinic_id == clinic.clinic_id and t.until > work.now]


def take(work: Work, clinic: Clinic, talk: Talk, user: User) -> Talk:
    """Record that *user* answers in *talk*, and tell the rest of the desk; may be repeated."""
    if talk.user_id == user.user_id and talk.until > work.now:
        return talk
    news = Alert(
        name="desk/taken",
        values={"name": user.name},
        secrets={"person": name_of(work, talk.contact_id)},
        shows=[talk.contact_id],
        helps_for=ASK_HELPS,
    )
    alert_others(work, clinic, user, news)
    return work.put(talk.but(user_id=user.user_id))


def go_on(work: Work, clinic: Clinic, user: User, talk: Talk) -> Talk:
    """Record that *user* writes in *talk* now; the bot stays silent meanwhile.

    If the bot had taken over, it falls silent again, unless the patient talks to another clinic on
    the same number by now.
    """
    bundles.hear_at_once(work, clinic.clinic_id, talk.contact_id)
    conversation = _conversation(work, talk)
    if conversation is not None and conversation.clinic_id in {None, clinic.clinic_id}:
        work.put(conversation.but(handed_over_until=work.now + SILENT_FOR))
    return _prolong(work, take(work, clinic, talk, user).but(answered=True))


def _conversation(work: Work, talk: Talk) -> Conversation | None:
    across = work.system("keep the bot silent while people answer")
    return across.get(Conversation, f"{talk.sender}#{talk.contact_id}")


def _is_silent(work: Work, talk: Talk) -> bool:
    conversation = _conversation(work, talk)
    until = conversation.handed_over_until if conversation else None
    return until is not None and until > work.now


def answer(work: Work, clinic: Clinic, user: User, talk: Talk, words: str) -> Talk:
    """Send *words* of a member of staff to the patient, signed; see `go_on`.

    If the bot had taken over, the patient is told that it is silent again.
    """
    was_silent = _is_silent(work, talk)
    talk = go_on(work, clinic, user, talk)
    reopened = _is_silent(work, talk) and not was_silent
    parts = parts_of(words)
    for order, part in enumerate(parts):
        send(
            work,
            Draft(
                "talk/answer",
                to=talk.contact_id,
                clinic=clinic,
                sender=talk.sender,
                values={
                    "name": user.name,
                    "desk": user.role is Role.ADMIN,
                    "reopened": reopened and order == len(parts) - 1,
                },
                secrets={"text": part},
                helps_until=work.now + ANSWER_HELPS,
                order=order,
            ),
        )
    return talk


def parts_of(words: str) -> list[str]:
    """Return *words* in parts that one message each passes on whole, split between words."""
    parts = []
    while len(words) > LONGEST_PART:
        at = words.rfind(" ", 1, LONGEST_PART + 1)
        at = at if at > 0 else LONGEST_PART
        parts.append(words[:at])
        words = words[at:].lstrip()
    return [*parts, words]


def buttons_of(contact_id: str) -> list[Option]:
    """Return the buttons below a patient's words: to answer, and to have the bot answer."""
    return [
        Option(id=f"reply:{contact_id}", label="reply_button"),
        Option(id=f"bot_on:{contact_id}", label="bot_on_button"),
    ]


def alert_answering(work: Work, clinic: Clinic, talk: Talk, alert: Alert) -> int:
    """Alert whoever answers in *talk*, or the desk; return how many people it reaches."""
    if talk.user_id is not None and alert_user(work, clinic, talk.user_id, alert):
        return 1
    return alert_desk(work, clinic, alert)


def name_of(work: Work, contact_id: str) -> str:
    """Return the name that WhatsApp shows of a person; empty if it shows none."""
    across = work.system("name a patient to the clinic's people")
    contact = across.get(Contact, contact_id)
    return (contact and contact.profile_name) or ""


def patients_of(work: Work, clinic_id: str, contact_id: str) -> list[str]:
    """Return the clinic's patients (patientId) for whom a contact writes."""
    across = work.system("log whose words were shown to staff")
    contact = across.get(Contact, contact_id)
    ids = contact.patient_ids if contact else ()
    found = across.fetch([(ClinicPatient, (clinic_id, i)) for i in ids])
    return [r.patient_id for r in found if isinstance(r, ClinicPatient)]


def ask_if_over(open_work: OpenWork, item: Due) -> None:
    """Ask the desk whether the bot is to answer again, after half an hour of silence in a talk.

    It asks once for each silence. May be repeated.
    """
    work = open_work()
    talk = work.get(Talk, item.clinic_id or "", str(item.values.get("contact") or ""))
    clinic = work.get(Clinic, item.clinic_id or "")
    if talk is None or clinic is None:
        work.delete(item)
    elif talk.until <= work.now:
        work.delete(item)
        work.put(talk.but(watched=False))
    elif _quiet_at(talk) > work.now:
        due.reschedule(work, item, _quiet_at(talk) - work.now, attempts=0)
    else:
        work.delete(item)
        work.put(talk.but(watched=False))
        question = Alert(
            name="desk/quiet",
            values={"answered": talk.answered},
            secrets={"person": name_of(work, talk.contact_id)},
            options=buttons_of(talk.contact_id),
            shows=[talk.contact_id],
            helps_for=ASK_HELPS,
        )
        alert_answering(work, clinic, talk, question)
    work.commit()


def _quiet_at(talk: Talk) -> datetime:
    return talk.last_at + QUIET_AFTER
