"""Codes and temporary passwords lie sealed in a message's row, and not a moment longer than needed.

Specification notes, 3: ciphertext in the outgoing row, wiped on acceptance or expiry.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from bot.observability.logs import configure
from bot.runtime.encryption import Sealer
from domain.actions.delivery.states import apply_status
from domain.actions.messages.outbox import Draft, send
from domain.channel import ErrorClass, SendFailed, SendUnknown
from domain.model.messages import Message, MessageStatus
from tests.outbox import row
from tests.people import Cast, CountingIds, work_on
from tests.stage import Stage

CODE = "482913"
OTHER_KEY = "b3RoZXItZGV2ZWxvcG1lbnQta2V5LTMyLWJ5dGVzISE="


def write(stage: Stage, cast: Cast, minutes: int = 5) -> Message:
    work = stage.work()
    message = send(
        work,
        Draft(
            "account/code",
            to="con_asha",
            clinic=cast.clinic,
            secrets={"code": CODE},
            helps_until=work.now + timedelta(minutes=minutes),
        ),
    )
    work.commit()
    return message


def on_disk(tmp_path: Path) -> bytes:
    return b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())


def test_the_code_reaches_the_phone_and_is_nowhere_else(
    stage: Stage, cast: Cast, tmp_path: Path
) -> None:
    before, lines = structlog.get_config(), io.StringIO()
    configure("debug", lines)
    try:
        message = write(stage, cast)
        assert row(stage, message).sealed is not None
        stage.channel.failures.append(SendFailed(ErrorClass.LATER, 2, "down"))
        stage.settle()
        stage.wait(1)
    finally:
        structlog.configure(**before)
    (sent,) = stage.channel.sent
    assert sent.template is not None
    assert sent.template.code == CODE
    assert message.message_id.encode() in on_disk(tmp_path)
    for kept in (on_disk(tmp_path), lines.getvalue().encode(), repr(stage.bell.rung).encode()):
        assert CODE.encode() not in kept


def test_accepted_it_is_wiped_and_a_late_refusal_cannot_send_it_again(
    stage: Stage, cast: Cast
) -> None:
    message = write(stage, cast)
    stage.settle()
    assert row(stage, message).sealed is None
    work = stage.work()
    failure = SendFailed(ErrorClass.LATER, 131016, "overloaded")
    apply_status(work, message.message_id, "failed", "wamid.1", failure=failure)
    work.commit()
    stage.wait(1)
    assert row(stage, message).status is MessageStatus.FAILED
    assert row(stage, message).failure == "overloaded"
    assert len(stage.channel.sent) == 1


def test_a_status_that_settles_a_doubt_wipes_it(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    stage.channel.failures.append(SendUnknown("no answer"))
    stage.settle()
    assert row(stage, message).sealed is not None
    work = stage.work()
    apply_status(work, message.message_id, "delivered", "wamid.9")
    work.commit()
    assert row(stage, message).sealed is None


def test_refused_for_good_it_is_wiped(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    stage.channel.failures.append(SendFailed(ErrorClass.NEVER, 131026, "no WhatsApp"))
    stage.settle()
    assert row(stage, message).status is MessageStatus.FAILED
    assert row(stage, message).sealed is None


def test_when_its_time_is_over_it_is_wiped_at_that_moment(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast, minutes=1)
    stage.channel.failures.extend([SendFailed(ErrorClass.STOP, 190, "token ran out")] * 9)
    stage.wait(1)
    stage.settle()
    assert row(stage, message).status is MessageStatus.DROPPED
    assert row(stage, message).sealed is None
    assert stage.channel.sent == []


def test_after_its_key_is_gone_the_message_ends_with_a_reason(stage: Stage, cast: Cast) -> None:
    message = write(stage, cast)
    parts = replace(stage.parts, sealer=Sealer([OTHER_KEY]))
    deliverer = replace(stage.deliverer, parts=parts)
    for shard in range(16):
        deliverer.drain(f"{shard:02d}")
    assert "encrypted with a key" in (row(stage, message).failure or "")
    assert row(stage, message).sealed is None


def test_secrets_without_an_end_cannot_be_written(stage: Stage, cast: Cast) -> None:
    with pytest.raises(ValueError, match="needs an end"):
        send(
            stage.work(),
            Draft(
                "account/code",
                to="con_asha",
                clinic=cast.clinic,
                secrets={"code": CODE},
            ),
        )


def test_work_that_was_given_nothing_to_seal_with_says_so(stage: Stage) -> None:
    work = work_on(stage.records, stage.clock, CountingIds())
    with pytest.raises(RuntimeError, match="nothing to seal with"):
        _ = work.seal
