"""One process's live pages: up to a thousand, and one thread that reads the lines they watch.

A page's thread sleeps until its line has a new frame. The watching thread reads the heads of all
watched lines together every few seconds, and at once those for which Redis reports a change. It
counts the day's tokens only for a head that changed. So the load on the store grows with changes of
lines, not with open pages; a change that Redis loses is found by the next periodic read.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import structlog

from api.frame.stream_shares import (
    RETRY_AFTER_SECONDS,
    Closing,
    Stream,
    StreamShares,
    Watcher,
)
from api.schemas.queues import QueueUpdate
from domain.actions.line import snapshots
from domain.actions.line.snapshots import Snapshot, WatchedLine
from domain.actions.staff import sessions
from domain.errors import Busy, NotSignedIn, PulseOpsError
from domain.model.accounts import Session
from domain.model.clinics import User
from domain.model.queues import number_text
from domain.ports import Ref
from domain.scopes import Scope, SystemScope
from domain.work import Work

MOST_STREAMS = 1000
"""Streams per process; the threads beyond are reserved for webhooks and the rest of the API."""
MOST_OF_USER = 50
"""Streams of one account in a process: a page for each of a dozen lines, on a few screens."""
CLOSING = 20
"""Streams that were told to end and have not yet, beside those that are counted."""
EVERY_SECONDS = 5.0
"""How often all watched lines are read."""
BEAT_SECONDS = 15.0
"""How often a stream without events sends a heartbeat, which also finds closed connections."""
PARTS = 10
"""Sessions are checked a part at a time, so that a webhook never waits for all of them."""
READ_AT_ONCE = 100

Key = tuple[str, str]
OpenWork = Callable[[Scope], Work]
Listen = Callable[[Callable[[str], None]], None]
"""Calls back with the doctor's id of each line that changes, as long as the process lives."""

_NUMBER = re.compile(r"[0-9]{1,20}")
log = structlog.get_logger()


@dataclass
class _WatchedLine:
    """A line that pages watch, and its newest frame."""

    line: WatchedLine
    changed: threading.Condition = field(default_factory=threading.Condition)
    reading: threading.Lock = field(default_factory=threading.Lock)
    read_begun: float = 0.0
    number: int = -1
    frame: bytes = b""
    streams: set[Stream] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return self.line.clinic.clinic_id, self.line.doctor_id


