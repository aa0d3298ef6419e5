"""A real simulator process, and an HTTP server that plays the product."""

import contextlib
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

ROOT = Path(__file__).parents[2]
DEADLINE = 8.0
APP_SECRET = "app-secret"
VERIFY_TOKEN = "verify-token"
TOKEN = "access-token"
WABA = "900800700"
CLINIC, PLATFORM = "100200300400500", "100200300400501"
CLINIC_DISPLAY = "918040001000"
ASHA, RAVI, LAKSHMI, MEERA = "919876500001", "919876500002", "919876500003", "919876500011"
PAGE = (200, b"<h1>Pay 50</h1>", "text/html")
ASHA_ID, LAKSHMI_ID = "IN.7788990011", "IN.7788990013"


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: needs Chromium")


def eventually(condition, why="the condition"):
    """Return the first true value of *condition*, which must come before the deadline."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    return pytest.fail(f"{why} did not come in {DEADLINE} s")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Product:
    """Plays the product: answers the handshake, checks signatures, keeps what it is sent."""

    kind = "application/json"

    def __init__(self, port=0):
        self.received: list[tuple[int, dict]] = []
        self.refuse_with: list[int] = []
        self.handshakes: list[dict] = []
        self.problems: list[str] = []
        self.verify = True
        self.files: dict[str, tuple[int, bytes, str]] = {}
        self.connections: list[socket.socket] = []
        product = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def setup(self):
                super().setup()
                product.connections.append(self.connection)

            def log_message(self, *_):
                pass

            def answer(self, status, text, kind="text/plain"):
                self.answer_bytes(status, text.encode(), kind)

            def answer_bytes(self, status, body, kind):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                query = parse_qs(urlsplit(self.path).query)
                if "hub.mode" not in query:
                    self.answer_bytes(*product.files.get(self.path, PAGE))
                    return
                product.handshakes.append(query)
                good = product.verify and query["hub.verify_token"] == [VERIFY_TOKEN]
                self.answer(200 if good else 403, query["hub.challenge"][0] if good else "no")

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                if not product.is_signed(self.path, self.headers, raw):
                    product.problems.append(f"signature of {self.path}: {self.headers}")
                    self.answer(401, "")
                    return
                if not self.headers["Content-Type"].startswith(product.kind):
                    product.problems.append(f"type {self.headers['Content-Type']}")
                status = product.refuse_with.pop(0) if product.refuse_with else 200
                product.received.append((status, product.read(self.path, raw)))
                self.answer(status, "")

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def is_signed(self, _path, headers, raw):
        """Return whether Meta has signed *raw*."""
        wanted = hmac.new(APP_SECRET.encode(), raw, hashlib.sha256).hexdigest()
        return headers["X-Hub-Signature-256"] == f"sha256={wanted}"

    def read(self, _path, raw):
        """Return what was posted, for the tests to look at."""
        return json.loads(raw)

    def close(self):
        """End it as a process ends: kept-alive connections too."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def file(self, body, kind="application/pdf", status=200):
        """Let a file be fetched; return its address."""
        path = f"/files/{len(self.files)}"
        self.files[path] = (status, body, kind)
        return self.url.replace("/hooks", path)

    def values(self, *, accepted_only=True):
        return [
            change["value"]
            for status, body in list(self.received)
            if status == 200 or not accepted_only
            for entry in body["entry"]
            for change in entry["changes"]
        ]

    def messages(self, **options):
        return [m for value in self.values(**options) for m in value.get("messages", [])]

    def statuses(self, message_id=None):
        every = [s for value in self.values() for s in value.get("statuses", [])]
        return [s for s in every if message_id in (None, s["id"])]

    def status_names(self, message_id):
        return [s["status"] for s in self.statuses(message_id)]


