"""The web process: every address, with the parts that `bot.wiring` chooses."""

from __future__ import annotations

import time
from functools import partial
from http import HTTPStatus

from flask import Response, request
from flask_openapi.openapi import OpenAPI
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from api import exports
from api.app import install, new_app
from api.frame import errors, jwts
from api.frame.hub import MOST_STREAMS, Hub
from api.frame.limits import Limits
from api.frame.services import Services
from bot.cli.commands import commands
from bot.config.settings import read_settings
from bot.observability import logs
from bot.observability.health import ops_blueprint
from bot.runtime.redis import listen
from bot.webhooks.razorpay import razorpay
from bot.webhooks.twilio import twilio
from bot.webhooks.whatsapp import whatsapp
from bot.wiring import Parts, build
from domain.errors import StoreUnavailable
from web.checkout.views import SIMULATOR_FRAMES, PageMessage, message_page, pages
from web.notice.views import notice
from web.welcome.views import welcome_pages

LARGEST_BODY = 4 * 1024 * 1024
"""Meta's webhooks have up to 3 MB (protocol notes, 1.3)."""


def create_app(parts: Parts | None = None) -> OpenAPI:
    """Build the web application; create tables that are missing.

    Tests pass their own *parts*.

    Raises:
        BadSetting: If the environment has a value the product cannot run with.
    """
    if parts is None:
        settings = read_settings()
        logs.configure(settings.log_level)
        parts = build(settings)
        parts.store.create_tables()
    app = new_app("bot")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    if parts.settings.trusted_proxies:
        # Flask's documentation wraps `wsgi_app` this way, which mypy takes for a mistake.
        hops = parts.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
    logs.install(app)
    if parts.settings.whatsapp_provider == "cloud":
        # With another provider its secrets may be the defaults, with which anybody could sign.
        app.register_blueprint(whatsapp(parts))
    app.register_blueprint(twilio(parts))
    # The simulator's phones show pages in a frame; in production nothing may.
    frames = "'none'" if parts.settings.production else SIMULATOR_FRAMES
    app.register_blueprint(pages(parts, frames=frames, public_url=parts.settings.public_url))
    app.register_blueprint(welcome_pages(parts, frames=frames))
    app.register_blueprint(notice(parts.rules.keeps, frames=frames))
    if parts.settings.payment_provider == "razorpay":
        app.register_blueprint(razorpay(parts))
    probes = parts.probes()
    app.register_blueprint(
        ops_blueprint(
            probes["database"],
            probes["redis"],
            parts.clock.now(),
            probes["whatsapp"],
            probes["workers"],
        )
    )
    services = api_services(parts)
    install(app, services)
    app.cli.add_command(
        commands(
            parts,
            partial(jwts.access_token, services),
            exports.patients_file,
        )
    )
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StoreUnavailable, _unavailable)
    return app


def api_services(parts: Parts) -> Services:
    """Return the parts that the API is given."""
    settings = parts.settings
    return Services(
        open_work=parts.open_work,
        clock=parts.clock,
        ids=parts.ids,
        rules=parts.rules,
        seal=parts.sealer,
        redis=parts.redis,
        secret=settings.jwt_secret,
        access_expiry=settings.jwt_access_expiry,
        refresh_expiry=settings.jwt_refresh_expiry,
        limits=Limits(parts.redis, settings.api_limit),
        hub=Hub(
            parts.open_work,
            lambda heard: listen(parts.redis, heard),
            most=min(MOST_STREAMS, settings.web_threads * 10 // 11),
        ),
        senders=parts.senders,
        documents=parts.documents,
        files=parts.files,
        patient_files=parts.patient_files,
        template_account=settings.template_account,
        offers=parts.renderer.offered_templates(),
        pause=time.sleep,
        otp_limit=settings.otp_limit,
        cors_origins=settings.cors_origins,
        production=settings.production,
    )


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if not request.path.startswith("/api/"):
        return message_page(_page_of(status), status)
    return errors.render_http_error(error)


def _page_of(status: int) -> PageMessage:
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE}:
        return PageMessage.NOT_FOUND if status == HTTPStatus.NOT_FOUND else PageMessage.UNAVAILABLE
    return (
        PageMessage.BAD_REQUEST
        if status < HTTPStatus.INTERNAL_SERVER_ERROR
        else PageMessage.FAILURE
    )


def _unavailable(_error: StoreUnavailable) -> Response:
    if not request.path.startswith("/api/"):
        return message_page(PageMessage.UNAVAILABLE, HTTPStatus.SERVICE_UNAVAILABLE)
    return errors.render_unavailable()
