"""The demo's ports and secrets, and the environment of all its parts."""

import os
import secrets
import socket
import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path

from bin.supervisor.errors import Failed
from bin.supervisor.terminal import say

LOOPBACK = "127.0.0.1"
EVERY_INTERFACE = str(IPv4Address(socket.INADDR_ANY))
LAST_PORT = 65_535
PLATFORM_NUMBER = "+918040009000"
"""The number that clinics share, at Twilio; the same as the simulator's at Meta."""
PORTS_TRIED = 200


def web_host() -> str:
    """Return the address that the web process listens on, by the rule of ``bot/gunicorn.py``."""
    production = os.environ.get("APP_ENV") == "production"
    return os.environ.get("HOST") or (EVERY_INTERFACE if production else LOOPBACK)


def reachable(host: str) -> str:
    """Return the address at which this machine reaches a server that listens on *host*."""
    return LOOPBACK if host in {EVERY_INTERFACE, ""} else host


def is_free(host: str, port: int) -> bool:
    """Return whether a server could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def any_free_port() -> int:
    """Return a port on loopback where nothing listens now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def choose_port(variable: str, default: int, host: str, taken: set[int], what: str) -> int:
    """Return the port of a part: as its variable says, else the next free one from the default.

    A port in *taken* is not free. *what* names the part for the person at the terminal.

    Raises:
        Failed: If the variable is no port or names one in use, or if no port is free.
    """
    given = os.environ.get(variable)
    if given:
        if not given.isdigit() or not 0 < int(given) <= LAST_PORT:
            raise Failed(f"{variable}={given} is not a port")
        if int(given) in taken or not is_free(host, int(given)):
            raise Failed(f"{variable}={given} is in use: end what listens there or choose another")
        return int(given)
    for port in range(default, default + PORTS_TRIED):
        if port not in taken and is_free(host, port):
            if port != default:
                say(f"Port {default} is in use, so {what} takes {port}.")
            return port
    last = default + PORTS_TRIED - 1
    raise Failed(f"no port from {default} to {last} is free for {what}")


def demo_secrets(file: Path) -> dict[str, str]:
    """Return the demo's secrets from *file*; make those that are missing.

    Only the owner can read the file. It is replaced as a whole.
    """
    kept: dict[str, str] = {}
    if file.exists():
        for line in file.read_text().splitlines():
            name, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                kept[name.strip()] = value.strip()
    made = {
        "JWT_SECRET": secrets.token_urlsafe(48),
        "DATA_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "WHATSAPP_ACCESS_TOKEN": f"demo-{secrets.token_urlsafe(32)}",
        "WHATSAPP_PHONE_NUMBER_ID": "100000000000001",
        "WHATSAPP_BUSINESS_ACCOUNT_ID": "200000000000001",
        "WHATSAPP_WEBHOOK_SECRET": secrets.token_hex(16),
        "WHATSAPP_VERIFY_TOKEN": secrets.token_urlsafe(16),
        "TWILIO_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
    }
    if made.keys() - kept.keys():
        kept = made | kept
        text = "# Secrets of this machine's demo. Without DATA_KEY its encrypted data is lost.\n"
        text += "".join(f"{name}={value}\n" for name, value in kept.items())
        new = file.with_suffix(".new")
        new.touch(mode=0o600)  # Before anything is in it.
        new.write_text(text)
        new.replace(file)
    return kept


def plays_twilio(environment: Mapping[str, str]) -> bool:
    """Return whether WhatsApp goes through Twilio, which the simulator then plays."""
    return environment.get("WHATSAPP_PROVIDER") == "twilio"


def settings(
    root: Path, var: Path, port: int, simulator_port: int, redis_url: str
) -> dict[str, str]:
    """Return the environment of all parts.

    A variable that is set keeps its value; the demo's defaults and secrets fill in the rest.
    """
    given = {name: value for name, value in os.environ.items() if value}
    made = demo_secrets(var / "demo.env")
    demo = {
        "APP_ENV": "development",
        "PUBLIC_URL": f"http://localhost:{port}",
        "REDIS_URL": redis_url,
        "WHATSAPP_API_URL": f"http://127.0.0.1:{simulator_port}/v26.0",
        "WHATSAPP_WEBHOOK_URL": f"http://127.0.0.1:{port}/api/v1/webhooks/whatsapp",
    }
    if plays_twilio(given):
        demo["TWILIO_API_URL"] = f"http://{LOOPBACK}:{simulator_port}"
        demo["TWILIO_WHATSAPP_FROM"] = PLATFORM_NUMBER
    else:  # Text messages through Twilio need an account of one's own.
        made = {name: value for name, value in made.items() if not name.startswith("TWILIO_")}
    if var != root / "var":  # Where the product's own defaults lead.
        demo["DATABASE_URL"] = f"sqlite:///{var / 'pulseops.db'}"
        demo["FILES_URL"] = f"file://{var / 'files'}"
    fixed = {
        "PORT": str(port),
        "SIMULATOR_PORT": str(simulator_port),
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        # The parts talk to each other directly, whichever proxy the machine uses.
        "NO_PROXY": ",".join(
            filter(None, (given.get("NO_PROXY", given.get("no_proxy")), "localhost", "127.0.0.1"))
        ),
    }
    fixed["no_proxy"] = fixed["NO_PROXY"]
    return made | demo | given | fixed
