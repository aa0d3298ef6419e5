"""One message to many: begun in one transaction, expanded in small steps, counted on the way.

Two due items do it: `broadcast` writes the messages of some recipients at a time and continues
where it stopped; `broadcast_count` counts their outcomes. Both may be killed and run again at any
line: a recipient's key is the person, so nobody is written to twice. The messages have the lowest
urgency, so that even a large broadcast delays no reply and no turn notice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from domain import due
from domain.actions.broadcasts.audiences import STEP, Person, people_of
from domain.actions.messages import templates
from domain.actions.messages.notices import notice_values
from domain.actions.messages.outbox import Draft, send
from domain.actions.people import trust
from domain.actions.people.consent import accepts_messages
from domain.actors import Actor
from domain.due import OpenWork, chunks, finish
from domain.errors import NotNow
from domain.model.broadcasts import (
    Audience,
    AudienceKind,
    Broadcast,
    BroadcastPage,
    BroadcastStatus,
    Recipient,
    RecipientOutcome,
)
from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due
from domain.model.messages import Consent, Message, Urgency
from domain.offers import FREE_TEXT, OfferedTemplate
from domain.plans import require_active
from domain.work import Work

MOST_RECIPIENTS = 10_000
PHONES_A_PAGE = 500
STEPS_A_RUN = 25
"""How many transactions a run makes before other due items have their turn."""
COUNT_SOON = timedelta(seconds=1)
HELPS_FOR = timedelta(hours=12)
NOT_A_PATIENT = "not a patient of this clinic"
OPTED_OUT = "wants no messages of this clinic"
NO_MARKETING = "wants no marketing"
TO_ANYBODY = {AudienceKind.PHONES, AudienceKind.ALL_PATIENTS}
"""Audiences without a booking: the clinic's own words to them may be about anything."""


class BroadcastOver(NotNow):
    """The broadcast has ended, so it cannot be cancelled."""

    code = "BROADCAST_OVER"


@dataclass(frozen=True)
class Addressees:
    """To whom a broadcast goes: an audience, with its numbers if it is of kind PHONES."""

    audience: Audience
    phones: Sequence[str] = ()
    """E.164, each once, for PHONES."""


@dataclass(frozen=True)
class BroadcastReach:
    """How many people a broadcast would have, and how many of them would get a message."""

    total: int
    reachable: int


def begin_offered(
    work: Work,
    clinic: Clinic,
    template: OfferedTemplate,
    account: str,
    *,
    values: Mapping[str, Any],
    to: Addressees,
    by: Actor,
) -> Broadcast:
    """Begin a broadcast of an offered template of *account*; it is sent after the commit.

    Raises:
        NotApproved: If WhatsApp is known not to approve it in English, the last fallback.
        Suspended: As in `begin_broadcast`.
    """
    templates.require_approved(work, account, template)
    return begin_broadcast(
        work,
        clinic,
        name=template.message,
        values=values,
        to=to,
        by=by,
        marketing=_is_marketing(work, template, account, to.audience),
    )


def _is_marketing(work: Work, template: OfferedTemplate, account: str, audience: Audience) -> bool:
    """Return whether a broadcast is marketing, which people may have stopped.

    WhatsApp's category of the template decides; the clinic's own words to people without a booking
    always count as marketing.
    """
    in_own_words = template.name == FREE_TEXT and audience.kind in TO_ANYBODY
    return in_own_words or templates.is_marketing(work, account, template)


