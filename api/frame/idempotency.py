"""Calls that may be repeated and act once (invariant I12)."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import re
from datetime import timedelta
from enum import Enum, auto
from http import HTTPStatus

from flask import Response, request

from api.frame.calls import Call
from domain.actions.staff.sessions import REPEATED_WITHIN
from domain.errors import Conflict, Invalid, Refused, StoreUnavailable
from domain.model.accounts import Idempotency
from domain.scopes import SystemScope
from domain.work import Work

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class Repeated(Enum):
    """How a call is answered that has succeeded before under its key."""

    ANSWERED = auto()
    """As at first; the fields masked are null."""
    REFUSED = auto()
    """As `ShownOnce`, since the fields masked are what the call is for."""
    RUN = auto()
    """By the view for `REPEATED_WITHIN`, since it may be repeated by itself; then as `REFUSED`."""


class ShownOnce(Refused):
    """The call has succeeded before, and its answer was a secret that is not kept."""

    code = "SHOWN_ONCE"


class AnswerErased(Refused):
    """The call has succeeded before, and the patient in its answer has been erased since."""

    code = "ANSWER_ERASED"


class OtherRequest(Refused):
    """The key was used with another request."""

    code = "IDEMPOTENCY_KEY_REUSED"


def key_of(call: Call) -> str | None:
    """Return the key under which this call's answer is kept, or None if the call names none.

    A key belongs to the user, or to the network address before anybody has signed in.

    Raises:
        Invalid: If it is not 1 to 200 visible ASCII characters.
    """
    sent = request.headers.get(HEADER)
    if sent is None:
        return None
    if not _KEY.fullmatch(sent):
        raise Invalid(HEADER, "Must be 1 to 200 visible ASCII characters.")
    owner = call.known.user.user_id if call.known else f"address {call.address}"
    return hashlib.sha256(f"{owner}\n{sent}".encode()).hexdigest()


def fingerprint(call: Call) -> str:
    """Return a keyed hash of the request: method, address, query and body.

    Keyed, because a body may hold a password or a code that could be guessed from a plain hash.
    """
    asked = f"{request.method}\n{request.path}\n{request.query_string.decode('latin-1')}\n"
    key = f"idempotency {call.services.secret}"
    return hmac.new(key.encode(), asked.encode() + request.get_data(), hashlib.sha256).hexdigest()


def find_answer(call: Call, key: str) -> Idempotency | None:
    """Return what is kept of this call's first run, or None if there was none.

    Raises:
        OtherRequest: If the key was used with another request.
    """
    work = call.services.open_work(SystemScope("see whether a call was made before"))
    kept = work.get(Idempotency, key)
    if kept is not None and kept.fingerprint != fingerprint(call):
        raise OtherRequest("This Idempotency-Key was used with another request.")
    return kept


def runs_again(call: Call, kept: Idempotency, repeated: Repeated) -> bool:
    """Return whether the view answers this repetition, instead of what was kept.

    Raises:
        ShownOnce: If neither can: the call succeeded, and its answer is shown once.
    """
    if repeated is Repeated.ANSWERED or kept.status >= HTTPStatus.BAD_REQUEST:
        return False
    if repeated is Repeated.RUN and call.now - kept.created_at <= REPEATED_WITHIN:
        return True
    raise ShownOnce("This call has succeeded before, and its answer is shown once.")


def answer_again(call: Call, kept: Idempotency) -> Response:
    """Return the answer of the first run, marked as a repetition.

    Raises:
        AnswerErased: If the patient whom it was about has been erased since.
    """
    if not kept.answer:
        raise AnswerErased("This call has succeeded before; the patient has been erased since.")
    answer = Response(
        call.services.seal.open(kept.answer), kept.status, mimetype="application/json"
    )
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def remember(work: Work, call: Call, key: str, answer: Response, masked: tuple[str, ...]) -> None:
    """Write the answer, without the fields *masked*, into the unit of work of its effect."""
    work.put(
        Idempotency(
            idempotency_key=key,
            fingerprint=fingerprint(call),
            status=answer.status_code,
            answer=_seal_answer(call, answer, masked),
            clinic_id=call.known.clinic_id if call.known else None,
            patient_id=call.patient_id,
            created_at=work.now,
            ttl=int((work.now + KEPT).timestamp()),
        )
    )


def amend(call: Call, key: str, answer: Response, masked: tuple[str, ...]) -> None:
    """Replace the answer that repetitions get by *answer*, which was found after the commit.

    If it cannot be written, repetitions get the answer of the commit.
    """
    work = call.services.open_work(SystemScope("keep what a call was answered"))
    with contextlib.suppress(Conflict, StoreUnavailable):
        kept = work.get(Idempotency, key)
        if kept is not None and kept.answer:
            sealed = _seal_answer(call, answer, masked)
            work.put(kept.but(status=answer.status_code, answer=sealed))
            work.commit()


def _seal_answer(call: Call, answer: Response, masked: tuple[str, ...]) -> str:
    text = answer.get_data(as_text=True)
    if masked:
        text = json.dumps(_mask(json.loads(text), masked), ensure_ascii=False)
    return call.services.seal.seal(text)


def _mask(value: object, masked: tuple[str, ...]) -> object:
    match value:
        case dict():
            return {k: None if k in masked else _mask(v, masked) for k, v in value.items()}
        case list():
            return [_mask(part, masked) for part in value]
    return value
