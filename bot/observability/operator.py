"""Tells the operator when the product stops working as it should, and when it works again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import requests
import structlog

from bot.observability.probes import Probe
from domain.model.base import stamp
from domain.ports import Clock

log = structlog.get_logger()
SECONDS = 5.0
"""How long the operator's address may take to answer."""
SURE_AFTER = 2
"""Looks in a row that must find the same before it is told: a restart is no news."""


class Operator:
    """Watches what the product depends on, and posts each change to the operator's address.

    The body is JSON: `status` (healthy or degraded), `degraded` (names, in order), `at` (UTC) and
    `installation` (PUBLIC_URL). Nothing in it is about a person. What could not be posted is tried
    again at the next look.
    """

    def __init__(
        self,
        url: str | None,
        installation: str,
        probes: Mapping[str, Probe],
        clock: Clock,
        post: Callable[..., requests.Response],
    ) -> None:
        """Watch *probes* for the operator at *url*; without one, only the log tells."""
        self._url = url
        self._installation = installation
        self._probes = probes
        self._clock = clock
        self._post = post
        self._told: tuple[str, ...] = ()
        self._found: tuple[str, ...] = ()
        self._times = 0
        self._lock = threading.Lock()

    def look(self) -> None:
        """Ask all probes, and tell what has changed. One look at a time."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            found = tuple(name for name, ask in self._probes.items() if not _works(ask))
            self._times = self._times + 1 if found == self._found else 1
            self._found = found
            if found != self._told and self._times >= SURE_AFTER:
                self._tell(found)
        finally:
            self._lock.release()

    def _tell(self, degraded: tuple[str, ...]) -> None:
        if degraded:
            log.error("degraded", services=", ".join(degraded))
        else:
            log.info("healthy_again")
        if self._url is not None:
            body = {
                "status": "degraded" if degraded else "healthy",
                "degraded": list(degraded),
                "at": stamp(self._clock.now()),
                "installation": self._installation,
            }
            try:
                self._post(self._url, json=body, timeout=SECONDS).raise_for_status()
            except requests.RequestException as error:
                log.warning("operator_not_told", error=type(error).__name__)
                return
        self._told = degraded


def _works(ask: Probe) -> bool:
    try:
        ask()
    except Exception:  # noqa: BLE001 - whatever is raised, it does not work
        return False
    return True
