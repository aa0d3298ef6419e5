"""GET /welcome/{clinicId}: three sentences and one tap for somebody new at a clinic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from urllib.parse import quote

from flask import Blueprint, Response

from domain.model.clinics import Clinic
from domain.rules import Rules
from domain.scopes import Scope, SystemScope
from domain.work import Work
from web.checkout.views import PageMessage, message_page
from web.pages import browsers_language, page, words_in

FIRST_WORD = "help"
"""What the chat opens with: its answer lists all commands."""


class WelcomeParts(Protocol):
    """What the page needs of the process."""

    @property
    def open_work(self) -> Callable[[Scope], Work]:
        """Returns a new unit of work that reads through a scope."""

    @property
    def rules(self) -> Rules:
        """The settings of the rules."""


def welcome_pages(parts: WelcomeParts, *, frames: str = "'none'") -> Blueprint:
    """Return GET /welcome/{clinicId}: how a clinic runs its day, and the way into its chat.

    It names the clinic and nobody else, and needs no sign-in.
    """
    found = Blueprint("welcome", __name__)

    @found.get("/welcome/<clinic_id>")
    def show(clinic_id: str) -> Response:
        work = parts.open_work(SystemScope("show a clinic's name to its new staff"))
        clinic = work.get(Clinic, clinic_id)
        if clinic is None:
            return message_page(PageMessage.NOT_FOUND, 404, frames=frames)
        language = browsers_language()
        words = words_in(language)["welcome"]
        context = {
            "words": words_in(language),
            "title": words["title"].format(clinic=clinic.name),
            "sentences": [words[key].format(clinic=clinic.name) for key in ("one", "two", "three")],
            "label": words["open"],
            "chat": _chat(clinic, work.rules),
        }
        return page("welcome.html", language, context, frames=frames)

    return found


def _chat(clinic: Clinic, rules: Rules) -> str | None:
    """Return the address of the chat with the clinic; None if there is no number to write to."""
    number = clinic.whatsapp_number if clinic.phone_number_id else rules.platform_number
    return f"https://wa.me/{number.lstrip('+')}?text={quote(FIRST_WORD)}" if number else None
