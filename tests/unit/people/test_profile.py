"""What is known of a patient: what adds to it, what changes it, and how old they are."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.actions.people import profile
from domain.errors import Invalid
from domain.model.people import Profile

DAY = date(2030, 11, 25)
BIRTH = st.dates(date(1900, 1, 1), DAY)
LISTS = st.none() | st.lists(st.sampled_from(["Dust", "Latex", "Nuts"]), unique=True).map(tuple)
SOME = st.builds(
    Profile,
    date_of_birth=st.none() | BIRTH,
    gender=st.sampled_from([None, "MALE", "FEMALE"]),
    blood_group=st.sampled_from([None, "O+", "A-"]),
    allergies=LISTS,
    chronic_conditions=LISTS,
)


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(1980, 5, 15), date(2025, 1, 15), 44),
        (date(1992, 3, 15), date(2025, 1, 15), 32),
        (date(2030, 11, 25), DAY, 0),
        (date(2029, 11, 26), DAY, 0),
        (date(2029, 11, 25), DAY, 1),
        (date(2024, 2, 29), date(2025, 2, 28), 0),
        (date(2024, 2, 29), date(2025, 3, 1), 1),
    ],
)
def test_an_age_is_counted_in_birthdays(born: date, day: date, age: int) -> None:
    assert profile.age_of(Profile(date_of_birth=born), day) == age


def test_an_age_given_grows_by_a_year_a_year() -> None:
    told = profile.parse_changes(DAY, {"age": 45})
    assert (told.age, told.age_on) == (45, DAY)
    assert profile.age_of(told, DAY + timedelta(days=364)) == 45
    assert profile.age_of(told, DAY + timedelta(days=365)) == 46
    assert profile.age_of(profile.EMPTY, DAY) is None


def test_a_birth_date_says_more_than_an_age() -> None:
    told = profile.parse_changes(DAY, {"age": 12, "date_of_birth": date(1990, 1, 1)})
    assert (told.age, told.age_on) == (None, None)
    only_age = profile.parse_changes(DAY, {"age": 12})
    assert profile.fill_gaps(told, only_age) == told
    assert profile.apply_changes(told, only_age, {"age"}) == told
    assert profile.fill_gaps(only_age, told) == told
    assert profile.apply_changes(only_age, told, {"date_of_birth"}) == told


@pytest.mark.parametrize("born", [DAY + timedelta(days=1), date(1850, 1, 1)])
def test_nobody_is_born_tomorrow_or_that_long_ago(born: date) -> None:
    with pytest.raises(Invalid) as refused:
        profile.parse_changes(DAY, {"date_of_birth": born})
    assert refused.value.field == "dateOfBirth"


@pytest.mark.property
@given(SOME, SOME)
def test_what_is_known_survives_whatever_is_added(old: Profile, new: Profile) -> None:
    for after in (profile.fill_gaps(old, new), profile.merge_own(old, new)):
        for name in ("date_of_birth", "gender", "blood_group"):
            known: Any = getattr(old, name)
            assert getattr(after, name) == (known if known is not None else getattr(new, name))
        for name in profile.LIST_FIELDS:
            before, more = getattr(old, name) or (), getattr(new, name) or ()
            assert (getattr(after, name) or ())[: len(before)] == before
            assert set(getattr(after, name) or ()) <= {*before, *more}
    joined = profile.merge_own(old, new)
    assert set(joined.allergies or ()) == {*(old.allergies or ()), *(new.allergies or ())}
    assert profile.merge_own(joined, new) == joined


@pytest.mark.property
@given(SOME, SOME)
def test_only_what_is_named_changes(old: Profile, new: Profile) -> None:
    after = profile.apply_changes(old, new, {"allergies", "gender"})
    assert (after.allergies, after.gender) == (new.allergies, new.gender)
    assert (after.blood_group, after.date_of_birth) == (old.blood_group, old.date_of_birth)
