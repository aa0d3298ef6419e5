"""Which message goes when: order, urgency, a number's rate, and calls without an answer."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from redis.exceptions import RedisError
from structlog.testing import capture_logs

from bot.channels.rates import BUCKET_SECONDS
from domain.actions.delivery import freshness, states
from domain.actions.messages.outbox import outbox_shard_of
from domain.channel import ErrorClass, Outbound
from domain.errors import StoreUnavailable
from domain.model.messages import Consent, Message, MessageStatus, Urgency
from domain.model.people import Contact
from domain.work import Work
from tests.outbox import SHARD, failed, row, write
from tests.people import PLATFORM_SENDER, Cast
from tests.stage import PATIENCE_SECONDS, NoRates, NoRedis, Stage
from tests.troubled import nothing
from workers.deliver import Deliverer
from workers.ready import ORDER_KEPT


def test_a_persons_messages_come_in_their_order(stage: Stage, cast: Cast) -> None:
    ids = []
    for _ in range(12):
        stage.clock.advance(seconds=0.001)
        ids.append(write(stage, cast).message_id)
    stage.settle()
    assert [o.message_id for o in stage.channel.sent] == ids


def test_a_later_message_waits_for_an_earlier_one_that_goes_again(stage: Stage, cast: Cast) -> None:
    first = write(stage, cast)
    stage.channel.failures = deque([failed(ErrorClass.LATER), failed(ErrorClass.LATER)])
    stage.settle()
    stage.clock.advance(seconds=0.1)
    second = write(stage, cast)
    other = write(stage, cast, contact_id="con_ravi")
    stage.channel.failures = deque()
    assert [o.message_id for o in stage.settle()] == [other.message_id]
    stage.clock.advance(seconds=1)
    assert [o.message_id for o in stage.settle()] == [first.message_id, second.message_id]


def test_urgent_words_go_before_a_broadcast(stage: Stage, cast: Cast) -> None:
    bulk = [
        write(stage, cast, contact_id=c, urgency=Urgency.BULK, consent=Consent.NEWS).message_id
        for c in ("con_asha", "con_ravi")
        for _ in range(15)
    ]
    news = write(stage, cast, urgency=Urgency.NEWS).message_id
    turn = write(stage, cast, urgency=Urgency.NOW).message_id
    stage.settle()
    order = [o.message_id for o in stage.channel.sent]
    assert order[:2] == [turn, news]
    assert sorted(order[2:]) == sorted(bulk)


def test_urgent_words_in_doubt_do_not_stop_news(stage: Stage, cast: Cast) -> None:
    stuck = write(stage, cast)
    work = stage.work()
    found = work.get(Message, stuck.message_id)
    assert found is not None
    states.begin_sending(work, found, found.values)  # the process died here
    work.commit()
    news = write(stage, cast, contact_id="con_ravi", urgency=Urgency.NEWS)
    assert stage.deliverer.drain(SHARD) == 1
    assert [o.message_id for o in stage.channel.sent] == [news.message_id]


class Pair(NoRates):
    """Lets one message a person through, and no more."""

    def __init__(self) -> None:
        self.had: set[str] = set()

    def take_pair(self, sender: str, contact_id: str) -> bool:
        del sender
        allowed = contact_id not in self.had
        self.had.add(contact_id)
        return allowed


class Full(NoRates):
    """A number that has sent all that it may."""

    def take(self, sender: str, longest: float = 0.0) -> float | None:  # type: ignore[override]
        del sender, longest
        return None


def with_parts(stage: Stage, **changes: Any) -> Deliverer:
    return Deliverer(replace(stage.parts, **changes), slice_seconds=PATIENCE_SECONDS)


def with_parts_of(deliverer: Deliverer, **changes: Any) -> Deliverer:
    """Return *deliverer* with other parts, and the same calls in flight."""
    return replace(deliverer, parts=replace(deliverer.parts, **changes))


def begin(deliverer: Deliverer) -> None:
    """Start a drain that ends while its calls have no answer."""
    deliverer.slice_seconds = 0.1
    assert deliverer.drain(SHARD) == 0
    deliverer.slice_seconds = PATIENCE_SECONDS


def test_too_many_to_one_person_wait_without_ringing_again(stage: Stage, cast: Cast) -> None:
    first, second = write(stage, cast), write(stage, cast)
    other = write(stage, cast, contact_id="con_ravi")
    rates = Pair()
    deliverer = with_parts(stage, rates=rates)
    assert deliverer.drain(SHARD) == 2
    assert {o.message_id for o in stage.channel.sent} == {first.message_id, other.message_id}
    stage.bell.rung.clear()
    assert deliverer.drain(SHARD) == 0
    assert stage.bell.rung == []
    rates.had.clear()
    stage.clock.advance(seconds=states.PAIR_SECONDS)
    assert deliverer.drain(SHARD) == 1
    assert row(stage, second).status is MessageStatus.SENT
    assert row(stage, second).attempts == 1


def test_a_number_that_is_busy_is_tried_again_at_once(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    stage.bell.rung.clear()
    begin(with_parts(stage, rates=Full()))
    assert ("deliver", SHARD) in stage.bell.rung
    assert row(stage, message).status is MessageStatus.QUEUED
    assert row(stage, message).attempts == 0


class Leased(NoRedis):
    def set(self, *_args: object, **_kwargs: object) -> bool:
        return False


class Away(NoRedis):
    def set(self, *_args: object, **_kwargs: object) -> bool:
        raise RedisError

    def delete(self, *_args: object) -> None:
        raise RedisError


def test_a_shard_another_process_drains_is_left_to_it(stage: Stage, cast: Cast) -> None:
    write(stage, cast)
    assert with_parts(stage, redis=Leased()).drain(SHARD) == 0
    assert stage.channel.sent == []


def test_without_redis_everything_is_sent(stage: Stage, cast: Cast) -> None:
    write(stage, cast)
    assert with_parts(stage, redis=Away()).drain(SHARD) == 1


def test_i5_drained_by_several_without_a_lease_each_message_goes_once(
    stage: Stage, cast: Cast
) -> None:
    ids = [write(stage, cast, contact_id=f"con_{who}").message_id for who in ("asha", "ravi")]
    ids += [write(stage, cast).message_id for _ in range(6)]
    drains = [threading.Thread(target=with_parts(stage).drain, args=(SHARD,)) for _ in range(4)]
    for thread in drains:
        thread.start()
    for thread in drains:
        thread.join(30)
        assert not thread.is_alive()
    stage.settle()
    assert sorted(o.message_id for o in stage.channel.sent) == sorted(ids)


class Hanging:
    """A provider that answers no call about one person until the test lets it."""

    def __init__(self, stage: Stage, contact_id: str) -> None:
        contact = stage.work().get(Contact, contact_id)
        assert contact is not None
        self._phone = contact.phone
        self._channel = stage.channel
        self.reached = threading.Event()
        self.answers = threading.Event()

    def send(self, message: Outbound) -> str:
        if message.phone == self._phone:
            self.reached.set()
            assert self.answers.wait(30)
        return self._channel.send(message)

    def mark_read(self, sender: str, provider_id: str, *, typing: bool = False) -> None:
        self._channel.mark_read(sender, provider_id, typing=typing)


@pytest.fixture
def hanging(stage: Stage, cast: Cast) -> Iterator[Hanging]:
    assert cast.clinic.clinic_id
    provider = Hanging(stage, "con_asha")
    yield provider
    provider.answers.set()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


def test_a_call_without_an_answer_holds_up_nobody_else(
    stage: Stage, cast: Cast, hanging: Hanging
) -> None:
    stuck = write(stage, cast)
    deliverer = with_parts(stage, channel=hanging)
    begin(deliverer)
    assert hanging.reached.wait(30)
    others = [write(stage, cast, contact_id="con_ravi", urgency=u) for u in Urgency]
    assert deliverer.drain(SHARD) == len(others)
    assert {o.message_id for o in stage.channel.sent} == {m.message_id for m in others}
    assert row(stage, stuck).status is MessageStatus.SENDING
    hanging.answers.set()
    until(lambda: row(stage, stuck).status is MessageStatus.SENT)


@pytest.mark.parametrize("urgency", [Urgency.NOW, Urgency.NEWS])
def test_a_persons_next_message_waits_for_a_call_without_an_answer_wherever_it_is_tried(
    stage: Stage, cast: Cast, hanging: Hanging, urgency: Urgency
) -> None:
    first = write(stage, cast, urgency=urgency)
    deliverer = with_parts(stage, channel=hanging)
    begin(deliverer)
    assert hanging.reached.wait(30)
    stage.clock.advance(seconds=0.1)
    second = write(stage, cast, urgency=urgency)
    for drains in (deliverer, with_parts(stage), deliverer):
        assert drains.drain(SHARD) == 0
    assert stage.channel.sent == []
    stage.bell.rung.clear()
    hanging.answers.set()
    until(lambda: ("deliver", SHARD) in stage.bell.rung)  # what waited is not left to the clock
    deliverer.drain(SHARD)
    assert [o.message_id for o in stage.channel.sent] == [first.message_id, second.message_id]


@pytest.mark.parametrize("other", [False, True])
def test_it_waits_for_a_moment_only(
    stage: Stage, cast: Cast, hanging: Hanging, *, other: bool
) -> None:
    first = write(stage, cast, reply_to="wamid.IN1")
    deliverer = with_parts(stage, channel=hanging)
    begin(deliverer)
    assert hanging.reached.wait(30)
    stage.clock.advance(seconds=ORDER_KEPT.total_seconds() + 0.001)
    second = write(stage, cast)
    drains = with_parts(stage) if other else with_parts_of(deliverer, channel=stage.channel)
    assert drains.drain(SHARD) == 1
    assert [o.message_id for o in stage.channel.sent] == [second.message_id]
    hanging.answers.set()
    until(lambda: stage.channel.read == ["wamid.IN1"])
    assert row(stage, first).status is MessageStatus.SENT


def test_who_rings_while_a_drain_ends_is_heard(stage: Stage, cast: Cast) -> None:
    deliverer = with_parts(stage)
    release = deliverer._release_lease

    def late(shard: str) -> None:
        write(stage, cast)
        stage.bell.rung.clear()
        release(shard)

    deliverer._release_lease = late  # type: ignore[method-assign]
    assert deliverer.drain(SHARD) == 0
    assert stage.bell.rung == [("deliver", SHARD)]


class Booked(NoRates):
    """Counts the booked moments of a number, and keeps how far ahead each might be."""

    def __init__(self) -> None:
        self.booked = 0
        self.ahead: list[float] = []

    def take(self, sender: str, longest: float = 0.0) -> float:
        del sender
        self.booked += 1
        self.ahead.append(longest)
        return 0.0

    def give_back(self, sender: str) -> None:
        del sender
        self.booked -= 1


def test_what_is_not_sent_after_all_gives_its_moment_back(stage: Stage, cast: Cast) -> None:
    rates = Booked()
    write(stage, cast)
    write(stage, cast, contact_id="con_ravi", helps_until=stage.clock.now())
    assert with_parts(stage, rates=rates).drain(SHARD) == 2
    assert rates.booked == len(stage.channel.sent) == 1


def test_the_less_urgent_leave_a_part_of_the_numbers_rate_to_the_urgent(
    stage: Stage, cast: Cast
) -> None:
    rates = Booked()
    for urgency in Urgency:
        write(stage, cast, urgency=urgency)
    with_parts(stage, rates=rates).drain(SHARD)
    now, news, bulk = rates.ahead
    assert BUCKET_SECONDS == now > news > bulk


def test_a_fault_of_our_own_ends_a_message_and_stops_nobody(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = write(stage, cast), write(stage, cast, contact_id="con_ravi")
    fresh = freshness.fresh_values

    def fail(work: Work, message: Message) -> dict[str, Any] | None:
        if message.message_id == broken.message_id:
            raise KeyError("name")
        return fresh(work, message)

    monkeypatch.setattr(freshness, "fresh_values", fail)
    stage.settle()
    assert row(stage, broken).status is MessageStatus.FAILED
    assert row(stage, broken).failure
    assert row(stage, whole).status is MessageStatus.SENT


def test_drains_go_on_beside_each_other_and_what_breaks_one_is_logged(
    stage: Stage, cast: Cast, hanging: Hanging
) -> None:
    write(stage, cast)
    platform = write(stage, cast, contact_id="con_ravi", sender=PLATFORM_SENDER)
    deliverer = with_parts(stage, channel=hanging)
    deliverer.start_drain(SHARD)
    assert hanging.reached.wait(30)
    deliverer.start_drain(outbox_shard_of(PLATFORM_SENDER))
    until(lambda: row(stage, platform).status is MessageStatus.SENT)


def test_a_store_that_is_away_is_left_to_the_next_ring(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    deliverer = with_parts(stage)

    def away() -> None:
        raise StoreUnavailable("away")

    stage.trouble.before_commit = away
    assert deliverer.drain(SHARD) == 0
    stage.trouble.before_query = away
    with capture_logs() as lines:
        deliverer.start_drain(SHARD)
        until(lambda: bool(lines))
    stage.trouble.before_commit = stage.trouble.before_query = nothing
    assert lines[0]["event"] == "drain_failed"
    assert deliverer.drain(SHARD) == 1
    assert row(stage, message).status is MessageStatus.SENT
