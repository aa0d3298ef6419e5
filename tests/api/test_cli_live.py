"""`check-config --live`: everything that the product depends on is asked."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from redis.exceptions import ReadOnlyError

from bot.cli.check_live import look_at_everything
from bot.documents.storage import open_files
from bot.wiring import Parts
from domain.errors import Busy
from tests.stage import FakeSenders, NoRedis, Stage

pytestmark = pytest.mark.slow  # each application takes a moment


class ReadOnly(NoRedis):
    """A Redis that answers a ping and takes no write."""

    def ping(self) -> bool:
        return True

    def set(self, *_args: object, **_kwargs: object) -> bool:
        raise ReadOnlyError("You can't write against a read only replica.")


class Kept(NoRedis):
    """A Redis that keeps what is written."""

    def __init__(self) -> None:
        self._kept: dict[object, object] = {}

    def set(self, *args: object, **_kwargs: object) -> bool:
        self._kept[args[0]] = args[1]
        return True

    def get(self, name: str) -> object:
        return self._kept.get(name)

    def delete(self, *args: object) -> None:
        for name in args:
            self._kept.pop(name, None)


class Away(FakeSenders):
    """A provider that does not answer."""

    def number_of(self, *_args: object, **_kwargs: object) -> str | None:
        raise Busy("WhatsApp could not be asked; please try again.")


@pytest.fixture
def parts(stage: Stage, tmp_path: Path) -> Parts:
    redis = Kept()
    files = open_files(f"file://{tmp_path}/files")
    return replace(stage.parts, redis=redis, files=files)  # type: ignore[arg-type]  # what is asked


def faults(parts: Parts) -> dict[str, str]:
    return {look.name: look.fault for look in look_at_everything(parts) if look.fault}


def test_where_all_works_each_is_named_as_good(parts: Parts, tmp_path: Path) -> None:
    looks = list(look_at_everything(parts))
    names = [look.name for look in looks]
    assert {"Redis", "files", "WhatsApp", "payments"} <= set(names)
    assert sum(name.startswith("table ") for name in names) > 10
    assert faults(parts) == {}
    assert list((tmp_path / "files").iterdir()) == []


def test_each_that_fails_is_named_and_keeps_none_of_the_others_from_being_asked(
    parts: Parts, tmp_path: Path
) -> None:
    (tmp_path / "a file").write_text("")
    files = open_files(f"file://{tmp_path}/a file")
    broken = replace(parts, redis=ReadOnly(), senders=Away(), files=files)  # type: ignore[arg-type]
    found = faults(broken)
    assert sorted(found) == ["Redis", "WhatsApp", "files"]
    assert "read only" in found["Redis"]


def test_a_missing_table_is_named(parts: Parts, tmp_path: Path) -> None:
    (database,) = tmp_path.glob("*.db")
    with closing(sqlite3.connect(database)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        (clinics,) = (name for name in names if name.endswith("clinics"))
        db.execute(f'DROP TABLE "{clinics}"')
    assert list(faults(parts)) == [f"table {parts.settings.table_prefix}clinics"]
