"""Selling a slot: hold, confirm, give back, move to another time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from domain.actions import consent, due, history
from domain.actions.days import Day, keep_queue, place_of, read_day
from domain.actions.messages import send
from domain.actions.people import associate
from domain.errors import AlreadyBooked, DayClosed, DayFull, NotNow, SlotTaken, TooManyHolds
from domain.model.base import stamp
from domain.model.clinics import Clinic, Doctor
from domain.model.messages import Consent, Urgency
from domain.model.money import Capture, Disposition, Payment, Refund, RequestStatus, Transfer
from domain.model.people import Contact, Patient
from domain.model.queues import (
    LIVE,
    WAITING,
    Hold,
    LiveBooking,
    Locator,
    PaymentStatus,
    Queue,
    QueueStatus,
    Seat,
    Token,
    TokenStatus,
    Waiting,
    number_text,
)
from domain.rules import (
    HOLDS_PER_CONTACT,
    REMINDER_BEFORE_MINUTES,
    REMINDER_IF_BOOKED_BEFORE_MINUTES,
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
    """Return the contact's live tokens at a clinic, soonest first; holds that ran out are not."""
    bookings = work.query(LiveBooking, contact_id, limit=100).records
    refs = [(Token, (b.queue_id, b.token_id)) for b in bookings if b.clinic_id == clinic_id]
    tokens = [t for t in work.fetch(refs) if isinstance(t, Token)]
    live = [t for t in tokens if t.status in LIVE and not hold_ran_out(t, work.now)]
    return sorted(live, key=lambda t: (t.estimated_time, t.token_id))


def hold(
    work: Work,
    clinic: Clinic,
    doctor: Doctor,
    contact: Contact,
    patient: Patient,
    day: date,
    number: int,
    *,
    minutes: int | None = None,
    source: str = "BOT",
) -> Token:
    """Sell slot *number* of *day* to *patient*: held until paid, or confirmed if nothing is due.

    Writes the seat (conditional, so it is sold once), one of the day's online sales, the token and
    the request for its advance. A contact's earlier unpaid hold with the same doctor for the same
    patient is given up for it; asked for the slot that they hold already, it is that hold.

    Raises:
        DayClosed, DayFull, SlotTaken, AlreadyBooked, TooManyHolds: As they say.
    """
    current = live_booking(work, contact.contact_id, patient.patient_id, doctor.doctor_id, day)
    if current is not None and current.status is not TokenStatus.PENDING:
        raise AlreadyBooked(token=current)
    if current is not None and current.number == number:
        return current
    for old in _holds(work, contact.contact_id):
        if old.patient_id == patient.patient_id and old.doctor_id == doctor.doctor_id:
            _give_up_hold(work, old)
    view = read_day(work, clinic, doctor, day)
    slot_at, limit = _sellable(view, number, work.now)
    holds = _holds(work, contact.contact_id)
    busy = {h.hold for h in holds if h.held_until > work.now}
    queue = keep_queue(work, view.queue)
    free = queue.advance_paise == 0
    held_until = None
    if not free:
        if len(busy) >= HOLDS_PER_CONTACT:
            raise TooManyHolds(holds=holds)
        minutes = minutes or work.rules.hold_minutes
        held_until = min(work.now + timedelta(minutes=minutes), max(slot_at, work.now + _MIN_HOLD))
    token = Token(
        queue_id=queue.queue_id,
        token_id=work.ids.new("TKN_"),
        clinic_id=clinic.clinic_id,
        doctor_id=doctor.doctor_id,
        patient_id=patient.patient_id,
        contact_id=contact.contact_id,
        patient_name=patient.name,
        patient_phone=contact.phone,
        status=TokenStatus.PENDING,
        number=number,
        token_number=number_text(number),
        date=queue.date,
        estimated_time=slot_at,
        source=source,
        amount_paise=queue.fee_paise,
        advance_paise=queue.advance_paise,
        held_until=held_until,
        limit_number=limit,
        created_at=work.now,
        updated_at=work.now,
    )
    _take_seats(work, view, token)
    _write_new(work, token)
    if source == "BOT":
        consent.booked(work, clinic.clinic_id, contact.contact_id)
    if free:
        return confirm(work, clinic, doctor, token)
    free_hold = next(str(n) for n in range(1, HOLDS_PER_CONTACT + 1) if str(n) not in busy)
    stale = next((h for h in holds if h.hold == free_hold), None)
    assert held_until is not None  # noqa: S101 - set above for whatever must be paid
    work.put(
        Hold(
            version=stale.version if stale else 0,
            contact_id=contact.contact_id,
            hold=free_hold,
            token_id=token.token_id,
            queue_id=token.queue_id,
            patient_id=patient.patient_id,
            doctor_id=doctor.doctor_id,
            held_until=held_until,
        )
    )
    payment = work.put(
        Payment(
            payment_id=work.ids.secret("payr_"),
            clinic_id=clinic.clinic_id,
            doctor_id=doctor.doctor_id,
            queue_id=token.queue_id,
            token_id=token.token_id,
            contact_id=contact.contact_id,
            amount_paise=token.advance_paise,
            held_until=held_until,
            created_at=work.now,
        )
    )
    due.later(
        work,
        "hold_ends",
        held_until,
        token.token_id,
        clinic_id=clinic.clinic_id,
        queue_id=token.queue_id,
        token_id=token.token_id,
    )
    return work.put(token.but(payment_id=payment.payment_id))