class Simulator:
    """A simulator process and short ways to use it."""

    def __init__(self, folder, product_url, **more):
        self.folder, self.port = folder, free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.http = requests.Session()
        self.http.trust_env = False
        config = {
            "app_secret": APP_SECRET,
            "verify_token": VERIFY_TOKEN,
            "access_tokens": [TOKEN],
            "waba_id": WABA,
            "webhook_url": product_url,
            "numbers": [
                {
                    "phone_number_id": CLINIC,
                    "display_phone_number": CLINIC_DISPLAY,
                    "name": "City Medical Center",
                },
                {
                    "phone_number_id": PLATFORM,
                    "display_phone_number": "918040001001",
                    "name": "PulseOps",
                },
            ],
            "phones": [
                {"wa_id": ASHA, "user_id": ASHA_ID, "name": "Asha", "role": "patient"},
                {"wa_id": RAVI, "user_id": "IN.7788990012", "name": "Ravi", "role": "patient"},
                {
                    "wa_id": LAKSHMI,
                    "user_id": LAKSHMI_ID,
                    "name": "Lakshmi",
                    "role": "patient",
                    "send_phone": False,
                },
                {"wa_id": MEERA, "user_id": "IN.7788990021", "name": "Meera", "role": "doctor"},
            ],
            **more,
        }
        for phone in config["phones"]:
            phone["number"] = CLINIC
        (folder / "config.json").write_text(json.dumps(config))
        self.start()

    def start(self):
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "simulator", "--port", str(self.port)),
                    *("--config", self.folder / "config.json", "--state", self.folder / "state"),
                ],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        eventually(self.answers, f"the simulator ({(self.folder / 'log').read_text()})")

    def answers(self):
        with contextlib.suppress(requests.ConnectionError):
            return self.http.get(f"{self.base}/control/faults", timeout=5).ok
        return False

    def stop(self, how=signal.SIGTERM):
        """End the process and return how many seconds that took."""
        began = time.monotonic()
        if how == signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        self.process.wait(DEADLINE)
        return time.monotonic() - began

    def control(self, method, path, body=None, *, ok=True):
        answer = self.http.request(method, f"{self.base}/control{path}", json=body, timeout=40)
        if ok:
            assert answer.ok, answer.text
        return answer.json() if ok else answer

    def graph(self, path, body=None, *, method="POST", token=TOKEN, timeout=20, **options):
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.request(
            method,
            f"{self.base}/v26.0/{path}",
            json=body,
            headers=headers,
            timeout=timeout,
            **options,
        )

    def post(self, body, number=CLINIC, **options):
        call = {"messaging_product": "whatsapp", **body}
        return self.graph(f"{number}/messages", call, **options)

    def send(self, body, to=ASHA, number=CLINIC):
        answer = self.post({"to": f"+{to}", **body}, number)
        assert answer.ok, answer.text
        return answer.json()["messages"][0]["id"]

    def send_text(self, text, to=ASHA, **more):
        return self.send({"type": "text", "text": {"body": text}, **more}, to)

    def refusal(self, body, to=ASHA, **options):
        answer = self.post({"to": f"+{to}", **body}, **options)
        assert not answer.ok, answer.text
        return answer.status_code, answer.json()["error"]

    def write(self, text, wa_id=ASHA, **more):
        return self.control("POST", f"/phones/{wa_id}/text", {"text": text, **more})

    def tap(self, option, wa_id=ASHA, **more):
        return self.control("POST", f"/phones/{wa_id}/tap", {"option": option, **more})

    def chat(self, wa_id=ASHA, query=""):
        return self.control("GET", f"/phones/{wa_id}/messages{query}")["messages"]

    def faults(self, **changes):
        return self.control("POST", "/faults", changes)

    def settle(self):
        assert self.control("GET", "/webhooks?wait=8")["pending"] == 0


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        product = Product()
        stack.callback(product.close)
        simulator = Simulator(tmp_path_factory.mktemp("simulator"), product.url)
        stack.callback(simulator.stop)
        stack.callback(simulator.http.close)
        yield product, simulator


@pytest.fixture
def product(running):
    return running[0]


@pytest.fixture
def sim(running):
    """The simulator with empty chats, well-behaved, and the window of Asha open."""
    yield from well_behaved(*running)


def well_behaved(product, simulator):
    """Yield *simulator* after a new beginning, and look for problems afterwards."""
    product.refuse_with.clear()
    simulator.control("DELETE", "/faults")
    simulator.settle()
    simulator.control("DELETE", "/state")
    simulator.write("hello")
    simulator.settle()
    product.received.clear()
    product.problems.clear()
    yield simulator
    assert product.problems == []


@pytest.fixture(scope="session")
def twilio_running(tmp_path_factory):
    from .twilio import TwilioProduct, TwilioSimulator  # noqa: PLC0415 - it needs what is here

    with contextlib.ExitStack() as stack:
        product = TwilioProduct()
        stack.callback(product.close)
        simulator = TwilioSimulator(tmp_path_factory.mktemp("twilio"), product)
        stack.callback(simulator.stop)
        stack.callback(simulator.http.close)
        yield product, simulator


@pytest.fixture
def twilio_product(twilio_running):
    return twilio_running[0]


@pytest.fixture
def twilio(twilio_running):
    """The same of a simulator that plays Twilio; it keeps no content."""
    product, simulator = twilio_running
    simulator.remove_contents()
    yield from well_behaved(product, simulator)
