"""The pages people reach from a message: the sandbox's checkout, and plain words for errors.

A page knows whose request it shows by 128 random bits in its address and nothing else, so it tells
no more than a receipt would, is never kept by a browser or an index, and leaks no address onwards.
"""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import structlog
from babel import Locale
from babel.dates import format_datetime
from flask import Blueprint, Response, make_response, redirect, request, url_for
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from bot.logs import request_id
from bot.render_formats import money
from domain.actions import payments
from domain.errors import Conflict, NotFound, StoreUnavailable
from domain.model.clinics import Clinic, Doctor
from domain.model.money import Capture, Disposition, Payment, RequestStatus
from domain.model.people import Contact
from domain.model.queues import PaymentStatus, Token, TokenStatus
from domain.scopes import Scope, SystemScope
from domain.work import Work

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "pages"
ENGLISH = "en"
TRIES = 10
"""A press is replayed this often when others changed what it read."""
FORM_BYTES = 2_000
"""One word is all that is ever sent."""
RETURNED_COOKIE = "returned"
RETURNED_SECONDS = 600
"""How long the page goes on saying that the last payment made on it is returned."""
RETRY_SECONDS = 5
SIMULATOR_FRAMES = "'self' http://localhost:* http://127.0.0.1:*"
"""Who may show a page in a frame during development: the phones of the simulator."""
STANDING = frozenset({TokenStatus.CONFIRMED, TokenStatus.ARRIVED, TokenStatus.CURRENT})
"""States of a token whose turn is ahead."""

log = structlog.get_logger()
Words = dict[str, Any]


class Desk(Protocol):
    """What the pages need of the process; `bot.wiring.Parts` is one."""

    def open_work(self, scope: Scope) -> Work:
        """Return a new unit of work that rings its bells when it is committed."""

    def new_capture_id(self) -> str:
        """Return a new id of a payment captured in the sandbox."""


class State(StrEnum):
    """What a request for payment looks like to the person it was sent to."""

    OPEN = "open"
    PAID = "paid"
    CHANGED = "changed"
    """Paid, and what was paid for is over or has moved."""
    REFUNDED = "refunded"
    ENDED = "ended"
    """Its time ran out."""
    CANCELLED = "cancelled"


class Said(StrEnum):
    """What a page without a request for payment says."""

    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    UNAVAILABLE = "unavailable"
    FAILURE = "failure"


@dataclass(frozen=True)
class Checkout:
    """A request for payment with all that its page names."""

    payment: Payment
    token: Token
    clinic: Clinic
    doctor: Doctor
    language: str
    platform_number: str | None

    def state(self, now: datetime) -> State:
        """Return what the person can do about it at *now*."""
        if self.payment.status is RequestStatus.PAID:
            if self.token.payment_status is PaymentStatus.REFUNDED:
                return State.REFUNDED
            return State.PAID if self.token.status in STANDING else State.CHANGED
        is_asked = self.payment.status is RequestStatus.OPEN
        is_held = self.token.status is TokenStatus.PENDING and self.seconds_left(now) > 0
        if is_asked and is_held:
            return State.OPEN
        over = self.token.status in {TokenStatus.PENDING, TokenStatus.EXPIRED}
        return State.ENDED if over else State.CANCELLED

    def seconds_left(self, now: datetime) -> int:
        """Return for how many more seconds the slot is kept."""
        until = self.payment.held_until
        return max(0, int((until - now).total_seconds())) if until else 0

    def whatsapp(self, *, booking: bool) -> str | None:
        """Return the address of the chat with the clinic, ready to book again if *booking*.

        None where people write to a shared number that is not known here.
        """
        shared = self.clinic.phone_number_id is None
        number = self.platform_number if shared else self.clinic.whatsapp_number
        if number is None:
            return None
        code = self.clinic.join_code
        words = f"JOIN {code}" if shared and code else "book"
        text = f"?text={quote(words)}" if booking else ""
        return f"https://wa.me/{number.lstrip('+')}{text}"


