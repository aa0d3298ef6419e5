"""What happens around a view: who calls, with what, in one transaction, answered how.

The order: the address's limit, who calls, whether they may, their limit, what they sent; then the
view on a unit of work in the caller's scope, its audit entry and its Idempotency-Key's record,
committed together. When others changed what it read, the view is replayed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial, wraps
from typing import Any, get_type_hints

from flask import Response, current_app, make_response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from api.frame import errors, idempotency
from api.frame.calls import Answer, Call
from api.frame.idempotency import Repeated
from api.frame.reading import LARGEST_BODY, read_body, read_path, read_query
from api.frame.services import Services
from api.schemas.base import Data, Done, Success
from domain.actions.people.audit import DONE
from domain.errors import Conflict, Invalid, NotAllowed, Refused, StoreUnavailable
from domain.permissions import Permission
from domain.transactions import retry_on_conflict
from domain.work import Work

EXTENSION = "pulseops_api"
"""The name under which an application holds the API's `Services`."""
READS = frozenset({"GET"})
REPEATED = "REPEATED"
"""The outcome in the audit log of a call that repeats one: see `idempotency`."""

View = Callable[..., Answer | Response]


@dataclass(frozen=True)
class Route:
    """What is declared about an address, for the engine, the document and the wall test."""

    method: str
    path: str
    operation: str
    needs: tuple[Permission, ...] | None
    """The caller must have any one of these; None: anybody may call it."""
    audits: bool
    """Whether it touches a patient's data, so that each call leaves an entry (I11)."""
    status: int
    masked: tuple[str, ...]
    """Fields of the answer that are not kept for repetitions of the call."""
    repeated: Repeated
    """How a repetition of a call that has succeeded is answered."""
    before_password_change: bool
    """Whether an account that must change its password may call it."""
    optional_body: bool
    endless: bool = False
    """Whether the answer lasts until the session ends, as a stream of events does."""
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What can be called with an answer: see `routes.Declared`."""


def services() -> Services:
    """Return the services that the process gave the API."""
    found: Services = current_app.extensions[EXTENSION]
    return found


def make_engine(route: Route, view: View) -> Callable[..., Response]:
    """Return the function that answers the address of *route* with *view*."""
    run = _Engine(route, view)

    @wraps(view)
    def answer(**ids: str) -> Response:
        try:
            return run(ids)
        except Refused as error:
            return errors.render_refusal(error)
        except ValidationError as error:
            return errors.render_invalid(error)
        except HTTPException as error:
            return errors.render_http_error(error)
        except StoreUnavailable:
            return errors.render_unavailable()

    # The library, which looks for this mark on the function, then leaves the checking of parameters
    # to us: after the caller, and strictly.
    answer.__delay_validate_request__ = True  # type: ignore[attr-defined]  # functions declare none
    return answer


@cache
def success_of(data: type[Data]) -> type[Success[Any]]:
    """Return the schema of a success that holds *data*."""
    return Success[data]  # type: ignore[valid-type]  # mypy knows no type chosen at run time


class _Engine:
    def __init__(self, route: Route, view: View) -> None:
        self._route = route
        self._view = view
        self._hints = get_type_hints(view)
        self._wanted = frozenset(inspect.signature(view).parameters)

    def __call__(self, ids: dict[str, str]) -> Response:
        request.max_content_length = LARGEST_BODY
        given = services()
        call = Call(given, self._route.operation, given.clock.now())
        given.limits.count_address(call.address)
        if self._route.needs is not None:
            self._sign_in(call, self._route.needs)
        arguments = self._arguments(ids)
        call.about = {name: value for name, value in ids.items() if name != "patientId"}
        call.patient_id = ids.get("patientId")
        key = None if self._route.method in READS else idempotency.key_of(call)
        answer = retry_on_conflict(partial(self._answer_once, call, arguments, key))
        return answer if call.then is None else self._answer_later(call, key, call.then())

    def _sign_in(self, call: Call, needs: tuple[Permission, ...]) -> None:
        """Identify the caller; an attempt at what their role may not see is logged if it audits."""
        try:
            call.sign_in(needs, before_password_change=self._route.before_password_change)
        except NotAllowed as error:
            self._audit_alone(call, error.code)
            raise

    def _answer_once(self, call: Call, arguments: dict[str, Any], key: str | None) -> Response:
        """Run the view, commit, and return the answer; a repeated key gets the earlier answer.

        Of two simultaneous calls with one key, one conflicts, or is refused for what the other has
        done; it then finds the other's record.

        Raises:
            Conflict: If others changed what the view read, or made this call.
        """
        before = None if key is None else idempotency.find_answer(call, key)
        if before is not None and not idempotency.runs_again(call, before, self._route.repeated):
            call.then = None
            call.patient_id = call.patient_id or before.patient_id
            answer = idempotency.answer_again(call, before)
            self._audit_alone(call, REPEATED)
            return answer
        work = call.services.open_work(call.scope)
        answer = self._call_view(call, work, arguments, None if before else key)
        _commit(work)
        return answer

    def _answer_later(self, call: Call, key: str | None, said: Answer) -> Response:
        """Render the answer found after the commit, and keep it for repetitions of the call."""
        answer = self._render(said)
        if key is not None:
            idempotency.amend(call, key, answer, self._route.masked)
        return answer

    def _call_view(
        self, call: Call, work: Work, arguments: dict[str, Any], key: str | None
    ) -> Response:
        call.shown = []
        given = {**arguments, "work": work, "call": call}
        try:
            said = self._view(**{name: given[name] for name in self._wanted})
        except Refused as error:
            if key is not None and idempotency.find_answer(call, key) is not None:
                # This call has acted since the key was looked up, and the view met its effect.
                raise Conflict from error
            call.shown += error.patients
            if not isinstance(error, Invalid):
                self._audit_alone(call, error.code)
            raise
        refusal = said.refusal if isinstance(said, Answer) else None
        call.then = said.then if isinstance(said, Answer) else None
        if refusal is not None:
            answer = errors.render_refusal(refusal)
        else:
            answer = said if isinstance(said, Response) else self._render(said)
        if self._route.audits:
            call.audit(work, DONE if refusal is None else refusal.code)
        if key is not None and isinstance(said, Answer):
            idempotency.remember(work, call, key, answer, self._route.masked)
        return answer

    def _audit_alone(self, call: Call, outcome: str) -> None:
        """Write the audit entry of an access that writes nothing else, such as a refused one.

        A refusal that names patients is an access too.
        """
        if self._route.audits or call.shown:
            work = call.services.open_work(call.scope)
            call.audit(work, outcome)
            _commit(work)

    def _render(self, said: Answer) -> Response:
        body: BaseModel
        if said.data is None:
            body = Done(message=said.message or "Done")
        else:
            # Of the exact type, so that each field is serialised as its schema says.
            body = success_of(type(said.data))(message=said.message, data=said.data)
        shown = body.model_dump(mode="json", by_alias=True)
        if shown["message"] is None:
            del shown["message"]
        answer = make_response(current_app.json.dumps(shown), said.status or self._route.status)
        answer.mimetype = "application/json"
        return answer

    def _arguments(self, ids: dict[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if "path" in self._hints:
            found["path"] = read_path(self._hints["path"], ids)
        if "query" in self._hints:
            found["query"] = read_query(self._hints["query"])
        if "body" in self._hints:
            found["body"] = read_body(self._hints["body"], optional=self._route.optional_body)
        return found


def _commit(work: Work) -> None:
    """Commit, and again if the store did not answer; the writes are applied once."""
    try:
        work.commit()
    except StoreUnavailable:
        work.commit()
