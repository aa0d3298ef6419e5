"""How what people type is understood, whatever its case, signs, spaces and script."""

from datetime import date

import pytest

from flows.hearing.doctors import DoctorKnown
from flows.hearing.ear import Ear, Vocabulary
from flows.hearing.known import Known
from flows.hearing.meaning import Meaning
from flows.hearing.text import fold, is_emoji_only, number_in, script_of

ENGLISH = Vocabulary(
    "en",
    None,
    patient={
        "hi": ("hi", "book"),
        "here": ("here", "i'm here"),
        "join": ("join",),
    },
    staff={"next": ("next", "next one please"), "pause": ("pause",), "add": ("add", "walk in")},
)
HINDI = Vocabulary(
    "hi",
    "DEVANAGARI",
    patient={"hi": ("नमस्ते", "book"), "join": ("जॉइन",)},
    staff={"next": ("अगला",)},
)
EAR = Ear([ENGLISH, HINDI])
KNOWN = Known(date(2026, 11, 28), 600, (DoctorKnown("doc_khan", "Dr. Khan", "ENT"),))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  NEXT ", "next"),
        ("/Next!", "next"),
        ("I'm here", "i'm here"),
        ("I’m here", "i'm here"),
        ("I‘m here", "i'm here"),
        ("Iʼm here", "i'm here"),
        ("I`m here", "i'm here"),
        ("‘Next’", "next"),
        ("```next```", "next"),
        ("Hi 👋🏽", "hi"),
        ("hi\n\n there", "hi there"),
        ("10:30 AM", "10 30 am"),
        ("Ａｓｈａ", "asha"),
        ("#8", "#8"),
        ("Token#8!", "token #8"),
        ("# 8 #x", "8 x"),
        ("१०", "10"),
        ("नमस्ते!", "नमस्ते"),
        ("क्\u200dया", "क्या"),
        ("इंतज़ार", "इंतजार"),
        ("इंत\u095bार", "इंतजार"),
        ("हाँ", "हां"),
        ("STRASSE", fold("straße")),
        ("+91 98765", "+91 98765"),
        ("", ""),
        ("🙏", ""),
    ],
)
def test_folding_keeps_what_words_differ_in(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        (" 2. ", 2),
        ("(3)", 3),
        ("४", 4),
        ("٥", 5),
        ("１２", 12),
        ("10️⃣", 10),
        ("#8", None),
        ("1 2", None),
        ("1st", None),
        ("2000", None),
        ("", None),
        ("one", None),
    ],
)
def test_a_number_is_a_number_in_any_script(text, number):
    assert number_in(text) == number


@pytest.mark.parametrize(
    ("text", "is_only"),
    [
        ("👍", True),
        ("👍🏽 🙏", True),
        ("👨‍👩‍👧", True),
        ("❤️", True),
        ("☺", True),
        ("ok 👍", False),
        ("👍!", False),
        ("1️⃣", False),
        ("\u200d", False),
        ("🏽", False),
        ("", False),
        (" ", False),
    ],
)
def test_emoji_alone_are_told_from_words(text, is_only):
    assert is_emoji_only(text) is is_only


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("hello", "LATIN"),
        ("Ｈｅｌｌｏ 𝐀𝐬𝐡𝐚", "LATIN"),
        ("नमस्ते 123 🙏", "DEVANAGARI"),
        ("வணக்கம்", "TAMIL"),
        ("টোকেন দাও", "BENGALI"),
        ("టోకెన్ 8", "TELUGU"),
        ("ટોકન", "GUJARATI"),
        ("ಟೋಕನ್", "KANNADA"),
        ("ടോക്കൺ", "MALAYALAM"),
        ("ਟੋਕਨ", "GURMUKHI"),
        ("ଟୋକନ", "ORIYA"),
        ("ٹوکن چاہیے", "ARABIC"),
        ("tkn வேண்டும்", "TAMIL"),
        ("need token வேண்டும்", "LATIN"),
        ("ab கட", None),
        ("१२", None),
        ("", None),
    ],
)
def test_a_script_is_that_of_most_of_the_letters(text, script):
    assert script_of(text) == script


@pytest.mark.parametrize("text", ["next", "NEXT", " next ", "/next", "/Next!", "*next*", "next."])
def test_commands_of_staff_however_written(text):
    assert EAR.command(text, KNOWN) == Meaning("next", "", "en")


@pytest.mark.parametrize(
    ("text", "trigger", "rest"),
    [
        ("pause 15 lunch", "pause", "15 lunch"),
        ("PAUSE: 15 Lunch", "pause", "15 Lunch"),
        ("walk in 9876543210 Ravi", "add", "9876543210 Ravi"),
        ("walk-in 9876543210 Ravi", "add", "9876543210 Ravi"),
        ("next one please", "next", ""),
        ("next Dr. Khan", "next", "Dr. Khan"),
        ("add 9876543210 Ravi\nKumar", "add", "9876543210 Ravi\nKumar"),
    ],
)
def test_what_follows_a_command_is_kept_as_it_was(text, trigger, rest):
    heard = EAR.command(text, KNOWN)
    assert (heard.trigger, heard.rest, heard.language) == (trigger, rest, "en")


@pytest.mark.parametrize("text", ["nextone", "the next", "", "?"])
def test_what_is_no_command_of_staff(text):
    assert EAR.command(text, KNOWN).trigger is None


@pytest.mark.parametrize("text", ["hi", "Hi!", "HI 😊", "'hi'"])
def test_a_patients_phrase_is_the_whole_message(text):
    assert EAR.phrase(text) == Meaning("hi", "", "en")


@pytest.mark.parametrize("apostrophe", "'’‘ʼ`")
def test_a_phrase_is_heard_whatever_apostrophe_a_phone_writes(apostrophe):
    assert EAR.phrase(f"I{apostrophe}m here!") == Meaning("here", "", "en")


@pytest.mark.parametrize("text", ["hi there", "where is here", "next", ""])
def test_a_phrase_inside_other_words_is_none(text):
    assert EAR.phrase(text).trigger is None


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("join city42", ["CITY42"]),
        ("JOIN+City42", ["CITY42"]),
        ("Join: city 42", ["CITY", "CITY42"]),
        ("Hi! join CITY42 please", ["CITY42", "CITY42PLEASE"]),
        ("जॉइन CITY42", ["CITY42"]),
        ("join", []),
        ("city42", None),
    ],
)
def test_a_join_code_follows_its_word(text, codes):
    assert EAR.codes_after_join(text) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [("CITY42", ["CITY42"]), ("hello city42!", ["CITY42"]), ("hello", []), ("98765", [])],
)
def test_a_bare_join_code_has_letters_and_digits(text, codes):
    assert EAR.codes(text) == codes


def test_words_of_every_language_are_heard_and_english_wins_a_clash():
    assert EAR.phrase("नमस्ते") == Meaning("hi", "", "hi")
    assert EAR.phrase("book").language == "en"
    assert EAR.command("अगला", KNOWN) == Meaning("next", "", "hi")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("मुझे कल आना है", "hi"),
        ("hello", None),
        ("डॉ. Khan", None),
        ("Dr. खान please", None),
        ("123", None),
        ("", None),
    ],
)
def test_a_language_is_told_by_most_of_the_letters(text, language):
    assert EAR.language_of(text) == language


def test_what_is_not_understood_keeps_its_words_and_its_language():
    assert EAR.phrase(" मुझे कल आना है ") == Meaning(None, "मुझे कल आना है", "hi")
