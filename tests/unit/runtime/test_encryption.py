"""What is sealed can be opened with the key that sealed it, and with nothing else."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.runtime.encryption import Sealer
from domain.errors import Unreadable

OLD, NEW = (base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2))


@given(st.text())
def test_what_is_sealed_opens_to_the_same_text(text: str) -> None:
    sealer = Sealer([OLD])
    assert sealer.open(sealer.seal(text)) == text


def test_the_text_does_not_show_and_no_two_seals_are_alike() -> None:
    sealer = Sealer([OLD])
    assert "asthma" not in sealer.seal("asthma")
    assert sealer.seal("asthma") != sealer.seal("asthma")


def test_after_a_rotation_old_texts_open_and_new_ones_take_the_new_key() -> None:
    sealed = Sealer([OLD]).seal("before")
    rotated = Sealer([NEW, OLD])
    assert rotated.open(sealed) == "before"
    with pytest.raises(Unreadable):
        Sealer([OLD]).open(rotated.seal("after"))


def test_a_changed_text_is_refused() -> None:
    key_id, _, body = Sealer([OLD]).seal("before").partition(".")
    raw = bytearray(base64.urlsafe_b64decode(body))
    raw[-1] ^= 1
    with pytest.raises(Unreadable):
        Sealer([OLD]).open(f"{key_id}.{base64.urlsafe_b64encode(raw).decode()}")


@pytest.mark.parametrize("keys", [[], ["short"], ["not base64 at all!"], [OLD, "x"]])
def test_a_key_that_is_none_is_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="DATA_KEY"):
        Sealer(keys)


def test_a_digest_is_the_same_under_one_key_and_another_under_another() -> None:
    digest = Sealer([OLD]).digest("482913")
    assert digest == Sealer([OLD, NEW]).digest("482913")
    assert digest != Sealer([OLD]).digest("482914")
    assert digest != Sealer([NEW, OLD]).digest("482913")
