"""A gateway that a test plays, in the sandbox's place."""

from __future__ import annotations

from dataclasses import replace

from tests.bank import Bank
from tests.stage import Stage
from workers.due_runner import DueRunner


def use_bank(stage: Stage) -> Bank:
    """Put a gateway with a page of its own in the sandbox's place; return its other side."""
    bank = Bank()
    stage.parts = replace(stage.parts, gateway=bank)
    stage.due_runner = DueRunner(stage.parts)
    return bank
