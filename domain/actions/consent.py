"""Who wants to hear from a clinic, and what."""

from __future__ import annotations

from domain.model.messages import Consent, Message
from domain.model.people import OptOut
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
    return before is not None


def booked(work: Work, clinic_id: str, contact_id: str) -> None:
    """Let the notices of a new booking come to who stopped everything before they made it."""
    before = work.get(OptOut, clinic_id, contact_id)
    if before is not None and before.everything:
        work.put(before.but(everything=False))


def allows(work: Work, message: Message) -> bool:
    """Return whether the contact's consent covers *message* now."""
    if message.consent is Consent.REPLY or message.clinic_id is None:
        return True
    stopped = work.get(OptOut, message.clinic_id, message.contact_id)
    if stopped is None:
        return True
    return message.consent is Consent.TOKEN and not stopped.everything
