"""GET /privacy: which data are used for what, how long they are kept, and a person's rights."""

from __future__ import annotations

from flask import Blueprint, Response

from domain.rules import Retention
from web.pages import browsers_language, page, words_in


def notice(keeps: Retention, *, frames: str = "'none'") -> Blueprint:
    """Return GET /privacy, in the language the browser asks for.

    Args:
        keeps: How long this installation keeps data.
        frames: Who may show the page in a frame, as in CSP's frame-ancestors.
    """
    found = Blueprint("notice", __name__)
    days = {"messages": keeps.messages.days, "audit": keeps.audit.days}

    @found.get("/privacy")
    def show() -> Response:
        language = browsers_language()
        words = words_in(language)["privacy"]
        context = {
            "title": words["title"],
            "parts": [
                {"heading": part["heading"], "text": part["text"].format(**days)}
                for part in words["parts"].values()
            ],
        }
        return page("privacy.html", language, context, frames=frames)

    return found
