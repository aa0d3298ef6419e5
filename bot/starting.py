"""A process that starts, or says in one line which setting keeps it from starting."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bot.config_values import BadSetting


@contextmanager
def naming_bad_settings() -> Iterator[None]:
    """End this process, with exit code 1, if a setting turns out wrong.

    The log gets the variable's name, and standard error what is wrong with its value.
    """
    try:
        yield
    except BadSetting as error:
        # With it comes prometheus_client, which gunicorn's settings must not load too early.
        from bot import logs  # noqa: PLC0415

        logs.configure()
        logs.log.critical("bad_setting", setting=error.setting)
        sys.exit(str(error))
