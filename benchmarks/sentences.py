"""How well the sentences of the corpus are understood, and how long the ear takes for one.

Each sentence is said in its situation, in a store of its own, and what comes of it is compared
with what the corpus says must happen. The time is the ear's alone, without the store.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import structlog

from bot.rendering.renderer import Renderer
from bot.wiring import TEMPLATES
from flows.hearing.known import Known
from tests.outcomes import Judged, judge
from tests.sentences import HELD_OUT, SEEN, Sentence, read_sentences
from tests.spoken import DOCTORS_KNOWN, STAFF_SITUATIONS, TODAY

MINUTE = 605
"""10:05, the corpus' time of the day."""
ROUNDS = 20


def main() -> None:
    """Print both parts of the corpus apart: that which was seen while building, and the rest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="list what is not understood")
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(open(os.devnull, "w")))  # noqa: SIM115, PTH123 - for as long as this runs
    seen = [s for name in SEEN for s in read_sentences(name)]
    apart = [s for name in HELD_OUT for s in read_sentences(name)]
    for title, sentences in (("seen while building", seen), ("kept aside", apart)):
        judged = [(s, judge(s)) for s in sentences]
        print(f"\n{title}: {_share(judged)}, acted upon wrongly: {sum(j.acted for _, j in judged)}")
        _print_by("language", judged, lambda s: s.lang)
        _print_by("kind", judged, lambda s: s.kind)
        if options.wrong and title != "kept aside":
            for sentence, found in judged:
                if not found.right:
                    wanted = "/".join(sentence.does)
                    print(f"  [{sentence.at}] {sentence.text}: {wanted}; {found.seen}")
    _print_times([*seen, *apart])


def _share(judged: Sequence[tuple[Sentence, Judged]]) -> str:
    right = sum(found.right for _, found in judged)
    traps = [found for sentence, found in judged if sentence.trap]
    return (
        f"{right} of {len(judged)} right ({right / len(judged):.1%}); "
        f"traps {sum(t.right for t in traps)} of {len(traps)}"
    )


def _print_by(
    what: str, judged: Iterable[tuple[Sentence, Judged]], key: Callable[[Sentence], str]
) -> None:
    right, whole = Counter[str](), Counter[str]()
    for sentence, found in judged:
        whole[key(sentence)] += 1
        right[key(sentence)] += found.right
    said = (f"{name} {right[name]}/{count}" for name, count in whole.most_common())
    print(f"  by {what}: " + ", ".join(said))


def _print_times(sentences: Sequence[Sentence]) -> None:
    ear = Renderer(TEMPLATES).ear()
    known = Known(TODAY, MINUTE, DOCTORS_KNOWN)
    spent: list[float] = []
    for sentence in sentences:
        read = ear.command if sentence.at in STAFF_SITUATIONS else ear.sentence
        started = time.perf_counter()
        for _ in range(ROUNDS):
            read(sentence.text, known)
        spent.append((time.perf_counter() - started) / ROUNDS)
    cuts = statistics.quantiles(spent, n=100)
    print(
        f"\none sentence: mean {statistics.mean(spent) * 1000:.3f} ms, "
        f"p50 {cuts[49] * 1000:.3f} ms, p99 {cuts[98] * 1000:.3f} ms ({len(spent)} sentences)"
    )


if __name__ == "__main__":
    main()
