"""What the documents say of files, names, commands and settings is so."""

import ast
import os
import re
from pathlib import Path
from typing import Any, cast

import click
import pytest

from bin import draw_flows
from bot.cli.commands import commands

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", "simulator/*.md")
    for path in ROOT.glob(pattern)
)
OF_TODAY = [d for d in DOCUMENTS if d.parent.name != "decisions"]
"""Decisions are true of the day they were made: they are not rewritten when a name changes."""
FENCED = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
QUOTED = re.compile(r"`([^`\n]+)`")
FOLDERS = "api|bin|bot|benchmarks|docs|domain|flows|simulator|store|templates|tests|web|workers"
PACKAGES = ("api", "bot", "domain", "flows", "store", "web", "workers")
"""Whose modules all stand on the map."""
LISTED = [
    init
    for package in (*PACKAGES, "bin/supervisor", "simulator")
    for init in sorted(ROOT.glob(f"{package}/**/__init__.py"))
]
"""The packages whose docstring lists their modules."""
A_FILE = re.compile(rf"(?:{FOLDERS})/[\w./-]*[\w/]")
A_NAME = re.compile(rf"((?:{FOLDERS})/[\w/]+\.py):(\w+)")
A_PROGRAM = re.compile(r"(?:bin|benchmarks|\.ci)/[a-z-]+")
READS = (
    ("bot/config/settings.py", r'env\.get\("([A-Z_]+)"'),
    (
        "bot/config/sections.py",
        r'(?:env\.get\(|values\.[a-z_]+\(\s*env, )"([A-Z_]+)"',
    ),
    ("bot/gunicorn.py", r'os\.environ\.get\("([A-Z_]+)"'),
    ("bot/cli/commands.py", r'os\.environ\.get\(\s*"([A-Z_]+)"'),
    ("bot/observability/metrics.py", r'MULTIPROCESS_VARIABLE = "([A-Z_]+)"'),
    ("bin/supervisor/command.py", r'choose_port\("([A-Z_]+)"'),
)
"""Where settings are read, and how that looks."""


def each(documents: list[Path]) -> pytest.MarkDecorator:
    names = [str(d.relative_to(ROOT)) for d in documents]
    return pytest.mark.parametrize("document", documents, ids=names)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def settings_read() -> set[str]:
    return {name for path, pattern in READS for name in re.findall(pattern, read(path))}


