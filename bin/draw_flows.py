"""Diagrams and lists of the conversations, made from their tables; started by `bin/draw-flows`."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from flows import patient, staff
from flows.table import ANYWHERE, Row, Table

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "flows"
LABEL_WIDTH = 44
PAGES = {
    "patient": (
        "The patient's conversation",
        "flows/patient.py",
        "What people type, in every language: `templates/messages/<language>/words.toml`.",
        patient.TABLE,
    ),
    "staff": (
        "The staff's conversation",
        "flows/staff.py",
        "Rows that look at `nobody_named` and `too_old` stand before the commands they guard.",
        staff.TABLE,
    ),
}


def pages() -> dict[Path, str]:
    """Return each page's file and what it should hold."""
    return {FOLDER / f"{name}.md": page(*parts) for name, parts in PAGES.items()}


def page(title: str, source: str, note: str, table: Table) -> str:
    """Return the page of a table: its diagram, its rows, and what their words mean."""
    return "\n".join([
        f"# {title}",
        "",
        f"Made from the table of `{source}` by `bin/draw-flows`; the tests compare the two.",
        f"Which trigger a message is: `_trigger` in the same file. {note}",
        "The first row that holds wins. A trigger that no row takes at a state is `lost`.",
        "",
        *diagram(table),
        "",
        "## Every row",
        "",
        "| on | at | when | do | say | then |",
        "|---|---|---|---|---|---|",
        *(_line(row) for row in table.rows),
        "",
        *_meanings("What is looked at", (row.when for row in table.rows)),
        *_meanings("What is done", (row.do for row in table.rows)),
        "## What is said when an action refuses",
        "",
        "| refusal | say | then |",
        "|---|---|---|",
        *(
            f"| `{kind.__name__}` | `{refusal.say}` | {refusal.then or 'stays'} |"
            for kind, refusal in table.refusals.items()
        ),
        "",
    ])  # fmt: skip


def diagram(table: Table) -> Iterator[str]:
    """Yield the Mermaid lines of a table: one arrow for each pair of states, with its triggers."""
    arrows: dict[tuple[str, str], dict[str, None]] = {}
    for row in table.rows:
        for at in row.at if isinstance(row.at, tuple) else (row.at,):
            start = "anywhere" if at == ANYWHERE else at
            arrows.setdefault((start, row.then or start), {})[row.on] = None
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield "    direction LR"
    yield "    [*] --> idle"
    for (start, end), triggers in arrows.items():
        yield f"    {start} --> {end}: {_label(list(triggers))}"
    yield "```"


def _label(triggers: list[str]) -> str:
    """Return the triggers of an arrow, on lines short enough to read."""
    lines = [""]
    for trigger in triggers:
        if len(lines[-1]) + len(trigger) > LABEL_WIDTH:
            lines.append("")
        lines[-1] += f"{', ' if lines[-1] else ''}{trigger}"
    return ",<br/>".join(lines)


def _line(row: Row) -> str:
    at = ", ".join(row.at) if isinstance(row.at, tuple) else row.at
    cells = (
        f"`{row.on}`",
        "anywhere" if at == ANYWHERE else at,
        _name(row.when),
        _name(row.do),
        f"`{row.say}`" if row.say else "",
        row.then or "stays",
    )
    return f"| {' | '.join(cells)} |"


def _name(function: Callable[..., object] | None) -> str:
    return f"`{function.__name__}`" if function else ""


def _meanings(title: str, functions: Iterator[Callable[..., object] | None]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    for function in dict.fromkeys(f for f in functions if f is not None):
        first = (function.__doc__ or "").strip().partition("\n")[0]
        module = function.__module__.replace(".", "/")
        yield f"- `{function.__name__}` (`{module}.py`): {first}"
    yield ""


def main() -> None:
    """Write the pages that are out of date; with --check, fail if one is."""
    parser = argparse.ArgumentParser(prog="bin/draw-flows", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if out of date")
    asked = parser.parse_args()
    stale = [
        file
        for file, text in pages().items()
        if not file.exists() or file.read_text(encoding="utf-8") != text
    ]
    if asked.check:
        if stale:
            sys.exit(f"out of date: {', '.join(file.name for file in stale)}; run bin/draw-flows")
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in stale:
        file.write_text(pages()[file], encoding="utf-8")
        print(f"docs/flows/{file.name}")


if __name__ == "__main__":
    main()
