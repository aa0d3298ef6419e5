"""One message to many: begun in one transaction, written out in small steps, counted as it goes.

The steps run as due items: `broadcast` writes messages for some recipients at a time and goes on
where it stopped; `broadcast_count` looks what became of them. Both may be killed and run again at
any line: a recipient is an item whose key is the person, so nobody is written to twice. Messages
are of the last urgency, so a broadcast however large delays no reply and no "your turn".
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
"""After so many transactions the job lets others have their turn, and goes on."""
COUNT_SOON = timedelta(seconds=1)
HELPS_FOR = timedelta(hours=12)
NOT_A_PATIENT = "not a patient of this clinic"
OPTED_OUT = "wants no messages of this clinic"
NO_MARKETING = "wants no marketing"
TO_ANYBODY = {AudienceKind.PHONES, AudienceKind.ALL_PATIENTS}
"""People who need not have a booking: words of one's own to them may be about anything."""


class BroadcastOver(NotNow):
    """The broadcast has ended already."""

    code = "BROADCAST_OVER"


@dataclass(frozen=True)
class Addressees:
    """To whom a broadcast goes: an audience, and the numbers of one that is given by numbers."""

    audience: Audience
    phones: Sequence[str] = ()
    """E.164, each once, for PHONES."""


@dataclass(frozen=True)
class BroadcastReach:
    """How many a broadcast would be meant for, and how many of them want messages."""

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
    """Write a broadcast of a template of *account*, which goes out after the commit.

    Raises:
        NotApproved: If WhatsApp is known not to let it go out in English, its last resort.
        Suspended: As `begin`.
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
    """Return whether a broadcast is not for those who have stopped marketing.

    By WhatsApp's category of its template; what is in one's own words no category can say.
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
    """Write a broadcast, which goes out after the commit.

    *marketing* is not for those who have stopped it in WhatsApp.

    Raises:
        Suspended: If the clinic's subscription is suspended and it is not for a day that runs.
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
        NotFound: If the clinic has none such.
    """
    return work.require(Broadcast, clinic_id, broadcast_id)


def cancel_broadcast(work: Work, clinic_id: str, broadcast_id: str) -> Broadcast:
    """Stop a broadcast: what has not left yet does not leave any more.

    Raises:
        NotFound: If the clinic has none such.
        BroadcastOver: If it has ended.
    """
    broadcast = find_broadcast(work, clinic_id, broadcast_id)
    if broadcast.status in {BroadcastStatus.COMPLETED, BroadcastStatus.CANCELLED}:
        raise BroadcastOver("The broadcast has ended already.")
    return work.put(broadcast.but(status=BroadcastStatus.CANCELLED))


def list_recipients(
    work: Work, broadcast: Broadcast, limit: int, after: str | None = None
) -> tuple[list[Recipient], str | None]:
    """Return recipients in the order of sending, and where the list goes on."""
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
    """Return whom a broadcast would reach now; nothing is written or sent.

    Raises:
        NotApproved: As `begin_offered`.
    """
    templates.require_approved(work, account, template)
    marketing = _is_marketing(work, template, account, to.audience)
    seen: set[str] = set()
    reachable = 0
    for found in people_of(work, clinic, to.audience, to.phones):
        fresh = {p.key: p for p in found.people if p.key not in seen}
        seen |= fresh.keys()
        known = [p for p in fresh.values() if p.contact_id]
        across = work.system("see who opted out of a clinic")
        reachable += sum(
            accepts_messages(across, clinic.clinic_id, p.contact_id or "", marketing=marketing)
            for p in known
        )
    return BroadcastReach(len(seen), reachable)


def expand(open_work: OpenWork, item: Due) -> None:
    """Write the messages of a broadcast, some recipients at a time, from where it stopped."""
    work = open_work()
    clinic = work.get(Clinic, item.clinic_id or "")
    broadcast = broadcast_of(work, item)
    if clinic is None or broadcast is None:
        return finish(open_work, item)
    done, place = int(item.values.get("done") or 0), str(item.values.get("place") or "")
    phones = _phones_of(work, broadcast)
    for found in islice(people_of(work, clinic, broadcast.audience, phones, place), STEPS_A_RUN):
        work = open_work()
        broadcast = find_broadcast(work, clinic.clinic_id, broadcast.broadcast_id)
        is_over = broadcast.status is BroadcastStatus.CANCELLED
        if not is_over:
            broadcast = _write_step(work, clinic, broadcast, found.people, done)
        if is_over or found.after is None:
            # Whoever was meant twice has one place, so places may be fewer than people met.
            work.put(broadcast.but(expanded=True))
            work.delete(item)
            work.commit()
            return None
        done, place = done + len(found.people), found.after
        work.commit()
    work = open_work()
    due.reschedule(work, item, timedelta(), done=done, place=place)
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

    Return the broadcast as it is then. It is written only where it changes: who counts what became
    of it writes it too.
    """
    numbered = {p.key: (n, p) for n, p in reversed(list(enumerate(step, start=done)))}
    known = work.fetch([(Recipient, (broadcast.broadcast_id, key)) for key in numbered])
    fresh = [place for place, found in zip(numbered.values(), known, strict=True) if found is None]
    across = work.system("see who opted out of a clinic")
    failed = 0
    for number, person in sorted(fresh, key=lambda place: place[0]):
        reason = None
        if person.contact_id is None:
            reason = NOT_A_PATIENT
        elif not accepts_messages(across, clinic.clinic_id, person.contact_id):
            reason = OPTED_OUT
        elif broadcast.marketing and not accepts_messages(
            across, clinic.clinic_id, person.contact_id, marketing=True
        ):
            reason = NO_MARKETING
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
