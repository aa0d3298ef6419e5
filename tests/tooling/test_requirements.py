"""What a fresh machine installs does not depend on what an index serves that day."""

import json
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

REPOSITORY = Path(__file__).resolve().parents[2]
RUN = ("requirements.txt",)
DEVELOP = ("requirements.txt", "requirements-dev.txt")


def pins(*files: str) -> list[Requirement]:
    """Return the pins of *files*; a name may have several, for different Pythons."""
    lines = [line for file in files for line in (REPOSITORY / file).read_text().splitlines()]
    return [
        Requirement(line.removesuffix("\\").strip())
        for line in lines
        if re.match(r"[A-Za-z0-9]", line)
    ]


def environments() -> list[dict[str, str]]:
    """Return the machines that the files are for: this one's kind under each Python."""
    return [
        {
            **{name: str(value) for name, value in default_environment().items()},
            "python_version": python,
            "python_full_version": f"{python}.1",
            "platform_machine": machine,
        }
        for python in ("3.11", "3.12", "3.13", "3.14")
        for machine in ("x86_64", "aarch64")
    ]


def applies(requirement: Requirement, environment: dict[str, str], extra: str = "") -> bool:
    """Return if a requirement counts in an environment, asked for with an extra."""
    return requirement.marker is None or requirement.marker.evaluate(
        {**environment, "extra": extra}
    )


def needs_of(pin: Requirement) -> list[Requirement]:
    """Return what the pinned package asks for, by its own word; of another release, nothing."""
    try:
        installed = distribution(pin.name)
    except PackageNotFoundError:
        return []  # for another Python or machine
    if not pin.specifier.contains(installed.version):
        return []
    return [Requirement(text) for text in installed.requires or []]


@pytest.mark.parametrize("files", [RUN, DEVELOP], ids=["run", "develop"])
@pytest.mark.parametrize(
    "environment", environments(), ids=lambda e: e["python_version"] + e["platform_machine"]
)
def test_the_files_hold_all_that_their_packages_ask_for(files, environment):
    pinned: dict[str, list[Requirement]] = {}
    for pin in pins(*files):
        if applies(pin, environment):
            pinned.setdefault(canonicalize_name(pin.name), []).append(pin)
    missing = set()
    asked = [(name, extra) for name, found in pinned.items() for extra in ("", *found[0].extras)]
    seen = set()
    while asked:
        name, extra = asked.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for needed in needs_of(pinned[name][0]):
            if not applies(needed, environment, extra):
                continue
            key = canonicalize_name(needed.name)
            fitting = [
                pin
                for pin in pinned.get(key, [])
                if needed.specifier.contains(Version(next(iter(pin.specifier)).version))
            ]
            if fitting:
                asked += [(key, wanted) for wanted in needed.extras]
            else:
                missing.add(f"{name} needs {needed}")
    assert len(seen) >= len(pinned) > 50
    assert not missing


def test_set_up_resolves_nothing():
    installs = [
        command
        for file in ("bin/setup", "Dockerfile")
        for command in (REPOSITORY / file).read_text().replace("\\\n", " ").splitlines()
        if "pip install" in command and not command.lstrip().startswith("#")
    ]
    assert len(installs) == 2
    for command in installs:
        assert {"--no-deps", "--require-hashes", "--only-binary"} <= set(command.split())


def test_set_up_takes_of_npm_what_is_locked():
    [command] = [
        line
        for line in (REPOSITORY / "bin/setup").read_text().replace("\\\n", " ").splitlines()
        if "bin/deno" in line
    ]
    assert {"install", "--frozen"} <= set(command.split())
    wanted = json.loads((REPOSITORY / "deno.json").read_text())["imports"].values()
    locked = json.loads((REPOSITORY / "deno.lock").read_text())
    assert set(wanted) == locked["specifiers"].keys()
    for name in wanted:
        assert re.fullmatch(r"npm:[a-z]+@\d+\.\d+\.\d+", name), "one version, not a range"
    assert len(locked["npm"]) > len(wanted)
    assert all(package["integrity"].startswith("sha512-") for package in locked["npm"].values())


def test_set_up_leaves_an_environment_that_is_linked_alone(tmp_path):
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "root"
    (elsewhere / "bin").mkdir(parents=True)
    (root / "bin").mkdir(parents=True)
    shutil.copy(REPOSITORY / "bin/setup", root / "bin/setup")
    (root / ".venv").symlink_to(elsewhere)
    ended = subprocess.run([root / "bin/setup"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(r"bin/setup: \.venv is a symbolic link: .*\n", ended.stderr)
    assert (root / ".venv").is_symlink()
    assert [path.name for path in elsewhere.iterdir()] == ["bin"]


def test_the_image_is_made_from_a_named_release():
    image = re.search(r"^FROM python:(\S+)$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)
    assert image is not None
    assert re.fullmatch(r"3\.11\.\d+-slim-bookworm", image[1])
