"""I5 and I8: how a message leaves, whatever the provider answers and wherever a process dies."""

from __future__ import annotations

import io
from collections import deque
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.observability.logs import configure
from domain.actions.delivery import states
from domain.actions.people import consent
from domain.channel import ErrorClass, Outbound, SendFailed, SendUnknown
from domain.errors import Conflict, StoreUnavailable
from domain.model.conversations import Conversation
from domain.model.messages import Consent, Message, MessageStatus, Urgency
from domain.transactions import TRIES
from tests.outbox import SHARD, failed, row, status, waiting, write
from tests.people import CITY_SENDER, Cast, store
from tests.stage import Stage
from tests.troubled import nothing
from workers.sending import Sending, SendOutcome


class Killed(BaseException):
    """Stands for the death of a process: nothing in it goes on."""


def test_a_message_is_sent_once_and_leaves_the_outbox(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    assert stage.deliverer.drain(SHARD) == 1
    assert stage.deliverer.drain(SHARD) == 0
    assert [o.message_id for o in stage.channel.sent] == [message.message_id]
    assert row(stage, message).status is MessageStatus.SENT
    assert waiting(stage) == []


def test_i5_killed_before_the_call_it_goes_once_the_doubt_is_over(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = write(stage, cast)

    def die(_outbound: Outbound) -> str:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(stage.channel, "send", die)
        with pytest.raises(Killed):
            stage.deliverer.drain(SHARD)
    assert row(stage, message).status is MessageStatus.SENDING
    assert stage.deliverer.drain(SHARD) == 0
    stage.clock.advance(seconds=9)
    assert stage.settle() == []
    stage.clock.advance(seconds=1)
    assert len(stage.settle()) == 1
    assert row(stage, message).status is MessageStatus.SENT
    assert waiting(stage) == []


@pytest.mark.parametrize("word", ["sent", "delivered", "read", None])
def test_i5_killed_after_the_call_it_goes_again_unless_a_status_says_it_went(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch, word: str | None
) -> None:
    message = write(stage, cast)

    def die(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Sending, "_settle", die)
        with pytest.raises(Killed):
            stage.deliverer.drain(SHARD)
    assert row(stage, message).status is MessageStatus.SENDING
    if word is not None:
        status(stage, message, word)
    stage.clock.advance(seconds=11)
    stage.settle()
    assert len(stage.channel.sent) == (2 if word is None else 1)
    expected = MessageStatus.SENT if word is None else MessageStatus[word.upper()]
    assert row(stage, message).status is expected
    assert waiting(stage) == []


@pytest.mark.parametrize("begun", [False, True])
def test_i5_what_loses_against_others_each_time_goes_later_and_nobody_sleeps(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch, *, begun: bool
) -> None:
    message = write(stage, cast)
    lost: list[int] = []

    def faster() -> None:
        if bool(stage.channel.sent) is begun:
            lost.append(1)
            raise Conflict

    stage.trouble.before_commit = faster
    with monkeypatch.context() as patched:
        # A sleep of less than nothing raises ValueError.
        patched.setattr("domain.transactions.random.uniform", lambda *_bounds: -1)
        sent = Sending(stage.parts).send(waiting(stage)[0])
    stage.trouble.before_commit = nothing
    assert len(lost) == TRIES
    assert (sent.outcome, len(stage.channel.sent)) == (
        (SendOutcome.SENT, 1) if begun else (SendOutcome.LATER, 0)
    )
    expected = MessageStatus.SENDING if begun else MessageStatus.QUEUED
    assert row(stage, message).status is expected
    stage.clock.advance(seconds=11)
    stage.settle()
    assert row(stage, message).status is MessageStatus.SENT


def test_i5_a_settling_the_store_does_not_take_counts_as_doubt(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)

    def fail_if_settling() -> None:
        if stage.channel.sent:
            raise StoreUnavailable("away")

    stage.trouble.before_commit = fail_if_settling
    stage.deliverer.drain(SHARD)
    stage.trouble.before_commit = nothing
    assert row(stage, message).status is MessageStatus.SENDING
    status(stage, message, "delivered")
    stage.clock.advance(seconds=30)
    stage.settle()
    assert len(stage.channel.sent) == 1


@pytest.mark.parametrize(("urgency", "seconds"), [(Urgency.NOW, 10), (Urgency.BULK, 120)])
def test_i5_what_may_have_gone_waits_for_a_status_then_goes_again(
    stage: Stage, cast: Cast, urgency: Urgency, seconds: int
) -> None:
    message = write(stage, cast, urgency=urgency)
    stage.channel.failures = deque([SendUnknown()])
    stage.settle()
    assert len(stage.channel.sent) == 1
    stage.clock.advance(seconds=seconds - 1)
    assert stage.settle() == []
    stage.clock.advance(seconds=1)
    assert len(stage.settle()) == 1
    assert row(stage, message).status is MessageStatus.SENT


def test_i5_what_never_gets_an_answer_ends_with_a_reason(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    stage.channel.failures = deque([SendUnknown()] * 50)
    for _ in range(40):
        stage.clock.advance(seconds=11)
        stage.settle()
    assert row(stage, message).status is MessageStatus.FAILED
    assert row(stage, message).failure == states.GIVEN_UP
    assert len(stage.channel.sent) == states.MOST_ATTEMPTS
    assert waiting(stage) == []


def test_an_error_nobody_foresaw_while_sending_is_a_doubt(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = write(stage, cast), write(stage, cast, contact_id="con_ravi")
    take = stage.channel.send

    def break_for_asha(outbound: Outbound) -> str:
        if outbound.message_id == first.message_id and not stage.clock.now().second:
            raise ZeroDivisionError
        return take(outbound)

    monkeypatch.setattr(stage.channel, "send", break_for_asha)
    stage.settle()
    assert row(stage, second).status is MessageStatus.SENT
    assert row(stage, first).status is MessageStatus.SENDING
    stage.clock.advance(seconds=11)
    stage.settle()
    assert row(stage, first).status is MessageStatus.SENT


def test_i5_a_message_without_words_ends_and_stops_nobody(stage: Stage, cast: Cast) -> None:
    lost, fine = write(stage, cast, "no/such"), write(stage, cast)
    stage.settle()
    assert row(stage, lost).status is MessageStatus.FAILED
    assert row(stage, lost).failure
    assert row(stage, fine).status is MessageStatus.SENT


def test_refused_for_now_it_goes_later_and_later(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    stage.channel.failures = deque([failed(ErrorClass.LATER)] * 3)
    for pause in (1, 2, 4):
        stage.settle()
        assert row(stage, message).status is MessageStatus.QUEUED
        stage.clock.advance(seconds=pause - 0.5)
        assert stage.settle() == []
        stage.clock.advance(seconds=0.5)
    assert len(stage.settle()) == 1
    assert row(stage, message).failure is None


def test_refused_for_too_many_to_one_person_it_waits_longer(stage: Stage, cast: Cast) -> None:
    write(stage, cast)
    stage.channel.failures = deque([failed(ErrorClass.LATER_PAIR)] * 2)
    stage.settle()
    stage.clock.advance(seconds=1)
    stage.settle()
    stage.clock.advance(seconds=3.9)
    assert stage.settle() == []
    stage.clock.advance(seconds=0.1)
    assert len(stage.settle()) == 1


def test_i5_refused_for_good_it_ends_with_the_providers_reason(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    stage.channel.failures = deque([failed(ErrorClass.NEVER, 131026)])
    stage.settle()
    ended = row(stage, message)
    assert (ended.status, ended.failure) == (MessageStatus.FAILED, "the provider's reason")
    assert ended.error_code == 131026
    assert waiting(stage) == []


def test_i5_refused_too_often_it_ends_with_the_providers_reason(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    stage.channel.failures = deque([failed(ErrorClass.LATER)] * 50)
    for _ in range(40):
        stage.clock.advance(5)
        stage.settle()
    assert row(stage, message).status is MessageStatus.FAILED
    assert row(stage, message).failure == "the provider's reason"
    assert row(stage, message).attempts == states.MOST_ATTEMPTS


def test_a_stopped_number_is_tried_again_and_again_without_losing_messages(
    stage: Stage, cast: Cast
) -> None:
    message = write(stage, cast)
    stage.channel.failures = deque([failed(ErrorClass.STOP)] * 30)
    while stage.channel.failures:
        stage.settle()
        assert row(stage, message).status is MessageStatus.QUEUED
        assert row(stage, message).failure
        stage.clock.advance(1)
    assert message.message_id in [o.message_id for o in stage.wait(5)]
    assert row(stage, message).failure is None


REMINDER: dict[str, Any] = {
    "name": "booking/money_back",
    "values": {
        "person": "Asha",
        "doctor": "Dr. Meera",
        "number": 3,
        "at": "2030-11-25T04:00:00+00:00",
        "amount": 5000,
        "stands": False,
    },
}


def test_refused_outside_the_window_it_goes_as_a_template(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast, **REMINDER)
    stage.channel.failures = deque([failed(ErrorClass.TEMPLATE, 131047)])
    sent = stage.settle()
    assert [o.template is not None for o in sent] == [True]
    assert row(stage, message).status is MessageStatus.SENT


def test_i5_131047_reported_after_acceptance_makes_it_a_template_once(
    stage: Stage, cast: Cast
) -> None:
    message = write(stage, cast, **REMINDER)
    stage.settle()
    late = failed(ErrorClass.TEMPLATE, 131047)
    status(stage, message, "failed", "wamid.1", failure=late)
    assert row(stage, message).status is MessageStatus.QUEUED
    status(stage, message, "sent", "wamid.1")  # a late status of the attempt that failed
    status(stage, message, "failed", "wamid.1", failure=late)
    assert row(stage, message).status is MessageStatus.QUEUED
    assert [o.template is not None for o in stage.settle()] == [True]
    status(stage, message, "failed", "wamid.1", failure=late)
    status(stage, message, "sent", "wamid.1")
    assert row(stage, message).status is MessageStatus.SENT
    assert row(stage, message).provider_id == "wamid.2"
    status(stage, message, "delivered", "wamid.2")
    assert row(stage, message).status is MessageStatus.DELIVERED
    assert len(stage.channel.sent) == 2


def test_i5_131047_reported_before_the_answer_to_the_call_makes_it_a_template_too(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = write(stage, cast, **REMINDER)
    take = stage.channel.send

    def tell_first(outbound: Outbound) -> str:
        provider_id = take(outbound)
        if len(stage.channel.sent) == 1:
            failure = failed(ErrorClass.TEMPLATE, 131047)
            status(stage, message, "failed", provider_id, failure=failure)
        return provider_id

    monkeypatch.setattr(stage.channel, "send", tell_first)
    assert [o.template is not None for o in stage.settle()] == [False, True]
    assert row(stage, message).status is MessageStatus.SENT
    assert row(stage, message).provider_id == "wamid.2"
    assert waiting(stage) == []


def test_i5_without_a_template_it_ends_with_a_reason(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    stage.channel.failures = deque([failed(ErrorClass.TEMPLATE, 131047)])
    stage.settle()
    assert row(stage, message).status is MessageStatus.FAILED
    assert "template" in (row(stage, message).failure or "")


def test_the_window_closes_a_minute_early(stage: Stage, cast: Cast) -> None:
    first = write(stage, cast, **REMINDER)
    stage.clock.advance(24 * 60 - 1)
    second = write(stage, cast, **REMINDER)
    stage.settle()
    kinds = {o.message_id: o.template is not None for o in stage.channel.sent}
    assert kinds[second.message_id] is True
    assert first.message_id in kinds


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(words=st.permutations(["sent", "delivered", "read", "sent", "delivered", "failed"]))
@pytest.mark.property
def test_i5_statuses_only_move_forward_in_any_order(
    stage: Stage, cast: Cast, words: list[str]
) -> None:
    message = write(stage, cast)
    stage.settle()
    ranks = [states.RANKS[row(stage, message).status]]
    provider = row(stage, message).provider_id or ""
    for word in words:
        failure = failed(ErrorClass.NEVER) if word == "failed" else None
        status(stage, message, word, provider, failure=failure)
        ranks.append(states.RANKS[row(stage, message).status])
    assert ranks == sorted(ranks)
    assert row(stage, message).status is MessageStatus.READ
    assert row(stage, message).failure is None
    assert waiting(stage) == []


def test_i5_a_failure_without_a_reason_is_given_one(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    stage.settle()
    status(stage, message, "failed")
    assert row(stage, message).status is MessageStatus.FAILED
    assert row(stage, message).failure


def test_statuses_of_unknown_messages_and_unknown_words_change_nothing(
    stage: Stage, cast: Cast
) -> None:
    message = write(stage, cast)
    stage.settle()
    before = row(stage, message)
    status(stage, message, "pondered")
    status(stage, replace_id(message), "read")
    assert row(stage, message) == before


def replace_id(message: Message) -> Message:
    return message.but(message_id="msg_unknown")


def test_what_the_person_stopped_is_dropped_with_a_reason(stage: Stage, cast: Cast) -> None:
    news = write(stage, cast, consent=Consent.NEWS)
    turn = write(stage, cast, consent=Consent.TOKEN)
    reply = write(stage, cast, consent=Consent.REPLY)
    work = stage.work()
    consent.opt_out(work, "clinic_city", "con_asha", has_live_token=False)
    work.commit()
    stage.settle()
    assert [row(stage, m).status for m in (news, turn, reply)] == [
        MessageStatus.DROPPED,
        MessageStatus.DROPPED,
        MessageStatus.SENT,
    ]
    assert row(stage, news).failure


def test_what_is_too_old_to_help_is_dropped_with_a_reason(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast, helps_until=stage.clock.now() + timedelta(minutes=5))
    stage.clock.advance(5)
    assert stage.settle() == []
    assert row(stage, message).status is MessageStatus.DROPPED
    assert row(stage, message).failure


def test_a_reply_marks_what_it_answers_as_read(stage: Stage, cast: Cast) -> None:
    write(stage, cast, reply_to="wamid.IN1")
    stage.settle()
    assert stage.channel.read == ["wamid.IN1"]


def test_a_reply_that_has_to_wait_shows_that_we_are_typing(stage: Stage, cast: Cast) -> None:
    write(stage, cast, reply_to="wamid.IN1")
    stage.channel.failures = deque([failed(ErrorClass.LATER), failed(ErrorClass.LATER)])
    stage.settle()
    stage.clock.advance(seconds=1)
    stage.settle()
    assert (stage.channel.typing, stage.channel.read) == (["wamid.IN1"], [])
    stage.clock.advance(seconds=2)
    stage.settle()
    assert stage.channel.read == ["wamid.IN1"]


@pytest.mark.parametrize("again", [False, True])
def test_a_reply_quotes_what_it_answers_once_the_person_has_written_again(
    stage: Stage, cast: Cast, *, again: bool
) -> None:
    write(stage, cast, reply_to="wamid.IN1")
    if again:
        spoken = stage.work().get(Conversation, f"{CITY_SENDER}#con_asha")
        assert spoken is not None
        later = stage.clock.now() + timedelta(seconds=1)
        store(stage.records, spoken.but(last_inbound_at=later))
    (sent,) = stage.settle()
    assert sent.quotes == ("wamid.IN1" if again else None)


def test_a_place_whose_message_is_over_is_cleared(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    store(stage.records, row(stage, message).but(status=MessageStatus.DROPPED))
    assert stage.settle() == []
    assert waiting(stage) == []


def test_i10_what_the_worker_logs_names_nobody(stage: Stage, cast: Cast) -> None:
    import structlog  # noqa: PLC0415

    before = structlog.get_config()
    lines = io.StringIO()
    configure("debug", lines)
    try:
        stage.channel.failures = deque(
            [SendFailed(ErrorClass.NEVER, 131026, "Asha at +919876543021 is unreachable")]
        )
        write(stage, cast)
        write(stage, cast, "no/such")
        stage.settle()
    finally:
        structlog.configure(**before)
    written = lines.getvalue()
    assert "send_refused" in written
    assert "render_failed" in written
    for secret in ("Asha", "9876543021", "unreachable"):
        assert secret not in written
