"""Which doctors a sentence may mean."""

import pytest

from flows.hearing.doctors import DoctorKnown, DoctorNames, names_of
from tests.ears import KNOWN, the_ear

LEXICON = the_ear().lexicon
NAMES = names_of(KNOWN.doctors, LEXICON)


def found(text: str, names: DoctorNames = NAMES) -> list[set[str]]:
    """Return the doctors, without "doc_", of each part of *text* that names some."""
    spans = names.find(LEXICON.words(text, names.parts))
    return [{i.removeprefix("doc_") for i in s.value} for s in spans]


@pytest.mark.parametrize(
    ("text", "doctors"),
    [
        ("khan", {"khan"}),
        ("imran", {"khan"}),
        ("Dr. Imran Khan", {"khan"}),
        ("doctor khan sahab", {"khan"}),
        ("khan ji ka time", {"khan"}),
        ("khanji", {"khan"}),
        ("डॉक्टर खान से मिलना है", {"khan"}),
        ("डॉ मीरा", {"meera"}),
        ("dr meira", {"meera"}),
        ("dr iyyer", {"meera"}),
        ("rao", {"rao", "srao"}),
        ("sunita rao", {"srao"}),
        ("dr rao vikram", {"rao"}),
    ],
)
def test_a_part_of_a_name_means_all_who_have_it_and_more_parts_fewer(text, doctors):
    assert found(text) == [doctors]


@pytest.mark.parametrize(
    ("text", "doctors"),
    [
        ("skin doctor", {"khan"}),
        ("bachchon ka doctor", {"meera"}),
        ("बच्चों का डॉक्टर", {"meera"}),
        ("dentist", {"rao"}),
        ("heart specialist", {"srao"}),
    ],
)
def test_a_doctor_may_be_named_by_what_is_treated(text, doctors):
    assert found(text) == [doctors]


@pytest.mark.parametrize(
    "text", ["", "hello", "khana khaya?", "mere ko dikhana hai", "doctor", "dr", "raat ko aaun?"]
)
def test_other_words_name_no_doctor(text):
    assert found(text) == []


@pytest.mark.parametrize("text", ["not khan, meera", "khan nahi meera", "खान नहीं मीरा"])
def test_who_is_denied_is_not_meant(text):
    assert found(text) == [{"meera"}]


def test_who_alone_is_denied_is_still_the_one_spoken_of():
    assert found("not khan") == [{"khan"}]
    assert found("khan nahi aaye") == [{"khan"}]


def test_several_may_be_named():
    assert found("khan or meera") == [{"khan"}, {"meera"}]


def test_a_name_weighs_more_than_a_speciality_and_one_with_a_title_most():
    spans = [
        NAMES.find(LEXICON.words(text, NAMES.parts))[0] for text in ("dr khan", "khan", "dentist")
    ]
    weights = [s.weight for s in spans]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 3


def test_titles_and_initials_name_nobody():
    names = DoctorNames([DoctorKnown("doc_r", "Dr. R. Sen", "ENT")], LEXICON)
    assert names.parts == {"sen"}


def test_a_beginning_means_all_whose_names_have_it():
    assert NAMES.beginning("su") == {"doc_srao"}
    assert NAMES.beginning("ra") == {"doc_rao", "doc_srao"}
    assert NAMES.beginning("zz") == frozenset()


def test_the_finder_of_a_clinic_is_made_once():
    assert names_of(KNOWN.doctors, LEXICON) is NAMES
