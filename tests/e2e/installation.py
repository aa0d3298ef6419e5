"""A whole installation for a test: real processes in a folder of its own, and its people.

Redis, web, worker and clock run as in production, the simulator plays Meta. Each process can be
stopped, killed and started again. Nothing outlives the test process, however that ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import hmac
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from uuid import uuid4

import requests

from bin.supervisor import processes
from bin.supervisor.demo import procfile
from bin.supervisor.redis_server import redis_answers, redis_program
from bot.config.settings import read_settings
from bot.wiring import Parts, build
from domain.actions.messages.outbox import SHARDS as OUTBOX_SHARDS
from domain.model.base import stamp
from domain.model.clinics import Clinic, Doctor, User
from domain.model.conversations import Conversation
from domain.model.due import SHARDS as DUE_SHARDS
from domain.model.due import Due
from domain.model.messages import Message, Outgoing
from domain.work import Work
from tests.people import (
    CITY_SENDER,
    PLATFORM_SENDER,
    TESTS,
    a_clinic,
    a_doctor,
    a_user,
    claims_of,
    doctor_user,
    staff_number,
    store,
)

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("web", "worker", "clock")
SECRET = "app-secret"
VERIFY = "verify-token"
DEADLINE = 40.0
"""Seconds that anything may take which a test does not time; some machines are busy."""
LAST_SECONDS = 5.0
PR_SET_PDEATHSIG = 1
FIRST_PORT, LAST_PORT = 20_000, 32_000
"""Below the ports that the system gives to outgoing connections, which nobody can keep free."""
T = TypeVar("T")
Json = dict[str, Any]


def free_port() -> int:
    """Return a port of loopback where nobody listens."""
    while True:
        port = random.randint(FIRST_PORT, LAST_PORT)  # noqa: S311 - spreads tests, hides nothing
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def noon_zone(now: datetime) -> str:
    """Return a time zone in which it is between twelve and one: no day ends during a test."""
    ahead = 12 - now.astimezone(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def city(now: datetime, sender: str = CITY_SENDER) -> Clinic:
    """Return City Medical Center, where it is noon; *sender* is its own at the provider."""
    return a_clinic(
        "clinic_city",
        "City Medical Center",
        "+919876543001",
        now,
        phone_number_id=sender,
        join_code="CITY42",
        time_zone=noon_zone(now),
    )


def clean_environment() -> dict[str, str]:
    """Return what every process needs of this one's environment."""
    kept = {"PATH", "HOME", "LANG"}
    given = {k: v for k, v in os.environ.items() if k in kept}
    path = f"{Path(sys.executable).parent}{os.pathsep}{given.get('PATH', os.defpath)}"
    return given | {"PATH": path, "PYTHONUNBUFFERED": "1"}


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One process with its children: a session of its own."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], log: Path) -> None:
        self.name, self.command, self.env, self.log = name, command, env, log
        self.run: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, again if it has ended; its output goes on in the same log."""
        with self.log.open("ab") as output:
            self.run = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - prctl alone, and no lock is taken
            )

    def twin(self) -> Process:
        """Return another one of the same, not started."""
        return Process(f"{self.name}-2", self.command, self.env, self.log)

    @property
    def pid(self) -> int:
        """The id of the process, which is also that of its group."""
        assert self.run is not None
        return self.run.pid

    def kill(self) -> None:
        """End it and all its children at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait(DEADLINE)

    def kill_parent(self) -> None:
        """End it alone; its children are left to themselves."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait(DEADLINE)

    def stop(self) -> int:
        """Ask it to end and return its exit code; it has some seconds."""
        os.kill(self.pid, signal.SIGTERM)
        return self.wait(DEADLINE)

    def wait(self, seconds: float) -> int:
        """Wait for its end and return its exit code."""
        assert self.run is not None
        return self.run.wait(seconds)

    @property
    def children(self) -> list[int]:
        """What is left of its group."""
        return [p for p in processes.session_members(self.pid) if p != self.pid]

    def last_words(self, lines: int = 20) -> str:
        """Return the end of its log, without requests that went well."""
        said = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([line for line in said if '"status": 2' not in line][-lines:])


class Installation:
    """A clinic's installation of the product, with Meta beside it."""

    sender = CITY_SENDER
    """The clinic's own sender, as the product knows it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.mark = uuid4().hex
        self.http = requests.Session()
        self.http.trust_env = False
        self.redis_port, self.port, self.meta_port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.meta_url = f"http://127.0.0.1:{self.meta_port}"
        self.hook = f"{self.url}/api/v1/webhooks/whatsapp"
        self.environment = {
            processes.MARK: self.mark,
            "PORT": str(self.port),
            "WEB_PROCESSES": "2",
            "WEB_THREADS": "64",
            "PUBLIC_URL": self.url,
            "DATABASE_URL": f"sqlite:///{folder / 'pulseops.db'}",
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "JWT_SECRET": "jwt-secret-of-a-test",
            "DATA_KEY": b64encode(b"0123456789abcdef0123456789abcdef").decode(),
            "WHATSAPP_API_URL": f"{self.meta_url}/v26.0",
            "WHATSAPP_ACCESS_TOKEN": "access-token",
            "WHATSAPP_PHONE_NUMBER_ID": PLATFORM_SENDER,
            "WHATSAPP_BUSINESS_ACCOUNT_ID": "900800700",
            "WHATSAPP_WEBHOOK_SECRET": SECRET,
            "WHATSAPP_VERIFY_TOKEN": VERIFY,
            "WHATSAPP_WEBHOOK_URL": self.hook,
            **settings,
        }
        self.phones: list[Json] = []
        (folder / "redis").mkdir()
        env = clean_environment() | self.environment
        commands = procfile(ROOT)
        commands["simulator"] = [
            *(sys.executable, "-m", "simulator", "--port", str(self.meta_port)),
            *("--config", str(folder / "simulator.json"), "--state", str(folder / "simulator")),
        ]
        commands["redis"] = [
            *(redis_program(), "--port", str(self.redis_port)),
            *("--bind", "127.0.0.1", "--dir", str(folder / "redis")),
            *("--appendonly", "yes", "--save", "", "--daemonize", "no"),
        ]
        self.processes = {
            name: Process(name, command, env, folder / f"{name}.log")
            for name, command in commands.items()
        }

    # -- running -----------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything and wait until it works."""
        self.start_redis()
        self.command("init-db")
        (self.folder / "simulator.json").write_text(json.dumps(self._simulator()))
        self.processes["simulator"].start()
        self.until(lambda: self.answers(f"{self.meta_url}/control/faults"), "the simulator")
        self.prepare_provider()
        for name in PARTS:
            self.processes[name].start()
        self.until_web_answers()
        self.greet_provider()

    def prepare_provider(self) -> None:
        """Do what must be done at the provider before the first message: at Meta, nothing."""

    def greet_provider(self) -> None:
        """Prove to the provider that the webhook is ours."""
        assert self.control("POST", "/handshake") == {"handshake": "verified"}

    def _simulator(self) -> Json:
        numbers = {CITY_SENDER: "City Medical Center", PLATFORM_SENDER: "PulseOps clinics"}
        return {
            "app_secret": SECRET,
            "verify_token": VERIFY,
            "access_tokens": [self.environment["WHATSAPP_ACCESS_TOKEN"]],
            "waba_id": self.environment["WHATSAPP_BUSINESS_ACCOUNT_ID"],
            "webhook_url": self.hook,
            "numbers": [
                {"phone_number_id": key, "display_phone_number": f"91804000{n}000", "name": name}
                for n, (key, name) in enumerate(numbers.items())
            ],
            "phones": self.phones,
        }

    def start_redis(self) -> None:
        """Start Redis and wait until it answers."""
        self.processes["redis"].start()
        self.until(lambda: redis_answers(self.redis_port), "Redis")

    def until_web_answers(self) -> None:
        """Wait until the web process takes requests."""
        self.until(lambda: self.answers(f"{self.url}/live"), "the web process")

    def answers(self, url: str) -> bool:
        """Return whether a GET of *url* is answered well."""
        with contextlib.suppress(requests.RequestException):
            return self.http.get(url, timeout=5).ok
        return False

    def command(self, *words: str) -> str:
        """Run a `pulseops` command as an operator does; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "bot", "pulseops", *words],
            cwd=ROOT,
            env=self.processes["web"].env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def restart(self, name: str) -> None:
        """Start a process again that was killed."""
        process = self.processes[name]
        process.start()
        if name == "web":
            self.until_web_answers()
        assert process.run is not None
        assert process.run.poll() is None

    def close(self) -> None:
        """End everything: first asked, so that what was measured is kept, then told."""
        started = [p for p in self.processes.values() if p.run is not None]
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)
        for process in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LAST_SECONDS)
            process.kill()
        for left in processes.marked_processes(self.mark):
            processes.send_signal(left, signal.SIGKILL)
        self.http.close()
        if "parts" in self.__dict__:
            self.parts.store.close()
            self.parts.redis.close()

    def until(self, ready: Callable[[], T], what: str, seconds: float = DEADLINE) -> T:
        """Return the first true value of *ready*, which must come in time."""
        deadline = time.monotonic() + seconds
        while True:
            value = ready()
            if value:
                return value
            if time.monotonic() > deadline:
                self.fail(f"waited {seconds:g} s in vain: {what}")
            time.sleep(0.02)

    def fail(self, why: str) -> NoReturn:
        """Fail the test; the hook in conftest adds the logs."""
        raise AssertionError(why)

    def last_words(self) -> str:
        """Return the ends of all logs, and how webhooks and faults stand."""
        said = [f"--- {p.name}\n{p.last_words()}" for p in self.processes.values() if p.run]
        with contextlib.suppress(requests.RequestException, AssertionError):
            said.append(f"--- webhooks\n{self.control('GET', '/webhooks')}")
        return "\n".join(said)

    # -- Meta --------------------------------------------------------------------------------

    def control(self, method: str, path: str, body: object = None) -> Json:
        """Call the simulator's control API."""
        answer = self.http.request(method, f"{self.meta_url}/control{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    @contextlib.contextmanager
    def faults(self, **settings: object) -> Iterator[None]:
        """Let Meta misbehave for a while."""
        self.control("POST", "/faults", settings)
        try:
            yield
        finally:
            self.control("DELETE", "/faults")

    def post(self, body: Json | bytes, *, secret: str | None = SECRET) -> requests.Response:
        """Post a webhook, signed with *secret*; None leaves the signature out."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if secret is not None:
            digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature-256"] = f"sha256={digest}"
        with requests.Session() as session:  # safe in any number of threads
            session.trust_env = False
            return session.post(self.hook, data=raw, headers=headers, timeout=30)

    def sent(self) -> Counter[str]:
        """Return how often Meta accepted each of our messages, by our id."""
        calls = self.control("GET", "/sent")["sent"]
        return Counter(c["payload"].get("biz_opaque_callback_data", "") for c in calls)

    def settle(self, seconds: float = DEADLINE) -> None:
        """Wait until every webhook is accepted and nothing waits to be sent."""
        self.until(
            lambda: self.control("GET", "/webhooks?wait=5")["pending"] == 0 and not self.outbox(),
            "everything is delivered",
            seconds,
        )

    # -- the store ---------------------------------------------------------------------------

    @cached_property
    def parts(self) -> Parts:
        """The product's parts in this process, to look into its store."""
        return build(read_settings(self.environment))

    def work(self) -> Work:
        """Return a unit of work that sees everything."""
        return self.parts.open_work(TESTS)

    def outbox(self) -> list[Outgoing]:
        """Return what waits to be sent."""
        shards = (f"{n:02d}" for n in range(OUTBOX_SHARDS))
        return [r for s in shards for r in self.work().query(Outgoing, s).records]

    def due(self) -> list[Due]:
        """Return what should have been done by now."""
        until = stamp(datetime.now(UTC))
        shards = (f"{n:02d}" for n in range(DUE_SHARDS))
        return [
            r for s in shards for r in self.work().query(Due, s, between=("", f"{until}~")).records
        ]

    def message(self, message_id: str) -> Message:
        """Return one of our messages as it is stored."""
        found = self.work().get(Message, message_id)
        assert found is not None
        return found

    def rows(self, table: str) -> list[Json]:
        """Return all items of a table of the SQLite file."""
        path = self.environment["DATABASE_URL"].removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            found = file.execute(f'SELECT body FROM "pulseops-{table}"')  # noqa: S608 - our own word
            return [json.loads(body) for (body,) in found]

    def forget_windows(self) -> None:
        """Let a day pass since everybody's last message, as far as the product knows."""
        for row in self.rows("conversations"):
            before = self.work().get(Conversation, row["conversation"])
            assert before is not None
            long_ago = datetime.now(UTC) - timedelta(hours=25)
            store(self.parts.records, before.but(last_inbound_at=long_ago))

    # -- people ------------------------------------------------------------------------------

    def cast(self, patients: int = 4) -> None:
        """Store City Medical Center, where it is noon, and give everybody a phone.

        Dr. Meera takes ₹50 in advance and Dr. Khan nothing; both see patients every quarter of an
        hour until eight in the evening. Dr. Bose has forty slots of five minutes, all to come.
        """
        now = datetime.now(UTC)
        hours = {"start_time": "10:00", "end_time": "20:00", "lunch_break": None}
        clinic = self.clinic = city(now, self.sender)
        meera = a_doctor(clinic, "doc_meera", "Dr. Meera", "+919876543011", now, **hours)
        khan = a_doctor(
            clinic, "doc_khan", "Dr. Khan", "+919876543012", now, advance_amount=0, **hours
        )
        forty = {"start_time": "14:00", "end_time": "17:20", "consultation_duration": 5}
        bose = a_doctor(
            clinic, "doc_bose", "Dr. Bose", "+919876543013", now, lunch_break=None, **forty
        )
        farida = a_user(clinic, "usr_farida", "Farida", "+919876543010", now)
        self._store(clinic, [meera, khan, bose], farida)
        self.doctors = [
            self.person(d.name, d.whatsapp_number.removeprefix("+"), "doctor")
            for d in (meera, khan, bose)
        ]
        some = ("Asha", "Ravi", "Lata", "Imran")
        self.patients = [
            self.person(some[n] if n < len(some) else f"Patient {n}", f"9198765440{n:02d}")
            for n in range(patients)
        ]

    def _store(self, clinic: Clinic, doctors: list[Doctor], admin: User) -> None:
        users = [admin, *(doctor_user(d) for d in doctors)]
        numbers = [staff_number(u) for u in users]
        self.parts.store.create_tables()
        store(self.parts.records, clinic, *doctors, *users, *numbers, *claims_of(clinic))

    def person(self, name: str, wa_id: str, role: str = "patient") -> Person:
        """Return a person with a phone, for the simulator to know from its start."""
        phone = {"wa_id": wa_id, "user_id": f"IN.{wa_id}", "name": name, "role": role}
        self.phones.append(phone | {"number": CITY_SENDER})
        return Person(self, name, wa_id)


class Person:
    """Somebody at their phone."""

    def __init__(self, at: Installation, name: str, wa_id: str, number: str = CITY_SENDER) -> None:
        self.at, self.name, self.wa_id, self.number = at, name, wa_id, number
        self.heard = 0
        self.http = requests.Session()
        self.http.trust_env = False

    def _call(self, method: str, path: str, body: object = None) -> Json:
        url = f"{self.at.meta_url}/control/phones/{self.wa_id}{path}"
        answer = self.http.request(method, url, json=body, timeout=60)
        assert answer.ok, f"{self.name}: {answer.text}"
        return answer.json()

    def says(self, text: str) -> Json:
        """Write a message."""
        return self._call("POST", "/text", {"text": text, "number": self.number})

    def taps(self, option: str) -> Json:
        """Tap an option, by its id or its words, of the newest message that has it."""
        return self._call("POST", "/tap", {"option": option, "number": self.number})

    def chat(self, query: str = "") -> list[Json]:
        """Return the messages of the chat, the oldest first."""
        return self._call("GET", f"/messages?number={self.number}{query}")["messages"]

    def hears(self, *words: str, seconds: float = DEADLINE) -> Json:
        """Return the next message with any of *words*; those before it are passed over."""
        deadline = time.monotonic() + seconds
        passed: list[str] = []
        while (left := deadline - time.monotonic()) > 0:
            query = f"&from=business&after={self.heard}&wait={min(left, 5):.2f}"
            for message in self.chat(query):
                self.heard = message["index"]
                if any(word in message["text"] for word in words):
                    return message
                passed.append(message["text"])
        return self.at.fail(f"{self.name} waited {seconds:g} s for {words}, and heard {passed}")

    def holds(self, doctor: str, place: int = 0) -> Json:
        """Go from Hi to a slot; return what answers its choice.

        Takes the offer at *place*, or whatever is free when others were faster.
        """
        self.says("Hi")
        self.hears("select doctor")
        self.taps(doctor)
        answer = self.hears("Available slots")
        while True:
            slots = [o["id"] for o in answer["options"] if o["id"].startswith("slot:")]
            self.taps(slots[min(place, len(slots) - 1)])
            answer = self.hears("Tap to pay", "Booking confirmed", "no longer free")
            if "no longer free" not in answer["text"]:
                return answer

    def pays(self, url: str) -> None:
        """Press the button of a payment's page; without an answer look first, then press again."""
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            with contextlib.suppress(requests.RequestException):
                page = self.http.get(url, timeout=5)
                if page.ok and 'data-state="open"' not in page.text:
                    return
                if page.ok:
                    self.http.post(url, data={"outcome": "paid"}, timeout=5)
            time.sleep(0.05)
        self.at.fail(f"{self.name} could not pay")

    def books(self, doctor: str = "Dr. Meera", place: int = 0) -> str:
        """Book a visit, and pay if something is due; return the confirmation."""
        answer = self.holds(doctor, place)
        if answer["links"]:
            self.pays(answer["links"][0]["url"])
            answer = self.hears("Booking confirmed")
        return answer["text"]


class Crowd:
    """People who do something at the same time, each in a thread; what fails is raised here."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._failed: list[BaseException] = []

    def add(self, act: Callable[..., object], *arguments: object) -> None:
        """Let *act* begin."""

        def run() -> None:
            try:
                act(*arguments)
            except BaseException as error:  # noqa: BLE001 - raised again by `join`
                self._failed.append(error)

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    @property
    def busy(self) -> int:
        """How many have not finished."""
        return sum(t.is_alive() for t in self._threads)

    def until_done(self, count: int) -> None:
        """Wait until at least *count* people have finished."""
        deadline = time.monotonic() + DEADLINE
        while len(self._threads) - self.busy < count:
            assert time.monotonic() < deadline, f"not even {count} people get anywhere"
            time.sleep(0.01)

    def join(self, seconds: float = 90.0) -> None:
        """Wait for all, and raise what failed first."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._failed:
            raise self._failed[0]
        assert not self.busy, f"{self.busy} people are not done after {seconds:g} s"
