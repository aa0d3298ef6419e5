"""The tools see the whole tree."""

import ast
import tomllib
from pathlib import Path

from bot.observability import logs

REPOSITORY = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
PACKAGES = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")}


def test_every_package_is_under_the_import_contracts():
    linter = SETTINGS["tool"]["importlinter"]
    assert set(linter["root_packages"]) >= PACKAGES
    contracts = {contract["id"]: contract for contract in linter["contracts"]}
    product = PACKAGES - {"simulator"}
    assert product <= set(contracts["simulator-alone"]["forbidden_modules"])
    assert product <= set(contracts["no-simulator-inside"]["source_modules"])
    assert set(contracts["no-circles"]["ancestors"]) >= PACKAGES


def test_every_package_is_measured_and_logs_as_our_own():
    assert set(SETTINGS["tool"]["coverage"]["run"]["source"]) >= PACKAGES
    assert set(logs.OWN) >= PACKAGES


def test_every_pin_has_a_hash_and_names_no_index():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (REPOSITORY / name).read_text()
        pins = [line for line in text.splitlines() if "==" in line and not line.startswith(" ")]
        assert pins
        assert all(line.endswith("\\") for line in pins)
        assert "://" not in text
        assert "--index-url" not in text


def test_what_tests_share_is_in_no_test():
    """A helper that two need has a module of its own, or is a fixture of a conftest."""
    modules = sorted((REPOSITORY / "tests").rglob("*.py"))
    tests = {path.stem for path in modules if path.stem.startswith("test_")}
    found = []
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [part for alias in node.names for part in alias.name.split(".")]
            else:
                continue
            found += [f"{path.relative_to(REPOSITORY)}: {name}" for name in names if name in tests]
    assert found == []


def test_unit_tests_follow_the_packages_of_actions():
    """Reports are the exception: their figures are held on both stores, and by the API."""
    actions = {path.parent.name for path in (REPOSITORY / "domain/actions").glob("*/__init__.py")}
    folders = {path.parent.name for path in (REPOSITORY / "tests/unit").glob("*/test_*.py")}
    assert actions - folders == {"reports"}
