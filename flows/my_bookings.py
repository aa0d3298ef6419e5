"""A patient's own bookings: status, cancelling, rescheduling, check-in, and answers to events."""

from __future__ import annotations

from datetime import date

from domain.actions.booking import booking, phone_limits, rescheduling, seats
from domain.actions.booking.days import nearest_slot, next_open
from domain.actions.booking.queues import is_present
from domain.actions.line import lifecycle
from domain.actions.messages import notices
from domain.actions.payments import refunds
from domain.actions.visits import ratings
from domain.errors import DayFull, NotFound, NotNow, Refused
from domain.model.clinics import Doctor
from domain.model.messages import Guard, Option
from domain.model.money import Capture, Disposition
from domain.model.queues import LIVE, WAITING, Locator, Token, TokenStatus
from flows.table import ANYWHERE, Refusal, Row
from flows.turn import Say, Turn, says


def none_live(turn: Turn) -> bool:
    """Whether the contact has no booking here, or the one tapped on is over."""
    return not bookings_meant(turn)


def several(turn: Turn) -> bool:
    """Whether several bookings could be meant."""
    return len(bookings_meant(turn)) > 1


def unpaid(turn: Turn) -> bool:
    """Whether the one booking meant still waits for its advance."""
    return [t.status for t in bookings_meant(turn)] == [TokenStatus.PENDING]


def being_served(turn: Turn) -> bool:
    """Whether the one booking meant is with the doctor now."""
    return [t.status for t in bookings_meant(turn)] == [TokenStatus.CURRENT]


def another_day(turn: Turn) -> bool:
    """Whether the one booking meant is not in a line of now."""
    return all(
        not _is_present(turn, t) and t.estimated_time > turn.work.now for t in bookings_meant(turn)
    )


def money_waits(turn: Turn) -> bool:
    """Whether the money of the token tapped on still waits for another day."""
    token = chosen_token(turn)
    capture = turn.work.get(Capture, token.capture_id or "", "CAPTURE") if token else None
    return capture is not None and capture.disposition is Disposition.WAITING


def ratable(turn: Turn) -> bool:
    """Whether the visit tapped on can be rated."""
    token = chosen_token(turn)
    return token is not None and token.status is TokenStatus.COMPLETED


def over(turn: Turn) -> bool:
    """Whether the booking tapped on is over, was cancelled or rescheduled."""
    token = chosen_token(turn)
    return token is not None and not bookings_meant(turn)


def take_chosen(turn: Turn) -> None:
    """Take the booking tapped on, even if it is over."""
    turn.token = chosen_token(turn)


def take(turn: Turn) -> None:
    """Take the one booking meant."""
    turn.token = bookings_meant(turn)[0]


def check_in(turn: Turn) -> None:
    """Check in the patient, who has come."""
    turn.token = lifecycle.check_in(turn.work, bookings_meant(turn)[0])


def cancel(turn: Turn) -> None:
    """Cancel the booking meant and refund its advance."""
    token = bookings_meant(turn)[0]
    turn.values = {"paid": token.paid_paise if token.capture_id else 0}
    if token.capture_id:
        phone_limits.count_refund(turn.work, turn.contact.contact_id)
    turn.token = booking.cancel(
        turn.work,
        token,
        by=turn.contact.contact_id,
        by_name=token.patient_name,
        reason="PATIENT_REQUEST",
    )
    turn.remember(token_id=None)


def token_meant(turn: Turn) -> Token:
    """Return the booking tapped on, else the one meant; there must be one."""
    return chosen_token(turn) or bookings_meant(turn)[0]


def keep_for_rescheduling(turn: Turn) -> None:
    """Remember which booking is rescheduled; it keeps its slot for now."""
    token = token_meant(turn)
    turn.remember(
        token_id=f"{token.queue_id}:{token.token_id}"
        if token.status is not TokenStatus.PENDING
        else None,
        patient_id=token.patient_id,
        doctor_id=token.doctor_id,
    )


