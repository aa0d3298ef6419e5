"""Logs: one JSON object a line on standard output, without anything about a person (I10).

A line may hold only what is listed here: an event's name, and fields of known names whose values
look like ids, counts, codes or lines of code. Everything else comes out as "[redacted]", so a line
written in a hurry can become useless but cannot tell a patient's secret. The messages of libraries
may hold anything; only the logger's name and level are kept of them.
"""

from __future__ import annotations

import io
import logging
import re
import secrets
import sys
import threading
import time
import types
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any, TextIO, cast

import structlog
from flask import Flask, Response, g, request

from bot.observability import metrics

REDACTED = "[redacted]"
FIELDS = frozenset({
    # Who and what, by opaque ids. A payment's id is missing on purpose: it opens its page.
    "requestId", "userId", "clinicId", "doctorId", "contactId", "patientId", "tokenId", "queueId",
    "messageId", "visitId", "captureId", "broadcastId", "reportId", "sender",
    # What happened.
    "event", "level", "timestamp", "logger", "route", "method", "status", "durationMs", "outcome",
    "kind", "code", "provider", "reason", "state", "version", "setting", "services",
    # Work behind the scenes.
    "job", "shard", "count", "attempt", "attempts", "tries", "seconds", "pid", "port",
    # What went wrong, and where in the code.
    "error", "cause", "where",
})  # fmt: skip
"""The only names a line may have."""
OWN = ("api", "bot", "domain", "flows", "simulator", "store", "web", "workers")
"""Packages of the product: the first word of their loggers' messages is an event's name."""
PLAIN = frozenset({"gunicorn.error"})
"""Libraries whose messages are fixed texts with separate values; only the text is kept."""
FLASKS_WORDS = "Exception on "
"""How Flask begins its line about an error nobody handled; the path follows."""
FRAMES = 6
"""How many lines of code the line about an error names, the innermost last."""
REQUEST_ID_HEADER = "X-Request-Id"
UNMATCHED = "unmatched"
"""The route of an address that does not exist."""

