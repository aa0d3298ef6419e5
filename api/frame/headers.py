"""The headers of every answer: CORS, no caching, no guessing of types."""

from __future__ import annotations

import re

from flask import Flask, Response, request
from flask_cors import CORS

from api.frame.services import Services

API = ("/api/", "/openapi.json")
FROM_OTHER_PAGES = re.compile(r"/(api/v1/(?!webhooks/).*|openapi\.json)")
"""The addresses that pages of CORS_ORIGINS may call; only providers call the webhooks."""
SENT = (
    "Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Request-Id",
)  # fmt: skip
SHOWN = (
    "Content-Disposition", "Idempotency-Replayed", "Retry-After", "X-Request-Id",
)  # fmt: skip
REMEMBERED_SECONDS = 600
HSTS = "max-age=31536000"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
"""For JSON that somebody opens as a page; files, such as a PDF, are shown by a viewer."""


def install(app: Flask, services: Services) -> None:
    """Add the headers to the answers of *app*."""
    if services.cors_origins:
        CORS(
            app,
            resources={
                FROM_OTHER_PAGES: {
                    "origins": list(services.cors_origins),
                    "methods": ["GET", "POST", "PUT", "DELETE"],
                    "allow_headers": list(SENT),
                    "expose_headers": list(SHOWN),
                    "max_age": REMEMBERED_SECONDS,
                    "send_wildcard": False,
                    "always_send": False,
                }
            },
        )

    @app.after_request
    def protect(response: Response) -> Response:
        if request.path.startswith(API):
            for name, value in ALWAYS.items():
                response.headers.setdefault(name, value)
            if response.is_json:
                response.headers.setdefault("Content-Security-Policy", NO_PAGE)
            if services.cors_origins:
                response.vary.add("Origin")
        if services.production:
            response.headers["Strict-Transport-Security"] = HSTS
        return response
