"""A short day of `benchmarks/soak`: everything around the clinic fails, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak_day import KILLED, Plan, opened, spend

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("e2e 1")]

SHORT = Plan(patients=30, doctors=3, seconds=70.0, pace=3.0, kill_every=12.0)


def test_a_day_of_failures_and_kills_loses_nothing_and_says_nothing_twice(tmp_path: Path) -> None:
    with opened(tmp_path, SHORT) as town:
        try:
            account = spend(town, SHORT)
        except BaseException:
            print(town.last_words())  # noqa: T201 - pytest shows it with the failure
            raise
    print("\n".join(account.lines()))  # noqa: T201 - pytest shows it with a failure
    assert account.wrongs() == []
    assert {o.name for o in account.outages} <= set(KILLED)
    assert account.outages
    assert account.calls["refused"]
    assert account.inbound >= SHORT.patients
    assert account.tokens["completed"] >= SHORT.patients / 2
    assert account.payments
    assert account.captured == account.seated + account.refunded
