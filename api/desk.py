"""The desk beside the line: who is called before others, and where the others stand."""

from __future__ import annotations

from api.frame.calls import Answer, Call
from api.frame.routes import Resource
from api.queues import move_fields, seen_state
from api.schemas.desk import CallPatient, MoveCall, Moved, Position
from api.schemas.queues import Called, LinePath
from api.schemas.tokens import TokenPath
from domain.actions.booking.days import require_doctor
from domain.actions.booking.queues import current_line
from domain.actions.booking.tokens import find_token
from domain.actions.line import order
from domain.actors import Remark
from domain.errors import Invalid
from domain.line_context import LineContext
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
