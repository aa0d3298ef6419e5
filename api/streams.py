"""The live page of a line: server-sent events, and the ticket that opens it without a header."""

from __future__ import annotations

from flask import Response, request

from api.frame.calls import Answer, Call, CallingUser
from api.frame.idempotency import Repeated
from api.frame.routes import Resource
from api.frame.stream_shares import Watcher
from api.schemas.queues import LinePath, StreamQuery, Ticket
from domain.actions.booking.days import require_doctor
from domain.actions.line import snapshots
from domain.actions.line.snapshots import TICKET_SECONDS, WatchedLine
from domain.actions.staff import sessions
from domain.errors import PasswordChangeRequired
from domain.permissions import EVERYBODY
from domain.work import Work

EVENTS = "text/event-stream"
LAST_SEEN = "Last-Event-ID"

streams = Resource("streams", "Lines as they move, for pages that stay open.")


@streams.get("/doctors/<doctorId>/queue/stream", needs=None, answers=EVENTS)
def stream_queue(work: Work, call: Call, path: LinePath, query: StreamQuery) -> Response:
    """Watch a line: an event `queue_update` with a whole snapshot at once and at every change.

    Opened with a Bearer token, or with `?ticket=` where no header can be sent. Events are numbered:
    with `Last-Event-ID` nothing is sent anew that has not changed. Comments keep it alive, and it
    ends when the session does. An account has up to 50 pages in a process: beyond, its oldest ends
    with an event `closed` (`{"reason": "TOO_MANY_PAGES_OF_USER"}`), and should not be opened again
    by itself. In a full process a clinic with fewer pages takes the place of one of the clinic with
    the most (`TOO_MANY_PAGES_OF_CLINIC`); else 503 with `Retry-After`.
    """
    hub = call.services.hub
    caller = _sign_in(work, call, path, query)
    clinic, doctor = require_doctor(work.within(caller.scope), caller.clinic_id, path.doctor_id)
    hub.check_room(caller.user)
    line = WatchedLine(clinic, doctor.doctor_id)
    events = hub.stream(line, Watcher(caller.session, caller.user), request.headers.get(LAST_SEEN))
    answer = Response(events, mimetype=EVENTS)
    answer.headers["Cache-Control"] = "no-store, no-transform"
    # A proxy that buffers whole answers would never pass this one on.
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


@streams.post(
    "/doctors/<doctorId>/queue/stream/ticket",
    needs=EVERYBODY,
    answers=Ticket,
    masked=("ticket",),
    repeated=Repeated.RUN,
)
def give_stream_ticket(work: Work, call: Call, path: LinePath) -> Answer:
    """Get a ticket that opens this line's stream once, within a minute."""
    clinic, doctor = require_doctor(work, call.caller.clinic_id, path.doctor_id)
    ticket = snapshots.give_ticket(work, call.caller.session, WatchedLine(clinic, doctor.doctor_id))
    return Answer(Ticket(ticket=ticket, expires_in=TICKET_SECONDS), "Ticket created")


def _sign_in(work: Work, call: Call, path: LinePath, query: StreamQuery) -> CallingUser:
    """Identify who opens the stream, by the ticket if there is one."""
    if query.ticket is None:
        call.sign_in(EVERYBODY)
        caller = call.caller
    else:
        across = work.system("whose ticket opens a stream")
        used = snapshots.use_ticket(across, query.ticket, path.doctor_id)
        named = sessions.read_session(across, used.session_id, used.clinic_id, used.user_id)
        caller = CallingUser(named[1], named[0], 0)
    call.services.limits.count_user(caller.user.user_id)
    if caller.user.must_change_password:
        raise PasswordChangeRequired("Please change your password first.")
    return caller
