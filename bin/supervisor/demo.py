"""What the demo consists of, and in which order it starts."""

import http.client
import shlex
import sys
from pathlib import Path

from honcho.environ import parse_procfile

from bin.supervisor.parts import Part
from bin.supervisor.redis_server import start_redis
from bin.supervisor.supervisor import Supervisor
from bin.supervisor.terminal import say

DEMO_ADMIN = "clinic clinic_demo_city, number +919876501001, password pulse-demo-2030"


def http_status(host: str, port: int, path: str) -> int:
    """Return the status with which a server answers, 0 if it does not."""
    connection = http.client.HTTPConnection(host, port, timeout=2.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def procfile(root: Path) -> dict[str, list[str]]:
    """Return the commands of ``Procfile`` by name, read as `honcho start` reads it."""
    commands = parse_procfile((root / "Procfile").read_text()).processes
    return {name: shlex.split(command) for name, command in commands.items()}


def bring_up(supervisor: Supervisor, host: str, redis_port: int | None) -> None:
    """Start everything, in the order in which one part needs the other."""
    environment, var = supervisor.environment, supervisor.var
    port, simulator_port = int(environment["PORT"]), int(environment["SIMULATOR_PORT"])
    python = sys.executable
    phones = str(var / "simulator.json")
    pulseops = [python, "-m", "flask", "--app", "bot", "pulseops"]

    if redis_port is not None:
        start_redis(supervisor, redis_port)
    supervisor.run("setup", [*pulseops, "init-db"], "creating the tables")
    supervisor.run(
        "setup", [*pulseops, "seed", "--demo", "--phones", phones], "seeding the clinics"
    )

    options = ["--config", phones, "--port", str(simulator_port), "--state", str(var / "simulator")]
    simulator = Part(
        "simulator",
        [python, "-m", "simulator", *options],
    )
    commands = procfile(supervisor.root)
    web = Part("web", commands.pop("web"))
    supervisor.start(simulator)
    supervisor.start(web)
    for name, command in commands.items():
        supervisor.start(Part(name, command))
    reachable = "127.0.0.1" if host in {"0.0.0.0", ""} else host  # noqa: S104 - read, not bound
    supervisor.wait_until(
        lambda: (
            0 < http_status("127.0.0.1", simulator_port, "/") < http.client.INTERNAL_SERVER_ERROR
        ),
        simulator,
        "does not answer",
    )
    supervisor.wait_until(
        lambda: http_status(reachable, port, "/live") == http.client.OK, web, "does not answer"
    )
    supervisor.run("setup", [*pulseops, "templates", "push"], "submitting the message templates")

    base = environment["PUBLIC_URL"].rstrip("/")
    say()
    say("PulseOps is running.")
    say()
    say(f"  Phones     http://localhost:{simulator_port}   write to a clinic on WhatsApp")
    say(f"  API        {base}/api/v1")
    if http_status(reachable, port, "/docs") == http.client.OK:
        say(f"  API docs   {base}/docs")
    say(f"  Health     {base}/health")
    say(f"  Logs       {var / 'log'}")
    say(f"  Data       {var}")
    say()
    own = "" if var == supervisor.root / "var" else f" --var {shlex.quote(str(var))}"
    say("Try the API as Farida, who runs City Medical Center:")
    say()
    say(f'  curl -H "Authorization: Bearer $(bin/demo --token{own})" {base}/api/v1/users')
    say()
    say(f"or sign in: {DEMO_ADMIN}; the code comes to her phone.")
    say()
    say("Ctrl-C ends all of it; the data stays.")
