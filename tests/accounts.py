"""Codes and passwords of the cast, for tests of accounts."""

from __future__ import annotations

from domain import passwords
from domain.model.clinics import User
from tests.people import RULES, stored
from tests.stage import Stage

PASSWORD = "securePassword123"
NEW_PASSWORD = "newSecurePassword123"
ADDRESS = "203.0.113.7"
"""Where calls come from."""
NOBODYS_NUMBER = "+919876543299"


def give_password(stage: Stage, user: User, password: str = PASSWORD) -> User:
    """Let *user* have a password already; return them as stored."""
    work = stage.work()
    hashed = passwords.hash_password(password, RULES.password_memory_kib, ADDRESS)
    work.put(stored(stage.records, user).but(password_hash=hashed))
    work.commit()
    return stored(stage.records, user)


def codes_sent(stage: Stage, number: str) -> list[str]:
    """Return the one-time codes that arrive at *number* when everything due is done."""
    return [
        message.template.code
        for message in stage.settle()
        if message.phone == number and message.template and message.template.code
    ]


def code_sent(stage: Stage, number: str) -> str:
    """Return the only one."""
    (code,) = codes_sent(stage, number)
    return code


def other_than(code: str) -> str:
    """Return a code that is wrong."""
    return f"{(int(code) + 1) % 1_000_000:06d}"
