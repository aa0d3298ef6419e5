"""Consent: which messages a person accepts from a clinic.

Consent belongs to the phone, and so to every patient whom its contact writes for. `OptOut` says
what is stopped of one clinic, `Silence` what is stopped of all (and marketing, in WhatsApp itself).
A `ClinicPatient` keeps the last opt-in, and `ConsentChange` the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.model.base import stamp
from domain.model.clinics import Clinic
from domain.model.conversations import Conversation
from domain.model.messages import Consent, Message
from domain.model.people import (
    Address,
    ClinicPatient,
    ConsentChange,
    ConsentChanged,
    ConsentWay,
    Contact,
    OptOut,
    Patient,
    Silence,
    has_address,
)
from domain.work import Work

MAX_CHANGES_SHOWN = 100
"""The latest changes of one person's consent that are shown."""


@dataclass(frozen=True)
class ConsentState:
    """What a clinic may send to a patient's phone without being asked."""

    is_in: bool
    """Whether such messages may be sent."""
    at: datetime | None
    """The last opt-in; None if staff recorded the patient without consent."""
    way: str
    """How they opted in: BOT, CLINIC or WORD."""
    out_at: datetime | None
    """When they opted out; None while they are opted in, or if there is no way to write to them."""
    marketing_stopped: bool
    """Whether they stopped marketing in WhatsApp's own settings."""


def opt_out(work: Work, clinic_id: str, contact_id: str, *, has_live_token: bool) -> OptOut:
    """Opt a contact out of a clinic's messages: they wrote STOP.

    Notices of a live token still come. A second STOP, or the first without a live token, stops
    those too. Messages already in the outbox are checked against this when they are sent.
    """
    before = work.get(OptOut, clinic_id, contact_id)
    everything = before is not None or not has_live_token
    log_change(
        work,
        contact_id,
        clinic_id,
        ConsentChanged.OPTED_OUT,
        ConsentWay.WORD,
        everything=everything,
    )
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
    """Opt a contact in to a clinic's messages: they wrote START. Return whether they were out.

    If they were, the clinic's records of all patients on that phone show this opt-in and its time.
    """
    before = work.get(OptOut, clinic_id, contact_id)
    if before is not None:
        work.delete(before)
    silence = work.get(Silence, contact_id)
    was_silent = silence is not None and _silences(silence, clinic_id)
    if silence is not None and was_silent:
        work.put(silence.but(but_for=(*silence.but_for, clinic_id)))
    if before is None and not was_silent:
        return False
    log_change(work, contact_id, clinic_id, ConsentChanged.OPTED_IN, ConsentWay.WORD)
    for record in _records_of(work, clinic_id, contact_id):
        work.put(record.but(opted_in_by=ConsentWay.WORD.value, opted_in_at=_whole_second(work.now)))
    return True


def opt_out_of_all(work: Work, contact_id: str, *, has_live_token: bool) -> Silence:
    """Opt a contact out of the messages of all clinics, as `opt_out` does for one."""
    before = work.get(Silence, contact_id)
    silence = before or Silence(contact_id=contact_id, at=work.now)
    everything = silence.all_clinics or not has_live_token
    log_change(
        work, contact_id, None, ConsentChanged.OPTED_OUT, ConsentWay.WORD, everything=everything
    )
    return work.put(silence.but(all_clinics=True, everything=everything, but_for=(), at=work.now))


def set_marketing_preference(
    work: Work, phone: str | None, wa_user_id: str | None, *, stops_marketing: bool
) -> None:
    """Record that a person stopped or resumed marketing in WhatsApp's own settings.

    They are found by account or phone; somebody who is not known is ignored.
    """
    for address in (f"wa:{wa_user_id}", f"tel:{phone}"):
        known = work.get(Address, address)
        if known is not None:
            _write_marketing_preference(work, known.contact_id, stops_marketing=stops_marketing)
            return


