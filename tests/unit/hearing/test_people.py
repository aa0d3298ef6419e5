"""Persons in a sentence, and the answer to the question for a name: who is one, and what is not."""

import tomllib
from pathlib import Path

import pytest

from flows.hearing.lexicon import Lexicon
from flows.hearing.meaning import PersonSaid, Who
from flows.hearing.people import find_people, name_said

OTHERS = {
    "number": {"1": ["one", "ek", "एक"], "2": ["two", "do", "दो"], "5": ["five", "paanch"]},
    "day": {"tomorrow": ["tomorrow", "kal", "कल"], "today": ["today", "aaj"]},
    "part": {"evening": ["sham", "shaam", "शाम"], "morning": ["subah"]},
    "clock": {"pm": ["pm"], "at": ["baje"]},
    "weekday": {"monday": ["monday", "somvar"]},
    "say": {"cancel": ["cancel"], "here": ["reached"]},
}
LEXICON = Lexicon(
    [
        OTHERS,
        *(
            tomllib.loads(path.read_text(encoding="utf-8"))
            for path in sorted(Path("templates/messages").glob("*/people.toml"))
        ),
    ]
)
M, F = "MALE", "FEMALE"


def people(text: str) -> list[PersonSaid]:
    return [s.value for s in find_people(LEXICON.words(text), text)]


def answer(text: str) -> tuple[str | None, int | None, str | None, str | None] | None:
    said = name_said(text, LEXICON, doctors=["Dr. Anil Mehta"])
    return (said.name, said.age, said.gender, said.relation) if said else None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ravi", "Ravi"),
        ("ravi kumar", "ravi kumar"),
        ("RAVI KUMAR", "RAVI KUMAR"),
        ("रवि कुमार", "रवि कुमार"),
        ("ज़ैनब ख़ान", "ज़ैनब ख़ान"),
        ("श्री\u200dधर", "श्री\u200dधर"),
        ("Zoë", "Zoë"),
        ("O'Brien", "O'Brien"),
        ("D’Souza", "D’Souza"),
        ("Anne-Marie D'Souza", "Anne-Marie D'Souza"),
        ("R. K. Sharma", "R. K. Sharma"),
        ("Ravi K.", "Ravi K"),
        ("Md. Salim Khan", "Md. Salim Khan"),
        ("Ramesh Bhai Patel", "Ramesh Bhai Patel"),
        ("Sham Lal", "Sham Lal"),
        ("May Thomas", "May Thomas"),
        ("Baby of Sunita", "Baby of Sunita"),
        ("B/O Sunita Devi", "B/O Sunita Devi"),
        ("my name is Ravi", "Ravi"),
        ("My name is Usha please", "Usha"),
        ("name: Sham", "Sham"),
        ("naam hai Ravi", "Ravi"),
        ("Ravi naam hai", "Ravi"),
        ("mera naam Ravi hai", "Ravi"),
        ("मेरा नाम रवि है", "रवि"),
        ("I am Ravi Kumar", "Ravi Kumar"),
        ("I’m Ravi.", "Ravi"),
        ("this is Ravi", "Ravi"),
        ("it's Ravi", "Ravi"),
        ("Ravi here", "Ravi"),
        ("main Ravi bol raha hu", "Ravi"),
        ("Ravi hu", "Ravi"),
        ("hello, Ravi here", "Ravi"),
        ("ok ravi", "ravi"),
        ("haan, Ravi Kumar ji", "Ravi Kumar"),
        ("Ravi bhai", "Ravi"),
        ("Ravi 👍", "Ravi"),
        ("Mr. Ravi Kumar", "Ravi Kumar"),
        ("श्रीमती सुनीता देवी", "सुनीता देवी"),
        ("mr ravi kumar 9876543210", "ravi kumar"),
        ("Ravi +91 98765 43210", "Ravi"),
        ("Ravi Kumar s/o Ramesh Kumar", "Ravi Kumar"),
        ("for Riya", "Riya"),
        ("Riya ke liye", "Riya"),
        ("patient Riya", "Riya"),
        ("Dr Sunita Rao", "Sunita Rao"),
        ("Mahendra", "Mahendra"),
        ("Aaditi Parikh", "Aaditi Parikh"),
        ("Tanmayee", "Tanmayee"),
    ],
)
def test_a_name_is_taken_out_of_what_is_around_it(text, name):
    assert answer(text) == (name, None, None, None)


