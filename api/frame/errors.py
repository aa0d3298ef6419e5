"""Refusals of the rules, in the shape and with the status that the API answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

import structlog
from flask import Response, g, make_response
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from api.schemas.base import Detail, ErrorBody, Failure
from domain import errors

log = structlog.get_logger()

STATUS: dict[type[errors.Refused], int] = {
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.PlanRequired: 403,
    errors.Invalid: 422,
    errors.TooMany: 429,
    errors.Busy: 503,
}
"""Every other refusal is about the state of things: 409."""
CONFLICT = 409
INTERNAL = 500
WORDS = {
    "NOT_FOUND": "There is no such thing here.",
    "FORBIDDEN": "This account may not do that.",
    "UNAUTHORIZED": "Please sign in.",
    "RATE_LIMITED": "Too many requests; please wait a little.",
    "SLOT_TAKEN": "Somebody else has that slot.",
    "DAY_FULL": "Every booking of that day is taken.",
    "DAY_CLOSED": "The doctor does not see patients then.",
    "ALREADY_BOOKED": "The patient already has a booking with this doctor on that day.",
    "TOO_MANY_HOLDS": "This phone already holds as many unpaid bookings as it may.",
    "NOT_NOW": "The state of the line or of the booking does not allow that now.",
    "NOBODY_WAITING": "Nobody is being served and nobody waits.",
    "LINE_MOVED": "The line has moved since.",
    "CONFIRMATION_NEEDED": "People are booked who would lose their time; confirm it.",
    "NUMBER_TAKEN": "This number belongs to somebody else at the clinic.",
    "NOTHING_TO_UNDO": "There is no move that could be taken back.",
}
"""The words of a refusal that was raised without its own."""
OF_HTTP = {
    400: ("BAD_REQUEST", "The request could not be read."),
    404: ("NOT_FOUND", "There is nothing at this address."),
    405: ("METHOD_NOT_ALLOWED", "This address does not take that method."),
    413: ("PAYLOAD_TOO_LARGE", "The body is too large."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The body must be JSON, with Content-Type application/json."),
}
MOST_DETAILS = 50
LONGEST_NAME = 100
"""Limits of an answer to a body with thousands of wrong fields, or with very long names."""
HIDDEN_INPUT = "Value error, "
"""The prefix that pydantic puts before the words of our own validators."""


def render_failure(
    status: int,
    code: str,
    message: str,
    fields: Sequence[Detail] = (),
    details: dict[str, object] | None = None,
) -> Response:
    """Render a refusal in the API's shape; *details* become further fields of `error`."""
    body = Failure(
        message=message,
        error=ErrorBody.model_validate(
            {
                "code": code,
                "details": list(fields),
                **_as_json(details or {}),
            }
        ),
        request_id=g.get("request_id", ""),
    )
    answer = make_response(body.model_dump_json(by_alias=True, exclude_none=True), status)
    answer.mimetype = "application/json"
    return answer


def render_refusal(error: errors.Refused) -> Response:
    """Render a refusal: its status by its kind, its own words or the usual ones of its code."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), CONFLICT)
    if isinstance(error, errors.CodesUsedUp):
        log.error("codes_used_up")
    said = str(error)
    message = WORDS.get(error.code, "That is not possible now.") if said == error.code else said
    details = dict(error.details)
    fields: list[Detail] = []
    field = getattr(error, "field", None) or details.pop("field", None)
    if field is not None:
        fields.append(Detail(field=str(field), message=message))
    if isinstance(error, errors.LineMoved) and details.get("by_name"):
        message = f"{details['by_name']} moved the line meanwhile ({details.get('action')})."
    answer = render_failure(status, error.code, message, fields, details)
    if isinstance(error, errors.NotSignedIn):
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.TooMany | errors.Busy):
        answer.headers["Retry-After"] = str(details.get("retry_after_seconds", 60))
    return answer


def render_invalid(error: ValidationError) -> Response:
    """Render which fields cannot be used and why, without repeating what was sent."""
    fields = [
        Detail(
            field=".".join(str(part)[:LONGEST_NAME] for part in found["loc"]) or "body",
            message=_sentence(found["msg"].removeprefix(HIDDEN_INPUT)),
        )
        for found in error.errors(include_url=False, include_input=False, include_context=False)
    ][:MOST_DETAILS]
    message = "Please check " + ", ".join(dict.fromkeys(d.field for d in fields)) + "."
    return render_failure(422, "VALIDATION_ERROR", message, fields)


def render_http_error(error: HTTPException) -> Response:
    """Render a refusal of the web framework, with its `Allow` and `Retry-After`."""
    status = error.code or 500
    if status == INTERNAL:
        return render_fault()
    code, message = OF_HTTP.get(status, (error.name.upper().replace(" ", "_"), error.name + "."))
    answer = render_failure(status, code, message)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            answer.headers[name] = value
    return answer


def render_unavailable() -> Response:
    """Render that the service is busy and the call may be repeated."""
    answer = render_failure(
        503, "UNAVAILABLE", "The service is busy; please try again in a moment."
    )
    answer.headers["Retry-After"] = "1"
    return answer


def render_fault() -> Response:
    """Render that we made a mistake, without a word of its cause."""
    return render_failure(INTERNAL, "INTERNAL_ERROR", "Something went wrong on our side.")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _as_json(details: dict[str, object]) -> dict[str, object]:
    """Return details for programs: names in camelCase, plain values only."""
    shown: dict[str, object] = {}
    for name, value in details.items():
        first, *rest = name.split("_")
        key = first + "".join(word.capitalize() for word in rest)
        match value:
            case Enum():
                shown[key] = value.value
            case datetime():
                shown[key] = value.strftime("%Y-%m-%dT%H:%M:%SZ")
            case str() | int() | bool():
                shown[key] = value
            case list():
                shown[key] = [_as_json(part) for part in value if isinstance(part, dict)]
    return shown
