"""The payment page, opened in a browser without scripts."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from bot.observability import logs
from tests.stage import Stage
from web.checkout.views import pages

HOME = "https://clinic.example"


def visit(stage: Stage) -> FlaskClient:
    """Open the pages of the stage's gateway."""
    app = Flask("bot.app")
    logs.install(app)
    app.register_blueprint(pages(stage.parts, public_url=HOME))
    return app.test_client()


def state_of(page: str) -> str:
    """Return the state that a page shows."""
    found = re.search(r'data-state="(\w+)"', page)
    assert found is not None
    return found.group(1)
