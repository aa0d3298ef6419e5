"""Passwords of staff: how strong they must be, and how one is hashed and checked."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from domain.errors import Invalid
from domain.fair_gate import FairGate

MIN_LENGTH, MAX_LENGTH = 10, 128
MIN_GUESSES = 100_000
"""Well-known passwords, also with a few digits added, take fewer (zxcvbn's estimate)."""
COMPARED_LENGTH = 12
"""Characters compared with well-known passwords at once: the time doubles with each of those that
stand for letters, such as @ and 3, and at this length stays in milliseconds."""
MAX_PARALLEL = 2
"""A check takes 94 ms of a processor and 64 MiB: more of them in parallel are no faster."""
WAIT_SECONDS = 3.0
"""A check that waits holds a thread of the web process, so it is refused after this long."""
MOST_WAITING = 8
"""Checks of one network that may wait: a clinic's staff who all sign in at nine."""
_gate = FairGate(slots=MAX_PARALLEL, wait_seconds=WAIT_SECONDS, most_waiting=MOST_WAITING)


def require_strong(field: str, password: str, asker: str) -> None:
    """Raise `Invalid` unless *password* is strong enough to be set.

    *asker* is whose turn it takes: a network, or a clinic where somebody signed in sets it.

    Raises:
        Invalid: About *field*, unless the password has 10 to 128 characters, among them a letter
            and a digit, and is not well known.
        Busy: If too many passwords are being checked, or too many by *asker*.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(field, f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.")
    if not any(c.isalpha() for c in password) or not any(c.isdigit() for c in password):
        raise Invalid(field, "A password needs a letter and a digit.")
    with _gate.turn(asker):
        guesses = _guesses(password)
    if guesses < MIN_GUESSES:
        raise Invalid(field, "This is one of the first passwords anybody would try.")


def hash_password(password: str, memory_kib: int, asker: str) -> str:
    """Return the argon2id hash of a password, to be stored.

    Raises:
        Busy: If too many passwords are being checked, or too many by *asker* (detail
            `retry_after_seconds`).
    """
    with _gate.turn(asker):
        return _hasher(memory_kib).hash(password)


def is_right(password: str, stored: str | None, memory_kib: int, asker: str) -> bool:
    """Return whether *password* is the one whose hash is *stored*.

    If nothing is stored a dummy hash is checked, so that the time taken does not tell.

    Raises:
        Busy: If too many passwords are being checked, or too many by *asker* (detail
            `retry_after_seconds`).
    """
    with _gate.turn(asker):
        # Made even if it is not needed: the first call of a process takes longer.
        dummy = _dummy_hash(memory_kib)
        try:
            _hasher(memory_kib).verify(stored or dummy, password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def _guesses(password: str) -> float:
    """Return how many tries a password takes: those of its beginning times those of its end.

    An end that only repeats the beginning adds nothing.
    """
    guesses = float(zxcvbn(password[:COMPARED_LENGTH])["guesses"])
    if guesses >= MIN_GUESSES or len(password) <= COMPARED_LENGTH or _repeats(password):
        return guesses
    return guesses * float(zxcvbn(password[COMPARED_LENGTH:][-COMPARED_LENGTH:])["guesses"])


def _repeats(password: str) -> bool:
    """Return whether *password* is its beginning again and again."""
    return any(
        password == (password[:size] * len(password))[: len(password)]
        for size in range(1, COMPARED_LENGTH + 1)
    )


@cache
def _hasher(memory_kib: int) -> PasswordHasher:
    return PasswordHasher(memory_cost=memory_kib)


@cache
def _dummy_hash(memory_kib: int) -> str:
    return _hasher(memory_kib).hash("nobody's password")
