"""Names as people write them: cleaned, compared, and the same whoever types them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.names import LONGEST_KEY, clean_name, fold_letters, fold_name, is_same_name

HINDI = [
    "आशा", "रवि कुमार", "क्षितिज शर्मा", "ज़ैनब ख़ान", "फ़ातिमा", "पूर्णिमा जोशी", "श्री‍धर", "हर्ष‌वर्धन",
]  # fmt: skip
LETTERS = st.text(
    st.characters(codec="utf-8", categories=("L", "M", "N", "Zs", "Cf", "P")), max_size=60
)
NAMES = st.one_of(LETTERS, st.sampled_from(HINDI), st.text(max_size=40))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  Asha   Rani ", "Asha Rani"),
        ("*Asha*\n_Rani_", "Asha Rani"),
        ("आशा", "आशा"),
        ("श्री\u200dधर", "श्री\u200dधर"),
        ("A", None),
        ("12", None),
        ("\u200f\u202e", None),
        ("x" * 200, "x" * 100),
    ],
)
def test_a_name_is_cleaned_of_what_could_break_a_message(text: str, name: str | None) -> None:
    assert clean_name(text) == name


def test_names_are_the_same_whatever_case_and_form() -> None:
    assert fold_name("ＡSHA  Rani") == fold_name("asha rani")


@pytest.mark.parametrize("apostrophe", "’‘ʼ`")
def test_names_are_the_same_whatever_apostrophe_a_phone_writes(apostrophe: str) -> None:
    assert fold_name(f"O{apostrophe}Brien") == fold_name("O'Brien")
    assert fold_name("O'Brien") == fold_name("OBrien")


@pytest.mark.property
@given(NAMES)
def test_a_folded_name_folds_to_itself(name: str) -> None:
    assert fold_name(fold_name(name)) == fold_name(name)


@pytest.mark.property
@given(NAMES, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_a_name_is_the_same_in_whatever_form_a_phone_writes_it(name: str, form: str) -> None:
    assert fold_name(unicodedata.normalize(form, name)) == fold_name(name)  # type: ignore[arg-type]


@pytest.mark.property
@given(NAMES)
def test_case_and_blanks_do_not_make_another_name(name: str) -> None:
    assert fold_name(f"  {name.replace(' ', '   ')} ") == fold_name(name)
    assert fold_name(unicodedata.normalize("NFD", name).casefold()) == fold_name(name)


@pytest.mark.property
@given(NAMES)
def test_a_folded_name_can_stand_in_a_key(name: str) -> None:
    folded = fold_name(name)
    assert len(folded) <= LONGEST_KEY
    assert not any(unicodedata.category(c)[0] == "C" for c in folded)


@pytest.mark.parametrize("name", HINDI)
def test_joiners_that_nobody_sees_do_not_make_another_name(name: str) -> None:
    assert fold_name("\u200d".join(name)) == fold_name(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zoë", "Zoe"),
        ("Müller", "Muller"),
        ("José Nuñez", "Jose Nunez"),
        ("İlker", "ilker"),
        ("Łukasz Sørensen", "Lukasz Sorensen"),
        ("ख़ान", "खान"),
        ("फ़िरोज़", "फिरोज"),
        ("\u0958मर", "कमर"),
        ("O’Brien", "OBrien"),
        ("R. K. Sharma", "R K Sharma"),
        ("R.K.Sharma", "r k sharma"),
        ("Dr. Meera Rao", "Meera Rao"),
        ("Mr Ravi", "ravi"),
        ("Mrs. Asha", "Asha"),
        ("Smt Asha Devi", "asha devi"),
        ("Shri Ram", "Ram"),
        ("Mr. Dr. Rao", "Rao"),
        ("श्री रवि", "रवि"),
        ("श्रीमती आशा", "आशा"),
        ("डॉ. मीरा", "मीरा"),
    ],
)
def test_accents_dots_and_titles_do_not_make_another_name(one: str, other: str) -> None:
    assert fold_name(one) == fold_name(other)
    assert is_same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("आशा", "आशी"),
        ("कमल", "कमला"),
        ("Αθηνά", "Αθηνή"),
        ("Ravi", "Ravi Kumar"),
        ("Shridhar", "Dhar"),
        ("श्रीधर", "धर"),
        ("Drake", "Ake"),
    ],
)
def test_other_letters_and_words_make_another_name(one: str, other: str) -> None:
    assert fold_name(one) != fold_name(other)
    assert not is_same_name(one, other)


@pytest.mark.parametrize("title", ["Dr", "Mrs.", "श्री"])
def test_a_title_alone_is_a_name(title: str) -> None:
    assert fold_name(title) == title.casefold().strip(".")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Mr Sharma", "Mrs Sharma", False),
        ("श्री शर्मा", "श्रीमती शर्मा", False),
        ("Dr. Mrs. Rao", "Mr. Rao", False),
        ("Mrs Sharma", "Smt. Sharma", True),
        ("Mrs Sharma", "Sharma", True),
        ("Dr Sharma", "Mrs Sharma", True),
    ],
)
def test_titles_that_contradict_are_two_persons(one: str, other: str, *, same: bool) -> None:
    assert is_same_name(one, other) is is_same_name(other, one) is same


def test_letters_alone_keep_titles_dots_and_apostrophes() -> None:
    assert fold_letters("Dr. Zoë O’Brien") == "dr. zoe o'brien"