@pytest.mark.parametrize(
    ("text", "name", "age", "gender"),
    [
        ("Ravi Kumar, 34, male", "Ravi Kumar", 34, M),
        ("Ravi Kumar\n34\nMale", "Ravi Kumar", 34, M),
        ("Ravi/34/M", "Ravi", 34, M),
        ("Ravi (34 M)", "Ravi", 34, M),
        ("Ravi 34M", "Ravi", 34, M),
        ("Ravi 9876543210 45/M", "Ravi", 45, M),
        ("Riya 5 yrs F", "Riya", 5, F),
        ("Riya 5", "Riya", 5, None),
        ("Riya, 5 year old girl", "Riya", 5, F),
        ("Priya Sharma F 28", "Priya Sharma", 28, F),
        ("Riya 6 months", "Riya", 0, None),
        ("Riya 14 mahine", "Riya", 1, None),
        ("Suresh Yadav 52 years male", "Suresh Yadav", 52, M),
        ("patient ka naam Sunita Devi hai, umar 45", "Sunita Devi", 45, None),
        ("umar 5 saal naam Riya", "Riya", 5, None),
        ("5 years Riya", "Riya", 5, None),
        ("मरीज का नाम रिया उम्र ५ साल", "रिया", 5, None),
        ("सुनीता देवी, ४५, महिला", "सुनीता देवी", 45, F),
        ("Asha, other gender", "Asha", None, "OTHER"),
    ],
)
def test_age_and_gender_are_told_with_a_name(text, name, age, gender):
    assert answer(text) == (name, age, gender, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("for my son Arjun age 7", ("Arjun", 7, None, "son")),
        ("my son's name is Arjun", ("Arjun", None, None, "son")),
        ("mere papa ka naam Ramesh hai", ("Ramesh", None, None, "father")),
        ("मेरी बेटी रिया ५ साल", ("रिया", 5, None, "daughter")),
        ("my mother", (None, None, None, "mother")),
        ("papa", (None, None, None, "father")),
        ("wife please", (None, None, None, "wife")),
        ("पापा को दिखाना है", (None, None, None, "father")),
    ],
)
def test_a_relative_may_have_a_name_or_is_asked_for_it(text, said):
    assert answer(text) == said


