"""Ten thousand random days: is every rupee a seat or a refund, exactly once (invariant I3)?

    .venv/bin/python -m benchmarks.money [histories]

Plays the machine of `tests/unit/invariants/test_properties_money.py` with other dice each time, in
batches, and says how far it is. A history that fails is made as short as it can be and printed,
with what makes it play again. About eight a second on one core.
"""

from __future__ import annotations

import logging
import sys
import time

import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.invariants.test_properties_money import Days

HISTORIES = 10_000
BATCH = 250


def main() -> None:
    """Play the given number of histories."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else HISTORIES
    began, done = time.monotonic(), 0
    while done < wanted:
        batch = min(BATCH, wanted - done)
        run_state_machine_as_test(
            Days,
            settings=settings(
                max_examples=batch,
                stateful_step_count=40,
                deadline=None,
                database=None,
                print_blob=True,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
        )
        done += batch
        rate = done / (time.monotonic() - began)
        print(f"{done:6d} histories hold, {rate:.1f} a second", flush=True)


if __name__ == "__main__":
    main()
