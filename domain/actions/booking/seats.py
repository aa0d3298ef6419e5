"""What a token takes of its day: a seat, an online sale, a place in the line, the day's booking."""

from __future__ import annotations

from datetime import date, datetime

from domain import due
from domain.actions.booking import history
from domain.actions.booking.days import Day
from domain.actions.payments import links, orders
from domain.actors import CLOCK, Actor
from domain.errors import DayClosed, DayFull, SlotTaken
from domain.model.money import Payment, RequestStatus
from domain.model.queues import (
    LIVE,
    Hold,
    LiveBooking,
    Locator,
    Queue,
    QueueStatus,
    Seat,
    Token,
    TokenStatus,
    Waiting,
    hold_ran_out,
)
from domain.timetable import slot_time
from domain.work import Work


def booking_key(patient_id: str, doctor_id: str, day: str) -> str:
    """Return the key of a patient's one live booking with a doctor on a day."""
    return f"{patient_id}#{doctor_id}#{day}"


def live_booking(
    work: Work, contact_id: str, patient_id: str, doctor_id: str, day: date
) -> Token | None:
    """Return the live token the patient has with that doctor that day, if any."""
    key = booking_key(patient_id, doctor_id, day.isoformat())
    found = work.get(LiveBooking, contact_id, key)
    if found is None:
        return None
    token = work.get(Token, found.queue_id, found.token_id)
    return token if token and token.status in LIVE and not hold_ran_out(token, work.now) else None


def live_tokens(work: Work, contact_id: str, clinic_id: str) -> list[Token]:
    """Return the contact's live tokens at a clinic, soonest first, without holds that ran out."""
    bookings = work.query(LiveBooking, contact_id, limit=100).records
    refs = [(Token, (b.queue_id, b.token_id)) for b in bookings if b.clinic_id == clinic_id]
    tokens = [t for t in work.fetch(refs) if isinstance(t, Token)]
    live = [t for t in tokens if t.status in LIVE and not hold_ran_out(t, work.now)]
    return sorted(live, key=lambda t: (t.estimated_time, t.token_id))


def expire_hold(work: Work, token: Token, *, why: str = "NOT_PAID") -> Token:
    """End a hold that ran out or is given up, and free its seat. Money may still come late."""
    release_seat(work, token)
    end_payment_request(work, token)
    history.log_token(work, token, "expire", CLOCK, detail=why)
    return work.put(
        token.but(
            status=TokenStatus.EXPIRED,
            place=None,
            held_until=None,
            limit_number=None,
            updated_at=work.now,
        )
    )


def release_seat(work: Work, token: Token) -> None:
    """Free everything a token holds: seat, online sale, place in the line, the day's booking."""
    for seat in seats_of(work, token):
        work.delete(seat)
    if token.place is not None:
        waiting = work.get(Waiting, token.queue_id, token.place)
        if waiting is not None and waiting.token_id == token.token_id:
            work.delete(waiting)
    remove_live_booking(work, token)
    remove_hold(work, token)


def remove_live_booking(work: Work, token: Token) -> None:
    """Delete the record that *token* is the patient's live booking with that doctor that day."""
    key = booking_key(token.patient_id, token.doctor_id, token.date)
    booking = work.get(LiveBooking, token.contact_id, key)
    if booking is not None and booking.token_id == token.token_id:
        work.delete(booking)


def notify_line_shortened(work: Work, token: Token) -> None:
    """Schedule news for those who wait, if *token* leaves a running line without being called."""
    queue = work.get(Queue, token.doctor_id, token.date)
    if token.place is not None and queue is not None and queue.status is QueueStatus.ACTIVE:
        due.schedule_fan_out(work, "moved", queue)