_MIN_HOLD = timedelta(minutes=2)
"""A hold never ends before a person could pay, however near its slot is."""


def confirm(work: Work, clinic: Clinic, doctor: Doctor, token: Token) -> Token:
    """Make a token's seat final: it stands in the line, and doctor and patient are connected.

    Writes the confirmation to the patient, whose waiting time is worked out when it is sent.
    """
    place = place_of(token.number)
    token = work.put(
        token.but(
            status=TokenStatus.CONFIRMED,
            place=place,
            held_until=None,
            confirmed_at=work.now,
            updated_at=work.now,
        )
    )
    work.put(waiting_of(token))
    for seat in _seats_of(work, token):
        work.put(seat.but(held_until=None))
    _drop_hold(work, token)
    associate(work, clinic, doctor, token)
    history.note(work, token, "confirm", by=token.contact_id, by_name=token.patient_name)
    send(
        work,
        name="booking/confirmed",
        contact_id=token.contact_id,
        clinic=clinic,
        about=token,
        guard="booked",
        values={
            **facts(token, doctor),
            "paid": token.paid_paise,
            "balance": token.amount_paise - token.paid_paise,
            "moved": token.replaces is not None,
        },
        consent=Consent.TOKEN,
        urgency=Urgency.NOW,
    )
    remind_at = token.estimated_time - timedelta(minutes=REMINDER_BEFORE_MINUTES)
    early = token.estimated_time - timedelta(minutes=REMINDER_IF_BOOKED_BEFORE_MINUTES)
    if token.created_at < early:
        due.later(
            work,
            "remind",
            max(remind_at, work.now),
            token.token_id,
            clinic_id=token.clinic_id,
            doctor_id=token.doctor_id,
            date=token.date,
            queue_id=token.queue_id,
            token_id=token.token_id,
        )
    return token


def expire(work: Work, token: Token) -> Token:
    """End a hold that ran out; its seat is free again. The patient may still pay late."""
    release(work, token)
    _end_request(work, token)
    return work.put(
        token.but(
            status=TokenStatus.EXPIRED,
            place=None,
            held_until=None,
            limit_number=None,
            updated_at=work.now,
        )
    )


def cancel(work: Work, token: Token, *, by: str, by_name: str, reason: str) -> Token:
    """Cancel a live token, free its seat, and send back what was paid online.

    Raises:
        NotNow: If the token is being served, is over, or was cancelled before.
    """
    if token.status not in LIVE or token.status is TokenStatus.CURRENT:
        raise NotNow(state=token.status)
    if _is_no_show(work, token):
        raise NotNow(state=TokenStatus.NO_SHOW)
    ended = give_back(work, token, reason)
    line_shortened(work, token)
    history.note(work, token, "cancel", by=by, by_name=by_name, detail=reason)
    if token.capture_id:
        ended = refund(work, ended, reason)
    return ended


def give_back(work: Work, token: Token, reason: str) -> Token:
    """Cancel a token and free its seat; what was paid stays with the token."""
    release(work, token)
    _end_request(work, token)
    return work.put(
        token.but(
            status=TokenStatus.CANCELLED,
            place=None,
            held_until=None,
            limit_number=None,
            cancel_reason=reason,
            cancelled_at=work.now,
            updated_at=work.now,
        )
    )


