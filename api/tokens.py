"""Bookings: made, shown, changed and cancelled by the desk (specification 6.7)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from pydantic.alias_generators import to_camel

from api.frame.calls import Answer, Call
from api.frame.days import day_of, page_of
from api.frame.routes import Resource
from api.schemas.base import Paged, rupees
from api.schemas.queues import LinePath
from api.schemas.tokens import (
    CancelCall,
    Cancelled,
    OneToken,
    PatientLateCall,
    PatientOfTokens,
    PatientPath,
    PatientsTokens,
    TokenCall,
    TokenChange,
    TokenChanged,
    TokenDetails,
    TokenMade,
    TokenOfPatient,
    TokenPath,
    Tokens,
    TokenShown,
    TokensQuery,
    TokensSummary,
)
from domain.actions.booking import desk
from domain.actions.booking import tokens as actions
from domain.actions.booking.complaints import complaint_of
from domain.actions.booking.days import exceeded_limit, require_doctor
from domain.actions.booking.desk import BookingRequest
from domain.actions.booking.queues import current_line, get_queue
from domain.actions.line import lateness, lifecycle, status_changes
from domain.actions.line.status_changes import StatusChange
from domain.actions.people import patients
from domain.actors import Remark
from domain.errors import Invalid
from domain.line_context import LineContext
from domain.model.queues import Token, TokenStatus
from domain.names import clean_name
from domain.permissions import EVERYBODY
from domain.work import Work

tokens = Resource("tokens", "Bookings: one patient with one doctor on one day.")


@tokens.get("/doctors/<doctorId>/tokens", needs=EVERYBODY, answers=Tokens, audits=True)
def list_tokens(work: Work, call: Call, path: LinePath, query: TokensQuery) -> Answer:
    """List a day's bookings with a doctor by number.

    `status` and `limit` select what is listed; `totalCount` and `summary` cover the whole day.
    """
    clinic, doctor = require_doctor(work, call.caller.clinic_id, path.doctor_id)
    found = actions.tokens_of_day(work, get_queue(work, clinic, doctor, day_of(query.date)))
    wanted = [t for t in found if query.status in {None, t.status}]
    after = call.read_cursor(query.cursor)
    page, more = page_of(wanted, lambda t: f"{t.number:05d}#{t.token_id}", query.limit, after)
    call.shown += [t.patient_id for t in page]
    return Answer(
        Tokens(
            tokens=[TokenShown(**_fields(t)) for t in page],
            total_count=len(found),
            summary=_summary(found),
            next_cursor=call.next_cursor(more),
        )
    )


@tokens.post(
    "/doctors/<doctorId>/tokens", needs=EVERYBODY, answers=TokenMade, status=201, audits=True
)
def create_token(work: Work, call: Call, path: LinePath, body: TokenCall) -> Answer:
    """Book for a patient.

    Somebody new is recorded by phone and name. With an advance due the slot is held for an hour at
    most and the payment link is sent to the patient; with `payAtClinic`, or no advance, the booking
    is confirmed at once. Without `preferredTime` it is the next free slot of today, in the part of
    the day that the patient prefers at this doctor's if one is free there. `walkIn` is for who
    stands at the desk, with or without a phone.
    """
    clinic, doctor = require_doctor(work, call.caller.clinic_id, path.doctor_id)
    if body.walk_in:
        token = _add_walk_in(current_line(work, clinic, doctor), call, body)
        call.patient_id = token.patient_id
        return Answer(_made(work, call, token), "Walk-in added")
    contact, patient = desk.identify_person(
        work, clinic.clinic_id, body.patient_id, body.patient_phone, body.patient_name
    )
    call.patient_id = patient.patient_id
    wanted = BookingRequest(
        preferred=body.preferred_time,
        amount_paise=None if body.amount is None else body.amount * 100,
        may_set_amount=call.caller.is_admin,
        pays_at_clinic=body.pay_at_clinic,
        consultation_type=body.consultation_type.value,
    )
    token = desk.book_for_patient(work, clinic, doctor, call.caller.actor, contact, patient, wanted)
    return Answer(_made(work, call, token), "Token created successfully")


def _add_walk_in(line: LineContext, call: Call, body: TokenCall) -> Token:
    for field in ("preferred_time", "amount"):
        if getattr(body, field) is not None:
            raise Invalid(to_camel(field), "Does not go with a walk-in.")
    actor = call.caller.actor
    if body.patient_id is None and body.patient_phone is None:
        name = clean_name(body.patient_name) if body.patient_name else None
        if name is None:
            raise Invalid("patientName", "Is needed, unless there is a patientId.")
        return desk.add_walk_in(line, actor, None, name)
    contact, patient = desk.identify_person(
        line.work, line.clinic.clinic_id, body.patient_id, body.patient_phone, body.patient_name
    )
    return desk.seat_walk_in(line, actor, contact, patient)


def _made(work: Work, call: Call, token: Token) -> TokenMade:
    held = token.status is TokenStatus.PENDING
    return TokenMade(
        token_id=token.token_id,
        patient_id=token.patient_id,
        token_number=token.token_number,
        status=token.status,
        estimated_time=token.estimated_time,
        payment_status=token.payment_status,
        amount=rupees(token.amount_paise),
        advance_due=rupees(token.advance_paise) if held else 0,
        payment_link=_link(work, token),
        held_until=token.held_until,
        beyond_limit=_is_beyond(work, call, token),
    )


@tokens.get("/tokens/<tokenId>", needs=EVERYBODY, answers=OneToken, audits=True)
def get_token(work: Work, call: Call, path: TokenPath) -> Answer:
    """Show one booking."""
    found, queue = actions.find_token(work, path.token_id)
    token = actions.as_of_now(found, queue, work.now)
    call.patient_id = token.patient_id
    return Answer(
        OneToken(
            token=TokenDetails(
                **_fields(token),
                arrived_at=token.arrived_at,
                completed_at=token.completed_at,
                cancelled_at=token.cancelled_at,
                cancel_reason=token.cancel_reason,
                held_until=token.held_until,
                refund_amount=rupees(actions.refunded_paise(work, token)),
                collected_amount=rupees(token.collected_paise),
                payment_link=_link(work, token),
                complaint=complaint_of(work, token),
            )
        )
    )


@tokens.put("/tokens/<tokenId>", needs=EVERYBODY, answers=TokenChanged, audits=True)
def update_token(work: Work, call: Call, path: TokenPath, body: TokenChange) -> Answer:
    """Bring a booking to another state, by the action that leads there.

    ARRIVED checks in; CURRENT calls this patient in, out of turn if need be, when nobody is being
    served; COMPLETED and SKIPPED end what goes on and call nobody; NO_SHOW is for who was called
    and never came; CANCELLED is as DELETE. `notes` go to the line's history.
    """
    if not body.model_fields_set:
        raise Invalid("status", "Say what shall change.")
    token, queue = actions.find_token(work, path.token_id)
    call.patient_id = token.patient_id
    clinic, doctor = require_doctor(work, token.clinic_id, token.doctor_id)
    collected = None if body.collected_amount is None else body.collected_amount * 100
    remark = Remark(body.reason, body.notes)
    change = StatusChange(body.status, body.actual_time, collected, remark)
    line = LineContext(work, clinic, doctor, queue)
    token = status_changes.change_status(line, token, call.caller.actor, change)
    return Answer(_changed(work, token), "Token updated successfully")


@tokens.post("/tokens/<tokenId>/check-in", needs=EVERYBODY, answers=TokenChanged, audits=True)
def check_in(work: Work, call: Call, path: TokenPath) -> Answer:
    """Note that the patient has come; who was skipped stands after the next one."""
    token, _ = actions.find_token(work, path.token_id)
    call.patient_id = token.patient_id
    token = lifecycle.check_in(work, token, call.caller.actor)
    return Answer(_changed(work, token), "Patient checked in")


@tokens.post("/tokens/<tokenId>/late", needs=EVERYBODY, answers=TokenChanged, audits=True)
def announce_patient_late(work: Work, call: Call, path: TokenPath, body: PatientLateCall) -> Answer:
    """Note that the patient is late: until then, and until they come, others who are here go first.

    They keep their place, so they are next when they come. Said again it replaces what was said; a
    check-in ends it.
    """
    token, _ = actions.find_token(work, path.token_id)
    call.patient_id = token.patient_id
    token = lateness.announce_patient_late(work, token, body.minutes, call.caller.actor)
    return Answer(_changed(work, token), "Patient is late")


@tokens.delete(
    "/tokens/<tokenId>", needs=EVERYBODY, answers=Cancelled, audits=True, optional_body=True
)
def cancel_token(work: Work, call: Call, path: TokenPath, body: CancelCall) -> Answer:
    """Cancel a booking; what was paid online is sent back, and the patient is told."""
    token, _ = actions.find_token(work, path.token_id)
    call.patient_id = token.patient_id
    clinic, doctor = require_doctor(work, token.clinic_id, token.doctor_id)
    remark = Remark(body.reason, body.notes)
    token = desk.cancel_for_patient(work, clinic, doctor, token, call.caller.actor, remark)
    return Answer(
        Cancelled(
            token_id=token.token_id,
            token_number=token.token_number,
            status=token.status,
            refund_amount=rupees(actions.refunded_paise(work, token)),
            cancelled_at=token.cancelled_at or work.now,
        ),
        "Token cancelled successfully",
    )


@tokens.get("/patients/<patientId>/tokens", needs=EVERYBODY, answers=PatientsTokens, audits=True)
def list_patient_tokens(work: Work, call: Call, path: PatientPath, query: Paged) -> Answer:
    """List a patient's bookings, the latest day first: a doctor sees their own."""
    known = patients.find_patient(work, path.patient_id)
    found = actions.tokens_of_patient(work, known.patient_id)
    after = call.read_cursor(query.cursor)
    page, more = page_of(
        found, lambda t: f"{t.date}#{t.token_id}", query.limit, after, descending=True
    )
    doctors = actions.doctors_of(work, page)
    return Answer(
        PatientsTokens(
            patient=PatientOfTokens(
                patient_id=known.patient_id, patient_phone=known.phone, name=known.name
            ),
            tokens=[
                TokenOfPatient(
                    **_fields(t),
                    doctor_name=doctors[t.doctor_id].name if t.doctor_id in doctors else "",
                )
                for t in page
            ],
            total_count=len(found),
            next_cursor=call.next_cursor(more),
        )
    )


