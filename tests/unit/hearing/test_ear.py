"""What a patient's text means: whole phrases, sentences, and the answers to what was asked."""

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.timetable import PartOfDay
from flows.hearing.meaning import DurationSaid, Meaning, TimeSaid, Who
from tests.ears import KNOWN, the_ear

EAR = the_ear()
TUESDAY = date(2030, 11, 26)


def said(text: str) -> Meaning:
    return EAR.sentence(text, KNOWN)


# Whole phrases


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("hi", "hi"),
        ("Good morning!", "hi"),
        ("please cancel", "cancel"),
        ("  CANCEL!! ", "cancel"),
        ("stop", "stop"),
        ("here", "here"),
        ("thank you so much", "thanks"),
        ("ok", "ok"),
        ("👍", "ok"),
        ("🙏🙏", "ok"),
        ("chest pain", "red_flag"),
    ],
)
def test_a_whole_phrase_has_its_meaning_courtesy_aside(text, trigger):
    meaning = EAR.phrase(text)
    assert meaning.trigger == trigger
    assert not meaning.guess


@pytest.mark.parametrize(
    "text", ["here?", "stop?", "start?", "😡", "😭👍", "", "xyzzy", "cancel or not"]
)
def test_what_is_no_phrase_has_no_trigger(text):
    assert EAR.phrase(text).trigger is None


@pytest.mark.parametrize(
    "text", ["yes", "yup", "haan", "हाँ", "ji haan", "yes please", "yes, cancel it", "haan kar do"]
)
def test_a_yes_is_heard_with_what_it_says_yes_to(text):
    assert EAR.phrase(text).trigger == "yes"


@pytest.mark.parametrize(
    "text",
    ["no", "nope", "nahi", "नहीं", "nahi ji", "no keep it", "no, keep it", "nahi cancel mat karo"],
)
def test_a_no_is_heard_with_what_it_says_no_to(text):
    assert EAR.phrase(text).trigger == "no"


@pytest.mark.parametrize(
    "text", ["yes but tomorrow", "yes, move it", "no, i am late", "not really?"]
)
def test_a_yes_or_no_with_more_to_it_is_none(text):
    assert EAR.phrase(text).trigger not in {"yes", "no"}


@pytest.mark.parametrize(
    ("text", "language"), [("नमस्ते, कैसे हैं", "hi"), ("how are you doing", None), ("123", None)]
)
def test_the_language_of_a_script_is_told(text, language):
    assert EAR.language_of(text) == language


# Sentences, and how they are said


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("I want to cancel", "cancel"),
        ("can you cancel it please", "cancel"),
        ("can't come tomorrow", "cancel"),
        ("don't cancel my appointment", "keep"),
        ("cancel mat karo", "keep"),
        ("my friend cancelled his", "status"),
        ("was it cancelled?", "status"),
        ("shift my appointment to friday 4 pm", "move"),
        ("reached", "here"),
        ("20 min late", "late"),
        ("stop sending messages", "stop"),
        ("talk to someone", "human"),
        ("chest pain ho raha hai", "red_flag"),
        ("I want an appointment", "book"),
        ("what is my token number", "status"),
    ],
)
def test_a_sentence_seems_to_mean_a_wish(text, trigger):
    meaning = said(text)
    assert (meaning.trigger, meaning.guess) == (trigger, True)


@pytest.mark.parametrize(
    "text",
    [
        "I have not reached yet",
        "if I don't come",
        "I was late last time",
        "no chest pain now",
        "what if I get chest pain",
        "don't stop the messages",
        "I don't want an appointment",
        "don't call me",
        "xyzzy plugh",
        "",
    ],
)
def test_what_is_denied_supposed_or_past_wishes_nothing(text):
    assert said(text).trigger is None


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("what is the fee and where is the clinic", ("fee", "address")),
        ("where is the clinic? and the fee?", ("address", "fee")),
        ("can I cancel later?", ("policy",)),
        ("I will cancel if it rains", ("policy",)),
        ("doctor sahab aa gaye?", ("doctor_in",)),
        ("the doctor is not coming?", ("doctor_in",)),
        ("hello", ()),
    ],
)
def test_facts_asked_for_are_told_apart_from_wishes(text, facts):
    assert said(text).facts == facts
    assert said(text).trigger is None