def move(work: Work, clinic: Clinic, doctor: Doctor, old: Token, day: date, number: int) -> Token:
    """Move a paid or free booking to another slot: the new seat and the old one in one write.

    The money goes along by a ledger row in the same transaction. *old* is a waiting or skipped
    token, or one cancelled by a closed clinic whose money waits for another day.

    Raises:
        DayClosed, DayFull, SlotTaken: Nothing is given up then.
        AlreadyBooked: If the patient has another live token with that doctor on the new day.
        NotNow: If *old* can no longer be moved.
    """
    capture = work.get(Capture, old.capture_id, "CAPTURE") if old.capture_id else None
    waiting_money = capture is not None and capture.disposition is Disposition.WAITING
    if old.status not in WAITING | {TokenStatus.SKIPPED} and not waiting_money:
        raise NotNow(state=old.status)
    if _is_no_show(work, old):
        raise NotNow(state=TokenStatus.NO_SHOW)
    other = live_booking(work, old.contact_id, old.patient_id, old.doctor_id, day)
    if other is not None and other.token_id != old.token_id:
        raise AlreadyBooked(token=other)
    view = read_day(work, clinic, doctor, day)
    own = old.limit_number if old.queue_id == view.queue.queue_id else None
    slot_at, limit = _sellable(view, number, work.now, own)
    queue = keep_queue(work, view.queue)
    if old.status in LIVE:
        give_back(work, old, "RESCHEDULED")
        line_shortened(work, old)
        history.note(work, old, "reschedule", by=old.contact_id, by_name=old.patient_name)
    token = Token(
        queue_id=queue.queue_id,
        token_id=work.ids.new("TKN_"),
        clinic_id=old.clinic_id,
        doctor_id=old.doctor_id,
        patient_id=old.patient_id,
        contact_id=old.contact_id,
        patient_name=old.patient_name,
        patient_phone=old.patient_phone,
        status=TokenStatus.CONFIRMED,
        number=number,
        token_number=number_text(number),
        date=queue.date,
        estimated_time=slot_at,
        source=old.source,
        payment_status=old.payment_status,
        amount_paise=old.amount_paise,
        advance_paise=old.advance_paise,
        paid_paise=old.paid_paise,
        capture_id=old.capture_id,
        payment_id=old.payment_id,
        limit_number=limit,
        replaces=old.token_id,
        created_at=work.now,
        updated_at=work.now,
    )
    _take_seats(work, view, token)
    _write_new(work, token)
    if capture is not None:
        work.put(
            Transfer(
                capture_id=capture.capture_id,
                row=f"MOVE#{stamp(work.now)}#{token.token_id}",
                clinic_id=old.clinic_id,
                from_token_id=old.token_id,
                to_token_id=token.token_id,
                amount_paise=capture.amount_paise,
                at=work.now,
            )
        )
        work.put(
            capture.but(
                disposition=Disposition.SEAT, token_id=token.token_id, queue_id=token.queue_id
            )
        )
        given = work.get(Token, old.queue_id, old.token_id) or old
        work.put(given.but(capture_id=None, paid_paise=0, payment_status=PaymentStatus.PENDING))
    return confirm(work, clinic, doctor, token)


def refund(work: Work, token: Token, reason: str) -> Token:
    """Send back the payment that holds *token*'s seat; the worker asks the gateway for it.

    There is one refund a captured payment, by being its key.
    """
    if token.capture_id is None:
        return token
    capture = work.get(Capture, token.capture_id, "CAPTURE")
    if capture is None or capture.disposition is Disposition.REFUND:
        return token
    give_money_back(work, capture, reason)
    return work.put(
        token.but(payment_status=PaymentStatus.REFUNDED, paid_paise=0, updated_at=work.now)
    )


def give_money_back(work: Work, capture: Capture, reason: str) -> None:
    """Write the refund of a captured payment and have it asked for."""
    work.put(capture.but(disposition=Disposition.REFUND))
    work.put(
        Refund(
            capture_id=capture.capture_id,
            clinic_id=capture.clinic_id,
            token_id=capture.token_id,
            queue_id=capture.queue_id,
            doctor_id=capture.doctor_id,
            contact_id=capture.contact_id,
            amount_paise=capture.amount_paise,
            reason=reason,
            at=work.now,
        )
    )
    due.later(
        work,
        "refund",
        work.now,
        capture.capture_id,
        clinic_id=capture.clinic_id,
        capture_id=capture.capture_id,
    )


def revive(work: Work, clinic: Clinic, doctor: Doctor, token: Token) -> Token | None:
    """Give an expired token its seat again because its money came late.

    Returns None if the slot is gone, past, withdrawn or its line closed, or if the patient holds
    another live token with that doctor that day.
    """
    day = date.fromisoformat(token.date)
    view = read_day(work, clinic, doctor, day)
    try:
        _, limit = _sellable(view, token.number, work.now)
    except (DayClosed, DayFull, SlotTaken):
        return None
    if live_booking(work, token.contact_id, token.patient_id, token.doctor_id, day) is not None:
        return None
    token = token.but(status=TokenStatus.PENDING, limit_number=limit)
    _take_seats(work, view, token)
    keep_booking(work, token)
    return work.put(token)


def release(work: Work, token: Token) -> None:
    """Free everything a token holds: seat, online sale, place in the line, the day's booking."""
    for seat in _seats_of(work, token):
        work.delete(seat)
    if token.place is not None:
        waiting = work.get(Waiting, token.queue_id, token.place)
        if waiting is not None and waiting.token_id == token.token_id:
            work.delete(waiting)
    drop_booking(work, token)
    _drop_hold(work, token)


