"""A provider that takes no form but text: every conversation goes on, and every word is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.channel import ErrorClass, Outbound, SendFailed
from tests.stage import Stage
from tests.transcripts.runner import Story

STORIES = sorted(Path(__file__).parent.glob("*/*.txt"))
EVERYBODYS = Path(__file__).parent / "booking" / "specification.txt"


def take_text_only(stage: Stage) -> list[Outbound]:
    """Let the provider refuse menus, links, documents and quotes; return the list of those.

    Templates and orders are taken: plain text cannot stand for them.
    """
    take = stage.channel.send
    refused: list[Outbound] = []

    def send(message: Outbound) -> str:
        is_text = not (message.choices or message.url or message.document or message.quotes)
        if not (is_text or message.is_plain or message.template or message.order):
            refused.append(message)
            raise SendFailed(ErrorClass.MALFORMED, 131009, "not in this form")
        return take(message)

    stage.channel.send = send  # type: ignore[method-assign]
    return refused


def read(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("path", STORIES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_conversation_goes_on_in_text(path: Path, stage: Stage) -> None:
    take_text_only(stage)
    # Other people's messages may come before one that goes a second time.
    assert sorted(Story(stage).play(path).splitlines()) == sorted(read(path))


def test_the_conversation_that_everybody_has_goes_word_for_word_in_text(stage: Stage) -> None:
    refused = take_text_only(stage)
    assert Story(stage).play(EVERYBODYS).splitlines() == read(EVERYBODYS)
    assert any(m.choices for m in refused)
    assert any(m.url for m in refused)
