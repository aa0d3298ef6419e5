"""The files of sentences hold what readers of them rely on."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.sentences import HELD_OUT, PATIENTS, STAFF, Sentence, read_sentences

LANGUAGES = {"en", "hi", "hinglish", "other"}
DOCTORS = {
    "sharma",
    "patel",
    "khan",
    "srao",
    "vrao",
    "dsouza",
    "menon",
    "gupta",
    "iyer",
    "bose",
    "nair",
    "reddy",
}
GENDERS = {"MALE", "FEMALE", "OTHER"}
PEOPLE = {
    "me", "father", "mother", "son", "daughter", "wife", "husband", "brother", "sister",
    "grandmother", "grandfather", "uncle", "aunt", "child",
}  # fmt: skip
PLACES = {
    PATIENTS: {
        "new", "idle", "booked", "doctors", "days", "slots", "whom", "name", "sure", "proposed",
        "pay", "emergency", "handed", "platform",
    },
    STAFF: {"line", "before", "paused", "empty", "admin"},
}  # fmt: skip
OUTCOMES = {
    PATIENTS: {
        "greet", "book", "pick", "status", "ahead", "cancel", "move", "here", "late", "fee",
        "address", "phone", "hours", "doctor_in", "refund", "prescription", "cash", "policy", "pay",
        "red_flag", "complain", "human", "ok", "thanks", "stop", "start", "language", "help",
        "name", "rename", "symptom", "join", "yes", "no", "again", "foreign", "desk", "lost",
    },
    STAFF: {
        "next", "skip", "pause", "resume", "emergency", "close", "ask_close", "start", "undo",
        "status", "list", "add", "announce", "late", "is_here", "ask_minutes", "unsure", "help",
        "done", "ok", "thanks", "book", "lost", "doctor", "greet",
        "check_in", "call", "ask_cancel", "move_to", "priority", "paid", "find", "today",
        "ask_book",
    },
}  # fmt: skip
TRAPS_AT_LEAST = {PATIENTS: 1 / 3, STAFF: 1 / 4}


def read(files: tuple[str, ...]) -> list[Sentence]:
    """Return the sentences of the files."""
    return [sentence for name in files for sentence in read_sentences(name)]


all_files = pytest.mark.parametrize("files", [PATIENTS, STAFF], ids=["patients", "staff"])


@all_files
def test_every_place_and_outcome_is_known_and_used(files):
    sentences = read(files)
    assert {sentence.at for sentence in sentences} == PLACES[files]
    assert {did for sentence in sentences for did in (*sentence.does, *sentence.also)} <= OUTCOMES[
        files
    ]
    assert [sentence for sentence in sentences if not sentence.does] == []
    if files == PATIENTS:
        assert OUTCOMES[files] == {did for sentence in sentences for did in sentence.does}


@all_files
def test_fields_have_the_types_and_values_that_are_explained(files):
    wrong = [sentence for sentence in read(files) if not _is_well_formed(sentence)]
    assert wrong == []


def test_no_sentence_stands_twice_at_one_place():
    said = Counter(
        (sentence.text.casefold(), sentence.at)
        for name in (*PATIENTS, *STAFF)
        for sentence in read_sentences(name)
    )
    assert [key for key, times in said.items() if times > 1] == []


@all_files
def test_many_sentences_are_traps(files):
    sentences = read(files)
    traps = [sentence for sentence in sentences if sentence.trap]
    assert len(traps) >= len(sentences) * TRAPS_AT_LEAST[files]


@all_files
def test_a_fifth_of_the_sentences_is_held_out(files):
    held_out = sum(len(read_sentences(name)) for name in files if name in HELD_OUT)
    assert held_out >= len(read(files)) / 5


def test_a_field_that_is_not_known_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.sentences.FOLDER", tmp_path)
    entry = (
        'text = "hi", at = "new", lang = "en", kind = "greeting", does = "greet", doktor = "khan"'
    )
    (tmp_path / "odd.toml").write_text(f"sentences = [{{{entry}}}]", "utf-8")
    with pytest.raises(TypeError, match="doktor"):
        read_sentences("odd")


def test_a_file_that_is_not_there_has_no_sentences():
    assert read_sentences("nobody") == []


def _is_well_formed(sentence: Sentence) -> bool:
    return (
        bool(sentence.text.strip())
        and sentence.lang in LANGUAGES
        and set(sentence.doctor) <= DOCTORS
        and (sentence.gender is None or sentence.gender in GENDERS)
        and (sentence.bound is None or sentence.bound in {"after", "before"})
        and (sentence.bound is None or sentence.time is not None)
        and _fits(r"\+\d{1,2}|\d{4}-\d\d-\d\d|past|beyond", sentence.day)
        and _fits(r"([01]\d|2[0-3]):[0-5]\d|MORNING|AFTERNOON|EVENING", sentence.time)
        and _fits(r"\+\d{8,15}", sentence.phone)
        and _fits("|".join([*sorted(PEOPLE), r"name:\S.*"]), sentence.person)
        and all(
            value is None or (type(value) is int and value > 0)
            for value in (sentence.age, sentence.minutes, sentence.number, sentence.option)
        )
        and all(
            value is None or value.strip()
            for value in (sentence.name, sentence.reason, sentence.words, sentence.code)
        )
    )


def _fits(pattern: str, value: str | None) -> bool:
    return value is None or re.fullmatch(pattern, value) is not None
