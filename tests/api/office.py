"""The admin API in process: the stage's parts behind the real application.

Every answer is checked against the API's own OpenAPI document, whichever test asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask.testing import FlaskClient
from flask_openapi.openapi import OpenAPI as ApiApp
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from werkzeug.test import TestResponse

import api.app
from api.frame import jwts
from api.frame.engine import EXTENSION
from api.frame.routes import Resource
from api.frame.services import Services
from bot.app import api_services, create_app
from domain.actions.staff import sessions
from domain.model.clinics import User
from tests.people import Cast
from tests.stage import Stage

_documents: dict[tuple[int, ...], tuple[tuple[Resource, ...], OpenAPI]] = {}
_apps: dict[tuple[int, ...], tuple[tuple[Resource, ...], ApiApp]] = {}


@dataclass(frozen=True)
class Client:
    """Calls the API with one account's token, or with none."""

    office: Office
    token: str | None = None

    def get(self, path: str, **given: Any) -> TestResponse:
        return self.call("GET", path, **given)

    def post(self, path: str, body: Any = None, **given: Any) -> TestResponse:
        return self.call("POST", path, body, **given)

    def put(self, path: str, body: Any = None, **given: Any) -> TestResponse:
        return self.call("PUT", path, body, **given)

    def delete(self, path: str, body: Any = None, **given: Any) -> TestResponse:
        return self.call("DELETE", path, body, **given)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        query: dict[str, Any] | None = None,
    ) -> TestResponse:
        """Call *path* (without /api/v1) and check the answer against the document."""
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        given: dict[str, Any] = {} if body is None else {"json": body}
        answer = self.office.http.open(
            "/api/v1" + path, method=method, headers=sent, query_string=query, **given
        )
        self.office.check(answer)
        return answer


class Office:
    """A clinic's office: accounts that call the API, beside the people on WhatsApp."""

    def __init__(self, stage: Stage, app: ApiApp | None = None) -> None:
        """Open the office with an application of its own, or with *app*, for its API alone.

        Making one takes a tenth of a second, and only webhooks and pages keep what it was made of.
        """
        self.stage = stage
        self.app = app or create_app(stage.parts)
        self.app.extensions[EXTENSION] = api_services(stage.parts)
        # A mistake of ours shows where it was made, not as the 500 that people get.
        self.app.config["PROPAGATE_EXCEPTIONS"] = True
        self.http: FlaskClient = self.app.test_client()
        # Whoever waits for the provider waits for the workers of the stage.
        self.app.extensions[EXTENSION] = replace(
            self.app.extensions[EXTENSION], pause=lambda _seconds: self.stage.settle()
        )
        self.services: Services = self.app.extensions[EXTENSION]

    @property
    def cast(self) -> Cast:
        assert self.stage.cast is not None
        return self.stage.cast

    @property
    def admin(self) -> Client:
        """Farida, who runs City Medical Center."""
        return self.sign_in(self.cast.farida)

    @property
    def doctor(self) -> Client:
        """Dr. Meera of City Medical Center."""
        return self.sign_in(self.cast.meera_user)

    @property
    def other_doctor(self) -> Client:
        """Dr. Khan of the same clinic."""
        return self.sign_in(self.cast.khan_user)

    @property
    def stranger(self) -> Client:
        """Somebody without an account."""
        return Client(self)

    def sign_in(self, user: User) -> Client:
        """Return a client with a new session of *user*, without the ceremony of a login."""
        work = self.stage.work()
        session = sessions.start_session(work, user)
        work.commit()
        return Client(self, jwts.access_token(self.services, user, session))

    def said(self, number: str) -> list[str]:
        """Return the names of the messages that went to *number*, oldest first."""
        contact_id = self.stage.contact_id(number)
        return [m.name for m in self.stage.messages() if m.contact_id == contact_id]

    def settle(self) -> list[Any]:
        """Let the workers do and send what is due; return what was sent."""
        return self.stage.settle()

    def check(self, answer: TestResponse) -> None:
        """Fail if *answer* is not what the document says of its address."""
        assert answer.headers.get("X-Request-Id")
        if answer.mimetype != "application/json":
            return
        # The request's body was read by the application; its address and method are enough.
        _document(self.app).validate_response(
            MockRequest("http://localhost", answer.request.method, answer.request.path),
            MockResponse(answer.data, answer.status_code, content_type=answer.mimetype),
        )


def shared_app(stage: Stage) -> ApiApp:
    """Return the one application that this process's offices with the same resources share."""
    resources = api.app.RESOURCES
    key = tuple(map(id, resources))
    if key not in _apps:
        _apps[key] = (resources, create_app(stage.parts))
    return _apps[key][1]


def _document(app: ApiApp) -> OpenAPI:
    """Return the document of *app*, made once for the same resources: it takes a while."""
    resources = api.app.RESOURCES
    key = tuple(map(id, resources))
    if key not in _documents:
        made = OpenAPI.from_dict(app.api_doc, config=Config(spec_validator_cls=None))
        _documents[key] = (resources, made)
    return _documents[key][1]
