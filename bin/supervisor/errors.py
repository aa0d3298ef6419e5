"""Why the demo does not start, or does not go on."""


class Failed(Exception):
    """The demo cannot start or go on; the text says why in one line."""


class Stopped(Exception):
    """Someone asked the supervisor to end."""
