"""The WhatsApp edge and the web process. `bot.create_app` is what a web server runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def create_app() -> Flask:
    """Return the web application with the settings of the environment."""
    from bot.app import create_app as build  # noqa: PLC0415 - workers import bot without Flask

    return build()
