"""The WhatsApp edge and the web process. A web server runs `bot.create_app`.

app            the web application: every address
wiring         the one place where the concrete parts are chosen
gunicorn       settings of the web process
web_worker     how the web process reads requests: deadlines and shares
webhooks       what providers and gateways post to us
channels       providers of WhatsApp
payments       payment gateways
rendering      messages made into words
documents      PDF, XLSX and CSV; where files are stored
config         settings
runtime        clock, ids, Redis, encryption
observability  logs, metrics, health
cli            the commands of operators
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bot.config.values import BadSetting

if TYPE_CHECKING:
    from flask import Flask

# An empty variable is one that is not set; to prometheus_client it would be the working folder.
if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)


def create_app() -> Flask:
    """Return the web application with the settings of the environment.

    Raises:
        BadSetting: If a setting cannot be used.
        StoreUnavailable: If the store fails.
        ClickException: Instead of either, within a command: one line to show.
    """
    # Imported here, since workers import bot and must not load Flask.
    from click import ClickException, get_current_context  # noqa: PLC0415

    from bot.app import create_app as build  # noqa: PLC0415
    from domain.errors import StoreUnavailable  # noqa: PLC0415

    try:
        return build()
    except BadSetting as error:
        if get_current_context(silent=True) is None:
            raise
        raise ClickException(str(error)) from None
    except StoreUnavailable as error:
        if get_current_context(silent=True) is None:
            raise
        raise ClickException(f"DATABASE_URL names a store that fails: {error}") from None
