"""The tools see the whole tree."""

import tomllib
from pathlib import Path

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


def test_every_package_is_measured():
    assert set(SETTINGS["tool"]["coverage"]["run"]["source"]) >= PACKAGES


def test_every_pin_has_a_hash_and_names_no_index():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (REPOSITORY / name).read_text()
        pins = [line for line in text.splitlines() if "==" in line and not line.startswith(" ")]
        assert pins
        assert all(line.endswith("\\") for line in pins)
        assert "://" not in text
        assert "--index-url" not in text
