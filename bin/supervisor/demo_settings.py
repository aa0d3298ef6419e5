"""The demo's ports and secrets, and the environment of all its parts."""

import os
import secrets
import socket
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

from bin.supervisor.errors import Failed
from bin.supervisor.terminal import say


def is_free(host: str, port: int) -> bool:
    """Tell whether a server could listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def any_free_port() -> int:
    """Return a port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def choose_port(variable: str, default: int, host: str, taken: set[int], what: str) -> int:
    """Return the port of a part: as set, else the default, else the next free one.

    Raises:
        Failed: If the variable is no port, or names one that is in use.
    """
    given = os.environ.get(variable)
    if given:
        if not given.isdigit() or not 0 < int(given) < 65536:  # noqa: PLR2004 - the last port
            raise Failed(f"{variable}={given} is not a port")
        if int(given) in taken or not is_free(host, int(given)):
            raise Failed(f"{variable}={given} is in use: end what listens there or choose another")
        return int(given)
    for port in range(default, default + 200):
        if port not in taken and is_free(host, port):
            if port != default:
                say(f"Port {default} is in use, so {what} takes {port}.")
            return port
    raise Failed(f"no port from {default} to {default + 199} is free for {what}")


def demo_secrets(file: Path) -> dict[str, str]:
    """Return the demo's secrets, made at the first start and kept for their owner alone."""
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
    }
    if made.keys() - kept.keys():
        kept = made | kept
        text = "# Secrets of this machine's demo. Without DATA_KEY its encrypted data is lost.\n"
        text += "".join(f"{name}={value}\n" for name, value in kept.items())
        new = file.with_suffix(".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:  # noqa: PTH123 - with its mode from the start
            out.write(text)
        new.replace(file)
    return kept


def settings(
    root: Path, var: Path, port: int, simulator_port: int, redis_url: str
) -> dict[str, str]:
    """Return the environment of all parts: what is set stays, the rest is the demo's."""
    given = {name: value for name, value in os.environ.items() if value}
    demo = {
        "APP_ENV": "development",
        "PUBLIC_URL": f"http://localhost:{port}",
        "REDIS_URL": redis_url,
        "WHATSAPP_API_URL": f"http://127.0.0.1:{simulator_port}/v26.0",
        "WHATSAPP_WEBHOOK_URL": f"http://127.0.0.1:{port}/api/v1/webhooks/whatsapp",
    }
    if var != root / "var":  # Otherwise the product's own defaults mean the same.
        demo["DATABASE_URL"] = f"sqlite:///{var / 'pulseops.db'}"
        demo["FILES_URL"] = f"file://{var / 'files'}"
    fixed = {
        "PORT": str(port),
        "SIMULATOR_PORT": str(simulator_port),
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        # The parts talk to each other directly, whatever proxy the machine uses.
        "NO_PROXY": ",".join(
            filter(None, (given.get("NO_PROXY", given.get("no_proxy")), "localhost", "127.0.0.1"))
        ),
    }
    fixed["no_proxy"] = fixed["NO_PROXY"]
    return demo_secrets(var / "demo.env") | demo | given | fixed
