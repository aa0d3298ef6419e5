"""What operators are told of work that nobody does."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

from bot.app import create_app
from bot.observability import overdue
from bot.observability.overdue import WorkOverdue, overdue_probe
from domain import due
from domain.actions.messages import outbox
from domain.actions.messages.outbox import Draft
from domain.model.messages import Urgency
from domain.work import Work
from tests.outbox import row, write
from tests.people import Cast
from tests.stage import Stage

LATE = 15.001


@pytest.fixture(autouse=True)
def always_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the store each time, instead of only every few seconds."""
    monkeypatch.setattr(overdue, "REMEMBERED_SECONDS", -1.0)


def is_overdue(stage: Stage) -> bool:
    try:
        overdue_probe(stage.work)()
    except WorkOverdue:
        return True
    return False


def waited(kind: str) -> float:
    return REGISTRY.get_sample_value("pulseops_longest_wait_seconds", {"kind": kind}) or 0.0


def schedule(stage: Stage, kind: str, *, in_seconds: float = 0, subject: str = "any") -> None:
    work = stage.work()
    at = stage.clock.now()
    due.schedule(work, kind, at, due.Subject(subject))
    work.commit()
    stage.clock.advance(seconds=in_seconds)


def test_nothing_is_overdue_while_nothing_waits(either_stage: Stage) -> None:
    assert not is_overdue(either_stage)
    assert (waited("message"), waited("due")) == (0, 0)


def test_a_reply_is_overdue_after_fifteen_seconds(either_stage: Stage, cast: Cast) -> None:
    write(either_stage, cast)
    either_stage.clock.advance(seconds=15)
    assert not is_overdue(either_stage)
    either_stage.clock.advance(seconds=1)
    assert is_overdue(either_stage)
    assert waited("message") == 16


def test_a_due_item_is_overdue_after_fifteen_seconds_whichever_its_shard(
    either_stage: Stage,
) -> None:
    for number in range(20):
        schedule(either_stage, "unheard", subject=f"s{number}")
    assert not is_overdue(either_stage)
    either_stage.clock.advance(seconds=LATE)
    assert is_overdue(either_stage)
    assert waited("due") == pytest.approx(LATE)


@pytest.mark.parametrize("urgency", [Urgency.NEWS, Urgency.BULK])
def test_what_may_wait_for_the_rate_of_its_number_is_not_overdue(
    stage: Stage, cast: Cast, urgency: Urgency
) -> None:
    write(stage, cast, urgency=urgency)
    stage.clock.advance(minutes=5)
    assert not is_overdue(stage)


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize("kind", ["refund", "broadcast"])
def test_what_may_take_long_is_not_overdue(stage: Stage, kind: str) -> None:
    schedule(stage, kind, in_seconds=300)
    assert not is_overdue(stage)


def test_what_is_deferred_is_not_overdue_before_its_time(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    work = stage.work()
    outbox.requeue(work, row(stage, message), stage.clock.now() + outbox.WINDOW)
    work.commit()
    stage.clock.advance(minutes=5)
    assert not is_overdue(stage)


def test_one_late_reply_is_found_behind_many_that_are_not(stage: Stage, cast: Cast) -> None:
    write(stage, cast)
    stage.clock.advance(seconds=LATE)
    work = stage.work()
    for number in range(20):
        outbox.send(work, Draft("settings/help", to=f"con_{number}", clinic=cast.clinic))
    work.commit()
    assert is_overdue(stage)


def test_health_is_degraded_until_somebody_works(stage: Stage, cast: Cast) -> None:
    client = create_app(stage.parts).test_client()
    write(stage, cast)
    stage.clock.advance(seconds=LATE)
    answer = client.get("/health")
    assert answer.status_code == 200
    body = answer.get_json()
    assert body["status"] == "degraded"
    assert "workers" in body["degraded"]
    assert body["services"]["workers"] == "disconnected"
    assert 'pulseops_longest_wait_seconds{kind="message"} 15' in client.get("/metrics").text
    stage.settle()
    assert client.get("/health").get_json()["services"]["workers"] == "connected"
    assert 'pulseops_longest_wait_seconds{kind="message"} 0' in client.get("/metrics").text


@pytest.mark.usefixtures("cast")
def test_the_store_is_asked_once_in_some_seconds(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overdue, "REMEMBERED_SECONDS", 60.0)
    asked = []

    def open_work() -> Work:
        asked.append(1)
        return stage.work()

    probe = overdue_probe(open_work)
    for _ in range(3):
        probe()
    assert len(asked) == 1


def test_a_shard_that_does_not_go_on_is_seen_within_ten_seconds(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("bot.observability.overdue.time.monotonic", lambda: now[0])
    probe = overdue_probe(stage.work)
    write(stage, cast)
    for _ in range(6):
        stage.clock.advance(seconds=1)
        probe()
        now[0] += 1
    with pytest.raises(WorkOverdue):
        probe()
    stage.settle()
    probe()


def test_a_long_queue_that_goes_on_is_not_overdue(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("bot.observability.overdue.time.monotonic", lambda: now[0])
    probe = overdue_probe(stage.work)
    for _ in range(12):  # each time the oldest has gone, and the next stands in its place
        write(stage, cast)
        stage.clock.advance(seconds=1)
        probe()
        stage.settle()
        now[0] += 1
