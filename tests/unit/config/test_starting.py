"""A wrong setting is named in one line, whichever process or command meets it."""

from __future__ import annotations

import inspect
import json
import os
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.cli import cli

import workers.__main__
from bot.config.settings import exit_on_bad_setting
from bot.config.values import BadSetting
from workers import clock, context

ROOT = Path(__file__).resolve().parents[3]
WRONG = [
    ("DATA_KEY", "abc", "is not base64 of 32 bytes"),
    ("HOLD_MINUTES", "ten", "must be a whole number"),
    ("DATABASE_URL", "postgres://x", "sqlite:///PATH"),
    ("REDIS_URL", "localhost:6379", "no address such as"),
]
PROCESSES: dict[str, Callable[[], object]] = {
    "web": lambda: runpy.run_path(str(ROOT / "bot" / "gunicorn.py")),
    "worker": workers.__main__.main,
    "clock": clock.main,
}


@pytest.mark.parametrize(("name", "value", "said"), WRONG)
@pytest.mark.parametrize(
    "command", ["check-config", "init-db", "rebuild-figures", "rebuild-directory", "export"]
)
def test_a_command_says_it_in_one_line(command: str, name: str, value: str, said: str) -> None:
    args = ["--app", "bot", "pulseops", command]
    result = CliRunner().invoke(cli, args, env={name: value})
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert line.startswith(f"Error: {name} ")
    assert said in line


@pytest.mark.parametrize(("name", "value", "said"), WRONG)
@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_logs_the_name_and_says_what_is_wrong(
    process: str,
    name: str,
    value: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(name, value)
    # What another test has built is not built again.
    monkeypatch.setattr(context, "parts", inspect.unwrap(context.parts))
    with pytest.raises(SystemExit) as ended:
        PROCESSES[process]()
    assert said in str(ended.value)
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["setting"]) == ("bad_setting", name)


def test_other_failures_are_left_alone() -> None:
    with pytest.raises(ZeroDivisionError), exit_on_bad_setting():
        raise ZeroDivisionError


def test_outside_a_command_the_error_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import bot  # noqa: PLC0415 - its factory alone

    monkeypatch.setitem(os.environ, "HOLD_MINUTES", "ten")
    with pytest.raises(BadSetting):
        bot.create_app()


@pytest.mark.slow
def test_a_store_that_fails_is_said_by_a_command_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no database, however long one looks at it" * 100)
    args = ["--app", "bot", "pulseops", "check-config"]
    result = CliRunner().invoke(cli, args, env={"DATABASE_URL": f"sqlite:///{file}"})
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert line.startswith("Error: DATABASE_URL names a store that fails")
