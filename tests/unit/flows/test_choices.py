"""What a number, a yes or a part of a choice's words picks, and what is too old to pick."""

from datetime import timedelta
from typing import Any

import pytest

from domain.model.messages import Message
from domain.model.queues import TokenStatus
from tests.stage import Stage

pytestmark = pytest.mark.usefixtures("cast")
ASHA, KHAN = "+919876543021", "+919876543012"
BOOKED = ("hi", "1", "1")
"""A booking with Dr. Khan today, confirmed at once."""


def say(stage: Stage, *texts: str, **parts: Any) -> Message:
    """Let Asha say *texts*, each some seconds after the last; return the last answer to her."""
    for text in texts:
        stage.clock.advance(seconds=3)
        stage.hear(ASHA, text, name="Asha", **parts)
        stage.settle()
    return newest(stage)


def newest(stage: Stage) -> Message:
    """Return the newest message to Asha."""
    return [m for m in stage.messages() if m.contact_id == stage.contact_id(ASHA)][-1]


def wamid(stage: Stage) -> str:
    """Return the provider's id of the newest message."""
    return f"wamid.{len(stage.channel.sent)}"


# Numbers that are too old


def test_a_number_written_before_its_question_puts_the_question_again_and_books_nothing(stage):
    say(stage, "hi", "khan")
    before = stage.clock.now() - timedelta(minutes=1)
    again = say(stage, "1", sent_at=before)
    assert again.name == "booking/slots"
    assert not stage.tokens(ASHA)
    assert say(stage, "1").name == "booking/confirmed"


def test_a_number_written_in_the_second_of_its_question_counts(stage):
    say(stage, "hi")
    asked = stage.clock.now().replace(microsecond=0)  # WhatsApp tells whole seconds
    assert say(stage, "1", sent_at=asked).name == "booking/slots"


def test_of_two_numbers_that_came_at_once_the_second_has_seen_nothing(stage):
    say(stage, "hi")
    stage.clock.advance(seconds=3)
    came = stage.clock.now()
    for _ in range(2):
        stage.clock.advance(seconds=0.01)
        stage.hear(ASHA, "2", received_at=came)
    stage.settle()
    assert newest(stage).name == "booking/slots"
    assert not stage.tokens(ASHA)


def test_a_number_that_came_after_its_question_counts(stage):
    say(stage, "hi")
    stage.clock.advance(seconds=3)
    assert say(stage, "2", received_at=stage.clock.now()).name == "booking/slots"


def test_a_number_that_replies_to_an_older_message_picks_from_that_message(stage):
    say(stage, "hi")
    doctors = wamid(stage)
    say(stage, "1")
    before = stage.clock.now() - timedelta(minutes=1)
    assert say(stage, "2", answers=doctors).values["doctor"] == "Dr. Meera"
    assert say(stage, "1", answers=doctors, sent_at=before).values["doctor"] == "Dr. Khan"


def test_a_number_beyond_the_choices_picks_none(stage):
    say(stage, "hi")
    assert say(stage, "3").name == "settings/lost"
    assert not stage.tokens(ASHA)


def test_a_number_written_before_an_event_asked_puts_its_question_again(stage):
    say(stage, *BOOKED)
    for command in ("start", "emergency 30"):
        stage.clock.advance(seconds=3)
        stage.hear(KHAN, command)
        stage.settle()
    before = stage.clock.now() - timedelta(minutes=1)
    assert say(stage, "3", sent_at=before).name == "settings/repeat"
    assert [t.status for t in stage.tokens(ASHA)] == [TokenStatus.CONFIRMED]


# Yes and no


@pytest.mark.parametrize(
    "text", ["yes", "Yup", "haan", "ji haan", "हाँ", "haan cancel kar do", "yes please"]
)
def test_a_yes_cancels_where_that_is_asked(stage, text):
    say(stage, *BOOKED, "cancel")
    assert say(stage, text).name == "mine/cancelled"
    assert not stage.tokens(ASHA)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "nope",
        "nahi",
        "नहीं",
        "no keep it",
        "no, keep it",
        "nahi cancel mat karo",
        "don't cancel",
    ],
)
def test_a_no_keeps_the_booking(stage, text):
    say(stage, *BOOKED, "cancel")
    assert say(stage, text).name == "mine/status"
    assert len(stage.tokens(ASHA)) == 1


@pytest.mark.parametrize("text", ["ok", "okay", "theek hai", "👍", "hmm", "thanks"])
def test_an_ok_is_no_yes_so_the_question_is_put_again(stage, text):
    asked = say(stage, *BOOKED, "cancel")
    again = say(stage, text)
    assert again.name == asked.name == "mine/sure"
    assert len(stage.tokens(ASHA)) == 1


def test_a_yes_where_nothing_is_asked_does_nothing(stage):
    say(stage, *BOOKED)
    assert say(stage, "yes").name == "settings/lost"
    assert len(stage.tokens(ASHA)) == 1


# Words


@pytest.mark.parametrize("text", ["two", "second one", "option 2", "doosra wala", "दो", "२", "(2)"])
def test_a_number_in_words_is_that_number(stage, text):
    say(stage, "hi")
    assert say(stage, text).values["doctor"] == "Dr. Meera"


@pytest.mark.parametrize("text", ["that one", "1 2", "#2", "token 2", "2?!x"])
def test_what_only_has_a_number_in_it_picks_nothing(stage, text):
    say(stage, "hi")
    assert say(stage, text).name != "booking/slots"


@pytest.mark.parametrize("text", ["कोई और दिन", "another day", "ANOTHER DAY!", "Another  day"])
def test_the_words_of_a_choice_pick_it_in_any_language(stage, text):
    say(stage, "hi", "1")
    assert say(stage, text).name == "booking/days"


@pytest.mark.parametrize("text", ["khan", "Dr. Khan", "dr khan", "DR KHAN please", "khan ji"])
def test_a_part_of_the_words_that_only_one_choice_has_picks_it(stage, text):
    say(stage, "hi")
    assert say(stage, text).values["doctor"] == "Dr. Khan"


def test_a_part_that_several_choices_have_picks_none(stage):
    say(stage, "hi", "1")
    assert say(stage, "token").name != "booking/confirmed"
    assert not stage.tokens(ASHA)


@pytest.mark.parametrize("text", ["मीरा", "meeraa", "dr mira", "डॉ मीरा"])
def test_a_name_that_sounds_alike_picks_the_doctor(stage, text):
    say(stage, "hi")
    assert say(stage, text).values["doctor"] == "Dr. Meera"


def test_a_listed_person_is_picked_by_the_name_among_other_words(stage):
    listed = say(stage, "book for Leela", "1", "1", "book", "1", "1")
    assert listed.name == "booking/for_whom"
    said = say(stage, "for leela please")  # who has a booking there already
    assert said.values["person"] == "Leela"


def test_somebody_who_is_not_listed_is_asked_for(stage):
    say(stage, "book for Leela", "1", "1", "book", "1", "1")
    assert say(stage, "someone else").name == "booking/ask_name"
