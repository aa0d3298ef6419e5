"""The pages people reach from a message: what is to be paid, and plain words for errors.

A page knows whose request it shows by 128 random bits in its address and nothing else, so it tells
no more than a receipt would, is never kept by a browser or an index, and leaks no address onwards.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, g, make_response, redirect, request, url_for
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from domain.actions.settlement import captures
from domain.errors import NotFound, NotNow, StoreUnavailable
from domain.gateway import GatewayRefused, GatewayUnavailable
from domain.scopes import SystemScope
from web.checkout.bill import describe_bill, read_bill
from web.checkout.pay import (
    CheckoutParts,
    obtain_gateway_url,
    pay_in_sandbox,
    schedule_check,
    transact_payment,
)
from web.checkout.view_model import (
    ENGLISH,
    FOLDER,
    Payer,
    describe_checkout,
    languages,
    read_checkout,
    read_request,
    words_in,
)

FORM_BYTES = 2_000
"""One word is all that is ever sent."""
RETURNED_COOKIE = "returned"
RETURNED_SECONDS = 600
"""How long the page goes on saying that the last payment made on it is returned."""
CAME_BACK_COOKIE = "paying"
CAME_BACK_SECONDS = 60
"""How long the page waits for the gateway's word after somebody has come back from it."""
AWAY = "https:"
"""Where a press may lead: the gateway's pages have more than one address."""
AWAY_IN_DEVELOPMENT = "https: http:"
RETRY_SECONDS = 5
SIMULATOR_FRAMES = "'self' http://localhost:* http://127.0.0.1:*"
"""Who may show a page in a frame during development: the phones of the simulator."""
log = structlog.get_logger()


class PageMessage(StrEnum):
    """What a page without a request for payment says."""

    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    UNAVAILABLE = "unavailable"
    NO_GATEWAY = "no_gateway"
    NOT_PAYABLE = "not_payable"
    FAILURE = "failure"


def pages(parts: CheckoutParts, *, frames: str = "'none'", public_url: str = "") -> Blueprint:
    """Return GET and POST /pay/{paymentId}: a request for payment, and its button.

    The sandbox takes money on the page itself; any other gateway on one of its own, to which the
    button leads.

    Args:
        parts: Where work is done.
        frames: Who may show the page in a frame, as CSP's frame-ancestors takes it;
            `SIMULATOR_FRAMES` during development.
        public_url: The base of the address that a gateway sends people back to.
    """
    found = Blueprint("pages", __name__)
    here = parts.gateway.takes_money_here
    away = AWAY if public_url.startswith("https:") else AWAY_IN_DEVELOPMENT
    form = "'self'" if here else f"'self' {away}"

    @found.get("/pay/<payment_id>")
    def show(payment_id: str) -> Response:
        if request.args:
            return _return_from_gateway(parts, payment_id)
        return _show_request(parts, payment_id, frames=frames, form=form)

    @found.post("/pay/<payment_id>")
    def press(payment_id: str) -> Response:
        request.max_content_length = FORM_BYTES
        outcomes = request.form.getlist("outcome")
        if not here and not outcomes:
            return _redirect_to_gateway(parts, payment_id, public_url)
        if not here or outcomes not in (["paid"], ["failed"]):
            return message_page(PageMessage.BAD_REQUEST, 422, frames=frames)
        return _press_in_sandbox(parts, payment_id, outcomes[0])

    _answer_errors(found, frames)
    return found


def _show_request(parts: CheckoutParts, payment_id: str, *, frames: str, form: str) -> Response:
    """Return the page of a request for payment; of a bill's former request, the way to its new."""
    work = parts.open_work(SystemScope("show a request for payment"))
    payment = read_request(work, payment_id)
    payer = Payer(
        pays_here=parts.gateway.takes_money_here,
        money_goes_back=request.cookies.get(RETURNED_COOKIE) == "yes",
        back_from_gateway=request.cookies.get(CAME_BACK_COOKIE) == "yes",
    )
    if payment.invoice_id is None:
        checkout = read_checkout(work, payment)
        language, context = checkout.language, describe_checkout(checkout, work.now, payer)
    else:
        bill = read_bill(work, payment)
        if bill.successor is not None:
            return _redirect_to_page(bill.successor, None, 0)
        language = _browsers_language()
        context = describe_bill(bill, payer, language)
    context["script"] = _asset("pay.js")
    return _page("pay.html", language, context, frames=frames, form=form)