def reschedule_to_next_open_day(turn: Turn) -> None:
    """Reschedule to the doctor's next open day, at the same time or the nearest free one.

    Raises:
        DayFull: If no open day has a free slot.
    """
    token = bookings_meant(turn)[0]
    doctor = _doctor(turn, token)
    day = next_open(turn.work, turn.clinic, doctor, date.fromisoformat(token.date))
    slot = nearest_slot(turn.work, turn.clinic, doctor, day, token) if day else None
    if day is None or slot is None:
        raise DayFull
    turn.token = rescheduling.reschedule(turn.work, turn.clinic, doctor, token, day, slot.number)


def return_money(turn: Turn) -> None:
    """Refund the money that waits for another day.

    Raises:
        NotFound: If none waits any more.
    """
    turn.token = chosen_token(turn)
    capture_id = turn.token.capture_id if turn.token else None
    refund = refunds.refund_held_for_rebooking(turn.work, capture_id or "", tell=False)
    if refund is None:
        raise NotFound
    turn.values = {"paid": refund.amount_paise}


def rate(turn: Turn) -> None:
    """Record the stars that a patient gives a visit."""
    token = chosen_token(turn)
    stars = turn.choice[1] if len(turn.choice) > 1 else ""
    if token is None or not stars.isdecimal():
        raise NotFound
    ratings.rate(turn.work, token, int(stars))
    turn.token = token
    turn.values = {"stars": int(stars)}


# fmt: off
ROWS = (
    #   on             at         when           do                            say                 then
    *(Row(on,          ANYWHERE,  over,          take_chosen,                  "mine/status",      "idle")
      for on in ("status", "pay", "keep", "wait")),
    *(Row(on,          ANYWHERE,  over,          take_chosen,                  "mine/not_now",     "idle")
      for on in ("cancel", "drop", "yes_cancel", "move", "here", "later")),
    Row("status",      ANYWHERE,  none_live,     None,                         "mine/none",        "idle"),
    Row("status",      ANYWHERE,  several,       None,                         "mine/which",       "idle"),
    Row("status",      ANYWHERE,  unpaid,        take,                         "booking/pay",      "paying"),
    Row("status",      ANYWHERE,  None,          take,                         "mine/status",      "idle"),
    Row("pay",         ANYWHERE,  none_live,     None,                         "mine/none",        "idle"),
    Row("pay",         ANYWHERE,  several,       None,                         "mine/which",       "idle"),
    Row("pay",         ANYWHERE,  unpaid,        take,                         "booking/pay",      "paying"),
    Row("pay",         ANYWHERE,  None,          take,                         "mine/status",      "idle"),
    Row("cancel",      ANYWHERE,  none_live,     None,                         "mine/none",        "idle"),
    Row("cancel",      ANYWHERE,  several,       None,                         "mine/which",       "idle"),
    Row("cancel",      ANYWHERE,  being_served,  take,                         "mine/not_now",     "idle"),
    Row("cancel",      ANYWHERE,  None,          take,                         "mine/sure",        "sure"),
    Row("drop",        ANYWHERE,  none_live,     None,                         "mine/none",        "idle"),
    Row("drop",        ANYWHERE,  None,          take,                         "mine/sure",        "sure"),
    Row("yes_cancel",  ANYWHERE,  none_live,     None,                         "mine/none",        "idle"),
    Row("yes_cancel",  ANYWHERE,  None,          cancel,                       "mine/cancelled",   "idle"),
    Row("keep",        ANYWHERE,  none_live,     None,                         "mine/none",        "idle"),
    Row("keep",        ANYWHERE,  None,          take,                         "mine/status",      "idle"),
    Row("move",        ANYWHERE,  none_live,     None,                         "mine/none",        "idle"),
    Row("move",        ANYWHERE,  several,       None,                         "mine/which",       "idle"),
    Row("move",        ANYWHERE,  being_served,  take,                         "mine/not_now",     "idle"),
    Row("move",        ANYWHERE,  None,          keep_for_rescheduling,        "booking/days",     "day"),
    Row("here",        ANYWHERE,  none_live,     None,                         "mine/none",        "idle"),
    Row("here",        ANYWHERE,  several,       None,                         "mine/which",       "idle"),
    Row("here",        ANYWHERE,  unpaid,        take,                         "booking/pay",      "paying"),
    Row("here",        ANYWHERE,  being_served,  take,                         "mine/status",      "idle"),
    Row("here",        ANYWHERE,  another_day,   take,                         "mine/not_today",   "idle"),
    Row("here",        ANYWHERE,  None,          check_in,                     "mine/checked_in",  "idle"),
    Row("wait",        ANYWHERE,  none_live,     None,                         "mine/none",        "idle"),
    Row("wait",        ANYWHERE,  None,          take,                         "mine/status",      "idle"),
    Row("later",       ANYWHERE,  none_live,     None,                         "mine/none",        "idle"),
    Row("later",       ANYWHERE,  None,          reschedule_to_next_open_day,  None,               "idle"),
    Row("again",       ANYWHERE,  money_waits,   keep_for_rescheduling,        "booking/days",     "day"),
    Row("again",       ANYWHERE,  over,          take_chosen,                  "mine/not_now",     "idle"),
    Row("again",       ANYWHERE,  None,          None,                         "mine/none",        "idle"),
    Row("back",        ANYWHERE,  money_waits,   return_money,                 "mine/money_back",  "idle"),
    Row("back",        ANYWHERE,  over,          take_chosen,                  "mine/not_now",     "idle"),
    Row("back",        ANYWHERE,  None,          None,                         "mine/none",        "idle"),
    Row("rate",        ANYWHERE,  ratable,       rate,                         "mine/thanks",      "idle"),
    Row("rate",        ANYWHERE,  None,          None,                         "mine/none",        "idle"),
)
# fmt: on
REFUSALS: dict[type[Refused], Refusal] = {NotNow: Refusal("mine/not_now")}


