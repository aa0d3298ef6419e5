"""GET /docs: a page to read the API's document and to try it; loads nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

import flask_openapi_swagger  # type: ignore[import-untyped]  # its authors ship no types
from flask import Blueprint, Response

ASSETS = Path(flask_openapi_swagger.__file__).parent / "templates" / "swagger"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI writes style attributes and draws its arrows from `data:`."""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>PulseOps API</title>
<link rel="icon" href="docs/assets/images/swagger.svg">
<link rel="stylesheet" href="docs/assets/css/swagger-ui.css">
</head>
<body>
<div id="document"></div>
<script src="docs/assets/js/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
START = """SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#document",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""
"""`validatorUrl`: the page would otherwise send the document's address to a service."""


def docs() -> Blueprint:
    """Return GET /docs and what the page loads."""
    found = Blueprint("docs", __name__, static_folder=str(ASSETS), static_url_path="/docs/assets")

    @found.get("/docs")
    def page() -> Response:
        return Response(PAGE, mimetype="text/html")

    @found.get("/docs/start.js")
    def start() -> Response:
        return Response(START, mimetype="text/javascript")

    @found.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return found