class Hub:
    """Opens streams and keeps them up to date; its threads begin with the first stream."""

    def __init__(
        self,
        open_work: OpenWork,
        listen: Listen,
        *,
        most: int = MOST_STREAMS,
        most_of_user: int = MOST_OF_USER,
        every: float = EVERY_SECONDS,
        beat: float = BEAT_SECONDS,
    ) -> None:
        """Take at most *most* streams; *every* and *beat* are in seconds."""
        self._open_work = open_work
        self._listen = listen
        self._shares = StreamShares(most, most_of_user)
        self._every = every
        self._beat = beat
        self._lines: dict[Key, _WatchedLine] = {}
        self._open = 0
        self._opened = 0
        self._lock = threading.Lock()
        self._changed_doctors: set[str] = set()
        self._bell = threading.Condition()
        self._started = False

    @property
    def open(self) -> int:
        """How many streams are open in this process."""
        return self._open

    def check_room(self, user: User) -> None:
        """Raise `Busy` unless there is room for one more stream of *user*, or one gives way to it.

        Raises:
            Busy: If as many are open as may be; says after how many seconds to try again.
        """
        with self._lock:
            self._find_room(user)

    def _find_room(self, user: User) -> tuple[Stream, Closing] | None:
        if self._open >= self._shares.most + CLOSING:
            raise Busy(
                "Live pages are being closed; please try again in a moment.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            )
        return self._shares.find_room(user)

    def stream(self, line: WatchedLine, watcher: Watcher, seen: str | None) -> Iterator[bytes]:
        """Yield the events of one page until its session ends, or it gives way to another.

        A snapshot comes first, unless the page has it: *seen* is the number of its last event. A
        page that gives way is told why by its last event, `closed`.
        """
        try:
            watched, stream = self._admit(line, watcher)
        except Busy:
            return  # others were faster than this call; the page reconnects by itself
        try:
            self._start_threads()
            yield from self._yield_events(watched, stream, seen)
            if stream.closing is not None:
                yield closed_frame(stream.closing)
        except PulseOpsError as error:
            # The page reconnects by itself.
            log.warning("stream_ended", error=type(error).__name__)
        finally:
            with self._lock:
                self._open -= 1
                self._shares.remove(stream)
                watched.streams.discard(stream)
                if not watched.streams and self._lines.get(watched.key) is watched:
                    del self._lines[watched.key]

    def _admit(self, line: WatchedLine, watcher: Watcher) -> tuple[_WatchedLine, Stream]:
        """Count a new stream, and let the one end that gives way to it.

        Raises:
            Busy: If there is no room.
        """
        with self._lock:
            giving_way = self._find_room(watcher.user)
            self._opened += 1
            stream = Stream(watcher, self._opened % PARTS)
            self._open += 1
            watched = self._lines.setdefault(
                (line.clinic.clinic_id, line.doctor_id), _WatchedLine(line)
            )
            watched.line = line
            watched.streams.add(stream)
            self._shares.add(stream)
            if giving_way is not None:
                self._close(*giving_way)
        return watched, stream

    def _close(self, stream: Stream, why: Closing) -> None:
        stream.closing = why
        self._shares.remove(stream)
        for watched in self._lines.values():
            if stream in watched.streams:
                _end(stream, watched)

    def ring(self, doctor_id: str) -> None:
        """Schedule an immediate read of that doctor's line."""
        with self._bell:
            self._changed_doctors.add(doctor_id)
            self._bell.notify()

    def refresh(self, doctor_ids: Iterable[str] | None = None) -> None:
        """Read the watched lines of these doctors, or all; wake the pages of those that changed.

        Raises:
            StoreUnavailable: If the store does not answer.
        """
        wanted = None if doctor_ids is None else set(doctor_ids)
        with self._lock:
            lines = list(self._lines.values())
        lines = [w for w in lines if wanted is None or w.line.doctor_id in wanted]
        for begin in range(0, len(lines), READ_AT_ONCE):
            some = lines[begin : begin + READ_AT_ONCE]
            with ExitStack() as held:
                for watched in some:
                    held.enter_context(watched.reading)
                self._read_lines(some)

    def end_stale(self, part: int | None = None) -> None:
        """End the streams whose session has ended or whose account may no longer watch.

        *part* names which of the PARTS parts is checked; None: all.

        Raises:
            StoreUnavailable: If the store does not answer.
        """
        with self._lock:
            pairs = [(w, s) for w in self._lines.values() for s in w.streams]
        pairs = [(w, s) for w, s in pairs if part in {None, s.part}]
        for begin in range(0, len(pairs), READ_AT_ONCE):
            some = pairs[begin : begin + READ_AT_ONCE]
            over = self._ended_sessions({s.watcher.key: s.watcher for _, s in some})
            for watched, stream in some:
                if stream.watcher.key in over:
                    _end(stream, watched)

    def _ended_sessions(self, watchers: dict[Key, Watcher]) -> set[Key]:
        """Return which of *watchers* may no longer watch, in one read."""
        work = self._open_work(SystemScope("see whether those who watch are still signed in"))
        refs: list[Ref] = []
        for who in watchers.values():
            refs.append((Session, (who.session.session_id,)))
            refs.append((User, (who.user.clinic_id, who.user.user_id)))
        work.fetch(refs)
        return {key for key, who in watchers.items() if not _may_still_look(work, who)}

    def _yield_events(
        self, watched: _WatchedLine, stream: Stream, seen: str | None
    ) -> Iterator[bytes]:
        self._ensure_fresh(watched)
        yield b"retry: 3000\n\n"
        last = int(seen) if seen is not None and _NUMBER.fullmatch(seen) else -1
        while not stream.ended:
            with watched.changed:
                came = watched.changed.wait_for(_has_news(watched, stream, last), self._beat)
                number, frame = watched.number, watched.frame
            if number != last:
                last = number
                yield frame
            elif not came:
                yield b": \n\n"

    def _ensure_fresh(self, watched: _WatchedLine) -> None:
        """Read a line, unless a read that began after this call has ended: callers share reads."""
        came = time.monotonic()
        with watched.reading:
            if watched.read_begun < came:
                self._read_lines([watched])

    def _read_lines(self, lines: Sequence[_WatchedLine]) -> None:
        """Read the heads of *lines*, whose locks are held, and publish those that changed."""
        begun = time.monotonic()
        work = self._open_work(SystemScope("show live pages the lines they watch"))
        for watched, head in zip(
            lines, snapshots.current_heads(work, [w.line for w in lines]), strict=True
        ):
            if head.number != watched.number:
                shot = snapshots.take_snapshot(work, head)
                with watched.changed:
                    watched.number, watched.frame = shot.number, frame_of(shot)
                    watched.changed.notify_all()
            watched.read_begun = begun

    def _start_threads(self) -> None:
        with self._lock:
            if self._started:
                return
            self._started = True
        # Not before the first stream: threads do not survive the fork of the web server.
        for name, run in (
            ("streams-watch", self._watch),
            ("streams-listen", self._listen_for_changes),
        ):
            threading.Thread(target=run, name=name, daemon=True).start()

    def _listen_for_changes(self) -> None:
        self._listen(self.ring)

    def _watch(self) -> None:
        turn, at = 0, time.monotonic()
        while True:
            with self._bell:
                left = at + self._every / PARTS - time.monotonic()
                self._bell.wait_for(lambda: bool(self._changed_doctors), max(0.0, left))
                rung, self._changed_doctors = self._changed_doctors, set()
            now = time.monotonic()
            if is_due := now >= at + self._every / PARTS:
                turn, at = (turn + 1) % PARTS, now
            try:
                self.refresh(None if is_due and not turn else rung)
                if is_due:
                    self.end_stale(turn)
            except Exception as error:  # noqa: BLE001 - one failure must not end all updates
                log.warning("streams_not_read", error=type(error).__name__)


def frame_of(shot: Snapshot) -> bytes:
    """Render a snapshot as one server-sent event, with its JSON on one line."""
    number = shot.current_number
    update = QueueUpdate(
        queue_id=shot.queue_id,
        doctor_id=shot.doctor_id,
        date=shot.date,
        status=shot.status,
        current_token=shot.current_token,
        current_token_number=None if number is None else number_text(number),
        total_tokens=shot.counts.total,
        completed_tokens=shot.counts.completed,
        pending_tokens=shot.counts.pending,
        skipped_tokens=shot.counts.skipped,
        estimated_resume_time=shot.resume_expected_at,
        late_until=shot.late_until,
        timestamp=shot.at,
    )
    data = update.model_dump_json(by_alias=True)
    return f"event: queue_update\nid: {shot.number}\ndata: {data}\n\n".encode()


def closed_frame(why: Closing) -> bytes:
    """Render the last event of a page that gives way, which should not open itself again at once.

    A page that does not know the event waits a minute before it does.
    """
    return f'retry: 60000\nevent: closed\ndata: {{"reason":"{why}"}}\n\n'.encode()


def _end(stream: Stream, watched: _WatchedLine) -> None:
    with watched.changed:
        stream.ended = True
        watched.changed.notify_all()


def _has_news(watched: _WatchedLine, stream: Stream, last: int) -> Callable[[], bool]:
    """Return the condition a page waits for: its end, or a frame it does not have."""
    return lambda: stream.ended or watched.number != last


def _may_still_look(work: Work, watcher: Watcher) -> bool:
    session, was = watcher.session, watcher.user
    try:
        _, user = sessions.read_session(
            work, session.session_id, session.clinic_id, session.user_id
        )
    except NotSignedIn:
        return False
    return (user.role, user.doctor_id) == (was.role, was.doctor_id)
