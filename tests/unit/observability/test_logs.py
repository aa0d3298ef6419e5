"""Logs say what happened, never to whom (I10)."""

from __future__ import annotations

import ast
import io
import json
import logging
import logging.config
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

import pytest
import structlog
from flask import Flask, g

from bot.observability import logs, metrics

ROOT = Path(__file__).parents[3]
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
SECRETS = ("Asha", "98765", "chest pain", "482913", "payr_")


class Log:
    """What was written, as text and as objects."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    names = (*logs.OWN, *logs.PLAIN)
    before = root.level, list(root.handlers), {n: logging.getLogger(n).level for n in names}
    hooks = sys.excepthook, threading.excepthook, logging.raiseExceptions
    found = Log()
    logs.configure("info", found.stream)
    yield found
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    for name, level in before[2].items():
        logging.getLogger(name).setLevel(level)
    sys.excepthook, threading.excepthook, logging.raiseExceptions = hooks


def nothing_leaks(log: Log) -> bool:
    return not any(secret in log.text for secret in SECRETS)


def test_an_event_is_one_line_of_json_with_its_fields(log):
    structlog.get_logger().info("token_confirmed", tokenId="TKN_01JAB2", count=3, durationMs=1.5)
    (line,) = log.lines
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "token_confirmed",
        "level": "info",
        "tokenId": "TKN_01JAB2",
        "count": 3,
        "durationMs": 1.5,
    }


def test_fields_outside_the_list_are_redacted(log):
    structlog.get_logger().info("greeted", name="Asha", phone="+919876543021", text="chest pain")
    (line,) = log.lines
    assert (line["name"], line["phone"], line["text"]) == (logs.REDACTED,) * 3
    assert nothing_leaks(log)


@pytest.mark.parametrize(
    "value",
    [
        "Asha Mukherjee",
        "+919876543021",
        "919876543021",
        "98765-43021",
        "tel:919876543021",
        "wamid.HBgLOTE5ODc2NTQzMDIx",
        "482913",
        "chest pain",
        "आशा",
        "asha@example.org",
        "/pay/x?phone=98765",
        9876543021,
        {"name": "Asha"},
        b"Asha",
        ["TKN_1", "chest pain"],
    ],
    ids=repr,
)
def test_a_known_field_takes_no_words_numbers_or_addresses(log, value):
    structlog.get_logger().info("greeted", reason=value)
    assert logs.REDACTED in json.dumps(log.lines[0]["reason"])
    assert nothing_leaks(log)


@pytest.mark.parametrize(
    "value",
    [
        "TKN_01JAB2C3D4E5F6G7H8J9K0MNPQ",
        f"TKN_{7:026d}",
        "2f1c9a3e-11111111-4a4a",
        "/api/v1/doctors/<doctor_id>/queue",
        "GET",
        "web/checkout/views.py:120",
        "",
        131047,
        None,
        True,
        0.25,
        ["store/sqlite.py:10", "web/checkout/views.py:5"],
    ],
    ids=repr,
)
def test_ids_codes_routes_and_counts_pass(log, value):
    structlog.get_logger().info("done", reason=value)
    assert log.lines[0]["reason"] == value


def test_a_sender_of_ours_is_told_by_its_id_and_never_by_its_number(log):
    structlog.get_logger().error("order_paid_elsewhere", sender=logs.sender_id("106540352242922"))
    structlog.get_logger().error("order_paid_elsewhere", sender=logs.sender_id("+918040009000"))
    structlog.get_logger().error("order_paid_elsewhere", sender="918040009000")
    assert [line["sender"] for line in log.lines] == [
        "sender_106540352242922",
        logs.REDACTED,
        logs.REDACTED,
    ]


def test_every_line_of_the_product_has_known_fields_only():
    unknown = [
        f"{path.relative_to(ROOT)}:{node.lineno} {keyword.arg}"
        for package in (*logs.OWN, "web")
        if package != "simulator"
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if is_a_line(node)
        for keyword in node.keywords
        if keyword.arg not in {*logs.FIELDS, "exc_info"}
    ]
    assert unknown == []


def is_a_line(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and ast.unparse(node.func.value).rpartition(".")[2] == "log"
    )


def test_an_event_that_is_a_sentence_is_redacted(log):
    structlog.get_logger().warning("Asha said she has chest pain", **{"Asha 98765": 1})
    (line,) = log.lines
    assert line["event"] == logs.REDACTED
    assert line["field"] == logs.REDACTED
    assert nothing_leaks(log)


def test_an_error_is_its_type_and_where_it_rose(log):
    def fail() -> None:
        name = "Asha"
        try:
            {"Ravi": 1}[name]
        except KeyError as error:
            raise ValueError(f"{name} has chest pain") from error

    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("turn_failed")
    (line,) = log.lines
    assert line["level"] == "error"
    assert (line["error"], line["cause"]) == ("ValueError", "KeyError")
    assert len(line["where"]) == 2
    assert all(
        place.startswith("tests/unit/observability/test_logs.py:") for place in line["where"]
    )
    assert nothing_leaks(log)


def test_an_error_without_a_line_of_ours_names_the_librarys(log):
    try:
        json.loads("Asha")
    except ValueError as error:
        cut = error.__traceback__
        while cut is not None and cut.tb_next is not None:
            cut = cut.tb_next
        structlog.get_logger().error("bad_json", exc_info=error.with_traceback(cut))
    assert log.lines[0]["where"][0].startswith("json/decoder.py:")


@pytest.mark.parametrize("name", ["root", "twilio.http_client", "urllib3.connectionpool", "rq"])
def test_of_a_librarys_message_only_its_logger_and_level_remain(log, name):
    library = logging.getLogger(None if name == "root" else name)
    library.info("Sending message to 919876543021")
    library.error("Response: {'contacts': [{'input': '919876543021'}]}")
    library.warning("Message to %s", "Asha")
    library.error({"said": "chest pain"})
    assert [(x["event"], x["logger"], x["level"]) for x in log.lines] == [
        ("library", name, "error"),
        ("library", name, "warning"),
        ("library", name, "error"),
    ]
    assert nothing_leaks(log)


def test_our_own_loggers_of_the_standard_library_keep_the_events_name(log):
    own = logging.getLogger("bot.channels.cloud.channel")
    own.info("cloud_mark_read_failed %s", "Asha")
    own.info("Asha has chest pain")
    own.debug("too_quiet")
    assert [x["event"] for x in log.lines] == ["cloud_mark_read_failed", "log"]
    assert nothing_leaks(log)


def test_the_servers_fixed_words_are_kept_without_their_values(log):
    server = logging.getLogger("gunicorn.error")
    server.info("Booting worker with pid: %s", 17)
    try:
        int("chest pain")
    except ValueError:
        server.exception("Error handling request %s", "/pay/payr_12345?name=Asha")
    first, second = log.lines
    assert first["event"] == "booting_worker_with_pid"
    assert second["event"] == "error_handling_request"
    assert second["error"] == "ValueError"
    assert nothing_leaks(log)


def test_the_handler_can_stand_in_a_logging_configuration(log, capsys):
    logging.config.dictConfig({
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"stdout": {"class": "bot.observability.logs.JsonHandler"}},
        "loggers": {"gunicorn.error": {"handlers": ["stdout"], "propagate": False}},
    })  # fmt: skip
    logging.getLogger("gunicorn.error").warning("WORKER TIMEOUT (pid:%s)", 3)
    assert json.loads(capsys.readouterr().out)["event"] == "worker_timeout_pid"
    logs.configure("info", log.stream)
    logging.getLogger("gunicorn.error").warning("Quick shutdown requested")
    assert [x["event"] for x in log.lines] == ["quick_shutdown_requested"]


def test_standard_output_is_found_at_the_moment_of_writing(log, capsys):
    logs.configure("info")
    structlog.get_logger().info("written")
    logging.getLogger("bot").warning("also_written")
    written = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert written == ["written", "also_written"]
    assert log.text == ""


@pytest.mark.parametrize(("level", "expected"), [("debug", 3), ("warning", 1), ("error", 0)])
def test_the_level_decides_what_is_written(log, level, expected):
    logs.configure(level, log.stream)
    for say in ("debug", "info", "warning"):
        getattr(structlog.get_logger(), say)("said")
    assert len(log.lines) == expected


def test_errors_nobody_caught_are_logged_without_their_text(log, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    logs.configure("info", log.stream)

    def fail() -> None:
        raise ValueError("chest pain")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    assert [(x["event"], x["error"]) for x in log.lines] == [("uncaught", "ValueError")] * 2
    assert nothing_leaks(log)


@pytest.fixture
def app() -> Flask:
    made = Flask("bot.app")
    logs.install(made)

    @made.get("/patients/<name>")
    def patient(name: str) -> dict[str, str | None]:
        structlog.contextvars.bind_contextvars(userId="USR_farida", clinicId="CLINIC_city")
        structlog.get_logger().info("looked")
        return {"requestId": g.request_id, "name": name}

    @made.get("/fails/<name>")
    def fails(name: str) -> str:
        raise RuntimeError(name)

    return made


def test_a_request_logs_its_route_and_never_its_path(app, log):
    answer = app.test_client().get("/patients/Asha?phone=+919876543021")
    looked, request = log.lines
    assert looked["requestId"] == request["requestId"] == answer.headers["X-Request-Id"]
    assert answer.json["requestId"] == request["requestId"]
    assert (request["route"], request["status"], request["method"]) == (
        "/patients/<name>",
        200,
        "GET",
    )
    assert (request["userId"], request["clinicId"]) == ("USR_farida", "CLINIC_city")
    assert request["durationMs"] >= 0
    assert nothing_leaks(log)
    assert 'route="/patients/<name>",status="200"' in metrics.exposition().decode()


def test_what_one_request_noted_is_not_the_next_ones(app, log):
    client = app.test_client()
    client.get("/patients/Asha")
    client.open("/nowhere/Asha", method="BREW")
    last = log.lines[-1]
    assert "userId" not in last
    assert (last["route"], last["status"], last["method"]) == ("unmatched", 404, "other")
    assert nothing_leaks(log)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("req-1.a_B", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("chest pain", False),
        ("a,b", False),
        ("", False),
    ],
)
def test_a_sane_request_id_is_kept(app, log, sent, kept):
    answer = app.test_client().get("/patients/Asha", headers={"X-Request-Id": sent})
    assert (answer.headers["X-Request-Id"] == sent) is kept
    assert logs._REQUEST_ID.fullmatch(answer.headers["X-Request-Id"])
    assert nothing_leaks(log)


def test_an_unhandled_error_is_logged_once_with_the_requests_id(app, log):
    answer = app.test_client().get("/fails/Asha")
    assert answer.status_code == 500
    failed, request = log.lines
    assert (failed["event"], failed["error"]) == ("request_failed", "RuntimeError")
    assert failed["requestId"] == request["requestId"] == answer.headers["X-Request-Id"]
    assert nothing_leaks(log)
