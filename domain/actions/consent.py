"""Who wants to hear from a clinic, and what."""

from __future__ import annotations

from domain.model.clinics import Clinic
from domain.model.conversations import Conversation
from domain.model.messages import Consent, Message, Urgency
from domain.model.people import Address, ClinicPatient, Contact, OptOut, Silence
from domain.work import Work


def opt_out(work: Work, clinic_id: str, contact_id: str, *, has_live_token: bool) -> OptOut:
    """Stop a clinic's messages to a contact.

    Who has a live token keeps that token's notices; a second STOP, or the first without a live
    token, ends those too. Messages already queued are checked against this when they are sent.
    """
    before = work.get(OptOut, clinic_id, contact_id)
    everything = before is not None or not has_live_token
    return work.put(
        OptOut(
            version=before.version if before else 0,
            clinic_id=clinic_id,
            contact_id=contact_id,
            everything=everything,
            at=work.now,
        )
    )


def opt_in(work: Work, clinic_id: str, contact_id: str) -> bool:
    """Let a clinic write to a contact again; return whether it could not before."""
    before = work.get(OptOut, clinic_id, contact_id)
    if before is not None:
        work.delete(before)
    silence = work.get(Silence, contact_id)
    was_silent = silence is not None and _silences(silence, clinic_id)
    if silence is not None and was_silent:
        work.put(silence.but(but_for=(*silence.but_for, clinic_id)))
    return before is not None or was_silent


def stop_all(work: Work, contact_id: str, *, has_live_token: bool) -> Silence:
    """Stop the messages of all clinics to a contact, as `opt_out` does those of one."""
    before = work.get(Silence, contact_id)
    silence = before or Silence(contact_id=contact_id, at=work.now)
    everything = silence.all_clinics or not has_live_token
    return work.put(silence.but(all_clinics=True, everything=everything, but_for=(), at=work.now))


def prefers(
    work: Work, phone: str | None, wa_user_id: str | None, *, stops_marketing: bool
) -> None:
    """Note that a person has stopped marketing in WhatsApp itself, or wants it again."""
    for address in (f"wa:{wa_user_id}", f"tel:{phone}"):
        found = work.get(Address, address)
        if found is not None:
            before = work.get(Silence, found.contact_id)
            silence = before or Silence(contact_id=found.contact_id, at=work.now)
            work.put(silence.but(marketing=stops_marketing, at=work.now))
            return


def booked(work: Work, clinic_id: str, contact_id: str) -> None:
    """Let the notices of a new booking come to who stopped everything before they made it."""
    before = work.get(OptOut, clinic_id, contact_id)
    if before is not None and before.everything:
        work.put(before.but(everything=False))
    silence = work.get(Silence, contact_id)
    if silence is not None and silence.everything:
        work.put(silence.but(everything=False))


def recorded(work: Work, clinic: Clinic, contact: Contact, *, opt_in: bool) -> None:
    """Note what a person whom staff record has agreed to, before the record is written.

    Consent belongs to the phone: one person's ends what another's lack of it had stopped, and
    lack of it stops nothing where somebody on that phone has agreed or has written themself. A
    person's own STOP stands in any case.
    """
    before = work.get(OptOut, clinic.clinic_id, contact.contact_id)
    if opt_in:
        if before is not None and before.by_clinic:
            work.delete(before)
        return
    if before is None and not _has_agreed(work, clinic, contact):
        work.put(
            OptOut(
                clinic_id=clinic.clinic_id,
                contact_id=contact.contact_id,
                by_clinic=True,
                at=work.now,
            )
        )


def wrote(work: Work, clinic_id: str, contact_id: str) -> None:
    """Count a person who writes to a clinic as opted in, if it was staff who said they are not."""
    before = work.get(OptOut, clinic_id, contact_id)
    if before is not None and before.by_clinic:
        work.delete(before)


def _has_agreed(work: Work, clinic: Clinic, contact: Contact) -> bool:
    across = work.system("whether a person has written to the clinic before")
    sender = clinic.phone_number_id or work.rules.platform_sender
    spoken = across.get(Conversation, f"{sender}#{contact.contact_id}")
    if spoken is not None and spoken.clinic_id == clinic.clinic_id:
        return True
    known = work.fetch([(ClinicPatient, (clinic.clinic_id, i)) for i in contact.patient_ids])
    return any(isinstance(r, ClinicPatient) and r.opted_in_at is not None for r in known)


def allows(work: Work, message: Message) -> bool:
    """Return whether the contact's consent covers *message* now."""
    if message.consent is Consent.REPLY or message.clinic_id is None:
        return True
    is_marketing = message.consent is Consent.NEWS and message.urgency is Urgency.BULK
    work.fetch(
        [
            (OptOut, (message.clinic_id, message.contact_id)),
            (Silence, (message.contact_id,)),
        ]
    )
    stopped = work.get(OptOut, message.clinic_id, message.contact_id)
    silence = work.get(Silence, message.contact_id)
    is_silent = silence is not None and _silences(silence, message.clinic_id)
    if message.consent is Consent.TOKEN:
        over = stopped is not None and stopped.everything
        return not over and not (silence is not None and is_silent and silence.everything)
    if is_marketing and silence is not None and silence.marketing:
        return False
    return stopped is None and not is_silent


def wants_news(work: Work, clinic_id: str, contact_id: str) -> bool:
    """Return whether a clinic may write to a contact of its own accord."""
    silence = work.get(Silence, contact_id)
    is_silent = silence is not None and _silences(silence, clinic_id)
    return work.get(OptOut, clinic_id, contact_id) is None and not is_silent


def _silences(silence: Silence, clinic_id: str) -> bool:
    return silence.all_clinics and clinic_id not in silence.but_for