def bookings_meant(turn: Turn) -> list[Token]:
    """Return the bookings a message could mean: the one its choice names, else all live ones.

    Those with a doctor whom the message names come before all others.
    """
    if not turn.tokens:
        live = seats.live_tokens(turn.work, turn.contact.contact_id, turn.clinic.clinic_id)
        if turn.choice and turn.choice[0].startswith("TKN_"):
            live = [t for t in live if t.token_id == turn.choice[0]]
        elif turn.meaning.trigger in {"here", "late"}:
            near = [t for t in live if t.status in WAITING | {TokenStatus.SKIPPED}]
            live = _soonest_line(turn, near) or near or live
        named = [t for t in live if t.doctor_id in turn.meaning.doctor_ids]
        turn.tokens = named or live
    return turn.tokens


def chosen_token(turn: Turn) -> Token | None:
    """Return the contact's own token that the choice names, live or over; None if there is none."""
    if turn.choice and turn.choice[0].startswith("TKN_"):
        located = turn.work.get(Locator, turn.choice[0])
        if located is not None:
            return turn.work.get(Token, located.partition, turn.choice[0])
        return None
    if turn.meaning.trigger == "move" and len(bookings_meant(turn)) == 1:
        return bookings_meant(turn)[0]
    return None


def booking_to_reschedule(turn: Turn) -> Token | None:
    """Return the booking to reschedule to the slot being chosen, if it still can be."""
    queue_id, _, token_id = (turn.conversation.token_id or "").partition(":")
    token = turn.work.get(Token, queue_id, token_id) if token_id else None
    if token is None or token.status in LIVE - {TokenStatus.CURRENT, TokenStatus.PENDING}:
        return token
    capture = turn.work.get(Capture, token.capture_id or "", "CAPTURE")
    waits = capture is not None and capture.disposition is Disposition.WAITING
    return token if waits else None


_BOOK = Option(id="hi", label="book_button")


@says("mine/none")
def _none(_turn: Turn) -> Say:
    return Say(options=[_BOOK])


