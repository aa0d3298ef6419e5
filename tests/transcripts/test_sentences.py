"""The sentences of `tests/hearing/`: how many are understood, and that no guess acts.

The bounds are a little below what `benchmarks/hearing` measured, and are raised with it.
"""

from __future__ import annotations

from functools import cache

import pytest

from tests.outcomes import Judged, judge
from tests.sentences import Sentence, read_sentences

UNDERSTOOD = {
    "patients": 0.95, "patients_more": 0.93, "patients_third": 0.87, "patients_fourth": 0.88,
    "patients_fifth": 0.96,
    "staff": 0.97, "staff_more": 0.93,
    "patients_held_out": 0.92, "patients_held_out_more": 0.75, "staff_held_out": 0.90,
    "staff_held_out_more": 0.90,
}  # fmt: skip
"""Of each file, the least share that must be understood."""
ACTED_AT_MOST = {
    "patients_third": 1,
}  # fmt: skip
"""Of each file, sentences upon which something is done that was not meant; none of the others."""

pytestmark = pytest.mark.slow
files = pytest.mark.parametrize("name", UNDERSTOOD)


@cache
def judged(name: str) -> list[tuple[Sentence, Judged]]:
    """Return the sentences of a file, each with what came of it."""
    return [(sentence, judge(sentence)) for sentence in read_sentences(name)]


@files
def test_most_sentences_are_understood(name: str) -> None:
    wrong = [(s.at, s.text, found.seen) for s, found in judged(name) if not found.right]
    assert len(wrong) <= (1 - UNDERSTOOD[name]) * len(judged(name)), wrong


@files
def test_what_is_not_understood_changes_nothing(name: str) -> None:
    acted = [(s.at, s.text, found.seen) for s, found in judged(name) if found.acted]
    assert len(acted) <= ACTED_AT_MOST.get(name, 0), acted
