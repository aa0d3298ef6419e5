"""What each address answers to whom: one row an address, one module of rows a resource.

A module of this folder has `ROWS`. `test_walls.py` calls every row as nobody, with a bad and an
expired token, as another clinic's admin, another doctor, the doctor and the admin, and fails for
an address of the API that has no row, or a row that has no address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.api.office import Office

Given = Callable[[Office], dict[str, str]]
"""Prepares what the address is about in City Medical Center; returns the ids in its path."""


@dataclass(frozen=True)
class Row:
    """One address, and who gets in.

    `doctor`, `other_doctor` and `other_admin` are the statuses that Dr. Meera (whose thing it is),
    Dr. Khan of the same clinic and the admin of Sunrise Clinic get for City's thing: 403 where the
    role never may, 404 behind a wall, else the success. A list that shows only one's own things
    is 200 for all, and `shows` (ids or texts of City's thing) must not appear in what others get.
    """

    address: str
    """Such as `GET /doctors/{doctorId}`, without /api/v1."""
    doctor: int
    other_doctor: int
    other_admin: int
    admin: int = 200
    body: Any = None
    query: dict[str, Any] | None = None
    given: Given | None = None
    public: bool = False
    """Open without a token: only its row is asked for."""
    shows: tuple[str, ...] = ()
    """What is in the answer of whoever may see City's thing, and of nobody else."""
