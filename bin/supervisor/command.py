"""The command: ``bin/demo`` and its options."""

import argparse
import os
import sys
import webbrowser
from pathlib import Path
from typing import NoReturn

from bin.supervisor.demo import pulseops, start_all
from bin.supervisor.demo_settings import LOOPBACK, any_free_port, choose_port, settings, web_host
from bin.supervisor.errors import Failed, Stopped
from bin.supervisor.lock import lock_folder
from bin.supervisor.supervisor import Supervisor
from bin.supervisor.terminal import say


def parse_arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="bin/demo",
        description="Run the whole product on this machine, with demo clinics and a simulator of"
        " WhatsApp. Settings are environment variables: PORT, SIMULATOR_PORT, REDIS_URL, …",
    )
    here = Path(__file__).resolve().parents[2]
    parser.add_argument("--open", action="store_true", help="open the phones in a browser")
    parser.add_argument("--token", action="store_true", help="print an access token of the demo's")
    parser.add_argument("--var", type=Path, help="where data and logs are kept (default: var)")
    parser.add_argument("--root", type=Path, default=here, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Run the demo until a stop is requested; return the exit code."""
    chosen = parse_arguments()
    root = chosen.root.resolve()
    var = (chosen.var or root / "var").resolve()
    var.mkdir(parents=True, exist_ok=True)
    if chosen.token:
        show_token(root, var)
    held = None
    try:
        held = lock_folder(var)
        host = web_host()
        # A port that is set comes before one that is chosen.
        taken = {int(given) for given in [os.environ.get("SIMULATOR_PORT", "")] if given.isdigit()}
        port = choose_port("PORT", 8000, host, taken, "the web process")
        simulator_port = choose_port("SIMULATOR_PORT", 8001, LOOPBACK, {port}, "the simulator")
        redis_port = None if os.environ.get("REDIS_URL") else any_free_port()
        redis_url = f"redis://{LOOPBACK}:{redis_port or 6379}/0"
        environment = settings(root, var, port, simulator_port, redis_url)
        say("Starting PulseOps …")
        supervisor = Supervisor(root, var, environment)
        return supervise(supervisor, host, redis_port, show_phones=chosen.open)
    except Failed as failure:
        print(f"bin/demo: {failure}", file=sys.stderr)
        return 1
    finally:
        if held is not None:
            os.close(held)


def show_token(root: Path, var: Path) -> NoReturn:
    """Print an access token for the API of the demo in *var*, whether or not it is running."""
    environment = settings(root, var, 8000, 8001, f"redis://{LOOPBACK}:6379/0")
    os.chdir(root)
    # Replaces this process, so that nothing is left to wait for.
    os.execve(sys.executable, pulseops("token"), environment)  # noqa: S606 - no input in it


def supervise(
    supervisor: Supervisor, host: str, redis_port: int | None, *, show_phones: bool
) -> int:
    """Start all parts and watch them; end them in any case. Return the exit code."""
    try:
        start_all(supervisor, host, redis_port)
        if show_phones:
            webbrowser.open(f"http://localhost:{supervisor.environment['SIMULATOR_PORT']}")
        supervisor.watch()
    except Stopped:
        pass
    except Failed as failure:
        print(f"bin/demo: {failure}", file=sys.stderr)
        return 1
    finally:
        say("Stopping …")
        supervisor.end()
        say("Stopped.")
    return 0


def start() -> NoReturn:
    """Run the command and end this process with its exit code."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # Before anything was started.
        sys.exit(130)
