"""The pages that people open from a message: a request for payment, and pages for errors.

The address of a page holds 128 random bits and opens it without a sign-in. So a page shows no more
than a receipt would, is never cached or indexed, and sends no referrer.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, g, make_response, redirect, request, url_for
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
    Payer,
    describe_checkout,
    read_checkout,
    read_request,
)
from web.pages import asset, browsers_language, page, words_in

FORM_BYTES = 2_000
"""The largest form that is read: a press sends one word."""
RETURNED_COOKIE = "returned"
RETURNED_SECONDS = 600
"""How long the page says that the last payment made on it is refunded."""
CAME_BACK_COOKIE = "paying"
CAME_BACK_SECONDS = 60
"""How long the page shows CHECKING after the payer has come back from the gateway's."""
AWAY = "https:"
"""Where a form may lead: the gateway's pages have more than one address."""
AWAY_IN_DEVELOPMENT = "https: http:"
RETRY_SECONDS = 5
SIMULATOR_FRAMES = "'self' http://localhost:* http://127.0.0.1:*"
"""Origins that may frame a page during development: the phones of the simulator."""
log = structlog.get_logger()


class PageMessage(StrEnum):
    """What a page for an error says."""

    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    UNAVAILABLE = "unavailable"
    NO_GATEWAY = "no_gateway"
    NOT_PAYABLE = "not_payable"
    FAILURE = "failure"


def pages(parts: CheckoutParts, *, frames: str = "'none'", public_url: str = "") -> Blueprint:
    """Return GET and POST /pay/{paymentId}: a request for payment, and its button.

    With the sandbox people pay on the page itself; with any other gateway the button leads to the
    gateway's page.

    Args:
        parts: What the pages need of the process.
        frames: Who may show the page in a frame, as in CSP's frame-ancestors;
            `SIMULATOR_FRAMES` during development.
        public_url: The base of the address to which a gateway sends people back.
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
    """Return the page of a request; for one that was replaced, a redirect to its successor."""
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
        language = browsers_language()
        context = describe_bill(bill, payer, language)
    context["script"] = asset("pay.js")
    return page("pay.html", language, context, frames=frames, form=form)


def _press_in_sandbox(parts: CheckoutParts, payment_id: str, outcome: str) -> Response:
    """Make a payment that succeeds or fails, as *outcome* says: paid or failed."""
    money_goes_back = outcome == "paid" and pay_in_sandbox(parts, payment_id)
    if outcome == "failed":
        transact_payment(parts, lambda work: captures.record_failed_attempt(work, payment_id))
    log.info("sandbox_pressed", outcome=outcome, state="returned" if money_goes_back else "taken")
    cookie = RETURNED_COOKIE if money_goes_back else None
    return _redirect_to_page(payment_id, cookie, RETURNED_SECONDS)


def _answer_errors(found: Blueprint, frames: str) -> None:
    """Answer every refusal with a page in plain words, and forbid browsers to store any page."""

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
    """Return a page for an error in plain words, in the language the browser asks for.

    It does not say what failed inside. From status 500 on it shows the request's id, for support.
    """
    language = browsers_language()
    words = words_in(language)
    context = {
        "words": words,
        "said": words["message"][message.value],
        "reference": g.get("request_id") if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None,
    }
    return page("message.html", language, context, status=status, frames=frames)


def _redirect_to_gateway(parts: CheckoutParts, payment_id: str, public_url: str) -> Response:
    """Redirect to the gateway's page, or back to ours if there is nothing to pay."""
    here = url_for(".show", payment_id=payment_id)
    try:
        address = obtain_gateway_url(parts, payment_id, f"{public_url}{here}")
    except NotNow:
        address = None
    log.info("gateway_pressed", outcome="led" if address else "over")
    return make_response(redirect(address or here, HTTPStatus.SEE_OTHER))


def _return_from_gateway(parts: CheckoutParts, payment_id: str) -> Response:
    """Schedule a check of the payment whose payer the gateway sends back; show the page again.

    The redirect drops the query, proof included. Without a valid proof it does nothing else.
    """
    proven = parts.gateway.is_proven_return(payment_id, request.args)
    if proven:
        schedule_check(parts, payment_id)
    return _redirect_to_page(payment_id, CAME_BACK_COOKIE if proven else None, CAME_BACK_SECONDS)


def _redirect_to_page(payment_id: str, cookie: str | None, seconds: int) -> Response:
    """Redirect to the page; *cookie*, kept for *seconds*, tells it why it is shown again.

    303, so that a reload of the page repeats no payment.
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
