"""A tap that brings only the words on a button or row does what it would do with its id."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stage import Stage
from tests.transcripts.runner import Story

SOON = {"outside_the_window", "this_is_me", "talk_to_someone"}
"""The stories that the fast part of the suite plays: their taps are on templates."""
STORIES = [
    path
    for path in sorted(Path(__file__).parent.glob("*/*.txt"))
    if " taps: " in path.read_text(encoding="utf-8")
]
PLAYED = [
    pytest.param(
        path,
        id=f"{path.parent.name}/{path.stem}",
        marks=() if path.stem in SOON else pytest.mark.slow,
    )
    for path in STORIES
]


@pytest.mark.parametrize("path", PLAYED)
def test_the_conversation_goes_on_by_the_words_on_buttons(path: Path, stage: Stage) -> None:
    assert Story(stage, words_alone=True).play(path) == path.read_text(encoding="utf-8")


def test_templates_are_among_them() -> None:
    assert {path.stem for path in STORIES} >= SOON
