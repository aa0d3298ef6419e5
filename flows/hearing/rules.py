"""Rules over the concepts of a sentence: which words together mean what, and in which mood."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flows.hearing.lexicon import Word


@dataclass(frozen=True)
class Mood:
    """How a clause is said: whether it asks, denies, supposes, or tells of the past or of others."""

    asked: bool = False
    allowed: bool = False
    """Whether it asks what may be done: "can I", "kar sakte hain"."""
    negated: bool = False
    supposed: bool = False
    past: bool = False
    others: bool = False
    requested: bool = False
    """Whether a question asks us to do something: "can you", "aap kar doge"."""

    wanted: bool = False
    """Whether it says that somebody wants something."""

    @property
    def plain(self) -> bool:
        """Always: for what is the same in every other mood."""
        return True


@dataclass(frozen=True)
class Rule:
    """That a clause with one of each of *needs* and none of *never* means *trigger*."""

    trigger: str
    needs: tuple[frozenset[str], ...]
    never: frozenset[str]

    def holds(self, concepts: frozenset[str]) -> bool:
        """Return whether a clause with *concepts* means the trigger."""
        return all(need & concepts for need in self.needs) and not self.never & concepts


def rules(*said: tuple[str, str]) -> tuple[Rule, ...]:
    """Read rules such as ("fee", "how_much visit|see -late").

    One concept of each group must be in the clause, and none of those after a minus.
    """
    return tuple(_rule(trigger, groups) for trigger, groups in said)


def _rule(trigger: str, said: str) -> Rule:
    groups = [g for g in said.split() if not g.startswith("-")]
    never = frozenset(g[1:] for g in said.split() if g.startswith("-"))
    return Rule(trigger, tuple(frozenset(g.split("|")) for g in groups), never)


def concepts_of(words: Iterable[Word]) -> frozenset[str]:
    """Return the keys under `say` of all *words*; `spoken` if a language is named."""
    found = frozenset(key for word in words for key in word.keys("say"))
    return found | ({"spoken"} if any(word.keys("language") for word in words) else set())


def mood_of(concepts: frozenset[str], *, question: bool) -> Mood:
    """Return how a clause with *concepts* is said; *question* is whether its sign stands behind."""
    return Mood(
        asked=question or "ask" in concepts or "may_i" in concepts,
        allowed="may_i" in concepts,
        negated="not" in concepts,
        supposed="if" in concepts,
        past="past" in concepts,
        others="others" in concepts,
        requested="you" in concepts,
        wanted="want" in concepts,
    )
