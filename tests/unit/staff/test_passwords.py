from __future__ import annotations

import threading

import pytest

from domain import passwords
from domain.errors import Busy, Invalid
from domain.rules import Rules

CHEAP = 32


@pytest.mark.parametrize(
    "password",
    ["securePassword123", "newSecurePassword123", "correct-horse-9", "रसोई में 4 बिल्लियाँ",
     "ten-char-1", "kqtz-4827-" * 12 + "hmwe9053"],
    ids=["the example's", "the new one", "words", "Hindi", "ten", "128"],
)  # fmt: skip
def test_ten_to_128_characters_with_a_letter_and_a_digit_are_good(password: str) -> None:
    passwords.require_strong("password", password)


@pytest.mark.parametrize(
    "password",
    ["kx8w-mq2p", "x" * 100 + "1" * 29, "onlyletters-here", "70318264905517", ""],
    ids=["nine", "129", "no digit", "no letter", "empty"],
)
def test_a_password_against_the_rules_is_refused_by_its_field(password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        passwords.require_strong("newPassword", password)
    assert refusal.value.field == "newPassword"


@pytest.mark.parametrize(
    "password",
    ["password123", "Password123", "P@ssw0rd123", "qwerty12345", "1q2w3e4r5t", "1234567890a",
     "iloveyou123", "admin12345", "welcome1234", "a1" * 32],
)  # fmt: skip
def test_a_well_known_password_is_refused(password: str) -> None:
    with pytest.raises(Invalid, match="first passwords"):
        passwords.require_strong("password", password)


def test_only_the_password_itself_is_right() -> None:
    stored = passwords.hash_password("securePassword123", CHEAP)
    assert stored.startswith("$argon2id$")
    assert passwords.is_right("securePassword123", stored, CHEAP)
    assert not passwords.is_right("securePassword124", stored, CHEAP)


def test_nothing_is_right_where_there_is_no_password_or_no_hash() -> None:
    assert not passwords.is_right("nobody's password", None, CHEAP)
    assert not passwords.is_right("securePassword123", "no hash", CHEAP)


def test_a_check_takes_64_mib_unless_it_is_told_otherwise() -> None:
    assert "m=65536,t=3,p=4" in passwords.hash_password(
        "securePassword123", Rules().password_memory_kib
    )


def test_who_waits_too_long_for_a_turn_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(passwords, "_slots", threading.BoundedSemaphore(1))
    with passwords._HashingSlot(), pytest.raises(Busy):
        passwords.is_right("securePassword123", None, CHEAP)
    assert not passwords.is_right("securePassword123", None, CHEAP)
