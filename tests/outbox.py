"""Single messages: written, and looked at again."""

from __future__ import annotations

from typing import Any

from domain.actions.delivery.states import apply_status
from domain.actions.messages.outbox import Draft, outbox_shard_of, send
from domain.channel import ErrorClass, SendFailed
from domain.model.conversations import Conversation
from domain.model.messages import Message, Outgoing
from domain.model.queues import Token
from tests.people import CITY_SENDER, Cast
from tests.stage import Stage

SHARD = outbox_shard_of(CITY_SENDER)
HELP = "settings/help"


def write(stage: Stage, cast: Cast, name: str = HELP, **given: Any) -> Message:
    """Write one message to Asha, who has just written; return its row."""
    contact_id = given.pop("contact_id", "con_asha")
    work = stage.work()
    message = send(work, Draft(name, to=contact_id, clinic=cast.clinic, **given))
    key = f"{message.sender}#{contact_id}"
    if work.get(Conversation, key) is None:
        now = work.now
        work.put(
            Conversation(
                conversation=key, sender=message.sender, contact_id=contact_id, last_inbound_at=now
            )
        )
    work.commit()
    return message


def row(stage: Stage, message: Message) -> Message:
    found = stage.work().get(Message, message.message_id)
    assert found is not None
    return found


def waiting(stage: Stage) -> list[Outgoing]:
    return stage.work().query(Outgoing, SHARD).records


def status(stage: Stage, message: Message, word: str, provider: str = "wamid.1", **given: Any):
    work = stage.work()
    apply_status(work, message.message_id, word, provider, **given)
    work.commit()


def failed(kind: ErrorClass, code: int = 1) -> SendFailed:
    return SendFailed(kind, code, "the provider's reason")


def said_to(stage: Stage, token: Token) -> list[Message]:
    """Return the messages about *token* that were sent, in the order of sending."""
    return [m for m in stage.messages() if m.about == token.token_id]


def names_to(stage: Stage, token: Token) -> list[str]:
    """Return their names."""
    return [m.name for m in said_to(stage, token)]
