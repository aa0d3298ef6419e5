"""The pages people reach from a message: the sandbox's checkout, and plain words for errors.

A page knows whose request it shows by 128 random bits in its address and nothing else, so it tells
no more than a receipt would, is never kept by a browser or an index, and leaks no address onwards.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import cache
from http import HTTPStatus
from typing import Protocol

import structlog
from flask import Blueprint, Response, make_response, redirect, request, url_for
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from bot.checkout import ENGLISH, FOLDER, describe, languages, read_checkout, words_in
from bot.logs import request_id
from domain.actions import payments
from domain.errors import Conflict, NotFound, StoreUnavailable
from domain.model.money import Capture, Disposition, Payment
from domain.scopes import Scope, SystemScope
from domain.work import Work

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
log = structlog.get_logger()


class Desk(Protocol):
    """What the pages need of the process; `bot.wiring.Parts` is one."""

    def open_work(self, scope: Scope) -> Work:
        """Return a new unit of work that rings its bells when it is committed."""

    def new_capture_id(self) -> str:
        """Return a new id of a payment captured in the sandbox."""


class Said(StrEnum):
    """What a page without a request for payment says."""

    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    UNAVAILABLE = "unavailable"
    FAILURE = "failure"


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
        checkout = read_checkout(work, payment_id)
        returned = request.cookies.get(RETURNED_COOKIE) == "yes"
        context = describe(checkout, work.now, returned=returned) | {"script": _asset("pay.js")}
        return _page("pay.html", checkout.language, context, status=200, frames=frames)

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
