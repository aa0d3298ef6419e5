"""A provider of text messages for tests, and a stage that has one."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from domain.channel import SendFailed, SendUnknown
from tests.stage import Stage
from workers.due_runner import DueRunner


@dataclass
class FakeSms:
    """Takes everything, or fails as told, and remembers what it was given."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)
    failures: deque[SendFailed | SendUnknown] = field(default_factory=deque)

    def send(self, to: str, text: str, our_id: str) -> str:
        """Take a text message, or raise the next failure prepared."""
        if self.failures:
            raise self.failures.popleft()
        self.sent.append((to, text, our_id))
        return f"SM{len(self.sent)}"


def with_sms(stage: Stage) -> FakeSms:
    """Let *stage* have text messages, and return who takes them."""
    sms = FakeSms()
    rules = replace(stage.parts.rules, sms=True)
    stage.parts = replace(stage.parts, sms=sms, rules=rules)
    stage.runner = stage.parts.runner()
    stage.deliverer = replace(stage.deliverer, parts=stage.parts)
    stage.due_runner = DueRunner(stage.parts)
    return sms
