"""Texts are measured in UTF-16 units, and cut without breaking a visible letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.fit import cut, utf16_units


@pytest.mark.parametrize(
    ("words", "units"),
    [("", 0), ("Token", 5), ("आशा", 3), ("₹50", 3), ("🔔", 2), ("👍🏽", 4), ("👩‍⚕️", 5), ("🇮🇳", 4)],
)
def test_a_length_is_counted_in_units_of_utf16(words: str, units: int) -> None:
    assert utf16_units(words) == units


@pytest.mark.parametrize(
    ("words", "most", "seen"),
    [
        pytest.param("Doctor", 6, "Doctor", id="fits"),
        pytest.param("Doctors", 6, "Docto…", id="cut"),
        pytest.param("Dr Rao today", 8, "Dr Rao…", id="no blank before"),
        pytest.param("नमस्ते", 5, "नम…", id="conjunct"),
        pytest.param("மீரா", 2, "…", id="vowel sign"),
        pytest.param("e\u0301e\u0301", 3, "e\u0301…", id="accent"),
        pytest.param("🔔🔔", 4, "🔔🔔", id="emoji fit"),
        pytest.param("🔔🔔", 3, "🔔…", id="emoji"),
        pytest.param("a🔔", 2, "a…", id="no half of an emoji"),
        pytest.param("👍🏽👍🏽", 5, "👍🏽…", id="skin tone"),
        pytest.param("👍🏽👍🏽", 4, "…", id="no room for the skin tone"),
        pytest.param("👩‍⚕️👩‍⚕️", 7, "👩‍⚕️…", id="joined"),
        pytest.param("a🇮🇳b", 4, "a…", id="flag"),
        pytest.param("Doctors", 0, "…", id="no room"),
        pytest.param("\u2068محمد\u2069 waits", 5, "\u2068مح…\u2069", id="inside an isolate"),
        pytest.param("\u2068محمد\u2069 waits", 9, "\u2068محمد\u2069…", id="after an isolate"),
    ],
)
def test_what_one_sees_as_a_letter_is_not_cut_in_two(words: str, most: int, seen: str) -> None:
    assert cut(words, most) == seen


@given(st.text(), st.integers(1, 30))
def test_what_is_cut_fits_and_begins_as_it_did(words: str, most: int) -> None:
    short = cut(words, most)

    assert utf16_units(short) <= most
    assert words.startswith(short.removesuffix("…"))


@given(st.text(st.characters(min_codepoint=0x1F300, max_codepoint=0x1F3FF)), st.integers(1, 30))
def test_a_cut_leaves_no_half_of_a_pair(words: str, most: int) -> None:
    assert cut(words, most).encode("utf-16-le").decode("utf-16-le") == cut(words, most)