def record_marketing_stop(work: Work, contact_id: str) -> None:
    """Record that WhatsApp refused a message because the person stopped marketing there."""
    _write_marketing_preference(work, contact_id, stops_marketing=True)


def _write_marketing_preference(work: Work, contact_id: str, *, stops_marketing: bool) -> None:
    before = work.get(Silence, contact_id)
    silence = before or Silence(contact_id=contact_id, at=work.now)
    if silence.marketing is stops_marketing:
        return
    what = ConsentChanged.MARKETING_STOPPED
    if not stops_marketing:
        what = ConsentChanged.MARKETING_RESUMED
    log_change(work, contact_id, None, what, ConsentWay.WHATSAPP)
    work.put(silence.but(marketing=stops_marketing, at=work.now))


def resume_for_booking(work: Work, clinic_id: str, contact_id: str) -> None:
    """Resume token notices for a contact who stopped everything and has now booked.

    They booked after their STOP, so they get that booking's notices. The opt-out itself stands.
    """
    before = work.get(OptOut, clinic_id, contact_id)
    if before is not None and before.everything:
        work.put(before.but(everything=False))
    silence = work.get(Silence, contact_id)
    if silence is not None and silence.everything:
        work.put(silence.but(everything=False))


def record_staff_statement(work: Work, clinic: Clinic, contact: Contact, *, opt_in: bool) -> None:
    """Record what staff say about a patient's consent. Call it before their record is written.

    Example: staff record Asha without consent, so messages to her phone are stopped. Then they
    record her son on the same phone, with consent: messages resume, for both. Recording a third
    person without consent stops nothing, as somebody on the phone has agreed.

    The rule: *opt_in* ends an opt-out that staff caused, never the person's own STOP. Without it,
    an opt-out is written, unless one exists, or a patient on the phone has opted in, or the person
    has written to the clinic.
    """
    before = work.get(OptOut, clinic.clinic_id, contact.contact_id)
    if opt_in:
        if before is not None and before.by_clinic:
            work.delete(before)
        return
    if before is None and not _has_agreed_or_written(work, clinic, contact):
        log_change(
            work,
            contact.contact_id,
            clinic.clinic_id,
            ConsentChanged.OPTED_OUT,
            ConsentWay.API,
        )
        work.put(
            OptOut(
                clinic_id=clinic.clinic_id,
                contact_id=contact.contact_id,
                by_clinic=True,
                at=work.now,
            )
        )


def opt_in_by_message(work: Work, clinic_id: str, contact_id: str) -> None:
    """Opt in a contact who writes to a clinic whose staff recorded them without consent.

    A person's own STOP stands.
    """
    before = work.get(OptOut, clinic_id, contact_id)
    if before is None or not before.by_clinic:
        return
    work.delete(before)
    log_change(work, contact_id, clinic_id, ConsentChanged.OPTED_IN, ConsentWay.BOT)
    for record in _records_of(work, clinic_id, contact_id):
        if record.opted_in_at is None:
            work.put(
                record.but(opted_in_by=ConsentWay.BOT.value, opted_in_at=_whole_second(work.now))
            )


def log_first_consent(work: Work, clinic_id: str, contact_id: str, way: ConsentWay) -> None:
    """Log the opt-in that comes with a clinic's new record of a patient.

    Nothing is logged while the contact is opted out.
    """
    across = work.system("see whether a contact opted out")
    if accepts_messages(across, clinic_id, contact_id):
        log_change(work, contact_id, clinic_id, ConsentChanged.OPTED_IN, way)


def log_change(
    work: Work,
    contact_id: str,
    clinic_id: str | None,
    what: ConsentChanged,
    way: ConsentWay,
    *,
    everything: bool = False,
) -> None:
    """Add to a contact's consent history a change for a clinic, or for all clinics (None)."""
    work.put(
        ConsentChange(
            contact_id=contact_id,
            change=f"{stamp(work.now)}#{work.ids.new('')}",
            clinic_id=clinic_id,
            what=what,
            everything=everything,
            way=way,
            at=work.now,
        )
    )


