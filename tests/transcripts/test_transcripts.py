"""Every conversation, the sad ones included, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stage import Stage
from tests.transcripts.runner import Story

STORIES = sorted(Path(__file__).parent.glob("*/*.txt"))


SENTENCES = "hearing"
"""The folder of conversations in whole sentences: many, so they are told in the full run."""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path,
            id=f"{path.parent.name}/{path.stem}",
            marks=[pytest.mark.slow] if path.parent.name == SENTENCES else [],
        )
        for path in STORIES
    ],
)
def test_the_conversation_goes_word_for_word(
    path: Path, stage: Stage, request: pytest.FixtureRequest
) -> None:
    told = Story(stage).play(path)
    if request.config.getoption("--update-transcripts"):
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")


def test_there_are_conversations_of_every_kind() -> None:
    assert {p.parent.name for p in STORIES} == {
        "account", "booking", "facts", "mine", "news", "line", "settings", "money", "manners",
        "late", "desk", "rights", SENTENCES,
    }  # fmt: skip
