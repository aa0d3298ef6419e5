"""Dead letters can be found, read and replayed, from the command line too."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskCliRunner

from bot.app import create_app
from domain.actions.delivery import dead_letters
from domain.actions.delivery.dead_letters import NotToBeReplayed
from domain.actions.messages.outbox import Draft, send
from domain.channel import ErrorClass, SendFailed
from domain.errors import Conflict, NotFound
from domain.model.conversations import Parked
from domain.model.messages import Message, MessageStatus
from domain.scopes import ClinicScope
from flows.runner import Runner, TurnOutcome
from tests.outbox import row
from tests.people import Cast
from tests.stage import Stage
from tests.troubled import nothing

ASHA = "+919876543021"
TODAY = date(2030, 11, 25)
REFUSED = SendFailed(ErrorClass.NEVER, 131026, "The person has no WhatsApp (error 131026).")


def a_failure(stage: Stage, cast: Cast, **given: object) -> Message:
    stage.hear(ASHA, "hi")
    stage.settle()
    work = stage.work()
    draft = Draft("settings/help", to="con_asha", clinic=cast.clinic, **given)  # type: ignore[arg-type]
    message = send(work, draft)
    work.commit()
    stage.channel.failures.append(REFUSED)
    stage.settle()
    return message


def replay(stage: Stage, message_id: str) -> None:
    work = stage.work()
    dead_letters.replay(work, message_id)
    work.commit()


@pytest.fixture
def cli(stage: Stage) -> FlaskCliRunner:
    return create_app(stage.parts).test_cli_runner()


def test_a_failed_message_is_found_by_its_day_with_the_reason(stage: Stage, cast: Cast) -> None:
    message = a_failure(stage, cast)
    found = list(dead_letters.failed_messages(stage.work(), TODAY, TODAY))
    assert [(m.message_id, m.failure) for m in found] == [(message.message_id, REFUSED.reason)]
    assert (
        list(dead_letters.failed_messages(stage.work(), TODAY - timedelta(days=3), TODAY)) == found
    )
    tomorrow = TODAY + timedelta(days=1)
    assert list(dead_letters.failed_messages(stage.work(), tomorrow, tomorrow)) == []


def test_a_clinic_finds_its_own_only(stage: Stage, cast: Cast) -> None:
    a_failure(stage, cast)
    for clinic, count in ((cast.clinic, 1), (cast.sunrise, 0)):
        work = stage.parts.open_work(ClinicScope(clinic.clinic_id))
        assert len(list(dead_letters.failed_messages(work, TODAY, TODAY))) == count


def test_replayed_it_goes_once_more_and_is_failed_no_longer(stage: Stage, cast: Cast) -> None:
    message = a_failure(stage, cast)
    replay(stage, message.message_id)
    assert len(stage.settle()) == 1
    assert row(stage, message).status is MessageStatus.SENT
    assert list(dead_letters.failed_messages(stage.work(), TODAY, TODAY)) == []
    with pytest.raises(NotToBeReplayed):
        replay(stage, message.message_id)


def test_what_helps_no_longer_is_dropped_instead(stage: Stage, cast: Cast) -> None:
    until = stage.clock.now() + timedelta(minutes=5)
    message = a_failure(stage, cast, helps_until=until)
    stage.clock.advance(6)
    replay(stage, message.message_id)
    assert stage.settle() == []
    assert row(stage, message).status is MessageStatus.DROPPED


def test_what_is_wiped_or_unknown_cannot_be_replayed(stage: Stage, cast: Cast) -> None:
    until = stage.clock.now() + timedelta(minutes=5)
    message = a_failure(stage, cast, helps_until=until, secrets={"code": "482913"})
    with pytest.raises(NotToBeReplayed, match="wiped"):
        replay(stage, message.message_id)
    with pytest.raises(NotFound):
        replay(stage, "msg_none")


def test_the_operator_lists_and_replays_failed_messages(
    stage: Stage, cast: Cast, cli: FlaskCliRunner
) -> None:
    message = a_failure(stage, cast)
    listed = cli.invoke(args=["pulseops", "messages", "failed"]).output
    assert message.message_id in listed
    assert REFUSED.reason in listed
    assert "1 failed." in listed
    assert "Asha" not in listed
    again = cli.invoke(args=["pulseops", "messages", "replay", message.message_id])
    assert again.exit_code == 0
    assert len(stage.settle()) == 1
    twice = cli.invoke(args=["pulseops", "messages", "replay", message.message_id])
    assert twice.exit_code != 0
    assert "not FAILED" in twice.output


def test_a_replay_that_could_not_be_written_is_told_and_fails(
    stage: Stage, cast: Cast, cli: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = a_failure(stage, cast)

    def lost() -> None:
        raise Conflict

    stage.trouble.before_commit = lost
    monkeypatch.setattr("domain.transactions.random.uniform", lambda *_bounds: 0)
    said = cli.invoke(args=["pulseops", "messages", "replay", message.message_id])
    stage.trouble.before_commit = nothing
    assert said.exit_code != 0
    assert f"{message.message_id} was not queued again" in said.output
    assert row(stage, message).status is MessageStatus.FAILED
    assert cli.invoke(args=["pulseops", "messages", "replay", message.message_id]).exit_code == 0
    assert len(stage.settle()) == 1


@pytest.fixture
def broken(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Park a message of Asha's, through a fault that the test may mend."""

    def fails(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Runner, "_converse", fails)
    stage.hear(ASHA, "hi", message_id="wamid.parked")
    stage.settle()
    return monkeypatch


def test_a_parked_message_acts_at_last(stage: Stage, broken: pytest.MonkeyPatch) -> None:
    assert [p.parked for p in dead_letters.parked_messages(stage.work(), TODAY, TODAY)] == [
        "wamid.parked"
    ]
    broken.undo()
    assert stage.runner.replay("wamid.parked") is TurnOutcome.ACTED
    assert "select doctor" in stage.settle()[-1].text
    assert stage.work().get(Parked, "wamid.parked") is None
    with pytest.raises(NotFound):
        stage.runner.replay("wamid.parked")


def test_while_the_fault_is_there_it_stays_parked(
    stage: Stage, broken: pytest.MonkeyPatch, cli: FlaskCliRunner
) -> None:
    del broken
    with pytest.raises(ZeroDivisionError):
        stage.runner.replay("wamid.parked")
    said = cli.invoke(args=["pulseops", "parked", "replay", "wamid.parked"])
    assert said.exit_code != 0
    assert "fails still: ZeroDivisionError" in said.output
    assert stage.work().get(Parked, "wamid.parked") is not None


def test_the_operator_lists_and_replays_parked_messages(
    stage: Stage, broken: pytest.MonkeyPatch, cli: FlaskCliRunner
) -> None:
    listed = cli.invoke(args=["pulseops", "parked", "list"]).output
    assert "wamid.parked" in listed
    assert "1 parked." in listed
    broken.undo()
    assert cli.invoke(args=["pulseops", "parked", "replay", "wamid.parked"]).exit_code == 0
    assert len(stage.settle()) == 1
    again = cli.invoke(args=["pulseops", "parked", "replay", "wamid.parked"])
    assert again.exit_code != 0
    assert "No message is parked" in again.output
