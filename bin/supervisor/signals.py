"""Requests to stop the demo, and a wait that a signal cuts short."""

import contextlib
import os
import select
import signal

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Counts the requests to stop; receives them from the moment it is made."""

    def __init__(self) -> None:
        self.stop_requests = 0
        self._wake, wake_up = os.pipe()
        for end in (self._wake, wake_up):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_up, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in STOP_SIGNALS:
            # nohup and similar programs ignore the end of the terminal on purpose.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._request_stop)

    def _request_stop(self, number: int, _frame: object) -> None:
        # A closing terminal may send two SIGHUP; a person who presses Ctrl-C twice is in a hurry.
        hangup = number == signal.SIGHUP
        self.stop_requests = max(self.stop_requests, 1) if hangup else self.stop_requests + 1

    def wait(self, seconds: float) -> None:
        """Wait until a child ends or a stop is requested, at most *seconds*."""
        select.select([self._wake], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wake, 512):
                pass
