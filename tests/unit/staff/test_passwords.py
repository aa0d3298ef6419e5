from __future__ import annotations

import time

import pytest

from domain import passwords
from domain.errors import Invalid
from domain.rules import Rules

CHEAP = 32
ASKER = "198.51.100.7"


@pytest.mark.parametrize(
    "password",
    ["securePassword123", "newSecurePassword123", "correct-horse-9", "रसोई में 4 बिल्लियाँ",
     "ten-char-1", "kqtz-4827-" * 12 + "hmwe9053"],
    ids=["the example's", "the new one", "words", "Hindi", "ten", "128"],
)  # fmt: skip
def test_ten_to_128_characters_with_a_letter_and_a_digit_are_good(password: str) -> None:
    passwords.require_strong("password", password, ASKER)


@pytest.mark.parametrize(
    "password",
    ["kx8w-mq2p", "x" * 100 + "1" * 29, "onlyletters-here", "70318264905517", ""],
    ids=["nine", "129", "no digit", "no letter", "empty"],
)
def test_a_password_against_the_rules_is_refused_by_its_field(password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        passwords.require_strong("newPassword", password, ASKER)
    assert refusal.value.field == "newPassword"


@pytest.mark.parametrize(
    "password",
    ["password123", "Password123", "P@ssw0rd123", "qwerty12345", "1q2w3e4r5t", "1234567890a",
     "iloveyou123", "admin12345", "welcome1234", "a1" * 32],
)  # fmt: skip
def test_a_well_known_password_is_refused(password: str) -> None:
    with pytest.raises(Invalid, match="first passwords"):
        passwords.require_strong("password", password, ASKER)


def test_only_the_password_itself_is_right() -> None:
    stored = passwords.hash_password("securePassword123", CHEAP, ASKER)
    assert stored.startswith("$argon2id$")
    assert passwords.is_right("securePassword123", stored, CHEAP, ASKER)
    assert not passwords.is_right("securePassword124", stored, CHEAP, ASKER)


def test_nothing_is_right_where_there_is_no_password_or_no_hash() -> None:
    assert not passwords.is_right("nobody's password", None, CHEAP, ASKER)
    assert not passwords.is_right("securePassword123", "no hash", CHEAP, ASKER)


def test_a_check_takes_64_mib_unless_it_is_told_otherwise() -> None:
    assert "m=65536,t=3,p=4" in passwords.hash_password(
        "securePassword123", Rules().password_memory_kib, ASKER
    )


def test_no_input_makes_the_check_of_strength_costly() -> None:
    """Letters written as signs multiply what is tried: all 72 of them took 1.6 to 3.1 s."""
    leet = "4@8({[<3691!|10$5+7%2x" * 4
    began = time.process_time()
    passwords.require_strong("password", f"x{leet}", ASKER)
    assert time.process_time() - began < 0.25


def test_a_long_password_is_judged_by_its_end_too() -> None:
    passwords.require_strong("password", "password12345-then-Xq9-heron", ASKER)
    with pytest.raises(Invalid):
        passwords.require_strong("password", "password1234password1234", ASKER)
