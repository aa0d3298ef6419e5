"""The product's calls that send messages: each is noted, and faults of sending strike it."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

from flask import Response, request

from simulator.errors import GraphError, ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.dialect import Dialect
    from simulator.model import Call
    from simulator.world import World

Payload = dict[str, Any]

# Every hanging call holds a thread. Beyond this many the connection is closed instead, so that
# enough threads are left to answer.
HANGING_MAX = 40


class Calls:
    """Takes calls that send a message, as the settings of faults say."""

    def __init__(self, world: World, dialect: Dialect) -> None:
        """Work on *world*; refusals are noted with the codes of *dialect*."""
        self._world = world
        self._dialect = dialect
        self._hanging = threading.BoundedSemaphore(HANGING_MAX)

    def take(self, call: Call, accept: Callable[[], tuple[str, Payload]]) -> Payload | Response:
        """Note *call* and answer it.

        Args:
            call: Who sends to whom.
            accept: Accepts the message; returns its id and the answer.

        Raises:
            ProviderError: If the call is refused, by *accept* or by a fault.
        """
        self._world.note_call(call)
        try:
            self._delay_or_fail()
            message_id, answer = accept()
        except ProviderError as error:
            call.outcome, call.code = "refused", self._dialect.translate(error).code
            raise
        self._world.note_accepted(call, message_id)
        return self._lose_answer(call) or answer

    def _strikes(self, counter: str, rate: float) -> bool:
        """Return whether a fault strikes this call, and count down a fault of the next n calls."""
        settings = self._world.faults
        left = getattr(settings, counter)
        if left:
            setattr(settings, counter, left - 1)
            return True
        return self._world.chance.strikes(rate)

    def _delay_or_fail(self) -> None:
        world = self._world
        with world.lock:
            settings = world.faults
            pause = world.chance.latency(settings)
            fails = self._strikes("fail_next", settings.error_rate)
        if pause:
            world.wait_for(lambda: False, pause)
        if fails:
            raise GraphError(
                settings.error_code, "An injected fault.", http_status=settings.http_status
            )

    def _lose_answer(self, call: Call) -> Response | None:
        """Delay or drop the answer to an accepted call, if a fault says so."""
        world = self._world
        with world.lock:
            settings = world.faults
            hangs = self._strikes("timeout_next", settings.timeout_rate)
            drops = not hangs and self._strikes("drop_next", settings.drop_rate)
            if hangs or drops:
                call.outcome = "hung" if hangs else "dropped"
        if hangs and self._hanging.acquire(blocking=False):
            try:
                world.wait_for(lambda: False, settings.hang_seconds)
            finally:
                self._hanging.release()
        if hangs or drops:
            return hung_up(request.environ)
        return None


def hung_up(environ: Mapping[str, Any]) -> Response:
    """Close the caller's connection without an answer.

    Both servers that the simulator runs on give access to the connection. When they then try to
    write the answer, they find that the caller has gone.
    """
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