def pages(desk: Desk, *, frames: str = "'none'") -> Blueprint:
    """Return GET and POST /pay/{paymentId}, the sandbox's checkout.

    Args:
        desk: Where work is done.
        frames: Who may show the page in a frame, as CSP's frame-ancestors takes it;
            `SIMULATOR_FRAMES` during development.
    """
    found = Blueprint("pages", __name__)

    @found.get("/pay/<payment_id>")
    def show(payment_id: str) -> Response:
        work = desk.open_work(SystemScope("show a request for payment"))
        checkout = _read(work, payment_id)
        returned = request.cookies.get(RETURNED_COOKIE) == "yes"
        return _pay_page(checkout, work.now, returned=returned, frames=frames)

    @found.post("/pay/<payment_id>")
    def press(payment_id: str) -> Response:
        request.max_content_length = FORM_BYTES
        outcomes = request.form.getlist("outcome")
        if outcomes not in (["paid"], ["failed"]):
            return message_page(Said.BAD_REQUEST, 422, frames=frames)
        returned = outcomes == ["paid"] and _pay(desk, payment_id)
        if outcomes == ["failed"]:
            _replayed(desk, lambda work: payments.failed(work, payment_id))
        log.info("sandbox_pressed", outcome=outcomes[0], state="returned" if returned else "taken")
        return _back_to(url_for(".show", payment_id=payment_id), returned=returned)

    @found.after_request
    def private(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    @found.errorhandler(NotFound)
    def unknown(_error: NotFound) -> Response:
        return message_page(Said.NOT_FOUND, 404, frames=frames)

    @found.errorhandler(StoreUnavailable)
    @found.errorhandler(Conflict)
    def unavailable(error: Exception) -> Response:
        log.warning("page_unavailable", error=type(error).__name__)
        response = message_page(Said.UNAVAILABLE, 503, frames=frames)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    @found.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        status = error.code or 500
        said = Said.FAILURE if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Said.BAD_REQUEST
        return message_page(said, status, frames=frames)

    return found


def message_page(said: Said, status: int, *, frames: str = "'none'") -> Response:
    """Return a page of plain words, in the language the browser asks for.

    It says nothing of what was wrong inside; the request's id is there to be told to us.
    """
    language = request.accept_languages.best_match(languages(), ENGLISH) or ENGLISH
    words = words_in(language)
    context = {
        "words": words,
        "said": words["message"][said.value],
        "reference": request_id() if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None,
    }
    return _page("message.html", language, context, status=status, frames=frames)


@cache
def languages() -> list[str]:
    """Return the languages there are pages in, English first."""
    found = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return sorted(found, key=lambda tag: tag != ENGLISH)


@cache
def words_in(language: str) -> Words:
    """Return the words of all pages in one of `languages()`."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))


def _pay(desk: Desk, payment_id: str) -> bool:
    """Capture one payment; return whether its money goes back.

    The capture keeps its id through every replay, so that one press is one payment in the ledger
    even where an earlier try was written and only its answer lost.
    """
    capture_id = desk.new_capture_id()

    def capture(work: Work) -> None:
        payment = work.get(Payment, payment_id)
        if payment is None:
            raise NotFound
        payments.captured(work, payment_id, capture_id, payment.amount_paise)

    work = _replayed(desk, capture)
    captured = work.get(Capture, capture_id, "CAPTURE")
    return captured is not None and captured.disposition is Disposition.REFUND


def _replayed(desk: Desk, act: Callable[[Work], object]) -> Work:
    """Do and commit *act*, again on fresh reads while others are faster; return the work done.

    Raises:
        Conflict: If they were faster every time.
    """
    for attempt in range(TRIES):
        work = desk.open_work(SystemScope("pay in the sandbox"))
        act(work)
        try:
            work.commit()
        except Conflict:
            if attempt == TRIES - 1:
                raise
        else:
            return work
    raise AssertionError  # the last try returns or raises


def _back_to(address: str, *, returned: bool) -> Response:
    """Return the way back to the page; a cookie of its own remembers that money goes back.

    303, so that reloading what follows asks again and does not pay again.
    """
    response = make_response(redirect(address, HTTPStatus.SEE_OTHER))
    if returned:
        response.set_cookie(
            RETURNED_COOKIE,
            "yes",
            max_age=RETURNED_SECONDS,
            path=address,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response


def _read(work: Work, payment_id: str) -> Checkout:
    payment = work.get(Payment, payment_id)
    if payment is None:
        raise NotFound
    token, clinic, doctor, contact = work.fetch(
        [
            (Token, (payment.queue_id, payment.token_id)),
            (Clinic, (payment.clinic_id,)),
            (Doctor, (payment.clinic_id, payment.doctor_id)),
            (Contact, (payment.contact_id,)),
        ]
    )
    if not (isinstance(token, Token) and isinstance(clinic, Clinic) and isinstance(doctor, Doctor)):
        raise NotFound
    chosen = contact.language if isinstance(contact, Contact) else None
    return Checkout(
        payment=payment,
        token=token,
        clinic=clinic,
        doctor=doctor,
        language=_nearest(chosen),
        platform_number=work.rules.platform_number,
    )


def _nearest(tag: str | None) -> str:
    """Return the language of pages for a reader's, such as hi for hi-IN."""
    tag = (tag or ENGLISH).replace("_", "-").lower()
    known = languages()
    return next((t for t in (tag, tag.partition("-")[0]) if t in known), ENGLISH)


def _pay_page(checkout: Checkout, now: datetime, *, returned: bool, frames: str) -> Response:
    payment, token = checkout.payment, checkout.token
    words = words_in(checkout.language)
    state = checkout.state(now)
    until = payment.held_until or now
    facts = {
        "amount": money(payment.amount_paise),
        "clinic": checkout.clinic.name,
        "time": _instant(until, words["format"]["time"], checkout),
    }
    said = {key: text.format(**facts) for key, text in words[state.value].items() if "{" in text}
    said = words[state.value] | said
    ending = state in {State.ENDED, State.CANCELLED}
    balance = token.amount_paise - payment.amount_paise
    lines = {
        State.PAID: (said.get("close"),),
        State.CHANGED: (words["paid"]["close"],),
        State.REFUNDED: (words["paid"]["close"],),
        State.ENDED: (said.get("late") if not returned else None, said.get("again")),
        State.CANCELLED: (words["ended"]["again"].format(**facts),),
    }.get(state, ())
    # The bar begins where the countdown is, not full, when the page is opened again.
    held = max(1.0, (until - payment.created_at).total_seconds())
    context = {
        "words": words,
        "state": state.value,
        "title": said["title"],
        "heading": said.get("heading"),
        "text": said.get("text"),
        "tone": {State.PAID: "good", State.ENDED: "clock", State.CANCELLED: "bad"}.get(
            state, "back"
        ),
        "notice": _notice(checkout, state, words, facts, returned=returned),
        "lines": [line for line in lines if line],
        "clinic": checkout.clinic.name,
        "monogram": _monogram(checkout.clinic.name),
        "person": token.patient_name,
        "doctor": checkout.doctor.name,
        "number": token.number,
        "when": _instant(token.estimated_time, words["format"]["when"], checkout),
        "amount": facts["amount"],
        "pay": said.get("pay"),
        "until": said.get("until"),
        "balance": words["open"]["balance"].format(amount=money(balance))
        if balance > 0
        else words["open"]["nothing_more"],
        "seconds_left": checkout.seconds_left(now),
        "share_left": round(min(1.0, checkout.seconds_left(now) / held), 4),
        "whatsapp": checkout.whatsapp(booking=ending),
        "whatsapp_words": words["page"]["whatsapp_book" if ending else "whatsapp"],
        "script": _asset("pay.js"),
    }
    return _page("pay.html", checkout.language, context, status=200, frames=frames)


def _notice(
    checkout: Checkout, state: State, words: Words, facts: dict[str, str], *, returned: bool
) -> dict[str, str] | None:
    """Return what stands above the page's own news: the last press did not do what it was for."""
    if state is State.OPEN and checkout.token.payment_status is PaymentStatus.FAILED:
        said, tone = words["failed"], "bad"
    elif returned and state is State.PAID:
        said, tone = {"heading": words["paid"]["second"], "text": ""}, "back"
    elif returned and state in {State.ENDED, State.CANCELLED}:
        said, tone = words["returned"], "back"
    else:
        return None
    return {
        "tone": tone,
        "heading": said["heading"].format(**facts),
        "text": said["text"].format(**facts),
    }


def _instant(at: datetime, pattern: str, checkout: Checkout) -> str:
    locale = Locale.parse(words_in(checkout.language)["format"]["locale"])
    shown = format_datetime(at, pattern, tzinfo=checkout.clinic.zone, locale=locale)
    # Some locales write "am"; people and the specification write "AM".
    return shown.replace(" am", " AM").replace(" pm", " PM")


def _monogram(name: str) -> str:
    """Return the first letters of a name's first two words."""
    return "".join(word[0] for word in name.split()[:2] if word[0].isalnum()).upper() or "+"


def _page(
    template: str, language: str, context: dict[str, object], *, status: int, frames: str
) -> Response:
    nonce = secrets.token_urlsafe(16)
    text = (
        _environment()
        .get_template(template)
        .render(language=language, nonce=nonce, styles=_asset("styles.css"), **context)
    )
    response = Response(text, status=status, content_type="text/html; charset=utf-8")
    response.headers.update(_headers(nonce, frames))
    return response


def _headers(nonce: str, frames: str) -> Iterable[tuple[str, str]]:
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
        f"img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors {frames}"
    )
    yield "Content-Security-Policy", policy
    yield "Referrer-Policy", "no-referrer"
    yield "X-Content-Type-Options", "nosniff"
    yield "X-Robots-Tag", "noindex, nofollow"
    yield "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
    yield "Cross-Origin-Opener-Policy", "same-origin"
    yield "Cache-Control", "no-store"
    if frames == "'none'":
        yield "X-Frame-Options", "DENY"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _asset(name: str) -> Markup:
    """Return a style or script of ours, which goes into the page as it is."""
    return Markup((FOLDER / name).read_text("utf-8"))  # noqa: S704 - our own file