@says("mine/which")
def _which_booking(turn: Turn) -> Say:
    word = turn.meaning.trigger if turn.meaning.trigger in _ABOUT_ONE else "status"
    minutes = turn.values.get("minutes")
    more = f":{minutes}" if minutes else ""
    options = []
    for token in bookings_meant(turn)[:10]:
        doctor = _doctor(turn, token)
        options.append(
            Option(
                id=f"{word}:{token.token_id}{more}",
                label="booking_row",
                values={**notices.notice_values(token, doctor)},
            )
        )
    return Say(values={"word": word}, options=options)


_ABOUT_ONE = {"status", "pay", "cancel", "move", "here", "late", "rename", "symptom"}


@says("mine/status")
def _status(turn: Turn) -> Say:
    token, doctor = _booking_and_doctor(turn)
    options = [] if token.status in LIVE else [_BOOK]
    if token.status in WAITING | {TokenStatus.SKIPPED}:
        if token.status is not TokenStatus.ARRIVED and _is_present(turn, token):
            options.append(Option(id=f"here:{token.token_id}", label="here_button"))
        options.append(Option(id=f"move:{token.token_id}", label="move_button"))
        options.append(Option(id=f"cancel:{token.token_id}", label="cancel_button"))
    return Say(
        values=notices.notice_values(token, doctor),
        options=options,
        about=token,
        guard=Guard.STANDING,
    )


@says("mine/checked_in")
def _checked_in(turn: Turn) -> Say:
    token, doctor = _booking_and_doctor(turn)
    return Say(values=notices.notice_values(token, doctor), about=token, guard=Guard.STANDING)


@says("mine/not_today")
def _not_today(turn: Turn) -> Say:
    token, doctor = _booking_and_doctor(turn)
    return Say(values=notices.notice_values(token, doctor))


@says("mine/sure")
def _sure(turn: Turn) -> Say:
    token, doctor = _booking_and_doctor(turn)
    return Say(
        values={
            **notices.notice_values(token, doctor),
            "paid": token.paid_paise if token.capture_id else 0,
        },
        options=[
            Option(id=f"yes_cancel:{token.token_id}", label="yes_button"),
            Option(id=f"keep:{token.token_id}", label="no_button"),
        ],
    )


@says("mine/cancelled")
def _cancelled(turn: Turn) -> Say:
    token, doctor = _booking_and_doctor(turn)
    return Say(
        values={**notices.notice_values(token, doctor), **turn.values},
        options=[_BOOK],
    )


@says("mine/money_back")
def _money_back(turn: Turn) -> Say:
    token, doctor = _booking_and_doctor(turn)
    return Say(values={**notices.notice_values(token, doctor), **turn.values})


@says("mine/not_now")
def _not_now(turn: Turn) -> Say:
    token = turn.token or (bookings_meant(turn)[0] if bookings_meant(turn) else None)
    if token is None:
        return Say(values={"state": "NONE", "number": 0})
    doctor = _doctor(turn, token)
    other = seats.live_tokens(turn.work, turn.contact.contact_id, turn.clinic.clinic_id)
    button = Option(id="status", label="status_button") if other else _BOOK
    options = [] if token.status in LIVE else [button]
    return Say(
        values={**notices.notice_values(token, doctor), "state": token.status.value},
        options=options,
    )


@says("mine/thanks")
def _thanks(turn: Turn) -> Say:
    token, doctor = _booking_and_doctor(turn)
    return Say(values={**notices.notice_values(token, doctor), **turn.values})


def _booking_and_doctor(turn: Turn) -> tuple[Token, Doctor]:
    return turn.acted_on, _doctor(turn, turn.acted_on)


def _doctor(turn: Turn, token: Token) -> Doctor:
    return turn.work.require(Doctor, token.clinic_id, token.doctor_id)


def _is_present(turn: Turn, token: Token) -> bool:
    return is_present(turn.work, turn.clinic, token.doctor_id, token.date)


def _soonest_line(turn: Turn, tokens: list[Token]) -> list[Token]:
    """Return those of *tokens* in a line of now: last night's before this evening's."""
    present = [t for t in tokens if _is_present(turn, t)]
    first = min((t.date for t in present), default="")
    return [t for t in present if t.date == first]
