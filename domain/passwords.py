"""Passwords of staff: how strong they must be, and how one is hashed and checked."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from domain.errors import Busy, Invalid

MIN_LENGTH, MAX_LENGTH = 10, 128
MIN_GUESSES = 100_000
"""Well-known passwords, also with a few digits added, take fewer (zxcvbn's estimate)."""
COMPARED_LENGTH = 72
"""Characters of a long password that are compared with well-known ones."""
MAX_PARALLEL = 2
"""A check takes 94 ms of a processor and 64 MiB: more of them in parallel are no faster."""
WAIT_SECONDS = 3.0
"""A check that waits holds a thread of the web process, so it is refused after this long."""
_slots = threading.BoundedSemaphore(MAX_PARALLEL)


def require_strong(field: str, password: str) -> None:
    """Raise `Invalid` unless *password* is strong enough to be set.

    Raises:
        Invalid: About *field*, unless the password has 10 to 128 characters, among them a letter
            and a digit, and is not well known.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(field, f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.")
    if not any(c.isalpha() for c in password) or not any(c.isdigit() for c in password):
        raise Invalid(field, "A password needs a letter and a digit.")
    if zxcvbn(password[:COMPARED_LENGTH])["guesses"] < MIN_GUESSES:
        raise Invalid(field, "This is one of the first passwords anybody would try.")


def hash_password(password: str, memory_kib: int) -> str:
    """Return the argon2id hash of a password, to be stored.

    Raises:
        Busy: If too many passwords are being checked (detail `retry_after_seconds`).
    """
    with _HashingSlot():
        return _hasher(memory_kib).hash(password)


def is_right(password: str, stored: str | None, memory_kib: int) -> bool:
    """Return whether *password* is the one whose hash is *stored*.

    If nothing is stored a dummy hash is checked, so that the time taken does not tell.

    Raises:
        Busy: If too many passwords are being checked (detail `retry_after_seconds`).
    """
    with _HashingSlot():
        # Made even if it is not needed: the first call of a process takes longer.
        dummy = _dummy_hash(memory_kib)
        try:
            _hasher(memory_kib).verify(stored or dummy, password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


class _HashingSlot:
    """Limits how many passwords are hashed in parallel; raises `Busy` after `WAIT_SECONDS`."""

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
