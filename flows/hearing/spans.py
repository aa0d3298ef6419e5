"""What a part of a sentence means, and which parts are taken where several overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span(Generic[T]):
    """Words of a sentence that mean *value*: from *start* up to, not including, *end*."""

    start: int
    end: int
    value: T
    weight: float = 1.0
    """How sure it is, beside other readings of the same words: 1 is usual."""


def pick(spans: Iterable[Span[T]]) -> list[Span[T]]:
    """Return spans that do not overlap, in the order of the sentence: longer and surer ones first."""
    taken: list[Span[T]] = []
    for span in sorted(spans, key=lambda s: (-s.weight, s.start - s.end, s.start)):
        if all(span.end <= t.start or span.start >= t.end for t in taken):
            taken.append(span)
    return sorted(taken, key=lambda s: s.start)


def covered(spans: Sequence[Span[T]]) -> frozenset[int]:
    """Return the positions of the words that *spans* explain."""
    return frozenset(i for s in spans for i in range(s.start, s.end))
