"""Telephone numbers as people write them in a sentence, and the name beside one."""

import pytest

from flows.hearing.phones import find_phones, number_and_name
from tests.ears import the_ear

COUNTRIES = ("+91",)
LEXICON = the_ear().lexicon
FIRST, SECOND = "+919876543210", "+919123456780"


def phones(text: str, countries: tuple[str, ...] = COUNTRIES) -> list[str]:
    return [s.value for s in find_phones(LEXICON.words(text), text, countries)]


@pytest.mark.parametrize(
    "text",
    [
        "+91 98765 43210",
        "+919876543210",
        "98765-43210",
        "98765–43210",
        "98765‑43210",
        "98765.43210",
        "9876 543 210",
        "98 76 54 32 10",
        "00919876543210",
        "0091 98765 43210",
        "09876543210",
        "(+91) 98765 43210",
        "(+91)9876543210",
        "९८७६५४३२१०",
        "+९१ ९८७६५ ४३२१०",
        "\u202a+91 98765 43210\u202c",
        "98765\u200b43210",
        "call me on 98765 43210 please",
        "मेरा नंबर 9876543210 है",
        "token 8 9876543210",
        "9876543210, 34",
        "28-11-2026 9876543210",
    ],
)
def test_a_number_is_found_however_it_is_written(text):
    assert phones(text) == [FIRST]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "98765 4321",
        "987654321012345",
        "28-11-2026 10:30",
        "token 8, 500 rupees",
        "+1 202 555 0100",
        "0000000000",
        "hello",
    ],
)
def test_other_digits_are_no_number(text):
    assert phones(text) == []


def test_each_of_several_numbers_is_found():
    assert phones("98765 43210 or 9123456780") == [FIRST, SECOND]


def test_a_number_of_another_accepted_country_needs_its_code():
    assert phones("+44 7400 123456", ("+91", "+44")) == ["+447400123456"]
    assert phones("+44 7400 123456") == []


def test_a_number_stands_at_its_words():
    text = "my number is \u202a+91 98765 43210\u202c ok"
    words = LEXICON.words(text)
    (span,) = find_phones(words, text, COUNTRIES)
    covered = words[span.start : span.end]
    assert text[covered[0].start : covered[-1].end].strip("\u202c") == "+91 98765 43210"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("9876543210 Ravi", "Ravi"),
        ("98765 43210 - Ravi", "Ravi"),
        ("98765 43210 – Ravi Kumar.", "Ravi Kumar"),
        ("Ravi 9876543210", "Ravi"),
        ("Ravi Kumar, +91 98765 43210", "Ravi Kumar"),
        ("Ravi\n9876543210", "Ravi"),
        ("9876543210\n*Ravi Kumar*", "Ravi Kumar"),
        ("रवि कुमार: ९८७६५४३२१०", "रवि कुमार"),
        ("\u202a98765 43210\u202c, Ravi", "Ravi"),
        ("(9876543210) Ravi O'Brien", "Ravi O'Brien"),
        ("9876543210 श्री\u200dधर", "श्री\u200dधर"),
        ("R. K. Sharma / 9876543210", "R. K. Sharma"),
        ("9876543210", None),
        ("9876543210, 34", None),
        ("9876543210 -", None),
    ],
)
def test_a_walk_in_is_a_number_and_a_name_in_either_order(text, name):
    assert number_and_name(text, COUNTRIES) == (FIRST, name)


@pytest.mark.parametrize("text", ["", "Ravi", "Ravi 98765", "Ravi 987654321012345"])
def test_nobody_walks_in_without_a_number(text):
    assert number_and_name(text, COUNTRIES) is None
