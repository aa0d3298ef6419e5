"""How a view becomes an address: who may call it, what it takes, what it answers.

A view is `def view(work, call, path, query, body) -> Answer`, with those of the parameters that it
needs. It calls one action of the domain on `work` and renders; everything around that is here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Required, TypedDict, TypeVar, Unpack

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.operation import Operation
from flask_openapi.models.tag import Tag
from flask_openapi.types import ResponseDict
from flask_openapi.utils import get_responses
from pydantic import create_model

from api.frame.engine import Route, View, make_engine, success_of
from api.frame.idempotency import Repeated
from api.schemas.base import Data, Done, Failure, Wire
from domain.permissions import Permission

PREFIX = "/api/v1"
SHARED_FAILURES = ("400", "401", "403", "404", "409", "413", "415", "422", "429", "500", "503")
"""The failures that any call may be answered with."""
BEARER_AUTH = "bearer"
EVENTS = "text/event-stream"
V = TypeVar("V", bound=View)


class Declared(TypedDict, total=False):
    """What a view declares of its address; all but `needs` may be left out."""

    needs: Required[Permission | tuple[Permission, ...] | None]
    """The permission that opens it, any of several, or None: public."""
    answers: type[Data] | str | None
    """The schema of `data`; None for a bare success; a media type such as text/event-stream (or
    several, after commas) where the view returns a response of its own."""
    status: int
    """Of a success; 200."""
    audits: bool
    """Whether each call leaves an entry in the audit log."""
    masked: tuple[str, ...]
    """Names of fields that are left out of the answer to a repeated call."""
    repeated: Repeated
    """How a repetition of a call that has succeeded is answered; `Repeated.ANSWERED`."""
    before_password_change: bool
    """Whether an account that must change its password may call it."""
    optional_body: bool
    """Whether the body may be left out; its model then has all defaults."""
    also: tuple[int, ...]
    """Other statuses of a success, which the view's answer names."""
    links: Mapping[str, Mapping[str, str]]
    """Which operations can be called with what the answer holds: by name, where under `data` each
    of their parameters is, such as `{"get_profile": {"clinicId": "clinic/clinicId"}}`. Those whose
    parameter is a field of `data` itself are found without saying so."""


@dataclass
class Resource:
    """The addresses of one subject, on a blueprint of their own."""

    name: str
    description: str
    routes: list[Route] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the blueprint."""
        self.blueprint = APIBlueprint(
            f"api_{self.name.replace(' ', '_')}",
            __name__,
            url_prefix=PREFIX,
            abp_responses=_failures(),
            abp_tags=[Tag(name=self.name, description=self.description)],
        )

    def get(self, path: str, **declared: Unpack[Declared]) -> Callable[[V], V]:
        """Declare a view that only reads; see `route`."""
        return self.route("GET", path, **declared)

    def post(self, path: str, **declared: Unpack[Declared]) -> Callable[[V], V]:
        """Declare a view that acts; see `route`."""
        return self.route("POST", path, **declared)

    def put(self, path: str, **declared: Unpack[Declared]) -> Callable[[V], V]:
        """Declare a view that changes; see `route`."""
        return self.route("PUT", path, **declared)

    def delete(self, path: str, **declared: Unpack[Declared]) -> Callable[[V], V]:
        """Declare a view that ends something; see `route`."""
        return self.route("DELETE", path, **declared)

    def route(self, method: str, path: str, **declared: Unpack[Declared]) -> Callable[[V], V]:
        """Declare a view under *path* (Flask's notation, without /api/v1) for HTTP's *method*.

        The view's first line of docstring is the summary in the document, the rest its
        description; `Args` and the like do not belong there.
        """
        needs, answers = declared["needs"], declared.get("answers")
        status = declared.get("status", 200)

        def declare(view: V) -> V:
            route = Route(
                method,
                PREFIX + path,
                view.__name__,
                (needs,) if isinstance(needs, Permission) else needs,
                audits=declared.get("audits", False),
                status=status,
                masked=declared.get("masked", ()),
                repeated=declared.get("repeated", Repeated.ANSWERED),
                before_password_change=declared.get("before_password_change", False),
                optional_body=declared.get("optional_body", False),
                endless=isinstance(answers, str) and EVENTS in answers,
                links=declared.get("links", {}),
            )
            self.routes.append(route)
            engine = make_engine(route, view)
            register = getattr(self.blueprint, method.lower())
            summary, _, description = (inspect.getdoc(view) or "").partition("\n\n")
            register(
                path,
                operation_id=view.__name__,
                summary=summary.rstrip("."),
                description=description or None,
                responses=dict.fromkeys(
                    map(str, (status, *declared.get("also", ()))), _document(view.__name__, answers)
                ),
                security=[{BEARER_AUTH: []}] if route.needs is not None else [],
                endpoint=view.__name__,
            )(engine)
            if route.optional_body:
                shown = getattr(self.blueprint.paths[braced(PREFIX + path)], method.lower())
                shown.requestBody.required = False
            return view

        return declare


def braced(path: str) -> str:
    """Return a path of Flask's as the document writes it: `<id>` as `{id}`."""
    return path.replace("<", "{").replace(">", "}")


@cache
def _failures() -> ResponseDict:
    """Return the failures that any call may be answered with, for the document.

    Made once: the library would make them from the model for every address, which took half of a
    web process's start. The document itself defines `Failure`.
    """
    every = Operation(responses={})
    get_responses(dict.fromkeys(SHARED_FAILURES, Failure), {}, every)
    made = every.responses or {}
    return {status: made[status] for status in SHARED_FAILURES}


def _document(operation: str, answers: type[Data] | str | None) -> type[Wire] | dict[str, Any]:
    if isinstance(answers, str):
        kinds = answers.split(", ")
        return {"content": {kind: _shape(kind) for kind in kinds}}
    if answers is None:
        return Done
    name = "".join(part.capitalize() for part in operation.split("_"))
    return create_model(f"{name}Answer", __base__=success_of(answers))


def _shape(kind: str) -> dict[str, Any]:
    if kind == EVENTS:
        return {}  # A schema would be of each event; what they hold is in the description.
    return {"schema": {"type": "object" if kind == "application/json" else "string"}}
