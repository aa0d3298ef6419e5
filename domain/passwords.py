"""Passwords of staff: which are good enough, and how one is checked without being kept."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from domain.errors import Busy, Invalid

MIN_LENGTH, MAX_LENGTH = 10, 128
MIN_GUESSES = 100_000
"""The well-known passwords, and those made of one with a few digits, take fewer."""
COMPARED_LENGTH = 72
"""No more of a long password is compared with known ones."""
MAX_PARALLEL = 2
"""Each check takes 94 ms of a processor and 64 MiB: more at once would only be slower."""
WAIT_SECONDS = 3.0
_slots = threading.BoundedSemaphore(MAX_PARALLEL)


def require_strong(field: str, password: str) -> None:
    """Return if *password* is good enough to be set.

    Raises:
        Invalid: About *field*, if it has not 10 to 128 characters with a letter and a digit, or is
            one of the well-known ones.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(field, f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.")
    if not any(c.isalpha() for c in password) or not any(c.isdigit() for c in password):
        raise Invalid(field, "A password needs a letter and a digit.")
    if zxcvbn(password[:COMPARED_LENGTH])["guesses"] < MIN_GUESSES:
        raise Invalid(field, "This is one of the first passwords anybody would try.")


def hash_password(password: str, memory_kib: int) -> str:
    """Return the argon2id hash to be stored.

    Raises:
        Busy: If too many passwords are being checked.
    """
    with _HashingSlot():
        return _hasher(memory_kib).hash(password)


def is_right(password: str, stored: str | None, memory_kib: int) -> bool:
    """Return whether *password* is the one that was stored.

    Takes the same time if none was stored, so that nobody can tell.

    Raises:
        Busy: If too many passwords are being checked.
    """
    with _HashingSlot():
        nobodys = _dummy_hash(memory_kib)  # also where it is not used: it is made once a process
        try:
            _hasher(memory_kib).verify(stored or nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


class _HashingSlot:
    """Waits for a turn, but not for ever: those who wait hold a thread of the web process."""

    def __enter__(self) -> None:
        if not _slots.acquire(timeout=WAIT_SECONDS):
            raise Busy("Many people are signing in; please try again.", retry_after_seconds=2)

    def __exit__(self, *_: object) -> None:
        _slots.release()


@cache
def _hasher(memory_kib: int) -> PasswordHasher:
    return PasswordHasher(memory_cost=memory_kib)


@cache
def _dummy_hash(memory_kib: int) -> str:
    return _hasher(memory_kib).hash("nobody's password")
