"""A page in a browser: its frame, its styles, and the headers that keep everything else out."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.rendering.formats import typographic

FOLDER = Path(__file__).resolve().parents[1] / "templates" / "pages"
ENGLISH = "en"
Words = dict[str, Any]


@cache
def languages() -> list[str]:
    """Return the languages there are pages in, English first."""
    found = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return sorted(found, key=lambda tag: tag != ENGLISH)


@cache
def words_in(language: str) -> Words:
    """Return the words of all pages in one of `languages()`."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))


def browsers_language() -> str:
    """Return the language of ours that the browser asks for."""
    return request.accept_languages.best_match(languages(), ENGLISH) or ENGLISH


def page(
    template: str,
    language: str,
    context: dict[str, object],
    *,
    status: int = 200,
    frames: str,
    form: str = "'self'",
) -> Response:
    """Return the page *template* of `templates/pages`, under a policy that lets nothing else in.

    Args:
        template: The file.
        language: The language that *context* is in.
        context: The variables.
        status: HTTP's.
        frames: Who may show the page in a frame, as in CSP's frame-ancestors.
        form: Where its forms may lead.
    """
    nonce = secrets.token_urlsafe(16)
    text = (
        _environment()
        .get_template(template)
        .render(language=language, nonce=nonce, styles=asset("styles.css"), **context)
    )
    response = Response(text, status=status, content_type="text/html; charset=utf-8")
    response.headers.update(_headers(nonce, frames, form))
    return response


def _headers(nonce: str, frames: str, form: str) -> Iterable[tuple[str, str]]:
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
        f"img-src data:; form-action {form}; base-uri 'none'; frame-ancestors {frames}"
    )
    yield "Content-Security-Policy", policy
    yield "Referrer-Policy", "no-referrer"
    yield "X-Content-Type-Options", "nosniff"
    yield "X-Robots-Tag", "noindex, nofollow"
    yield "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
    yield "Cross-Origin-Opener-Policy", "same-origin"
    yield "Cache-Control", "no-store"
    if frames == "'none'":
        yield "X-Frame-Options", "DENY"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Names are shown as in messages; styles and scripts of ours are Markup.
        finalize=lambda value: typographic(value) if type(value) is str else value,
    )


@cache
def asset(name: str) -> Markup:
    """Return a style sheet or script of ours, to be put into the page unescaped."""
    return Markup((FOLDER / name).read_text("utf-8"))  # noqa: S704 - our own file