def require_sellable(
    view: Day, number: int, now: datetime, own_limit: int | None = None
) -> tuple[datetime, int]:
    """Return when slot *number* is planned, and the number of the online sale it takes.

    *own_limit* is the sale of a booking that is rescheduled within the day, which it keeps.

    Raises:
        DayClosed: If the doctor sees nobody that day, or the line is closed.
        SlotTaken: If the slot is sold, past or not in the timetable.
        DayFull: If all of the day's online sales are made, or staff have stopped them.
    """
    if not view.open:
        raise DayClosed
    slot = next((s for s in view.queue.timetable if s.number == number), None)
    if slot is None or slot_time(slot) <= now or view.is_taken(number, now):
        raise SlotTaken
    limit = own_limit or view.free_limit(number, now)
    if limit is None or view.queue.sales_stopped_at is not None:
        raise DayFull
    return slot_time(slot), limit


def take_seats(work: Work, view: Day, token: Token) -> None:
    """Write the seat and the online sale of *token*, and end a hold that ran out on either.

    The writes are on the versions that *view* was read with: if a seat was sold since, the commit
    fails as a `Conflict`.
    """
    across = work.system("end a hold that ran out")
    for name in seat_names(token):
        stale = view.seats.get(name)
        if stale is not None:
            previous = across.get(Token, stale.queue_id, stale.token_id)
            if previous is not None and previous.status is TokenStatus.PENDING:
                expire_hold(across, previous)
        work.put(
            Seat(
                version=stale.version if stale else 0,
                queue_id=token.queue_id,
                seat=name,
                clinic_id=token.clinic_id,
                token_id=token.token_id,
                held_until=token.held_until,
            )
        )


def write_new(work: Work, token: Token, actor: Actor, action: str) -> None:
    """Write a new token with its locator, its live booking and an entry of the history.

    The entry says that *actor* made it, by *action* (`book`, or `add` for a walk-in).
    """
    work.put(token)
    work.put(
        Locator(
            id=token.token_id,
            kind="token",
            clinic_id=token.clinic_id,
            doctor_id=token.doctor_id,
            partition=token.queue_id,
            sort=token.token_id,
        )
    )
    write_live_booking(work, token)
    history.log_token(work, token, action, actor)


def write_live_booking(work: Work, token: Token) -> None:
    """Make *token* the patient's live booking with that doctor that day."""
    key = booking_key(token.patient_id, token.doctor_id, token.date)
    stale = work.get(LiveBooking, token.contact_id, key)
    work.put(
        LiveBooking(
            version=stale.version if stale else 0,
            contact_id=token.contact_id,
            booking=key,
            clinic_id=token.clinic_id,
            token_id=token.token_id,
            queue_id=token.queue_id,
        )
    )


def seats_of(work: Work, token: Token) -> list[Seat]:
    """Return the seat and the online sale that a token holds."""
    seats = [work.get(Seat, token.queue_id, n) for n in seat_names(token)]
    return [s for s in seats if s is not None and s.token_id == token.token_id]


def seat_names(token: Token) -> list[str]:
    """Return the names of a token's seat, and of its online sale if it takes one."""
    names = [f"slot#{token.number:03d}"]
    if token.limit_number is not None:
        names.append(f"limit#{token.limit_number:03d}")
    return names


def holds_of(work: Work, contact_id: str) -> list[Hold]:
    """Return a contact's unpaid holds at all clinics, including those that ran out."""
    across = work.system("a contact's unpaid holds at all clinics")
    return across.query(Hold, contact_id).records


def remove_hold(work: Work, token: Token) -> None:
    """Delete the unpaid hold of *token*, if there is one."""
    for found in holds_of(work, token.contact_id):
        if found.token_id == token.token_id:
            work.delete(found)


def end_payment_request(work: Work, token: Token) -> None:
    """End the token's open request for payment; money that still comes counts as late."""
    if token.payment_id is None:
        return
    payment = work.get(Payment, token.payment_id)
    if payment is not None and payment.status is RequestStatus.OPEN:
        work.put(payment.but(status=RequestStatus.ENDED))
        links.schedule_check(work, payment)
        orders.schedule_close(work, payment)
