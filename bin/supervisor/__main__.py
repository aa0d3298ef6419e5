"""Start the command, from any directory: ``python bin/supervisor``."""

import sys
from importlib import import_module
from pathlib import Path

# Python puts the folder that it runs here; its modules are found from the repository's root.
sys.path[0] = str(Path(__file__).resolve().parents[2])
import_module("bin.supervisor.command").start()
