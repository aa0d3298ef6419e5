"""Finding patients on both stores: by the beginnings of words and numbers, in order, counted."""

from __future__ import annotations

import pytest

from domain.actions.people import directory
from domain.actions.people.directory import Cursor
from domain.actors import Caller
from domain.names import fold_name
from domain.ports import Records
from domain.scopes import ClinicScope, DoctorScope
from domain.work import Work
from store import open_records
from store.port import Store
from tests.people import work_on

PEOPLE = {
    "p1": ("Asha", "+919800000001"),
    "p2": ("asha Rani", "+919800000002"),
    "p3": ("Rani Mukherjee", "+919811111111"),
    "p4": ("आशा श्रीधर", None),
    "p5": ("Ásha", "+919800000003"),
}


@pytest.fixture
def records(store: Store) -> Records:
    return open_records(store)


def clinic(mine: str) -> Caller:
    return Caller(f"{mine}-c", None)


@pytest.fixture
def filled(records: Records, mine: str) -> Work:
    """Return a clinic's work after its patients, and another's, were entered."""
    work = work_on(records, scope=ClinicScope(f"{mine}-c"))
    for patient_id, (name, phone) in PEOPLE.items():
        directory.add_entries(work, clinic(mine), patient_id, name, phone)
    directory.add_entries(work, Caller(f"{mine}-other", None), "p9", "Asha", "+919800000001")
    work.commit()
    return work_on(records, scope=ClinicScope(f"{mine}-c"))


@pytest.mark.parametrize(
    ("name", "phone", "wanted"),
    [
        ("asha", None, ["p1", "p2"]),
        ("ran", None, ["p2", "p3"]),
        ("rani ash", None, ["p2"]),
        ("आशा", None, ["p4"]),
        ("श्री\u200dधर", None, ["p4"]),
        ("", "+9198000", ["p1", "p2", "p5"]),
        ("asha", "+9198000", ["p1", "p2"]),
        ("nobody", None, []),
        ("", None, []),
    ],
)
def test_words_and_numbers_are_found_by_their_beginnings(
    filled: Work, mine: str, name: str, phone: str | None, wanted: list[str]
) -> None:
    found = directory.find_by_name(filled, clinic(mine), name, phone, 10, None)
    assert ([p.patient_id for p in found.entries], found.total) == (wanted, len(wanted))


def test_the_list_is_by_name_a_shorter_name_first_and_goes_on_where_it_ended(
    filled: Work, mine: str
) -> None:
    seen: list[str] = []
    after: Cursor | None = None
    while True:
        part = directory.list_by_name(filled, clinic(mine), 2, after)
        assert part.total == len(PEOPLE)
        seen += [p.patient_id for p in part.entries]
        after = part.entries[-1]
        if not part.more:
            break
    assert seen == ["p1", "p2", "p3", "p5", "p4"]


def test_who_left_is_not_found(filled: Work, records: Records, mine: str) -> None:
    directory.remove_entries(filled, clinic(mine), "p2", "Asha RANI", "+919800000002")
    filled.commit()
    after = work_on(records, scope=ClinicScope(f"{mine}-c"))
    assert directory.find_by_name(after, clinic(mine), "rani", None, 10, None).total == 1
    assert directory.list_by_name(after, clinic(mine), 10, None).total == len(PEOPLE) - 1


def test_i7_a_directory_is_its_owners(records: Records, mine: str) -> None:
    owner = Caller(f"{mine}-c", f"{mine}-d1")
    work = work_on(records, scope=DoctorScope(f"{mine}-c", f"{mine}-d1"))
    directory.add_entries(work, owner, "p1", "Asha", None)
    work.commit()
    for scope in (DoctorScope(f"{mine}-c", f"{mine}-d2"), ClinicScope(f"{mine}-other")):
        assert directory.list_by_name(work_on(records, scope=scope), owner, 10, None).total == 0
    assert (
        directory.list_by_name(
            work_on(records, scope=ClinicScope(f"{mine}-c")), owner, 10, None
        ).total
        == 1
    )


def test_a_name_of_a_hundred_letters_can_be_entered(records: Records, mine: str) -> None:
    work = work_on(records, scope=ClinicScope(f"{mine}-c"))
    for n, letter in enumerate(("ﷺ", "क्षि", "a ", "𝒜")):
        name = ("x" + letter * 100)[:100]
        directory.add_entries(work, clinic(mine), f"p{n}", name, "+919800000001")
        assert fold_name(name)
    work.commit()
    again = work_on(records, scope=ClinicScope(f"{mine}-c"))
    assert directory.list_by_name(again, clinic(mine), 10, None).total == 4
