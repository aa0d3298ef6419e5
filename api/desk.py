"""The desk beside the line: who is called before others, and where the others stand."""

from __future__ import annotations

from api.frame.calls import Answer, Call
from api.frame.routes import Resource
from api.queues import move_fields, seen_state
from api.schemas.base import rupees
from api.schemas.desk import (
    BookingFound,
    CallPatient,
    CollectCall,
    Collected,
    FindQuery,
    MoveCall,
    Moved,
    PaidBy,
    PersonFound,
    Position,
    SearchResult,
)
from api.schemas.queues import Called, LinePath
from api.schemas.tokens import TokenPath
from domain.actions.booking.days import require_doctor
from domain.actions.booking.queues import current_line
from domain.actions.booking.tokens import balance_paise, doctors_of, find_token
from domain.actions.line import collections, lookup, order
from domain.actors import Remark
from domain.errors import Invalid
from domain.line_context import LineContext
from domain.model.clinics import Clinic, Doctor, StaffStatus
from domain.model.money import Method
from domain.permissions import EVERYBODY
from domain.work import Work

desk = Resource("desk", "What the desk does for one patient beside the line's own course.")


@desk.post("/doctors/<doctorId>/queue/call", needs=EVERYBODY, answers=Called, audits=True)
def call_patient(work: Work, call: Call, path: LinePath, body: CallPatient) -> Answer:
    """Complete who is being served and call one patient in, before others if need be.

    The history names the reason and who was passed over; they keep their places. `currentToken` in
    the body is judged as in `call-next`. `undo` takes it back.
    """
    line = current_line(work, *require_doctor(work, call.caller.clinic_id, path.doctor_id))
    token = line.token(body.token_id)
    call.patient_id = token.patient_id
    remark = Remark(body.reason, body.notes)
    moved = order.call_patient(line, token, call.caller.actor, seen_state(body), remark)
    return Answer(Called(**move_fields(moved)), "Patient called")


@desk.post("/tokens/<tokenId>/move", needs=EVERYBODY, answers=Moved, audits=True)
def move_token(work: Work, call: Call, path: TokenPath, body: MoveCall) -> Answer:
    """Move a patient who waits: behind another, to the end of the line, or to the front.

    The history says who did it and why. Times follow: those whose own moves are told, and whoever
    is next now.
    """
    if (body.after is None) == (body.position is None):
        raise Invalid("after", "Give either `after` or `position`.")
    token, queue = find_token(work, path.token_id)
    call.patient_id = token.patient_id
    clinic, doctor = require_doctor(work, token.clinic_id, token.doctor_id)
    line, actor = LineContext(work, clinic, doctor, queue), call.caller.actor
    remark = Remark(body.reason, body.notes)
    if body.after is not None:
        token = order.move_behind(line, token, line.token(body.after), actor, remark)
    elif body.position is Position.FIRST:
        token = order.prioritise(line, token, actor, remark)
    else:
        token = order.move_to_end(line, token, actor, remark)
    return Answer(
        Moved(
            token_id=token.token_id,
            token_number=token.token_number,
            status=token.status,
            ahead=order.count_ahead(line, token),
            updated_at=work.now,
        ),
        "Patient moved",
    )


@desk.post("/tokens/<tokenId>/collect", needs=EVERYBODY, answers=Collected, audits=True)
def collect(work: Work, call: Call, path: TokenPath, body: CollectCall) -> Answer:
    """Note what the desk was really paid, and how; said again for a method it replaces that.

    CASH and UPI add up. Once the desk has said anything, completing the consultation collects
    nothing unasked; DUE says so without an amount paid. More than what is owed is 422.
    """
    token, queue = find_token(work, path.token_id)
    call.patient_id = token.patient_id
    line = LineContext(work, *require_doctor(work, token.clinic_id, token.doctor_id), queue)
    actor = call.caller.actor
    paise = None if body.amount is None else body.amount * 100
    if body.method is PaidBy.DUE:
        token = collections.leave_due(line, token, actor, paise)
    elif paise is None:
        raise Invalid("amount", "Is needed, unless the method is DUE.")
    else:
        token = collections.collect(line, token, actor, Method(body.method), paise)
    return Answer(
        Collected(
            token_id=token.token_id,
            token_number=token.token_number,
            payment_status=token.payment_status,
            collected_amount=rupees(token.collected_paise),
            cash=rupees(token.cash_paise),
            upi=rupees(token.upi_paise),
            balance_due=rupees(balance_paise(token)),
            updated_at=work.now,
        ),
        "Payment noted",
    )


@desk.get("/desk/find", needs=EVERYBODY, answers=SearchResult, audits=True)
def find(work: Work, call: Call, query: FindQuery) -> Answer:
    """Find bookings of today and of days to come, and patients, by number, name or phone.

    At most 20 bookings and 10 patients; a doctor finds their own only.
    """
    clinic = work.require(Clinic, call.caller.clinic_id)
    doctors = work.query(Doctor, clinic.clinic_id, limit=400).records
    active = [d for d in doctors if d.status is StaffStatus.ACTIVE]
    found = lookup.find(work, clinic, lookup.doctors_in_scope(work, active), query.q)
    named = doctors_of(work, found.tokens)
    return Answer(
        SearchResult(
            tokens=[
                BookingFound(
                    token_id=t.token_id,
                    token_number=t.token_number,
                    patient_id=t.patient_id,
                    patient_name=t.patient_name,
                    patient_phone=t.patient_phone,
                    doctor_id=t.doctor_id,
                    doctor_name=named[t.doctor_id].name if t.doctor_id in named else "",
                    date=t.date,
                    estimated_time=t.estimated_time,
                    status=t.status,
                )
                for t in found.tokens
            ],
            patients=[
                PersonFound(
                    patient_id=p.patient_id,
                    patient_name=p.name,
                    patient_phone=p.phone,
                    last_visit_date=p.last_visit,
                )
                for p in found.patients
            ],
        )
    )
