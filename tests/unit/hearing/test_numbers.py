"""Numbers of tokens and options as people say them, and other numbers, which are none."""

import tomllib
from pathlib import Path

import pytest

from flows.hearing.lexicon import Lexicon
from flows.hearing.numbers import choice_number, find_numbers

NUMBERS = {
    "number": {
        "1": ["one", "ek", "एक"],
        "2": ["two", "do", "दो"],
        "5": ["five", "paanch", "पाँच"],
        "8": ["eight", "aath", "आठ"],
    }
}
LEXICON = Lexicon(
    [
        NUMBERS,
        *(
            tomllib.loads(path.read_text(encoding="utf-8"))
            for path in sorted(Path("templates/messages").glob("*/people.toml"))
        ),
    ]
)


def numbers(text: str) -> list[int]:
    return [s.value for s in find_numbers(LEXICON.words(text))]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("#8", 8),
        ("skip #8", 8),
        ("token 8", 8),
        ("call token 8 now", 8),
        ("Token no. 8", 8),
        ("token number 8 kab aayega", 8),
        ("token: 08", 8),
        ("token-8", 8),
        ("no 8", 8),
        ("number 8 please", 8),
        ("number aath ko bulao", 8),
        ("टोकन ८", 8),
        ("टोकन नंबर ८ कब आएगा", 8),
        ("8 number wale ko bulao", 8),
        ("8 नंबर को बुलाओ", 8),
        ("option 1", 1),
        ("I choose option 2", 2),
        ("token five", 5),
        ("the first one", 1),
        ("first one is good", 1),
        ("1st option", 1),
        ("take the 2nd option", 2),
        ("mujhe doosra wala chahiye", 2),
        ("तीसरा वाला", 3),
        ("the last one", -1),
        ("last one please", -1),
        ("aakhri wala", -1),
        ("token 999", 999),
    ],
)
def test_a_number_marked_as_a_tokens_or_an_options_is_found(text, number):
    assert numbers(text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "at 5",
        "5 pm",
        "5 years",
        "500 rupees",
        "no, 8 is too late",
        "room no 8",
        "house number 12",
        "phone number 98765 43210",
        "number 98765 43210",
        "token 1000",
        "token 0",
        "token",
        "number please",
        "8:30",
        "token at 5",
        "no 8:30 please",
        "2 tokens chahiye",
        "on 2nd december",
        "first visit",
    ],
)
def test_other_numbers_are_none(text):
    assert numbers(text) == []


def test_each_of_several_numbers_is_found():
    assert numbers("swap token 8 and token 9") == [8, 9]


def test_an_ordinal_that_may_be_a_date_weighs_less():
    (span,) = find_numbers(LEXICON.words("come on the 2nd"))
    assert (span.value, span.weight < 1) == (2, True)
    (span,) = find_numbers(LEXICON.words("book the 2nd one"))
    assert (span.value, span.weight) == (2, 1)


def test_a_number_stands_at_its_words():
    words = LEXICON.words("please skip token no. 8 now")
    (span,) = find_numbers(words)
    assert [w.text for w in words[span.start : span.end]] == ["token", "no", ".", "8"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        (" 2. ", 2),
        ("(3)", 3),
        ("४", 4),
        ("1️⃣", 1),
        ("2 👍🏽", 2),
        ("1 please", 1),
        ("ok 2 ji", 2),
        ("haan 2", 2),
        ("1, thank you!", 1),
        ("one", 1),
        ("two please", 2),
        ("the one", 1),
        ("option 1", 1),
        ("opt. 3", 3),
        ("no. 3", 3),
        ("#3", 3),
        ("1st", 1),
        ("2nd one", 2),
        ("the 2nd", 2),
        ("first", 1),
        ("first one", 1),
        ("Third option sir", 3),
        ("pehla", 1),
        ("doosra wala", 2),
        ("दूसरा वाला", 2),
        ("पहला विकल्प", 1),
        ("do", 2),
        ("2 number", 2),
        ("last one", -1),
        ("आखिरी वाला", -1),
        ("12", 12),
    ],
)
def test_a_whole_message_picks_an_option(text, number):
    assert choice_number(LEXICON.words(text)) == number
    assert numbers(text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "please",
        "1 2",
        "1 or 2",
        "1?",
        "10%",
        "5 pm",
        "10:30",
        "10/12",
        "+1",
        "₹500",
        "1000",
        "0",
        "9876543210",
        "not 1",
        "why 1",
        "1 for Riya",
        "cancel 1",
        "first visit",
        "option",
        "hello",
    ],
)
def test_a_message_that_says_anything_else_picks_nothing(text):
    assert choice_number(LEXICON.words(text)) is None
