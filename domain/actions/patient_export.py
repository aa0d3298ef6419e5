"""Everything a clinic knows of its patients, to take away: read in pages as it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from domain.actions import patients
from domain.actions.patients import Known
from domain.work import Work

PAGE = 200


def every_patient(open_work: Callable[[], Work]) -> Iterator[Known]:
    """Yield the clinic's patients by name, each page read when its turn comes.

    What is recorded meanwhile may or may not be among them; nobody is among them twice.
    """
    after = None
    while True:
        page = patients.page(open_work(), PAGE, after)
        yield from page.patients
        after = page.after
        if after is None:
            return
