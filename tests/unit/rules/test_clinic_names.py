"""Which names of clinics an operator looks at first."""

from __future__ import annotations

import pytest

from domain.clinic_names import NameDoubt, name_doubt


@pytest.mark.parametrize(
    "name",
    [
        "City Medical Center",
        "Sunrise Clinic",
        "Dr. S. K. Rao's Clinic",
        "Dr.Rao & Sons",
        "सिटी अस्पताल",
        "सिटी Medical",
        "Clinic 24x7",
        "Care24",
        "1mg Partner Clinic",
        "St. Mary’s Eye Bank",
        "Lions Blood Bank",
        "Riverbank Clinic",
        "Clinic No. 12, Sector 5",
        "Dr. Panda",
    ],
)
def test_an_ordinary_name_is_taken_as_it_is(name: str) -> None:
    assert name_doubt(name) is None


@pytest.mark.parametrize(
    ("name", "doubt"),
    [
        ("RBI KYC alert", NameDoubt.AUTHORITY),
        ("R.B.I. notice", NameDoubt.AUTHORITY),
        ("R B I desk", NameDoubt.AUTHORITY),
        ("State Bank Help", NameDoubt.AUTHORITY),
        ("8ank of India", NameDoubt.AUTHORITY),
        ("K¥C Ｂａｎｋ", NameDoubt.AUTHORITY),
        ("PayTM refund", NameDoubt.AUTHORITY),
        ("Mumbai Police", NameDoubt.AUTHORITY),
        ("Cl1nic Care", NameDoubt.LETTERS),
        ("B4nk Help", NameDoubt.LETTERS),
        ("Bаnk Help", NameDoubt.LETTERS),  # with a Cyrillic a
        ("Open bit.ly/x1", NameDoubt.ADDRESS),
        ("win-now.xyz", NameDoubt.ADDRESS),
        ("https://evil", NameDoubt.ADDRESS),
        ("www evil", NameDoubt.ADDRESS),
        ("evil dot com", NameDoubt.ADDRESS),
        ("Call 98765 43210 now", NameDoubt.ADDRESS),
    ],
)
def test_a_name_that_pretends_to_be_something_else_is_held(name: str, doubt: NameDoubt) -> None:
    assert name_doubt(name) is doubt
