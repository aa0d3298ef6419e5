"""Finding patients on both stores: by the beginnings of words and numbers, in order, counted."""

from __future__ import annotations

import pytest

from domain.actions.people import directory
from domain.actions.people.directory import Cursor
from domain.actors import Caller
from domain.model.people import (
    Association,
    AssociationStatus,
    ClinicPatient,
    DirectoryCount,
    DirectoryEntry,
)
from domain.names import fold_name
from domain.ports import Records
from domain.scopes import ClinicScope, DoctorScope, SystemScope
from domain.work import Work
from store import open_records
from store.port import Store
from tests.people import NOW, work_on

PEOPLE = {
    "p1": ("Asha", "+919800000001"),
    "p2": ("asha Rani", "+919800000002"),
    "p3": ("Rani Mukherjee", "+919811111111"),
    "p4": ("आशा श्रीधर", None),
    "p5": ("Ásha", "+919800000003"),
    "p6": ("Dr. Zoë O’Brien", None),
    "p7": ("ज़ैनब ख़ान", None),
}
PHONE = "+919800000001"


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
        ("asha", None, ["p1", "p5", "p2"]),
        ("Áshá", None, ["p1", "p5", "p2"]),
        ("Zoe", None, ["p6"]),
        ("Dr Zoë", None, ["p6"]),
        ("obrien", None, ["p6"]),
        ("o'br", None, ["p6"]),
        ("खान", None, ["p7"]),
        ("ख़ान जै", None, ["p7"]),
        ("ran", None, ["p2", "p3"]),
        ("rani ash", None, ["p2"]),
        ("आशा", None, ["p4"]),
        ("श्री\u200dधर", None, ["p4"]),
        ("", "+9198000", ["p1", "p5", "p2"]),
        ("asha", "+9198000", ["p1", "p5", "p2"]),
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
    assert seen == ["p1", "p5", "p2", "p3", "p6", "p4", "p7"]


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


def enter_by_older_rules(work: Work, owner: Caller, patient_id: str, name: str, key: str) -> None:
    """Store a patient and the entries as a version did that folded *name* to *key*."""
    work.put(
        ClinicPatient(
            clinic_id=owner.clinic_id,
            patient_id=patient_id,
            patient_phone=PHONE,
            name=name,
            name_key=key,
            created_at=NOW,
            updated_at=NOW,
        )
    )
    count = directory.count_shard_of(patient_id)
    work.put(DirectoryCount(owner=owner.owner, shard=count, clinic_id=owner.clinic_id, patients=1))
    ways = [("name", key), *(("word", word) for word in key.split()), ("phone", PHONE)]
    for way, text in ways:
        work.put(
            DirectoryEntry(
                owner=owner.owner,
                entry=directory.SEPARATOR.join((way, text, patient_id)),
                clinic_id=owner.clinic_id,
                doctor_id=owner.doctor_id,
                patient_id=patient_id,
                name_key=key,
                patient_phone=PHONE,
            )
        )


def test_a_rebuild_finds_those_whose_names_were_entered_by_older_rules(
    records: Records, mine: str
) -> None:
    def open_work() -> Work:
        return work_on(records, scope=ClinicScope(f"{mine}-c"))

    owner, work = clinic(mine), open_work()
    enter_by_older_rules(work, owner, f"{mine}-p1", "Dr. Zoë Rao", "dr. zoë rao")
    work.commit()
    assert directory.find_by_name(open_work(), owner, "zoe", None, 10, None).total == 0
    assert directory.rebuild_entries(open_work, owner) == 1
    for name, phone in (("zoe", None), ("Zoë", None), ("", PHONE)):
        assert directory.find_by_name(open_work(), owner, name, phone, 10, None).total == 1
    listed = directory.list_by_name(open_work(), owner, 10, None)
    assert ([p.name_key for p in listed.entries], listed.total) == (["zoe rao"], 1)
    record = open_work().get(ClinicPatient, owner.clinic_id, f"{mine}-p1")
    assert record is not None
    assert (record.name, record.name_key) == ("Dr. Zoë Rao", "zoe rao")
    assert directory.rebuild_entries(open_work, owner) == 0


def test_a_rebuild_leaves_out_who_is_no_patient_any_more(records: Records, mine: str) -> None:
    def open_work() -> Work:
        return work_on(records, scope=ClinicScope(f"{mine}-c"))

    owner, work = clinic(mine), open_work()
    enter_by_older_rules(work, owner, f"{mine}-p1", "Zoë", "zoë")
    work.commit()
    work = open_work()
    work.delete(work.require(ClinicPatient, owner.clinic_id, f"{mine}-p1"))
    work.commit()
    assert directory.rebuild_entries(open_work, owner) == 1
    listed = directory.list_by_name(open_work(), owner, 10, None)
    assert (listed.entries, listed.total) == ([], 0)
    assert directory.find_by_name(open_work(), owner, "", PHONE, 10, None).total == 0


def test_a_rebuild_enters_a_doctors_patients_by_the_doctors_name_for_them(
    records: Records, mine: str
) -> None:
    owner = Caller(f"{mine}-c", f"{mine}-d1")

    def open_work() -> Work:
        return work_on(records, scope=SystemScope("a test"))

    work = open_work()
    for patient_id, status in (
        (f"{mine}-p1", AssociationStatus.ACTIVE),
        (f"{mine}-p2", AssociationStatus.INACTIVE),
    ):
        enter_by_older_rules(work, owner, patient_id, "Zoë", "zoë")
        work.put(
            Association(
                doctor_id=f"{mine}-d1",
                patient_id=patient_id,
                association_id=f"assoc-{patient_id}",
                clinic_id=owner.clinic_id,
                patient_name="Zoë Rao",
                association_date=NOW,
                status=status,
                created_at=NOW,
                updated_at=NOW,
            )
        )
    work.commit()
    assert directory.rebuild_entries(open_work, owner) == 2
    listed = directory.list_by_name(open_work(), owner, 10, None)
    assert ([p.name_key for p in listed.entries], listed.total) == (["zoe rao"], 1)