def _press_in_sandbox(parts: CheckoutParts, payment_id: str, outcome: str) -> Response:
    """Play the payer's attempt, *outcome* being paid or failed, and return to the page."""
    money_goes_back = outcome == "paid" and pay_in_sandbox(parts, payment_id)
    if outcome == "failed":
        transact_payment(parts, lambda work: captures.record_failed_attempt(work, payment_id))
    log.info("sandbox_pressed", outcome=outcome, state="returned" if money_goes_back else "taken")
    cookie = RETURNED_COOKIE if money_goes_back else None
    return _redirect_to_page(payment_id, cookie, RETURNED_SECONDS)


def _answer_errors(found: Blueprint, frames: str) -> None:
    """Let every refusal be a page in plain words, and nothing be kept by a browser."""

    @found.after_request
    def private(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    @found.errorhandler(NotFound)
    def unknown(_error: NotFound) -> Response:
        return message_page(PageMessage.NOT_FOUND, 404, frames=frames)

    @found.errorhandler(StoreUnavailable)
    def unavailable(error: Exception) -> Response:
        log.warning("page_unavailable", error=type(error).__name__)
        response = message_page(PageMessage.UNAVAILABLE, 503, frames=frames)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    @found.errorhandler(GatewayUnavailable)
    def no_gateway(_error: GatewayUnavailable) -> Response:
        response = message_page(PageMessage.NO_GATEWAY, 503, frames=frames)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    @found.errorhandler(GatewayRefused)
    def not_payable(_error: GatewayRefused) -> Response:
        log.error("link_refused")
        return message_page(PageMessage.NOT_PAYABLE, 502, frames=frames)

    @found.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        status = error.code or 500
        said = (
            PageMessage.FAILURE
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR
            else PageMessage.BAD_REQUEST
        )
        return message_page(said, status, frames=frames)


def message_page(message: PageMessage, status: int, *, frames: str = "'none'") -> Response:
    """Return a page of plain words, in the language the browser asks for.

    It says nothing of what was wrong inside; the request's id is there to be told to us.
    """
    language = _browsers_language()
    words = words_in(language)
    context = {
        "words": words,
        "said": words["message"][message.value],
        "reference": g.get("request_id") if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None,
    }
    return _page("message.html", language, context, status=status, frames=frames)


def _browsers_language() -> str:
    return request.accept_languages.best_match(languages(), ENGLISH) or ENGLISH


def _redirect_to_gateway(parts: CheckoutParts, payment_id: str, public_url: str) -> Response:
    """Send a browser to the gateway's page; back to ours if there is nothing to pay."""
    here = url_for(".show", payment_id=payment_id)
    try:
        address = obtain_gateway_url(parts, payment_id, f"{public_url}{here}")
    except NotNow:
        address = None
    log.info("gateway_pressed", outcome="led" if address else "over")
    return redirect(address or here, HTTPStatus.SEE_OTHER)  # type: ignore[return-value]


def _return_from_gateway(parts: CheckoutParts, payment_id: str) -> Response:
    """Have a payment looked at whose payer is sent back by the gateway; the proof stays not here.

    Whoever comes without a proof only loses what follows the address.
    """
    proven = parts.gateway.is_proven_return(payment_id, request.args)
    if proven:
        schedule_check(parts, payment_id)
    return _redirect_to_page(payment_id, CAME_BACK_COOKIE if proven else None, CAME_BACK_SECONDS)


def _redirect_to_page(payment_id: str, cookie: str | None, seconds: int) -> Response:
    """Return the way back to the page; a cookie of its own remembers why it is seen again.

    303, so that reloading what follows asks again and does not pay again.
    """
    address = url_for(".show", payment_id=payment_id)
    response = make_response(redirect(address, HTTPStatus.SEE_OTHER))
    if cookie:
        response.set_cookie(
            cookie,
            "yes",
            max_age=seconds,
            path=address,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response


def _page(
    template: str,
    language: str,
    context: dict[str, object],
    *,
    status: int = 200,
    frames: str,
    form: str = "'self'",
) -> Response:
    nonce = secrets.token_urlsafe(16)
    text = (
        _environment()
        .get_template(template)
        .render(language=language, nonce=nonce, styles=_asset("styles.css"), **context)
    )
    response = Response(text, status=status, content_type="text/html; charset=utf-8")
    response.headers.update(_headers(nonce, frames, form))
    return response


def _headers(nonce: str, frames: str, form: str) -> Iterable[tuple[str, str]]:
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
        f"img-src data:; form-action {form}; base-uri 'none'; frame-ancestors {frames}"
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
