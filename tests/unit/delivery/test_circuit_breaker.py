"""A sending number that cannot send is left alone, probed and shown, and loses no message."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from domain.actions.delivery import circuit_breaker, states
from domain.channel import ErrorClass, Outbound, SendFailed, SendUnknown
from domain.model.clinics import User
from domain.model.messages import MessageStatus, SenderHealth, Urgency
from tests.outbox import row, write
from tests.people import CITY_SENDER, PLATFORM_SENDER, Cast
from tests.stage import Stage

DOWN = SendFailed(ErrorClass.STOP, 190, "The access token has run out (error 190).")


@pytest.fixture(autouse=True)
def nobody_to_tell(stage: Stage, cast: Cast) -> None:
    """Leave the channel's answers to the messages of each test."""
    work = stage.work()
    work.put(cast.farida.but(proven=False))
    work.commit()


def health(stage: Stage, sender: str = CITY_SENDER) -> SenderHealth | None:
    return circuit_breaker.health_of(stage.work(), sender)


def test_a_number_that_is_down_is_shown_with_the_reason_and_since_when(
    stage: Stage, cast: Cast
) -> None:
    assert health(stage) is None
    write(stage, cast)
    stage.channel.failures.append(DOWN)
    stage.settle()
    shown = health(stage)
    assert shown is not None
    assert circuit_breaker.is_down(shown)
    assert (shown.reason, shown.code, shown.down_since) == (DOWN.reason, 190, stage.clock.now())


def test_while_it_is_down_one_message_at_a_time_asks_the_provider(stage: Stage, cast: Cast) -> None:
    messages = [write(stage, cast, contact_id=f"con_{n}") for n in ("asha", "ravi")]
    asked = []

    def refuse(_outbound: object) -> str:
        asked.append(stage.clock.now())
        raise DOWN

    stage.channel.send = refuse  # type: ignore[assignment, method-assign]
    stage.wait(10)
    gaps = [(b - a).total_seconds() for a, b in pairwise(asked)]
    assert gaps[:1] == [0] or gaps[0] >= 30
    assert all(gap >= 30 for gap in gaps[1:])
    assert len(asked) <= 8
    assert all(row(stage, m).status is MessageStatus.QUEUED for m in messages)


@pytest.mark.parametrize("urgency", Urgency)
def test_once_it_works_again_everything_goes_soon(
    stage: Stage, cast: Cast, urgency: Urgency
) -> None:
    messages = [
        write(stage, cast, contact_id=f"con_{n}", urgency=urgency) for n in ("asha", "ravi")
    ]
    stage.channel.failures.extend([DOWN] * 4)
    while stage.channel.failures:
        stage.wait(0.5)
    stage.wait(10)
    assert {row(stage, m).status for m in messages} == {MessageStatus.SENT}
    shown = health(stage)
    assert shown is not None
    assert not circuit_breaker.is_down(shown)
    assert shown.reason is None


@pytest.mark.parametrize("kind", [ErrorClass.NEVER, ErrorClass.TEMPLATE, ErrorClass.LATER_PAIR])
def test_a_refusal_of_one_message_shows_that_the_number_works(
    stage: Stage, cast: Cast, kind: ErrorClass
) -> None:
    write(stage, cast)
    stage.channel.failures.extend([DOWN, SendFailed(kind, 7, "because")])
    stage.wait(2)
    assert not circuit_breaker.is_down(health(stage))


@pytest.mark.parametrize("trouble", [SendUnknown("?"), SendFailed(ErrorClass.LATER, 2, "busy")])
def test_an_answer_that_says_nothing_of_the_number_leaves_it_down(
    stage: Stage, cast: Cast, trouble: SendFailed | SendUnknown
) -> None:
    write(stage, cast)
    stage.channel.failures.append(DOWN)
    stage.settle()
    stage.clock.advance(seconds=31)
    stage.channel.failures.append(trouble)
    stage.settle()
    assert circuit_breaker.is_down(health(stage))


def test_another_number_goes_on(stage: Stage, cast: Cast) -> None:
    write(stage, cast)
    stage.channel.failures.append(DOWN)
    stage.settle()
    other = write(stage, cast, contact_id="con_ravi", sender=PLATFORM_SENDER)
    stage.settle()
    assert row(stage, other).status is MessageStatus.SENT


def test_a_status_can_stop_the_number_too(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    stage.settle()
    work = stage.work()
    states.apply_status(work, message.message_id, "failed", "wamid.1", failure=DOWN)
    work.commit()
    assert circuit_breaker.is_down(health(stage))
    assert row(stage, message).status is MessageStatus.QUEUED


def test_the_admin_is_told_once_by_the_platforms_number(stage: Stage, cast: Cast) -> None:
    work = stage.work()
    farida = work.get(User, cast.clinic.clinic_id, cast.farida.user_id)
    assert farida is not None
    work.put(farida.but(proven=True))
    work.commit()
    send_by = stage.channel.send

    def city_is_down(message: Outbound) -> str:
        if message.sender == CITY_SENDER:
            raise DOWN
        return send_by(message)

    stage.channel.send = city_is_down  # type: ignore[method-assign]
    write(stage, cast)
    stage.wait(5)
    assert [m.name for m in stage.messages()] == ["desk/number_down"]
    assert stage.messages()[0].sender == PLATFORM_SENDER


def test_what_is_too_late_when_the_number_works_again_is_dropped(stage: Stage, cast: Cast) -> None:
    late = write(stage, cast, helps_until=stage.clock.now() + timedelta(seconds=40))
    stage.channel.failures.extend([DOWN] * 2)
    stage.wait(3)
    assert row(stage, late).status is MessageStatus.DROPPED
    assert stage.channel.sent == []


def test_what_whatsapp_says_of_a_numbers_quality_is_kept(stage: Stage, cast: Cast) -> None:
    work = stage.work()
    number = cast.clinic.whatsapp_number
    circuit_breaker.record_quality(work, number, "FLAGGED", "TIER_1K")
    circuit_breaker.record_quality(work, "+15550001111", "UNFLAGGED", None)
    circuit_breaker.record_quality(work, work.rules.platform_number or "", None, "TIER_250")
    work.commit()
    shown = health(stage)
    assert shown is not None
    assert (shown.quality, shown.limit, shown.down_since) == ("FLAGGED", "TIER_1K", None)
    stranger = health(stage, "+15550001111")
    platform = health(stage, PLATFORM_SENDER)
    assert stranger is not None
    assert platform is not None
    assert (stranger.quality, platform.limit) == ("UNFLAGGED", "TIER_250")
