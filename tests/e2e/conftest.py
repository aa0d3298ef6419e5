"""Installations for end-to-end tests; what their processes said is shown where a test fails.

Modules are in one of two groups, "e2e 1" and "e2e 2", each with one installation after another:
never more than two compete for the machine, beside tests that need no process.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

pytest.register_assert_rewrite("tests.e2e.installation", "tests.e2e.day", "tests.e2e.twilio")

from tests.e2e.installation import Installation  # noqa: E402 - its assertions explain themselves


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the ends of the logs below a failure."""
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Installation):
                report.sections.append(("installation", value.last_words()))
    return report


Kind = TypeVar("Kind", bound=Installation)


@contextmanager
def running(
    folder: Path, patients: int = 4, settings: dict[str, str] | None = None
) -> Iterator[Installation]:
    """Give a running installation with its cast."""
    with started(Installation(folder, **settings or {}), patients) as installation:
        yield installation


@contextmanager
def started(installation: Kind, patients: int = 4) -> Iterator[Kind]:
    """Give *installation* with its cast, running."""
    try:
        installation.cast(patients)
        installation.start()
        yield installation
    except BaseException:
        print(installation.last_words())  # noqa: T201 - pytest shows it with the failure
        raise
    finally:
        installation.close()
