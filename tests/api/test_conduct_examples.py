"""Every example of the specification is run by a test, as far as its address is there."""

from __future__ import annotations

import importlib
from pathlib import Path

import api.app
from api.frame.routes import braced
from tests.api.examples.shape import examples

HERE = Path(__file__).parent
MODULES = sorted([*HERE.glob("examples/test_*.py"), *HERE.glob("test_*.py")])
WEBHOOKS = {"POST /api/v1/webhooks/whatsapp"}
"""Meta's, outside of the API's document."""
NOT_YET: frozenset[str] = frozenset()
"""Addresses of the specification that are not built; it must be empty in the end."""


def runs() -> set[str]:
    """Return the addresses whose examples some module says it runs."""
    found: set[str] = set()
    for file in MODULES:
        if "\nRUNS = " in file.read_text(encoding="utf-8"):
            folder = ".examples" if file.parent != HERE else ""
            found |= set(importlib.import_module(f"tests.api{folder}.{file.stem}").RUNS)
    return found


def built() -> set[str]:
    return {
        f"{route.method} {braced(route.path)}"
        for resource in api.app.RESOURCES
        for route in resource.routes
    }


def test_every_example_whose_address_is_there_is_run() -> None:
    wanted = set(examples()) & (built() | WEBHOOKS)
    assert sorted(wanted - runs()) == []


def test_only_what_is_listed_is_not_built() -> None:
    assert sorted(set(examples()) - built() - WEBHOOKS) == sorted(NOT_YET)


def test_the_specification_has_58_examples() -> None:
    assert len(examples()) == 58