@pytest.mark.parametrize("text", ["for me", "मेरे लिए", "khud ke liye"])
def test_the_answer_may_be_the_writer(text):
    assert name_said(text, LEXICON) == PersonSaid(Who.WRITER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👍",
        "ok",
        "haan",
        "thank you",
        "good morning",
        "cancel",
        "cancle",
        "stop",
        "help me",
        "call me",
        "skip",
        "no",
        "नहीं",
        "how much is the fee?",
        "how much is the fee",
        "why do you need my name",
        "kyu",
        "kya naam",
        "Ravi?",
        "what is your name",
        "your name",
        "my name is",
        "change name",
        "mera naam nahi batana",
        "http://ravi.example/kumar",
        "www.ravi.in",
        "ravi@gmail.com",
        "9876543210",
        "12",
        "2/12/1990",
        "umar 30",
        "Riya 6m",
        "male",
        "M",
        "tomorrow",
        "kal",
        "kal sham 5 baje",
        "5 pm",
        "Sham",
        "monday",
        "later",
        "same patient",
        "rehne do",
        "मुझे डॉक्टर से मिलना है",
        "wrong number",
        "I want appointment",
        "मुझे अपॉइंटमेंट चाहिए",
        "fever since 2 days",
        "I am coming",
        "I am diabetic",
        "this is urgent",
        "mujhe bukhar hai",
        "Dr. Mehta",
        "dr anil",
        "Riya and Rohan",
        "one two three four five six seven",
        "Qa Wb Xc Yd Ze Vf Ug",
    ],
)
def test_what_is_no_answer_to_the_question_for_a_name(text):
    assert answer(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("book for Riya tomorrow", "Riya"),
        ("appointment for riya sharma monday", "riya sharma"),
        ("token for Mrs. Sunita Rao please", "Sunita Rao"),
        ("on behalf of Ravi, cancel", "Ravi"),
        ("book for Sham", None),
        ("Riya ke liye kal token chahiye", "Riya"),
        ("कल रिया के लिए टोकन चाहिए", "रिया"),
        ("kal Riya ji ko dikhana hai", "Riya"),
        ("patient name Riya, tomorrow 5 pm", "Riya"),
        ("hello my name is Ravi and I want appointment", "Ravi"),
        ("this is Ravi, I want appointment", "Ravi"),
    ],
)
def test_a_person_is_named_within_a_sentence(text, name):
    assert [p.name for p in people(text)] == ([name] if name else [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("for my father Ramesh", PersonSaid(Who.NAMED, "father", "Ramesh", called="father")),
        ("mere papa ke liye", PersonSaid(Who.RELATIVE, "father", called="papa")),
        ("मेरी माँ को बुखार है", PersonSaid(Who.RELATIVE, "mother", called="माँ")),
        ("book for Amma", PersonSaid(Who.RELATIVE, "mother", called="Amma")),
        ("for Papa", PersonSaid(Who.RELATIVE, "father", called="Papa")),
        ("bhai ke liye token", PersonSaid(Who.RELATIVE, "brother", called="bhai")),
        ("my 5 year old son has fever", PersonSaid(Who.RELATIVE, "son", age=5, called="son")),
        ("5 saal ki beti ke liye", PersonSaid(Who.RELATIVE, "daughter", age=5, called="beti")),
        ("for my son at 5 pm, age 7", PersonSaid(Who.RELATIVE, "son", age=7, called="son")),
        ("my wife's checkup", PersonSaid(Who.RELATIVE, "wife", called="wife")),
        (
            "mere bete Arjun ke liye",
            PersonSaid(Who.NAMED, "son", "Arjun", called="bete"),
        ),
        ("for Riya, 5, F at 5 pm", PersonSaid(Who.NAMED, name="Riya", age=5, gender=F)),
        ("for Riya 5 pm", PersonSaid(Who.NAMED, name="Riya")),
        ("book for me", PersonSaid(Who.WRITER)),
        ("kal mere liye", PersonSaid(Who.WRITER)),
    ],
)
def test_relatives_and_the_writer_are_meant_within_a_sentence(text, said):
    assert people(text) == [said]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "appointment for tomorrow",
        "for 5 pm",
        "token for fever",
        "checkup ke liye",
        "bhai token de do",
        "beta kal aana hai",
        "Dr Mehta ke liye",
        "for Dr. Mehta",
        "doctor ka naam Mehta hai",
        "doctor ko dikhana hai",
        "monday ko aana hai",
        "is the doctor available today",
        "what is your name",
        "I am coming tomorrow",
    ],
)
def test_nobody_is_named_where_nobody_is(text):
    assert people(text) == []


@pytest.mark.parametrize("text", ["for Riya and Rohan", "Riya aur Rohan ke liye"])
def test_two_persons_are_two(text):
    assert [p.name for p in people(text)] == ["Riya", "Rohan"]


def test_an_unknown_word_where_a_name_could_stand_weighs_less_than_a_name():
    text = "book for kavyansh"
    (guess,) = find_people(LEXICON.words(text), text)
    text = "book for Kavyansh"
    (sure,) = find_people(LEXICON.words(text), text)
    assert guess.weight < sure.weight == 1


def test_a_person_stands_at_its_words():
    text = "kal mere papa ke liye token"
    words = LEXICON.words(text)
    (span,) = find_people(words, text)
    assert [w.text for w in words[span.start : span.end]] == ["mere", "papa", "ke liye"]


def test_no_word_is_taken_for_a_slip_of_a_name_or_a_plain_word():
    lexicon = Lexicon([{"name": {"given": ["kavita"]}, "plain": {"word": ["further"]}}])
    assert [w.concepts for w in lexicon.words("kavito furthur")] == [frozenset(), frozenset()]


def test_a_word_that_resembles_a_known_one_may_be_a_name_if_it_is_short():
    assert answer("Maarie") == ("Maarie", None, None, None)
