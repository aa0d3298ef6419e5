"""Why the demo ends."""


class Failed(Exception):
    """The demo cannot start or go on; the text says why in one line."""


class Stopped(Exception):
    """A stop was requested while the demo was starting."""
