"""bin/demo from the first start to the last Ctrl-C, as somebody does who tries the product."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.e2e.installation import (
    DEADLINE,
    ROOT,
    Installation,
    Person,
    clean_environment,
    free_port,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("e2e 1")]

START_SECONDS = 60.0
CITY = "100200300400500"
ASHA, SHARMA = "919876500001", "919876501002"


class Demo:
    """A demo in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = f"TEST_DEMO={uuid4().hex}"
        self.port, self.meta_port = free_port(), free_port()
        self.url = f"http://localhost:{self.port}"
        self.meta_url = f"http://127.0.0.1:{self.meta_port}"
        self.out = folder / "out"
        self.runs: list[subprocess.Popen[bytes]] = []

    def start(self, **settings: str) -> subprocess.Popen[bytes]:
        """Start it with *settings* and wait for its addresses."""
        name, _, value = self.mark.partition("=")
        own = {name: value, "PORT": str(self.port), "SIMULATOR_PORT": str(self.meta_port)}
        with self.out.open("wb") as output:
            run = subprocess.Popen(
                [ROOT / "bin/demo", "--var", self.folder / "var"],
                env=clean_environment() | own | {"WEB_THREADS": "64"} | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.runs.append(run)
        deadline = time.monotonic() + START_SECONDS
        while "Ctrl-C ends" not in self.said():
            assert run.poll() is None, self.last_words()
            assert time.monotonic() < deadline, self.last_words()
            time.sleep(0.05)
        return run

    def said(self) -> str:
        """Return what it has printed since it was started."""
        return self.out.read_text()

    def last_words(self) -> str:
        """Return what it printed, and the ends of its logs."""
        logs = sorted((self.folder / "var/log").glob("*.log"))
        ends = [f"--- {log.name}\n{log.read_text()[-2000:]}" for log in logs]
        return "\n".join([self.said(), *ends])

    def processes(self) -> list[int]:
        """Return everything that was started and lives, Redis included."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                # Redis writes its title over its environment, so it is known by its folder.
                inside = self.folder in (entry / "cwd").readlink().parents
                marked = self.mark.encode() in (entry / "environ").read_bytes()
                ended = (entry / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
            except OSError:
                continue
            if (inside or marked) and not ended:
                found.append(int(entry.name))
        return found

    def fail(self, why: str) -> None:
        """Fail the test with the logs; what `Person` asks of an installation."""
        raise AssertionError(f"{why}\n{self.last_words()}")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    yield demo
    for process in demo.processes():
        os.kill(process, signal.SIGKILL)
    for run in demo.runs:
        run.wait()


def test_a_booking_outlives_the_demo_with_either_provider_and_no_process_does(demo):
    run = demo.start()
    addresses = dict(re.findall(r"^  (\S.*?)  +(\S+)", demo.said(), re.MULTILINE))
    assert addresses["Phones"] == f"http://localhost:{demo.meta_port}"
    assert addresses["API"] == f"{demo.url}/api/v1"
    assert "PulseOps simulator" in requests.get(addresses["Phones"], timeout=10).text
    assert requests.get(addresses["Health"], timeout=10).json()["status"] == "healthy"
    asha = person(demo, "Asha", ASHA)
    booked = asha.books("Dr. Sharma")
    number = re.search(r"Token #\d+", booked)
    assert number is not None
    run.send_signal(signal.SIGINT)
    assert run.wait(DEADLINE) == 0
    assert demo.processes() == []
    assert demo.said().endswith("Stopped.\n")

    run = demo.start()
    asha.says("status")
    assert number[0] in asha.hears("as of")["text"]
    sharma = person(demo, "Dr. Sharma", SHARMA)
    sharma.says("start")
    assert "Asha" in sharma.hears("Started")["text"]
    run.send_signal(signal.SIGINT)
    assert run.wait(DEADLINE) == 0
    assert demo.processes() == []

    run = demo.start(WHATSAPP_PROVIDER="twilio")
    asha = person(demo, "Asha", ASHA)
    assert asha.chat() == []  # Each provider has chats of its own.
    asha.says("status")
    shown = asha.hears("as of")
    assert number[0] in shown["text"]
    assert shown["options"]
    refused = requests.get(f"{demo.meta_url}/control/refusals", timeout=10).json()
    assert refused["refusals"] == []
    run.send_signal(signal.SIGINT)
    assert run.wait(DEADLINE) == 0


def test_what_it_prints_about_the_api_works(demo):
    run = demo.start()
    assert f"$(bin/demo --token --var {demo.folder / 'var'})" in demo.said()
    printed = subprocess.run(
        [ROOT / "bin/demo", "--token", "--var", demo.folder / "var"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    users = called(demo, "GET", "/users", token=printed.stdout.strip())["users"]
    assert "Farida Khan" in [u["name"] for u in users]

    account = re.search(r"clinic (\S+), number (\S+), password (\S+);", demo.said())
    assert account is not None
    clinic, number, password = account.groups()
    asked = {"whatsappNumber": number, "clinicId": clinic}
    begun = called(demo, "POST", "/auth/clinic/login", asked)
    farida = person(demo, "Farida", number.removeprefix("+"))
    farida.number = "100000000000001"
    (otp,) = re.findall(r"\d{6}", farida.hears("verification code")["text"])
    proof = {"loginRequestId": begun["loginRequestId"], "otp": otp, "password": password}
    signed_in = called(demo, "POST", "/auth/clinic/verify-login", proof)
    assert signed_in["user"]["name"] == "Farida Khan"
    run.send_signal(signal.SIGINT)
    assert run.wait(DEADLINE) == 0


def called(demo: Demo, method: str, path: str, body: Any = None, token: str = "") -> Any:
    """Call the API as somebody's own program does."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"{demo.url}/api/v1{path}"
    answer = requests.request(method, url, json=body, headers=headers, timeout=30)
    assert answer.ok, answer.text
    return answer.json()["data"]


def person(demo: Demo, name: str, wa_id: str) -> Person:
    """Return one of the demo's people."""
    at: Installation = demo  # type: ignore[assignment]  # has what a person needs of one
    return Person(at, name, wa_id, CITY)
