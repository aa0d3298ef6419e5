"""Messages that staff send to patients (specification 6.10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from flask import Response

from api.frame.calls import Answer, Call
from api.frame.days import day_of
from api.frame.routes import Resource
from api.schemas.whatsapp import (
    Audience as AudienceGiven,
)
from api.schemas.whatsapp import (
    BroadcastPath,
    BroadcastShown,
    Component,
    CostsShown,
    MessageSent,
    MessageType,
    NewBroadcast,
    NewMessage,
    Outcome,
    RecipientShown,
    Results,
    ResultsQuery,
    Said,
    SendingShown,
    Templates,
    TemplateShown,
)
from domain.actions.broadcasts import broadcasts, direct
from domain.actions.delivery import circuit_breaker, costs
from domain.actions.messages import templates
from domain.actions.messages.outbox import sender_of
from domain.errors import Invalid, NotFound
from domain.model.broadcasts import Audience, AudienceKind, Broadcast
from domain.model.clinics import Clinic, Doctor
from domain.model.messages import Message, MessageStatus
from domain.offers import FREE_TEXT, OfferedTemplate, find_template, validate_values
from domain.periods import PeriodName, period_of
from domain.permissions import EVERYBODY, Permission
from domain.phones import normalise
from domain.spreadsheets import BYTE_ORDER_MARK, csv_row, escape_formula
from domain.timetable import today
from domain.work import Work

whatsapp = Resource("whatsapp", "Messages that staff send to patients, one by one and to many.")
WAIT_SECONDS = 3.0
"""How long a call waits for the provider's answer (specification notes, 12)."""
LOOK_SECONDS = 0.05
RESULTS_A_PAGE = 500
_TAKEN = {MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ}
_ENDED = {MessageStatus.FAILED, MessageStatus.DROPPED}


@whatsapp.post("/whatsapp/send-message", needs=EVERYBODY, answers=MessageSent, audits=True)
def send_message(work: Work, call: Call, body: NewMessage) -> Answer:
    """Send a message to one patient of the clinic; a doctor, to one of their own.

    The answer waits up to three seconds for WhatsApp. A template that WhatsApp is known not to let
    go out is refused, and marketing to somebody who has stopped it there.
    """
    caller = call.caller
    clinic = _clinic(work, call)
    template, values = _choose_words(call.services.offers, body)
    phone = _phone("patientPhone", body.patient_phone, call)
    patient = direct.patient_at(
        work, clinic.clinic_id, phone, None if caller.is_admin else caller.user.doctor_id
    )
    call.patient_id = patient.patient_id
    account = call.services.template_account
    message = direct.send_to_patient(work, clinic, patient, template, values, account)
    return Answer(
        _render_outcome(message), "Message queued", then=_wait_for(call, message.message_id)
    )


@whatsapp.get("/whatsapp/templates", needs=EVERYBODY, answers=Templates)
def list_templates(work: Work, call: Call) -> Answer:
    """List the templates that may be sent, in every language, with WhatsApp's word on each."""
    known = templates.approvals(work, call.services.template_account)
    shown: list[TemplateShown] = []
    for offer in call.services.offers:
        approval = known.get((offer.provider_name, offer.language))
        parts = [Component(type="BODY", text=offer.body)]
        if offer.header:
            parts.insert(0, Component(type="HEADER", text=offer.header))
        shown.append(
            TemplateShown(
                name=offer.name,
                language=offer.language,
                category=(approval.category if approval else None) or offer.category,
                components=parts,
                status=approval.status if approval else None,
                reason=approval.reason if approval else None,
                quality=approval.quality if approval else None,
            )
        )
    return Answer(Templates(templates=shown))


@whatsapp.get("/whatsapp/status", needs=Permission.CONFIGURE_WHATSAPP, answers=SendingShown)
def read_sending(work: Work, call: Call) -> Answer:
    """Show whether the clinic's number can send, and what its messages of this month cost."""
    clinic = _clinic(work, call)
    health = circuit_breaker.health_of(work, sender_of(work, clinic))
    month = period_of(PeriodName.THIS_MONTH, today(clinic, work.now))
    days = costs.costs_of_days(work, clinic.clinic_id, month.first, month.last).values()
    charged, free = (_sum_counts(d.charged for d in days), _sum_counts(d.free for d in days))
    return Answer(
        SendingShown(
            status="DOWN" if circuit_breaker.is_down(health) else "HEALTHY",
            down_since=health.down_since if health else None,
            reason=health.reason if health else None,
            quality=health.quality if health else None,
            limit=health.limit if health else None,
            costs_this_month=CostsShown(charged=charged, free=free),
        )
    )


@whatsapp.post(
    "/whatsapp/broadcast",
    needs=Permission.MANAGE_SETTINGS,
    answers=BroadcastShown,
    status=202,
    audits=True,
)
def send_broadcast(work: Work, call: Call, body: NewBroadcast) -> Answer:
    """Send a message to many patients of the clinic, or count whom it would reach.

    Who is no patient here, or wants no messages (or no marketing, if it is: a template of that
    category, or free words to anybody), counts as failed and is not written to. A person gets it
    once, however many numbers or bookings they have. A template that WhatsApp is known not to let
    go out is refused.
    """
    clinic = _clinic(work, call)
    template, values = _choose_words(call.services.offers, body)
    phones = list(
        dict.fromkeys(
            _phone(f"recipients.{n}", phone, call) for n, phone in enumerate(body.recipients or ())
        )
    )
    to = broadcasts.Addressees(_audience(work, clinic, body.audience), phones)
    if body.preview:
        account = call.services.template_account
        reach = broadcasts.preview_reach(work, clinic, template, account, to)
        return Answer(
            BroadcastShown(
                broadcast_id=None,
                total_recipients=reach.total,
                sent_count=0,
                failed_count=reach.total - reach.reachable,
                status="PREVIEW",
                created_at=None,
                finished_at=None,
            ),
            "Nothing was sent",
        )
    made = broadcasts.begin_offered(
        work,
        clinic,
        template,
        call.services.template_account,
        values=values,
        to=to,
        by=call.caller.actor,
    )
    return Answer(_render(made), "Broadcast initiated successfully")