def drop_booking(work: Work, token: Token) -> None:
    """End the token's being the patient's live booking with that doctor that day."""
    key = booking_key(token.patient_id, token.doctor_id, token.date)
    booking = work.get(LiveBooking, token.contact_id, key)
    if booking is not None and booking.token_id == token.token_id:
        work.delete(booking)


def line_shortened(work: Work, token: Token) -> None:
    """Have those behind a token told, when it leaves a running line without being called."""
    queue = work.get(Queue, token.doctor_id, token.date)
    if token.place is not None and queue is not None and queue.status is QueueStatus.ACTIVE:
        due.event(work, "moved", queue)


def waiting_of(token: Token) -> Waiting:
    """Return the place in the line that a confirmed or arrived token has."""
    return Waiting(
        queue_id=token.queue_id,
        place=token.place or place_of(token.number),
        clinic_id=token.clinic_id,
        token_id=token.token_id,
        number=token.number,
        at=token.estimated_time,
        arrived=token.status is TokenStatus.ARRIVED,
    )


def facts(token: Token, doctor: Doctor) -> dict[str, str | int]:
    """Return what every notice about a token names: person, doctor, number, time."""
    return {
        "person": token.patient_name,
        "doctor": doctor.name,
        "number": token.number,
        "at": token.estimated_time.isoformat(),
    }


def _sellable(
    view: Day, number: int, now: datetime, own_limit: int | None = None
) -> tuple[datetime, int]:
    """Return when slot *number* is planned, and the online sale it takes.

    *own_limit* is the sale of a booking that moves within the day: it is not another one.
    """
    if not view.open:
        raise DayClosed
    slot = next((s for s in view.queue.timetable if s.number == number), None)
    if slot is None or slot_time(slot) <= now or view.is_taken(number, now):
        raise SlotTaken
    limit = own_limit or view.free_limit(number, now)
    if limit is None:
        raise DayFull
    return slot_time(slot), limit


def _take_seats(work: Work, view: Day, token: Token) -> None:
    """Put the seat and the online sale; a hold that ran out on either ends in the same write.

    On the condition of what *view* showed: read anew, a seat sold since would be overwritten.
    """
    across = work.system("end a hold that ran out")
    for name in (f"slot#{token.number:03d}", f"limit#{token.limit_number:03d}"):
        stale = view.seats.get(name)
        if stale is not None:
            previous = across.get(Token, stale.queue_id, stale.token_id)
            if previous is not None and previous.status is TokenStatus.PENDING:
                expire(across, previous)
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


def _write_new(work: Work, token: Token) -> None:
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
    keep_booking(work, token)
    history.note(work, token, "book", by=token.contact_id, by_name=token.patient_name)


def keep_booking(work: Work, token: Token) -> None:
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


def _seats_of(work: Work, token: Token) -> list[Seat]:
    names = [f"slot#{token.number:03d}"]
    if token.limit_number is not None:
        names.append(f"limit#{token.limit_number:03d}")
    seats = [work.get(Seat, token.queue_id, n) for n in names]
    return [s for s in seats if s is not None and s.token_id == token.token_id]


def _holds(work: Work, contact_id: str) -> list[Hold]:
    refs = [(Hold, (contact_id, str(n))) for n in range(1, HOLDS_PER_CONTACT + 1)]
    own = work.system("a contact's unpaid holds, whoever acts")
    return [h for h in own.fetch(refs) if isinstance(h, Hold)]


def _drop_hold(work: Work, token: Token) -> None:
    for found in _holds(work, token.contact_id):
        if found.token_id == token.token_id:
            work.delete(found)


def _give_up_hold(work: Work, old: Hold) -> None:
    token = work.get(Token, old.queue_id, old.token_id)
    if token is not None and token.status is TokenStatus.PENDING:
        expire(work, token)
    else:
        work.delete(old)


def _is_no_show(work: Work, token: Token) -> bool:
    """Whether a skipped token's line has closed, though nobody has brought the token after it."""
    if token.status is not TokenStatus.SKIPPED:
        return False
    queue = work.get(Queue, token.doctor_id, token.date)
    return queue is not None and queue.status is QueueStatus.CLOSED


def _end_request(work: Work, token: Token) -> None:
    if token.payment_id is None:
        return
    payment = work.get(Payment, token.payment_id)
    if payment is not None and payment.status is RequestStatus.OPEN:
        work.put(payment.but(status=RequestStatus.ENDED))


def hold_ran_out(token: Token, now: datetime) -> bool:
    """Return whether a token's hold is over, though nobody has ended it yet."""
    return (
        token.status is TokenStatus.PENDING
        and token.held_until is not None
        and token.held_until <= now
    )