def history(work: Work, clinic_id: str, patient_id: str) -> list[ConsentChange]:
    """Return the changes of a patient's consent that concern the clinic, the latest first."""
    across = work.system("how a patient's consent to a clinic changed")
    patient = across.get(Patient, patient_id)
    if patient is None:
        return []
    found = across.query(
        ConsentChange, patient.contact_id, limit=MAX_CHANGES_SHOWN, descending=True
    )
    return [c for c in found.records if c.clinic_id in {None, clinic_id}]


def consent_states(work: Work, records: Sequence[ClinicPatient]) -> dict[str, ConsentState]:
    """Return the consent of each of a clinic's patients now, by patientId."""
    across = work.system("what a clinic's patients agreed to")
    people = across.fetch([(Patient, (r.patient_id,)) for r in records])
    ids = {p.patient_id: p.contact_id for p in people if isinstance(p, Patient)}
    across.fetch(
        [(OptOut, (r.clinic_id, ids[r.patient_id])) for r in records if r.patient_id in ids]
        + [(Silence, (i,)) for i in sorted(set(ids.values()))]
    )
    return {r.patient_id: _consent_state(across, r, ids.get(r.patient_id, "")) for r in records}


def _consent_state(across: Work, record: ClinicPatient, contact_id: str) -> ConsentState:
    stopped = across.get(OptOut, record.clinic_id, contact_id)
    silence = across.get(Silence, contact_id)
    is_silent = silence is not None and _silences(silence, record.clinic_id)
    out_at = stopped.at if stopped else silence.at if silence and is_silent else None
    return ConsentState(
        is_in=out_at is None and has_address(contact_id),
        at=record.opted_in_at,
        way=record.opted_in_by,
        out_at=out_at,
        marketing_stopped=silence is not None and silence.marketing,
    )


def _records_of(work: Work, clinic_id: str, contact_id: str) -> list[ClinicPatient]:
    """Return the clinic's records of all patients whom a contact writes for."""
    across = work.system("what a clinic keeps of its patients is not shown to them")
    contact = across.get(Contact, contact_id)
    ids = contact.patient_ids if contact else ()
    found = across.fetch([(ClinicPatient, (clinic_id, i)) for i in ids])
    return [r for r in found if isinstance(r, ClinicPatient)]


def _whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _has_agreed_or_written(work: Work, clinic: Clinic, contact: Contact) -> bool:
    across = work.system("whether a person has written to the clinic before")
    sender = clinic.phone_number_id or work.rules.platform_sender
    spoken = across.get(Conversation, f"{sender}#{contact.contact_id}")
    if spoken is not None and spoken.clinic_id == clinic.clinic_id:
        return True
    known = work.fetch([(ClinicPatient, (clinic.clinic_id, i)) for i in contact.patient_ids])
    return any(isinstance(r, ClinicPatient) and r.opted_in_at is not None for r in known)


def is_covered(work: Work, message: Message) -> bool:
    """Return whether the contact's consent covers *message* now."""
    if message.consent is Consent.REPLY or message.clinic_id is None:
        return True
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
        all_stopped = stopped is not None and stopped.everything
        return not all_stopped and not (silence is not None and is_silent and silence.everything)
    if message.consent is Consent.MARKETING and silence is not None and silence.marketing:
        return False
    return stopped is None and not is_silent


def accepts_messages(
    work: Work, clinic_id: str, contact_id: str, *, marketing: bool = False
) -> bool:
    """Return whether a clinic may write to a contact unasked; with *marketing*, marketing too."""
    if not has_address(contact_id):
        return False
    silence = work.get(Silence, contact_id)
    is_silent = silence is not None and _silences(silence, clinic_id)
    if marketing and silence is not None and silence.marketing:
        return False
    return work.get(OptOut, clinic_id, contact_id) is None and not is_silent


def _silences(silence: Silence, clinic_id: str) -> bool:
    return silence.all_clinics and clinic_id not in silence.but_for
