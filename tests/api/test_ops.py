"""What operators ask."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from bot.observability import health, metrics
from bot.observability.health import Probe, ops_blueprint
from bot.observability.logs import install
from bot.observability.probes import reachability_probe


def well() -> None:
    pass


def ill() -> None:
    raise ConnectionError("secret-host:8000")


def client_of(
    database: Callable[[], None] = well,
    redis: Callable[[], None] = well,
    whatsapp: Callable[[], None] | None = well,
    workers: Callable[[], None] | None = well,
) -> FlaskClient:
    app = Flask("bot.app")
    install(app)
    started = datetime.now(UTC) - timedelta(minutes=2)
    app.register_blueprint(ops_blueprint(database, redis, started, whatsapp, workers))
    return app.test_client()


def test_health_is_healthy_when_everything_answers():
    answer = client_of().get("/health")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.get_json()
    assert body["status"] == "healthy"
    assert body["services"] == {
        "database": "connected",
        "redis": "connected",
        "whatsapp": "connected",
        "workers": "connected",
    }
    assert body["degraded"] == []
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None
    assert body["uptimeSeconds"] >= 120


@pytest.mark.parametrize("missing", ["redis", "whatsapp", "workers"])
def test_health_is_degraded_but_well_without(missing):
    answer = client_of(**{missing: ill}).get("/health")
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "degraded"
    assert answer.get_json()["degraded"] == [missing]
    assert answer.get_json()["services"][missing] == "disconnected"


def test_only_the_database_makes_health_fail_and_nothing_inside_is_told():
    answer = client_of(database=ill, redis=ill).get("/health")
    assert answer.status_code == 503
    assert answer.get_json()["status"] == "unhealthy"
    assert answer.get_json()["services"]["database"] == "disconnected"
    assert answer.get_json()["error"]
    assert b"secret-host" not in answer.data


def test_without_a_probe_nothing_is_claimed_of_whatsapp():
    assert "whatsapp" not in client_of(whatsapp=None).get("/health").get_json()["services"]


def test_a_dependency_that_hangs_holds_nobody_up_and_costs_one_thread(monkeypatch):
    monkeypatch.setattr(health, "REDIS_SECONDS", 0.01)
    release, asked = threading.Event(), []

    def hang() -> None:
        asked.append(1)
        release.wait(10)

    client = client_of(redis=hang)
    try:
        states = [client.get("/health").get_json()["services"]["redis"] for _ in range(3)]
    finally:
        release.set()
    assert states == ["disconnected"] * 3
    assert len(asked) == 1


def test_a_dependency_that_comes_back_is_seen():
    away = [True, False]

    def ask() -> None:
        if away.pop(0):
            ill()

    probe = Probe(ask, 5)
    assert [probe.begin().state, probe.begin().state] == ["disconnected", "connected"]


def test_a_provider_is_reachable_while_its_port_takes_connections():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ask = reachability_probe(f"http://127.0.0.1:{port}/v26.0")
        ask()
    ask()  # remembered: not asked again within half a minute
    with pytest.raises(ConnectionError):
        reachability_probe(f"http://127.0.0.1:{port}/v26.0")()


def test_live_asks_nobody():
    answer = client_of(database=ill, redis=ill, whatsapp=ill).get("/live")
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "alive"


def test_metrics_count_requests_by_route_and_status():
    client = client_of(database=ill)
    client.get("/health")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    text = answer.text
    assert 'pulseops_http_requests_total{method="GET",route="/health",status="503"}' in text
    assert 'pulseops_http_request_seconds_bucket{le="0.25",method="GET",route="/health"}' in text


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("count", "name", "labels"),
    [
        (lambda: metrics.count_inbound("text"), "inbound_messages", {"kind": "text"}),
        (lambda: metrics.count_inbound("Asha"), "inbound_messages", {"kind": "other"}),
        (lambda: metrics.count_turn("parked"), "turns", {"outcome": "parked"}),
        (
            lambda: metrics.count_rejection("cloud", "signature"),
            "webhooks_rejected",
            {"provider": "cloud", "reason": "signature"},
        ),
        (
            lambda: metrics.count_message_status("DELIVERED", "NOW"),
            "messages",
            {"status": "delivered", "class": "now"},
        ),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_labels_come_from_closed_sets(count, name, labels):
    before = value(f"pulseops_{name}_total", **labels)
    count()
    assert value(f"pulseops_{name}_total", **labels) == before + 1


def test_metrics_are_told_although_nobody_can_say_what_waits():
    assert client_of(workers=ill).get("/metrics").status_code == 200


def test_turns_are_there_before_the_first():
    assert 'pulseops_turns_total{outcome="unavailable"}' in metrics.exposition().decode()


def test_processes_that_share_a_folder_answer_for_each_other(tmp_path):
    def run(program: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", f"from bot.observability import metrics; {program}"],
            env=os.environ | {metrics.MULTIPROCESS_VARIABLE: str(tmp_path)},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    for _ in range(2):
        run("metrics.count_turn('acted')")
    numbers = run("print(metrics.exposition().decode())")
    assert 'pulseops_turns_total{outcome="acted"} 2.0' in numbers
