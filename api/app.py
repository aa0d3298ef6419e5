"""The API in an application: its resources and its document."""

from __future__ import annotations

from flask.json.provider import DefaultJSONProvider
from flask_openapi.models.info import Info
from flask_openapi.openapi import OpenAPI

from api.analytics import analytics
from api.associations import associations
from api.audit import audit
from api.auth import auth
from api.clinics import clinics
from api.desk import desk
from api.doctors import doctors
from api.files import files
from api.frame import headers
from api.frame.docs import docs
from api.frame.document import complete
from api.frame.engine import EXTENSION
from api.frame.routes import BEARER_AUTH, Resource
from api.frame.services import Services
from api.line_history import queues
from api.patients import patients
from api.payments import payments
from api.prescriptions import prescriptions
from api.reports import reports
from api.schemas.base import Failure
from api.streams import streams
from api.subscriptions import subscriptions
from api.tokens import tokens
from api.users import users
from api.visits import visits
from api.whatsapp import whatsapp

VERSION = "1.0.0"
DESCRIPTION = """The admin API of PulseOps: everything a clinic can do on WhatsApp, and what it
cannot. Sign in with `POST /api/v1/auth/clinic/login`, then send `Authorization: Bearer …`.

Days, hours and periods are meant in the clinic's time zone, instants are UTC, money is whole
rupees. A mutating call with an `Idempotency-Key` can be repeated and acts once (24 hours)."""
RESOURCES: tuple[Resource, ...] = (
    auth,
    users,
    clinics,
    subscriptions,
    doctors,
    queues,
    streams,
    tokens,
    desk,
    files,
    patients,
    associations,
    visits,
    prescriptions,
    payments,
    whatsapp,
    analytics,
    reports,
    audit,
)
"""Every resource, in the order in which the document is read; a new one is added here."""


class _Json(DefaultJSONProvider):
    """Writes answers and the document in the order of their schemas, in which they read best."""

    sort_keys = False


class _Api(OpenAPI):
    """An application whose document is complete: examples, links, servers."""

    json_provider_class = _Json

    def generate_spec_json(self) -> None:
        """Make the document, when it is first asked for."""
        super().generate_spec_json()  # type: ignore[no-untyped-call]  # the library declares no types
        complete(self.spec_json, RESOURCES)


def new_app(import_name: str) -> OpenAPI:
    """Return an application that can hold the API; its document is OpenAPI 3.1."""
    app = _Api(
        import_name,
        info=Info(title="PulseOps", version=VERSION, description=DESCRIPTION),
        security_schemes={BEARER_AUTH: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        validation_error_model=Failure,
        doc_ui=False,
        static_folder=None,
        template_folder=None,
    )
    app.openapi_version = "3.1.0"
    return app


def install(app: OpenAPI, services: Services) -> None:
    """Put the API into *app*: its addresses, GET /openapi.json and GET /docs."""
    app.extensions[EXTENSION] = services
    for resource in RESOURCES:
        app.register_api(resource.blueprint)
    app.add_url_rule("/openapi.json", "openapi_document", lambda: app.api_doc)
    app.register_blueprint(docs())
    headers.install(app, services)