def begin_broadcast(
    work: Work,
    clinic: Clinic,
    *,
    name: str,
    values: Mapping[str, Any],
    to: Addressees,
    by: Actor,
    marketing: bool = False,
) -> Broadcast:
    """Begin a broadcast of the message called *name*; it is sent after the commit.

    With *marketing*, people who stopped marketing in WhatsApp do not get it.

    Raises:
        Suspended: If the clinic is suspended, unless the audience is a line.
    """
    audience = to.audience
    if audience.kind is not AudienceKind.LINE:
        require_active(clinic)
    broadcast = work.put(
        Broadcast(
            clinic_id=clinic.clinic_id,
            broadcast_id=work.ids.secret("broadcast_"),
            doctor_id=audience.doctor_id if audience.kind is AudienceKind.LINE else None,
            name=name,
            values=dict(values),
            audience=audience,
            marketing=marketing,
            by=by.user_id,
            by_name=by.name,
            total=len(to.phones),
            created_at=work.now,
        )
    )
    for number, page in enumerate(chunks(to.phones, PHONES_A_PAGE)):
        work.put(
            BroadcastPage(
                broadcast_id=broadcast.broadcast_id,
                page=f"{number:03d}",
                clinic_id=clinic.clinic_id,
                phones=tuple(page),
            )
        )
    about = due.Subject(broadcast.broadcast_id, clinic_id=clinic.clinic_id)
    for kind, after in (("broadcast", timedelta()), ("broadcast_count", COUNT_SOON)):
        due.schedule(work, kind, work.now + after, about, broadcast=broadcast.broadcast_id)
    return broadcast


def find_broadcast(work: Work, clinic_id: str, broadcast_id: str) -> Broadcast:
    """Return a clinic's broadcast.

    Raises:
        NotFound: If the clinic has no such broadcast.
    """
    return work.require(Broadcast, clinic_id, broadcast_id)


def cancel_broadcast(work: Work, clinic_id: str, broadcast_id: str) -> Broadcast:
    """Cancel a broadcast: messages that are not sent yet will not be.

    Raises:
        NotFound: If the clinic has no such broadcast.
        BroadcastOver: If it has ended.
    """
    broadcast = find_broadcast(work, clinic_id, broadcast_id)
    if broadcast.status in {BroadcastStatus.COMPLETED, BroadcastStatus.CANCELLED}:
        raise BroadcastOver("The broadcast has ended already.")
    return work.put(broadcast.but(status=BroadcastStatus.CANCELLED))


def list_recipients(
    work: Work, broadcast: Broadcast, limit: int, after: str | None = None
) -> tuple[list[Recipient], str | None]:
    """Return recipients in the order of sending, and the cursor of the next page."""
    page = work.query(
        Recipient, broadcast.broadcast_id, index="place-idx", limit=limit, after=after
    )
    return page.records, page.after


def preview_reach(
    work: Work,
    clinic: Clinic,
    template: OfferedTemplate,
    account: str,
    to: Addressees,
) -> BroadcastReach:
    """Count whom a broadcast would reach now; nothing is written or sent.

    Raises:
        NotApproved: As in `begin_offered`.
    """
    templates.require_approved(work, account, template)
    marketing = _is_marketing(work, template, account, to.audience)
    seen: set[str] = set()
    reachable = 0
    standing = trust.standing_of(work, clinic)
    for found in people_of(work, clinic, to.audience, to.phones):
        fresh = {p.key: p for p in found.people if p.key not in seen}
        seen |= fresh.keys()
        known = [p for p in fresh.values() if p.contact_id]
        across = work.system("see who opted out of a clinic")
        reachable += sum(
            accepts_messages(across, clinic.clinic_id, p.contact_id or "", marketing=marketing)
            and trust.why_not_free(work, clinic, p.contact_id or "", p.about, standing) is None
            for p in known
        )
    return BroadcastReach(len(seen), reachable)


def expand(open_work: OpenWork, item: Due) -> None:
    """Write the messages of a broadcast in steps, from where the last run stopped.

    May be killed and run again at any line; each step is a transaction.
    """
    work = open_work()
    clinic = work.get(Clinic, item.clinic_id or "")
    broadcast = broadcast_of(work, item)
    if clinic is None or broadcast is None:
        return finish(open_work, item)
    done, cursor = int(item.values.get("done") or 0), str(item.values.get("place") or "")
    phones = _phones_of(work, broadcast)
    for found in islice(people_of(work, clinic, broadcast.audience, phones, cursor), STEPS_A_RUN):
        work = open_work()
        broadcast = find_broadcast(work, clinic.clinic_id, broadcast.broadcast_id)
        is_over = broadcast.status is BroadcastStatus.CANCELLED
        if not is_over:
            broadcast = _write_step(work, clinic, broadcast, found.people, done)
        if is_over or found.after is None:
            # Now `total` is final: everybody is counted once, however often they were found.
            work.put(broadcast.but(expanded=True))
            work.delete(item)
            work.commit()
            return None
        done, cursor = done + len(found.people), found.after
        work.commit()
    work = open_work()
    due.reschedule(work, item, timedelta(), done=done, place=cursor)
    work.commit()
    return None


