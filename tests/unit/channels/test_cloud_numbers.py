"""Numbers as Meta writes them."""

from __future__ import annotations

import pytest

from bot.channels.numbers import e164


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("919800000001", "+919800000001"),
        ("+919800000001", "+919800000001"),
        ("+91 98000-00001", "+919800000001"),
        ("whatsapp:+919800000001", "+919800000001"),
        ("९१९८०००००००१", "+919800000001"),
        ("5215512345678", "+5215512345678"),
        ("999123456", "+999123456"),
    ],
    ids=[
        "without plus", "with plus", "for people", "with a prefix", "other digits",
        "of no known plan", "of no known country",
    ],
)  # fmt: skip
def test_a_number_is_written_one_way(written: str, number: str) -> None:
    assert e164(written) == number


@pytest.mark.parametrize("written", [None, 919800000001, "", "+", "Asha", "1" * 16, "1 " * 10_000])
def test_what_cannot_be_a_number_is_none(written: object) -> None:
    assert e164(written) is None