def test_a_sentence_names_doctor_day_time_and_person_at_once():
    meaning = said("dr khan tomorrow at 5 pm for my wife Sunita")
    assert meaning.doctor_ids == ("doc_khan",)
    assert meaning.day == TUESDAY
    assert meaning.time == TimeSaid(17 * 60)
    assert meaning.person is not None
    assert (meaning.person.who, meaning.person.name) == (Who.NAMED, "Sunita")
    assert meaning.is_plain


def test_a_sentence_names_lengths_numbers_and_phones():
    assert said("will be 20 min late").duration == DurationSaid(20)
    assert said("late 20").duration == DurationSaid(20)
    assert said("cancel token 8").number == 8
    assert said("call me on 98765 43210").phone == "+919876543210"


def test_a_name_that_several_have_means_all_of_them():
    assert said("dr rao").doctor_ids == ("doc_rao", "doc_srao")


def test_a_part_of_the_day_is_heard_where_no_time_is_named():
    time = said("skin doctor tomorrow evening").time
    assert time is not None
    assert (time.minute, time.part) == (None, PartOfDay.EVENING)


def test_what_is_only_told_of_the_past_names_no_visit():
    meaning = said("I had seen dr khan yesterday at 5")
    assert (meaning.trigger, meaning.doctor_ids, meaning.day, meaning.time) == (
        None,
        (),
        None,
        None,
    )


def test_a_sentence_with_words_nobody_knows_is_not_plain():
    assert not said("tomorrow grzbl frmpf qwxzy dr khan").is_plain


def test_a_form_of_many_lines_is_not_read():
    assert said("\n".join(["cancel my booking"] * 7)).trigger is None


def test_what_acts_at_once_is_heard_in_a_short_message_alone():
    assert said("please stop sending me messages").trigger == "stop"
    long = "please stop sending me messages because my phone is full and the letters are small"
    assert said(long).trigger != "stop"


# Emergencies


@pytest.mark.parametrize(
    ("text", "alarms"),
    [
        ("chest pain", True),
        ("papa ko chest pain ho raha hai", True),
        ("he is not breathing", True),
        ("no chest pain now", False),
        ("my mother had a heart attack last year", False),
        ("chest pain started 10 min ago", True),
        ("seene me dard thodi der pehle shuru hua", True),
        ("what if I get chest pain", False),
        ("fees?", False),
        ("", False),
    ],
)
def test_what_may_be_an_emergency_alarms(text, alarms):
    assert EAR.alarms(text) is alarms


# Choices


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        ("(2)", 2),
        ("२", 2),
        ("two", 2),
        ("दो", 2),
        ("second", 2),
        ("2nd one", 2),
        ("doosra wala", 2),
        ("option 3", 3),
        ("1 nahi 2", 2),
        ("that one", None),
        ("token 2", None),
        ("#2", None),
        ("2 pm", None),
        ("1 2", None),
        ("", None),
        ("hello", None),
    ],
)
def test_the_number_that_a_whole_text_picks(text, number):
    assert EAR.answers.choice(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("#44", 44),
        ("token 44", 44),
        ("token 44 please", 44),
        ("44", 44),
        ("x", None),
        ("44 and 45", None),
    ],
)
def test_the_tokens_number_that_is_a_whole_text(text, number):
    assert EAR.token_number(text) == number


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("11", 660),
        ("11:30", 690),
        ("11 baje", 660),
        ("at 11 please", 660),
        ("11 or 12 or so", None),
        ("hi", None),
    ],
)
def test_the_time_that_a_whole_text_is(text, minute):
    time = EAR.whole_time(text)
    assert (time.minute if time else None) == minute


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("more times", True),
        ("aur time dikhao", True),
        ("no more times", False),
        ("more", False),
        ("khan", False),
    ],
)
def test_more_of_what_is_listed_is_asked_for(text, more):
    assert EAR.answers.asks_for_more(text) is more


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("no no, 10 min late", "10 min late"),
        ("nahi, kal kar do", "kal kar do"),
        ("no", "no"),
        ("kal kar do", "kal kar do"),
        ("", ""),
    ],
)
def test_a_no_at_the_beginning_is_taken_off(text, rest):
    assert EAR.answers.without_no(text) == rest


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("I will wait", True),
        ("we will wait", True),
        ("I will not wait", False),
        ("if I wait?", False),
        ("ok", False),
    ],
)
def test_that_somebody_waits_is_heard(text, waits):
    assert EAR.answers.will_wait(text) is waits