def _fields(token: Token) -> dict[str, Any]:
    return {
        "token_id": token.token_id,
        "patient_id": token.patient_id,
        "doctor_id": token.doctor_id,
        "date": token.date,
        "patient_phone": token.patient_phone,
        "patient_name": token.patient_name,
        "status": token.status,
        "token_number": token.token_number,
        "estimated_time": token.estimated_time,
        "actual_time": token.actual_time,
        "consultation_type": token.consultation_type,
        "source": token.source,
        "payment_status": token.payment_status,
        "amount": rupees(token.amount_paise),
        "advance_paid": rupees(token.paid_paise),
        "balance_due": rupees(actions.balance_paise(token)),
        "created_at": token.created_at,
        "updated_at": token.updated_at,
        "visit_id": token.visit_id,
        "late_until": actions.announced_lateness(token),
    }


def _changed(work: Work, token: Token) -> TokenChanged:
    return TokenChanged(
        token_id=token.token_id,
        token_number=token.token_number,
        status=token.status,
        actual_time=token.actual_time,
        payment_status=token.payment_status,
        visit_id=token.visit_id,
        late_until=actions.announced_lateness(token),
        updated_at=work.now,
    )


def _summary(found: list[Token]) -> TokensSummary:
    states = Counter(t.status for t in found)
    return TokensSummary(**{s.value.lower(): states[s] for s in TokenStatus})


def _link(work: Work, token: Token) -> str | None:
    if token.status is not TokenStatus.PENDING or token.payment_id is None:
        return None
    return work.rules.pay_url(token.payment_id)


def _is_beyond(work: Work, call: Call, token: Token) -> bool:
    clinic, doctor = require_doctor(work, call.caller.clinic_id, token.doctor_id)
    return exceeded_limit(work, clinic, doctor, date.fromisoformat(token.date)) is not None