def broadcast_of(work: Work, item: Due) -> Broadcast | None:
    """Return the broadcast that a due item is about, or None if it is gone."""
    return work.get(Broadcast, item.clinic_id or "", str(item.values.get("broadcast") or ""))


def _phones_of(work: Work, broadcast: Broadcast) -> list[str]:
    pages = work.query(BroadcastPage, broadcast.broadcast_id).records
    return [phone for page in pages for phone in page.phones]


def _write_step(
    work: Work, clinic: Clinic, broadcast: Broadcast, step: Sequence[Person], done: int
) -> Broadcast:
    """Write the recipients of one step who are not written yet, and their messages.

    Return the broadcast as it is then. Its item is written only if it changes: the count writes the
    same item, and the two would conflict.
    """
    numbered = {p.key: (n, p) for n, p in reversed(list(enumerate(step, start=done)))}
    known = work.fetch([(Recipient, (broadcast.broadcast_id, key)) for key in numbered])
    fresh = [pair for pair, found in zip(numbered.values(), known, strict=True) if found is None]
    standing = trust.standing_of(work, clinic)
    reasons = {p.key: _why_not(work, clinic, broadcast, p, standing) for _, p in fresh}
    left = trust.take_free_messages(work, clinic, sum(r is None for r in reasons.values()))
    failed = 0
    for number, person in sorted(fresh, key=lambda pair: pair[0]):
        reason = reasons[person.key]
        if reason is None:
            reason, left = (None, left - 1) if left else (trust.DAY_USED_UP, 0)
        message = None
        if reason is None:
            message = _send_to(work, clinic, broadcast, person, number)
        failed += reason is not None
        work.put(
            Recipient(
                broadcast_id=broadcast.broadcast_id,
                recipient=person.key,
                place=f"{number:06d}",
                clinic_id=clinic.clinic_id,
                phone=person.phone,
                name=person.name,
                message_id=message.message_id if message else None,
                outcome=RecipientOutcome.QUEUED if message else RecipientOutcome.FAILED,
                reason=reason,
            )
        )
    listed = broadcast.audience.kind is AudienceKind.PHONES
    after = broadcast.but(
        status=BroadcastStatus.PROCESSING,
        total=broadcast.total if listed else broadcast.total + len(fresh),
        failed=broadcast.failed + failed,
    )
    return work.put(after) if after != broadcast else broadcast


def _why_not(
    work: Work, clinic: Clinic, broadcast: Broadcast, person: Person, standing: trust.Standing
) -> str | None:
    """Return why *person* gets no message, in words for people; None if they get one."""
    if person.contact_id is None:
        return NOT_A_PATIENT
    across = work.system("see who opted out of a clinic")
    if not accepts_messages(across, broadcast.clinic_id, person.contact_id):
        return OPTED_OUT
    if broadcast.marketing and not accepts_messages(
        across, broadcast.clinic_id, person.contact_id, marketing=True
    ):
        return NO_MARKETING
    return trust.why_not_free(work, clinic, person.contact_id, person.about, standing)


def _send_to(
    work: Work, clinic: Clinic, broadcast: Broadcast, person: Person, number: int
) -> Message:
    about: dict[str, Any] = {}
    if person.about is not None:
        doctor = work.get(Doctor, clinic.clinic_id, person.about.doctor_id)
        about = notice_values(person.about, doctor) if doctor else {}
    message = send(
        work,
        Draft(
            broadcast.name,
            to=person.contact_id or "",
            clinic=clinic,
            about=person.about,
            values={**broadcast.values, **about},
            urgency=Urgency.BULK,
            consent=Consent.MARKETING if broadcast.marketing else Consent.NEWS,
            helps_until=work.now + HELPS_FOR,
            order=number % STEP,
            message_id=f"msg_{broadcast.broadcast_id}_{person.contact_id}",
        ),
    )
    return work.put(message.but(broadcast_id=broadcast.broadcast_id))