@pytest.mark.parametrize(("text", "nobody"), [("someone else", True), ("Ravi", False), ("", False)])
def test_that_the_visit_is_for_nobody_listed_is_heard(text, nobody):
    assert EAR.answers.names_nobody_listed(text) is nobody


def test_plain_words_are_folded_without_courtesy():
    assert EAR.plain("Khan, please!") == "khan"


# Names, codes and numbers


def test_a_name_is_told_where_one_was_asked_for():
    found = EAR.name("my name is Lata Sen", KNOWN)
    assert found is not None
    assert found.name == "Lata Sen"
    assert EAR.name("https://example.com", KNOWN) is None
    assert EAR.name("tomorrow", KNOWN) is None


def test_own_words_are_without_the_name_of_the_person():
    assert "Sunita" not in EAR.own_words("fever for my wife Sunita")
    assert EAR.own_words("fever since monday") == "fever since monday"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("JOIN CITY42", ["CITY42"]),
        ("JOIN+CITY42", ["CITY42"]),
        ("Hi! join city 42", ["CITY", "CITY42"]),
        ("join", []),
        ("hello", None),
    ],
)
def test_the_code_behind_join(text, codes):
    assert EAR.codes_after_join(text) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("hello city42 please", ["CITY42"]),
        ("city 42", ["CITY42"]),
        ("hello", []),
        ("ab1", []),
        ("98765 43210", []),
    ],
)
def test_words_of_the_shape_of_a_code(text, codes):
    assert EAR.codes(text) == codes


@pytest.mark.parametrize(
    ("text", "count"), [("98765 43210", 1), ("98765 43210, 98765 43211", 2), ("12 people", 0)]
)
def test_telephone_numbers_are_counted(text, count):
    assert EAR.count_phones(text, KNOWN) == count


# Whatever is written

PIECES = (
    "cancel", "nahi", "khan", "dr", "kal", "5", "baje", "for my", "?", ",", "next", "pause",
    "emergency", "join", "#", "98765 43210", "मीरा", "के लिए", "👍", "\n", "if", "late", "min",
    "not", "stop", ":", "pm",
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join))


def everything_heard(text: str) -> list[object]:
    """Return what each function of the ear makes of *text*."""
    return [
        EAR.phrase(text),
        said(text),
        EAR.command(text, KNOWN),
        EAR.command_words(text),
        EAR.alarms(text),
        EAR.answers.choice(text),
        EAR.whole_time(text),
        EAR.name(text, KNOWN),
        EAR.plain(text),
        EAR.answers.without_no(text),
        EAR.own_words(text),
        EAR.codes(text),
        EAR.codes_after_join(text),
        EAR.token_number(text),
        EAR.count_phones(text, KNOWN),
        EAR.leading_doctor(text, KNOWN),
        EAR.length_and_reason(text, KNOWN.minute),
        EAR.adds_nothing(text, "skip"),
        EAR.answers.asks_for_more(text),
        EAR.answers.will_wait(text),
        EAR.answers.names_nobody_listed(text),
        EAR.language_of(text),
    ]


@pytest.mark.slow
@settings(deadline=None)
@given(TEXTS)
@example("")
@example("\x00\u200d\ufe0f")
@example("१२३ " * 300)
@example("next " * 300)
@example("%%%+%zz join")
def test_no_text_is_too_strange_and_reading_it_twice_is_the_same(text):
    assert everything_heard(text) == everything_heard(text)


@given(TEXTS)
def test_a_sentence_is_a_guess_or_means_nothing(text):
    meaning = said(text)
    assert meaning.guess or meaning.trigger is None
