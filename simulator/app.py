"""The web application: the provider's API, the control API and the page, behind one port."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request

from simulator import control, graph, page
from simulator.twilio import api

if TYPE_CHECKING:
    from simulator.parts import Parts

# Meta takes webhooks of 3 MB and documents of 100 MB; uploads here stay small.
UPLOAD_MAX = 20 * 1024 * 1024
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def create_app(parts: Parts, *, only_loopback: bool = True) -> Flask:
    """Return the application on *parts*.

    Args:
        parts: What it works on.
        only_loopback: Refuse calls that a web page of another host makes through a browser on this
            machine: by another name for the machine, or from another origin.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = UPLOAD_MAX
    app.url_map.converters["graph_version"] = graph.GraphVersion
    if parts.config.twilio is None:
        app.register_blueprint(graph.blueprint(parts))
    else:
        twilio = api.TwilioApi(
            parts.config.twilio,
            parts.world,
            parts.calls,
            parts.sending,
            parts.contents,
            parts.library,
        )
        app.register_blueprint(api.blueprint(twilio, parts.world, parts.dialect))
    app.register_blueprint(control.blueprint(parts))
    app.register_blueprint(page.blueprint(parts))

    @app.before_request
    def keep_strangers_out() -> tuple[dict[str, str], int] | None:
        if only_loopback and not _is_local():
            return {"error": "the simulator answers this machine only"}, 403
        return None

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", page.POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        # After an upgrade a browser must not mix old scripts with new ones.
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    return app


def _is_local() -> bool:
    host = urlsplit(f"//{request.host}").hostname
    origin = request.headers.get("Origin")
    if host not in LOOPBACK_NAMES:
        return False
    return origin is None or origin == request.host_url.rstrip("/")
