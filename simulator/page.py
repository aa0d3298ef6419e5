"""The page with the phones, and the stream that keeps it up to date."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Blueprint, Response, request, send_from_directory

from simulator import limits
from simulator.control import describe
from simulator.sending import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.parts import Parts

Payload = dict[str, Any]

STATIC = Path(__file__).parent / "static"
# A phone's newest messages that a page begins with.
MESSAGES_KEPT = 300
HEARTBEAT_SECONDS = 15.0
# Changes are collected this long, so that a burst is one event and not hundreds.
GATHER_SECONDS = 0.03
# Every open page holds a thread of the server. With more pages than this the oldest one is closed,
# which leaves most threads to Meta's side.
STREAMS_MAX = 48
# Scripts and styles are the simulator's own. Frames show the product's pages, and pictures may be
# the product's, wherever on this machine it listens.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self';"
    " img-src 'self' data: http://localhost:* http://127.0.0.1:*;"
    " frame-src http://localhost:* http://127.0.0.1:*;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

# A document is shown inside a phone by the browser's viewer, which has its own styles.
FILE_POLICY = "frame-ancestors 'self'"
PDF = "application/pdf"


def blueprint(parts: Parts) -> Blueprint:
    """Return the page's addresses, working on *parts*."""
    page = Blueprint("page", __name__)
    streams = Streams(parts)

    @page.get("/")
    def index() -> Response:
        return send_from_directory(STATIC, "index.html")

    @page.get("/static/<path:name>")
    def static(name: str) -> Response:
        return send_from_directory(STATIC, name)

    @page.get("/photos/<media_id>")
    def photo(media_id: str) -> Response:
        media = parts.library.find(media_id)
        if media is None or not media.mime_type.startswith("image/"):
            return Response(status=404)
        return Response(media.content, mimetype=media.mime_type)

    @page.get("/files/<media_id>")
    def file(media_id: str) -> Response:
        media = parts.library.find(media_id)
        if media is None or media.mime_type not in limits.DOCUMENT_TYPES:
            return Response(status=404)
        found = Response(media.content, mimetype=media.mime_type)
        if media.mime_type == PDF:
            found.headers["Content-Security-Policy"] = FILE_POLICY
        else:
            found.headers["Content-Disposition"] = "attachment"
        return found

    @page.get("/events")
    def events() -> Response:
        last = request.headers.get("Last-Event-ID", "")
        stream = Response(streams.open(last), mimetype="text/event-stream")
        stream.headers["Cache-Control"] = "no-store"
        return stream

    return page


class Streams:
    """Sends changes to open pages.

    A page that connects again names the last event that it saw, and gets all changes since, or
    everything if that event is too old. Either way it misses nothing.
    """

    def __init__(self, parts: Parts) -> None:
        """Work on *parts*."""
        self._parts = parts
        self._world = parts.world
        self._lock = threading.Lock()
        self._open: list[object] = []

    def open(self, last: str) -> Iterator[str]:
        """Yield the events after the one with the id *last*, until the simulator stops."""
        world = self._world
        me = object()
        with self._lock:
            self._open.append(me)
            del self._open[: len(self._open) - STREAMS_MAX]
        epoch, _, seen = last.partition(".")
        revision = int(seen) if seen.isdecimal() else -1
        try:
            yield "retry: 1000\n\n"
            while not world.stopping and me in self._open:
                event, epoch, revision = self._next(epoch, revision)
                yield event
                world.wait_for(partial(self._has_changed, epoch, revision), HEARTBEAT_SECONDS)
                world.wait_for(lambda: False, GATHER_SECONDS)
        finally:
            with self._lock:
                if me in self._open:
                    self._open.remove(me)

    def _has_changed(self, epoch: str, revision: int) -> bool:
        return self._world.revision > revision or self._world.epoch != epoch

    def _next(self, epoch: str, revision: int) -> tuple[str, str, int]:
        """Return the next event, and the epoch and revision that a page has after it."""
        world = self._world
        with world.lock:
            changes = world.changes_since(revision) if epoch == world.epoch else None
            name, data = ("snapshot", self._snapshot())
            if changes is not None:
                name, data = "changes", self._changes(changes)
            now = world.revision
            data["now"] = time.time()
            if changes is not None and not changes:
                return ": still here\n\n", world.epoch, now
            body = msgspec.json.encode(data).decode()
            event = f"id: {world.epoch}.{now}\nevent: {name}\ndata: {body}\n\n"
            return event, world.epoch, now

    def _snapshot(self) -> Payload:
        world = self._world
        return {
            "numbers": [as_json(number) for number in self._parts.config.numbers],
            "phones": [as_json(phone) for phone in world.phones.values()],
            "messages": [
                describe(message)
                for messages in world.messages.values()
                for message in messages[-MESSAGES_KEPT:]
            ],
            "chats": [as_json(chat) for chat in world.chats.values()],
            "webhooks": self._parts.courier.summary(),
        }

    def _changes(self, changes: set[tuple[Any, str]]) -> Payload:
        world = self._world
        data: Payload = {"phones": [], "messages": [], "chats": []}
        for topic, key in changes:
            if topic == "message" and key in world.by_id:
                data["messages"].append(describe(world.by_id[key]))
            elif topic == "phone" and key in world.phones:
                data["phones"].append(as_json(world.phones[key]))
            elif topic == "chat":
                number, _, wa_id = key.partition("/")
                data["chats"].append(as_json(world.chat(number, wa_id)))
            elif topic == "webhooks":
                data["webhooks"] = self._parts.courier.summary()
        data["messages"].sort(key=lambda message: message["index"])
        return data