_EVENT = re.compile(r"[a-z][a-z0-9]*(?:[_.][a-z0-9]+)*")
_VALUE = re.compile(r"[A-Za-z0-9\[(<][A-Za-z0-9_.:/<>#\[\]()-]{0,159}|/[A-Za-z0-9_.:/<>-]{0,159}|")
"""Ids, codes, route templates, instants and lines of code: no blank, no plus sign, no @."""
_LONG_RUN = re.compile(r"(?<![0-9A-Za-z_-])\d{7,}(?![0-9A-Za-z])")
"""Digits that stand alone: a phone number rather than a part of an id."""
_FEW_DIGITS = 4
"""A value with more digits than this and no letter is a person's number, or an OTP."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LARGEST = 10_000_000
"""No count, port or duration is larger; a phone number is."""
_ROOT = Path(__file__).resolve().parents[2]
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}

log = structlog.get_logger()


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Send everything this process logs to *stream* (standard output) as redacted JSON lines.

    May be called again, which replaces the former settings. Uncaught errors of any thread are
    logged the same way, not printed with their text.
    """
    out = stream or cast("TextIO", Stdout())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *_finish(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    # When writing a line fails, the logging module would print the line's values.
    logging.raiseExceptions = False
    root = logging.getLogger()
    _replace_handlers(root, JsonHandler(out))
    # Set on the root, so that libraries do not even build messages that nobody would see.
    root.setLevel(max(_LEVELS[level], logging.WARNING))
    for name in (*OWN, *PLAIN):
        logger = logging.getLogger(name)
        logger.setLevel(_LEVELS[level])
        logger.propagate = True
        _replace_handlers(logger)
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _log_uncaught
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _log_uncaught_in_thread


class Stdout(io.TextIOBase):
    """Standard output as it is at the moment of writing, since test tools replace it."""

    def write(self, text: str, /) -> int:
        """Write *text* to the present standard output."""
        return sys.stdout.write(text)

    def flush(self) -> None:
        """Flush the present standard output."""
        sys.stdout.flush()


class JsonHandler(logging.StreamHandler[TextIO]):
    """Writes what the standard library's loggers say; can also stand in a logging dictConfig."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream or cast("TextIO", Stdout()))
        self.setFormatter(JsonFormatter())
        self.addFilter(_is_worth_a_line)


class JsonFormatter(logging.Formatter):
    """Makes one redacted JSON line of a record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return *record* as a line without the values of its message."""
        line: MutableMapping[str, Any] = {
            "event": _event_of(record),
            "logger": record.name,
            "exc_info": record.exc_info,
        }
        structlog.contextvars.merge_contextvars(None, "", line)
        line["level"] = record.levelname.lower()
        for step in _finish():
            line = step(None, "", line)
        return str(line)


def describe_error(
    _logger: object, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace an error by its type and where it was raised, since its text may name a person."""
    line.pop("stack_info", None)
    error = _error_of(line.pop("exc_info", None))
    if error is not None:
        line["error"] = type(error).__name__
        line["where"] = _frames(error)
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is not None:
            line["cause"] = type(cause).__name__
    return line


def redact(
    _logger: object, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Redact every field that is not known, or whose value may be about a person."""
    kept: dict[str, Any] = {}
    for name, value in line.items():
        if name == "event":
            kept[name] = value if isinstance(value, str) and _EVENT.fullmatch(value) else REDACTED
        elif name in FIELDS:
            kept[name] = _redact_value(value)
        else:
            # A field's name that is no identifier may itself be the secret.
            kept[name if name.isidentifier() and name.isascii() else "field"] = REDACTED
    return kept


def sender_id(phone_number_id: str) -> str:
    """Return a value that tells operators which WhatsApp number of ours a line is about.

    Meta's id of a number is all digits, which the filter takes for a person's number: the prefix
    tells the two apart. A provider whose id of a sender is the phone number itself, with its plus
    sign, is still redacted.
    """
    return f"sender_{phone_number_id}"


def install(app: Flask) -> None:
    """Give every request an id and a line in the log, and count it in the metrics.

    Must be called before anything else handles requests, so that those lines have the id too.
    """

    @app.before_request
    def begin() -> None:
        sent = request.headers.get(REQUEST_ID_HEADER, "")
        g.request_id = sent if _REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)
        g.began = time.perf_counter()
        # Threads serve one request after another: forget what the last one bound.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(requestId=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        if "request_id" not in g:
            return response
        response.headers[REQUEST_ID_HEADER] = g.request_id
        seconds = time.perf_counter() - g.began
        rule = request.url_rule
        route = rule.rule if rule is not None else UNMATCHED
        metrics.count_request(request.method, route, response.status_code, seconds)
        log.info(
            "request",
            method=request.method if request.method in metrics.METHODS else metrics.OTHER,
            route=route,
            status=response.status_code,
            durationMs=round(seconds * 1000, 1),
        )
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        structlog.contextvars.clear_contextvars()


def _finish() -> list[Any]:
    return [
        describe_error,
        redact,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(sort_keys=False),
    ]


def _replace_handlers(logger: logging.Logger, *new: logging.Handler) -> None:
    # Only handlers that write lines are replaced: a test's own handlers are subclasses.
    for old in list(logger.handlers):
        if type(old) in {logging.StreamHandler, JsonHandler}:
            logger.removeHandler(old)
    for handler in new:
        logger.addHandler(handler)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or _is_own(record.name) or record.name in PLAIN


def _is_own(name: str) -> bool:
    return name.partition(".")[0] in OWN


def _event_of(record: logging.LogRecord) -> str:
    """Return an event's name for *record*, made of its fixed words only."""
    words = record.msg if isinstance(record.msg, str) else ""
    if words.startswith(FLASKS_WORDS):
        return "request_failed"
    if record.name in PLAIN:
        fixed = re.sub(r"%[-#0-9.]*[a-z]", " ", words.lower())
        return "_".join(re.findall(r"[a-z]+", fixed)[:8]) or "library"
    if _is_own(record.name):
        first = words.split(" ", 1)[0]
        # One word could be a name; an event's has parts.
        return first if "_" in first and _EVENT.fullmatch(first) else "log"
    return "library"


def _redact_value(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) <= _LARGEST else REDACTED
    if isinstance(value, str):
        fits = _VALUE.fullmatch(value) and not _is_number(value)
        # WhatsApp's ids of messages hold the phone number.
        return value if fits and not value.startswith("wamid") else REDACTED
    if isinstance(value, list | tuple):
        return [_redact_value(part) for part in value]
    return REDACTED


def _is_number(text: str) -> bool:
    lettered = any(c.isalpha() for c in text)
    bare = not lettered and sum(c.isdigit() for c in text) > _FEW_DIGITS
    return bare or _LONG_RUN.search(text) is not None


def _error_of(info: object) -> BaseException | None:
    match info:
        case BaseException():
            return info
        case (_, BaseException() as error, _):
            return error
        case None | False | (None, None, None):
            return None
        case _:
            return sys.exc_info()[1]


def _frames(error: BaseException) -> list[str]:
    """Return file and line of our own code on the way to *error*, or of the innermost if none."""
    walked = list(_walk(error.__traceback__))
    own = [frame for frame in walked if not frame.startswith("~")]
    return own[-FRAMES:] or [frame[1:] for frame in walked[-1:]]


def _walk(trace_back: types.TracebackType | None) -> Iterable[str]:
    while trace_back is not None:
        path, line = Path(trace_back.tb_frame.f_code.co_filename), trace_back.tb_lineno
        parts = path.relative_to(_ROOT).parts if path.is_relative_to(_ROOT) else ()
        if parts and not parts[0].startswith(".") and "site-packages" not in parts:
            yield f"{'/'.join(parts)}:{line}"
        else:
            yield f"~{'/'.join(path.parts[-2:])}:{line}"
        trace_back = trace_back.tb_next


def _log_uncaught(
    kind: type[BaseException],
    error: BaseException,
    trace_back: types.TracebackType | None,
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace_back)
        return
    log.critical("uncaught", exc_info=(kind, error, trace_back))


def _log_uncaught_in_thread(hook: threading.ExceptHookArgs) -> None:
    if not issubclass(hook.exc_type, SystemExit):
        log.critical("uncaught", exc_info=(hook.exc_type, hook.exc_value, hook.exc_traceback))