@whatsapp.get(
    "/whatsapp/broadcast/<broadcastId>", needs=Permission.MANAGE_SETTINGS, answers=BroadcastShown
)
def read_broadcast(work: Work, call: Call, path: BroadcastPath) -> Answer:
    """Show how far a broadcast has come."""
    return Answer(
        _render(broadcasts.find_broadcast(work, call.caller.clinic_id, path.broadcast_id))
    )


@whatsapp.post(
    "/whatsapp/broadcast/<broadcastId>/cancel",
    needs=Permission.MANAGE_SETTINGS,
    answers=BroadcastShown,
)
def cancel_broadcast(work: Work, call: Call, path: BroadcastPath) -> Answer:
    """Stop a broadcast: what has not left yet does not leave any more."""
    stopped = broadcasts.cancel_broadcast(work, call.caller.clinic_id, path.broadcast_id)
    return Answer(_render(stopped), "Broadcast cancelled")


@whatsapp.get(
    "/whatsapp/broadcast/<broadcastId>/recipients",
    needs=Permission.MANAGE_SETTINGS,
    answers=Results,
    audits=True,
)
def list_recipients(work: Work, call: Call, path: BroadcastPath, query: ResultsQuery) -> Answer:
    """List a broadcast's recipients in the order of sending, and what became of each message."""
    found = broadcasts.find_broadcast(work, call.caller.clinic_id, path.broadcast_id)
    page, after = broadcasts.list_recipients(
        work, found, query.limit, call.read_cursor(query.cursor)
    )
    return Answer(
        Results(
            recipients=[
                RecipientShown(
                    phone=r.phone, name=r.name, outcome=Outcome(r.outcome), reason=r.reason
                )
                for r in page
            ],
            total_count=found.total,
            next_cursor=call.next_cursor(after),
        )
    )


@whatsapp.get(
    "/whatsapp/broadcast/<broadcastId>/results",
    needs=Permission.MANAGE_SETTINGS,
    answers="text/csv",
    audits=True,
)
def download_results(work: Work, call: Call, path: BroadcastPath) -> Response:
    """Download what became of each recipient as CSV, in the order of sending."""
    found = broadcasts.find_broadcast(work, call.caller.clinic_id, path.broadcast_id)
    fresh = call.services.open_work(call.scope)
    answer = Response(_csv_rows(fresh, found), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.broadcast_id}.csv"'
    return answer


def _csv_rows(work: Work, found: Broadcast) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_row(["phone", "name", "outcome", "reason"])
    after = None
    while True:
        page, after = broadcasts.list_recipients(work, found, RESULTS_A_PAGE, after)
        for r in page:
            yield csv_row([r.phone, escape_formula(r.name or ""), r.outcome.value, r.reason])
        if after is None:
            return


def _sum_counts(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for count in counts:
        found.update(count)
    return dict(sorted(found.items()))


def _clinic(work: Work, call: Call) -> Clinic:
    return work.require(Clinic, call.caller.clinic_id)


def _choose_words(
    offers: Sequence[OfferedTemplate], body: Said
) -> tuple[OfferedTemplate, dict[str, str]]:
    if body.message_type is MessageType.TEXT:
        return find_template(offers, FREE_TEXT), {"text": body.text or ""}
    template = find_template(offers, body.template_name or "")
    return template, validate_values(template, body.template_data)


def _phone(field: str, text: str, call: Call) -> str:
    phone = normalise(text, call.services.rules.phone_countries)
    if phone is None:
        raise Invalid(field, "This is no phone number that can be written to.")
    return phone


def _audience(work: Work, clinic: Clinic, given: AudienceGiven | None) -> Audience:
    if given is None:
        return Audience(kind=AudienceKind.PHONES)
    day = day_of(given.date, "audience.date")
    if given.doctor_id and work.get(Doctor, clinic.clinic_id, given.doctor_id) is None:
        raise NotFound("There is no such doctor.")
    return Audience(
        kind=AudienceKind(given.kind),
        day=day.isoformat() if day else None,
        doctor_id=given.doctor_id,
    )


def _wait_for(call: Call, message_id: str) -> Callable[[], Answer]:
    def look() -> Answer:
        waited = 0.0
        while True:
            message = call.services.open_work(call.scope).require(Message, message_id)
            if message.status in _TAKEN:
                return Answer(_render_outcome(message), "Message sent successfully")
            if message.status in _ENDED or waited >= WAIT_SECONDS:
                return Answer(_render_outcome(message), "Message queued")
            call.services.pause(LOOK_SECONDS)
            waited += LOOK_SECONDS

    return look


def _render_outcome(message: Message) -> MessageSent:
    taken = message.status in _TAKEN
    ended = message.status in _ENDED
    return MessageSent(
        message_id=message.provider_id if taken and message.provider_id else message.message_id,
        status="SENT" if taken else "FAILED" if ended else "QUEUED",
        sent_at=message.sent_at if taken else None,
        reason=message.failure if ended else None,
    )


def _render(broadcast: Broadcast) -> BroadcastShown:
    return BroadcastShown(
        broadcast_id=broadcast.broadcast_id,
        total_recipients=broadcast.total,
        sent_count=broadcast.sent,
        failed_count=broadcast.failed,
        status=broadcast.status,
        created_at=broadcast.created_at,
        finished_at=broadcast.finished_at,
    )
