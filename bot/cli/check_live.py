"""Ask everything that the product depends on whether it works: `check-config --live`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.wiring import Parts
from domain.errors import PulseOpsError

NOBODY = "check-config"
"""A key that no record has."""
MARK = b"Written by check-config, and deleted at once."


@dataclass(frozen=True)
class Look:
    """One dependency: what it is called, and what was found, None if it is good."""

    name: str
    fault: str | None


def look_at_everything(parts: Parts) -> Iterator[Look]:
    """Ask Redis, every table and index, the place for files, WhatsApp and the gateway.

    Nothing stays written. One that fails does not keep the others from being asked.
    """
    yield _look("Redis", lambda: _ask_redis(parts))
    for table, fault in parts.look_at_tables():
        yield Look(f"table {parts.settings.table_prefix}{table}", fault)
    yield _look("files", lambda: _ask_files(parts))
    yield _look("WhatsApp", lambda: _ask_whatsapp(parts))
    yield _look("payments", lambda: _ask_gateway(parts))


def _look(name: str, ask: Callable[[], str | None]) -> Look:
    try:
        return Look(name, ask())
    except PulseOpsError as error:
        return Look(name, str(error) or type(error).__name__)
    except Exception as error:  # noqa: BLE001 - whatever a library raises, it does not work
        return Look(name, f"{type(error).__name__}: {error}")


def _ask_redis(parts: Parts) -> str | None:
    """A ping is not enough: a full or read-only Redis answers it."""
    parts.redis.set(NOBODY, "1", ex=10)
    written = parts.redis.get(NOBODY)
    parts.redis.delete(NOBODY)
    return None if written is not None else "does not keep what is written"


def _ask_files(parts: Parts) -> str | None:
    name = f"{NOBODY}.txt"
    parts.files.put(name, MARK, "text/plain")
    found = parts.files.get(name)
    parts.files.delete(name)
    return None if found == MARK else "gives back something else than was stored"


def _ask_whatsapp(parts: Parts) -> str | None:
    sender = parts.rules.platform_sender
    if parts.senders.number_of(sender) is not None:
        return None
    return f"the account of the access token does not show the number {sender}"


def _ask_gateway(parts: Parts) -> None:
    parts.gateway.fetch_link(NOBODY, None)
