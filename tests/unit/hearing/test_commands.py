"""What is a command of staff, what only seems to be one, and what is none."""

import pytest

from flows.hearing.commands import UNSURE, unsure
from flows.hearing.meaning import DurationSaid, Meaning
from tests.ears import KNOWN, the_ear

EAR = the_ear()


def said(text: str) -> Meaning:
    return EAR.command(text, KNOWN)


def command(text: str) -> tuple[str | None, bool]:
    """Return the command that *text* means, and whether it is only a guess."""
    meaning = said(text)
    return meaning.trigger, meaning.guess


# Commands


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("next", "next"),
        ("NEXT!", "next"),
        ("/next", "next"),
        ("next please", "next"),
        ("ok next", "next"),
        ("agla bhejo", "next"),
        ("अगला", "next"),
        ("start", "start"),
        ("good morning, start please", "start"),
        ("undo", "undo"),
        ("pause", "pause"),
        ("close", "close"),
        ("emergency", "emergency"),
        ("list", "list"),
        ("who is next", "list"),
        ("kitne log baaki hain", "status"),
        ("done", "done"),
    ],
)
def test_a_whole_message_that_is_a_command_is_obeyed(text, trigger):
    assert command(text) == (trigger, False)


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("not here, skip him", "skip"),
        ("he has gone out, skip him", "skip"),
        ("skip 8", "skip"),
        ("skip #8 please", "skip"),
    ],
)
def test_a_reason_or_a_tokens_number_may_stand_beside_a_skip(text, trigger):
    assert command(text) == (trigger, False)


@pytest.mark.parametrize(
    ("text", "trigger", "minutes"),
    [
        ("pause 15", "pause", 15),
        ("pause 20 tea", "pause", 20),
        ("15 min break", "pause", 15),
        ("20 min ka break", "pause", 20),
        ("emergency 1 hour", "emergency", 60),
        ("emergency half an hour", "emergency", 30),
        ("late 20", "late", 20),
        ("late 1 hour", "late", 60),
        ("I will be late by 20 minutes", "late", 20),
    ],
)
def test_a_length_of_time_goes_with_a_command(text, trigger, minutes):
    assert command(text) == (trigger, False)
    assert said(text).duration == DurationSaid(minutes)


@pytest.mark.parametrize(
    ("text", "trigger", "doctor"),
    [
        ("khan ka next", "next", "doc_khan"),
        ("khan sahab ka next", "next", "doc_khan"),
        ("meera start", "start", "doc_meera"),
        ("status khan", "status", "doc_khan"),
    ],
)
def test_a_doctor_may_be_named_before_a_command(text, trigger, doctor):
    assert said(text).trigger == trigger
    assert said(text).doctor_ids == (doctor,)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("add 98765 43210 Ravi", "98765 43210 Ravi"),
        ("Ravi ko add karo 98765 43210", "Ravi 98765 43210"),
        ("announce we are closed tomorrow", "we are closed tomorrow"),
        ("next khan", "khan"),
        ("pause 20 tea", "20 tea"),
    ],
)
def test_what_follows_a_command_is_kept_as_it_was_written(text, rest):
    assert said(text).rest == rest


# Sentences


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("done for today", "close"),
        ("bas aaj ke liye", "close"),
        ("I am back", "resume"),
        ("wapas aa gaya", "resume"),
        ("will be back in 10 min", "pause"),
        ("I will take a short break", "pause"),
        ("emergency light kharab hai", "emergency"),
    ],
)
def test_a_sentence_that_seems_to_mean_a_command_is_a_guess(text, trigger):
    assert command(text) == (trigger, True)


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ("is asha here?", "asha", None),
        ("asha aayi kya?", "asha", None),
        ("is #8 here?", "", 8),
    ],
)
def test_who_is_here_is_asked_by_name_or_number(text, name, number):
    meaning = said(text)
    assert (meaning.trigger, meaning.guess) == ("is_here", False)
    assert (meaning.rest, meaning.number) == (name, number)


@pytest.mark.parametrize(
    "text",
    [
        "next week I am away",
        "next time",
        "pause and close",
        "start, stop",
        "close the door",
        "close?",
        "pause?",
        "skip breakfast",
        "skip him if he is not here",
        "emergency nahi hai",
        "undo it and close",
    ],
)
def test_a_commands_word_among_others_moves_nothing(text):
    assert command(text) == (UNSURE, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "thanks",
        "should I skip?",
        "should I call next?",
        "don't start",
        "did you pause?",
        "the next one is my cousin",
        "I had an emergency yesterday",
        "my car is late for service if it rains",
    ],
)
def test_what_is_denied_asked_or_told_is_no_command(text):
    assert said(text).trigger is None


def test_that_a_command_was_heard_is_kept_where_it_may_not_be_meant():
    heard = unsure(Meaning("next", "week", "en"))
    assert (heard.trigger, heard.rest, heard.language) == (UNSURE, "next week", "en")
    assert unsure(Meaning("close")).rest == "close"


# Parts of a command


@pytest.mark.parametrize(
    ("text", "minutes", "reason"),
    [
        ("15 lunch", 15, "lunch"),
        ("15", 15, ""),
        ("lunch", None, "lunch"),
        ("lunch 15 min", 15, "lunch"),
        ("1 hour", 60, ""),
        ("15 please", 15, ""),
        ("", None, ""),
    ],
)
def test_a_length_and_a_reason_are_told_apart(text, minutes, reason):
    length, rest = EAR.length_and_reason(text, 600)
    assert (length.minutes if length else None, rest) == (minutes, reason)


def test_until_a_time_of_the_day_is_a_length_from_now():
    assert EAR.length_and_reason("till 10:30", 600) == (DurationSaid(30, until=True), "")


@pytest.mark.parametrize("text", ["3x", "a while", "15 20 25", "tomorrow"])
def test_what_looks_like_a_length_and_cannot_be_read_has_no_minutes(text):
    length, _ = EAR.length_and_reason(text, 600)
    assert length == DurationSaid(None)


@pytest.mark.parametrize(
    ("text", "trigger", "adds_nothing"),
    [
        ("please", None, True),
        ("", None, True),
        ("!!", None, True),
        ("him", "skip", True),
        ("not here", "skip", True),
        ("not here", "next", False),
        ("please?", None, False),
        ("patient Ravi", None, False),
        ("please", "done", True),
        ("today", "done", False),
    ],
)
def test_courtesy_and_a_commands_own_reason_add_nothing_to_it(text, trigger, adds_nothing):
    assert EAR.adds_nothing(text, trigger) is adds_nothing


@pytest.mark.parametrize(
    ("text", "doctors", "rest"),
    [
        ("khan 15 min", ("doc_khan",), "15 min"),
        ("Dr. Meera ka 15", ("doc_meera",), "15"),
        ("kha 15", ("doc_khan",), "15"),
        ("rao 15", (), "rao 15"),
        ("sunita rao", ("doc_srao",), ""),
        ("15 min", (), "15 min"),
        ("", (), ""),
    ],
)
def test_the_one_doctor_whom_words_begin_with_is_taken_off(text, doctors, rest):
    assert EAR.leading_doctor(text, KNOWN) == (doctors, rest)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("next", "next"),
        ("add 98765 43210 Ravi", "add"),
        ("announce we are closed", "announce"),
        ("is asha here?", "is asha here?"),
        ("grzbl frmpf", ""),
        ("", ""),
    ],
)
def test_the_words_of_a_command_are_told_without_the_data_behind_it(text, words):
    assert EAR.command_words(text).strip() == words