def settings_in_table(path: str) -> set[str]:
    """Return the names in the first column of the tables of *path*."""
    rows = [line.split("|")[1] for line in read(path).splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([A-Z][A-Z_]+)`", row)}


def commands_in(text: str) -> list[str]:
    """Return what is quoted or fenced in *text* as something to type, a line each."""
    fenced = [
        line for kind, block in FENCED.findall(text) if not kind for line in block.split("\n")
    ]
    return [*fenced, *QUOTED.findall(FENCED.sub("", text))]


@pytest.mark.parametrize("file", draw_flows.pages(), ids=[file.name for file in draw_flows.pages()])
def test_the_drawn_conversations_are_those_that_run(file):
    wanted = draw_flows.pages()[file]
    assert file.read_text(encoding="utf-8") == wanted, "run bin/draw-flows"


@each(DOCUMENTS)
def test_links_lead_somewhere(document):
    text = FENCED.sub("", document.read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text)
    for link in (markdown or html for markdown, html in links):
        if "://" not in link:
            assert (document.parent / link.partition("#")[0]).exists(), link


@each(OF_TODAY)
def test_files_that_are_named_exist(document):
    if document.parent.name == "simulator":
        pytest.skip("names files of its own folder")
    for quoted in QUOTED.findall(FENCED.sub("", document.read_text(encoding="utf-8"))):
        path = quoted.partition(":")[0].partition(" ")[0]
        if A_FILE.fullmatch(path) and not path.startswith("benchmarks/turn"):
            assert (ROOT / path).exists(), quoted


@each(OF_TODAY)
def test_names_in_files_are_there(document):
    for path, name in A_NAME.findall(document.read_text(encoding="utf-8")):
        definition = rf"^\s*(?:def|class) {name}\b|^\s*{name}\b[^\n]* = "
        assert re.search(definition, read(path), re.MULTILINE), f"{path}:{name}"


@each(OF_TODAY)
def test_programs_that_are_named_can_be_run(document):
    for line in commands_in(document.read_text(encoding="utf-8")):
        word = line.partition(" ")[0]
        if A_PROGRAM.fullmatch(word):
            assert os.access(ROOT / word, os.X_OK), line


@each(OF_TODAY)
def test_operations_that_are_named_exist(document):
    group: Any = commands(*[cast("Any", None)] * 3)
    for words in re.findall(r"pulseops ([a-z][a-z-]*(?: [a-z]+)?)", document.read_text("utf-8")):
        command: Any = group
        for word in words.split():
            if not isinstance(command, click.Group):
                break
            assert word in command.commands, words
            command = command.commands[word]


def test_every_operation_is_documented_and_no_other():
    group: Any = commands(*[cast("Any", None)] * 3)
    table = read("docs/operations.md").partition("## Commands")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    documented = {
        " ".join(word for word in quoted.split() if word.islower() and not word.startswith("-"))
        for row in rows
        for quoted in QUOTED.findall(row)
    }
    there = {
        f"{name} {inner}" if inner else name
        for name, command in group.commands.items()
        for inner in (command.commands if isinstance(command, click.Group) else [""])
    }
    assert documented == there


def test_every_number_that_is_watched_is_documented_and_no_other():
    kinds = {"Counter": "_total", "Histogram": "", "Gauge": ""}
    made = re.findall(
        r'(Counter|Histogram|Gauge)\(\s*"(pulseops_\w+)"', read("bot/observability/metrics.py")
    )
    documented = re.findall(r"`(pulseops_\w+)`", read("docs/operations.md"))
    assert set(documented) == {name + kinds[kind] for kind, name in made}


def test_every_decision_has_a_number_of_its_own():
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        assert file.read_text(encoding="utf-8").startswith(f"# {int(file.name[:4])}. ")


def test_every_setting_is_documented_and_no_other():
    boto = {"AWS_ENDPOINT_URL_DYNAMODB"}
    assert settings_in_table("docs/operations.md") - boto == settings_read()


def test_the_readme_names_only_settings_that_are_read():
    assert settings_in_table("README.md")
    assert settings_in_table("README.md") <= settings_read()


def test_every_module_is_on_the_map():
    """On the map of the house, or in the docstring of its package, which is on the map."""
    tree = read("docs/architecture.md").partition("## The house")[2].partition("Who may import")[0]
    missing = []
    for module in (m for p in PACKAGES for m in ROOT.glob(f"{p}/**/*.py")):
        package = (module.parent / "__init__.py").read_text(encoding="utf-8")
        is_named = re.search(rf"\b{module.stem}\b", tree + package)
        if module.stem != "__init__" and not is_named:
            missing.append(str(module.relative_to(ROOT)))
    assert missing == []


@each(LISTED)
def test_a_package_lists_its_modules_and_no_other(document):
    """In a table, whose first column has their names, or in quotes within sentences."""
    text = ast.get_docstring(ast.parse(document.read_text(encoding="utf-8"))) or ""
    rows = re.findall(r"^(\w+(?:, \w+)*)  +\S", text, re.MULTILINE)
    in_table = {name for row in rows for name in row.split(", ")}
    there = {path.stem for path in document.parent.glob("*.py")} - {"__init__"}
    there |= {path.parent.name for path in document.parent.glob("*/__init__.py")}
    assert in_table <= there
    assert there <= in_table | set(QUOTED.findall(text))


def test_the_picture_is_not_too_heavy():
    assert (ROOT / "docs" / "images" / "conversation.png").stat().st_size < 400_000
