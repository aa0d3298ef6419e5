"""Finding patients: whoever is entered is found by what people type of their name and number."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.actions.people import directory
from domain.actors import Caller, caller_of
from domain.errors import Conflict
from domain.names import fold_name
from domain.ports import Records
from domain.scopes import ClinicScope, ContactScope, DoctorScope, SystemScope
from tests.people import FixedClock, new_records, work_on

WORDS = st.one_of(
    st.sampled_from(
        ["Asha", "Rani", "O'Brien", "ज़ैनब", "श्री\u200dधर", "क्षितिज", "Müller", "ﬁona", "İlker"]
    ),
    st.text(st.characters(codec="utf-8", categories=("L", "M")), min_size=1, max_size=12),
)
FULL_NAMES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join).filter(fold_name)
OWNERS = count()


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    store, records = new_records(tmp_path, FixedClock())
    yield records
    store.close()


@pytest.mark.property
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FULL_NAMES, min_size=1, max_size=5), st.data())
def test_whoever_is_entered_is_found_by_any_beginning_in_any_form(
    records: Records, names: list[str], data: st.DataObject
) -> None:
    owner = Caller(f"clinic_{next(OWNERS)}", None)
    work = work_on(records, scope=ClinicScope(owner.clinic_id))
    for n, name in enumerate(names):
        directory.add_entries(work, owner, f"pat_{n}", name, f"+91980000000{n}")
    work.commit()
    work = work_on(records, scope=ClinicScope(owner.clinic_id))
    chosen = data.draw(st.integers(0, len(names) - 1))
    typed = [
        word[: data.draw(st.integers(1, len(word)))] for word in fold_name(names[chosen]).split()
    ]
    form = data.draw(st.sampled_from(["NFC", "NFD", "NFKC"]))
    text = unicodedata.normalize(form, " ".join(data.draw(st.permutations(typed))))  # type: ignore[arg-type]
    found = directory.find_by_name(work, owner, text, None, 10, None)
    assert f"pat_{chosen}" in [p.patient_id for p in found.entries]
    keys = [
        (p.name_key, p.patient_id) for p in directory.list_by_name(work, owner, 10, None).entries
    ]
    assert keys == sorted(keys, key=lambda k: (k[0].encode(), k[1]))
    assert len(keys) == len(names)


@pytest.mark.parametrize(
    ("typed", "sought"),
    [
        ("+919988776655", "+919988776655"),
        (" 919988776655", "+919988776655"),
        ("99887 76655", "+919988776655"),
        ("099887 76655", "+919988776655"),
        (" 9199887", "+9199887"),
        ("99887", "+9199887"),
        ("+91 (998) 87", "+9199887"),
        ("Asha", None),
        ("98x", None),
        ("+", None),
        (" ", None),
    ],
)
def test_a_number_is_read_as_people_and_addresses_write_it(
    records: Records, typed: str, sought: str | None
) -> None:
    assert (
        directory.parse_phone_prefix(work_on(records, scope=ClinicScope("clinic_city")), typed)
        == sought
    )


def test_a_doctor_looks_at_their_own_and_an_admin_at_the_clinics(records: Records) -> None:
    own = caller_of(work_on(records, scope=DoctorScope("clinic_city", "doc_meera")))
    assert (own.owner, own.doctor_id) == ("doc_meera", "doc_meera")
    assert caller_of(work_on(records, scope=ClinicScope("clinic_city"))).owner == "clinic_city"
    for scope in (SystemScope("a test"), ContactScope("con_asha", "clinic_city")):
        with pytest.raises(TypeError):
            caller_of(work_on(records, scope=scope))


@pytest.mark.property
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 5), st.sampled_from(["Asha", "Ravi Rao"])),
        max_size=15,
    )
)
def test_the_count_is_that_of_the_list_whoever_comes_goes_or_comes_twice(
    records: Records, steps: list[tuple[bool, int, str]]
) -> None:
    owner = Caller(f"clinic_{next(OWNERS)}", None)
    known: dict[int, str] = {}
    for comes, n, name in steps:
        work = work_on(records, scope=ClinicScope(owner.clinic_id))
        if n in known:
            directory.remove_entries(work, owner, f"pat_{n}", known.pop(n), "+919800000000")
        if comes:
            directory.add_entries(work, owner, f"pat_{n}", name, "+919800000000")
            directory.add_entries(work, owner, f"pat_{n}", name, "+919800000000")
            known[n] = name
        work.commit()
    found = directory.list_by_name(
        work_on(records, scope=ClinicScope(owner.clinic_id)), owner, 100, None
    )
    assert len(found.entries) == found.total == len(known)


def test_two_who_come_at_once_are_both_counted(records: Records) -> None:
    owner = Caller("clinic_city", None)
    same_shard = [f"pat_{n}" for n in range(500) if directory.count_shard_of(f"pat_{n}") == "07"][
        :2
    ]
    works = [work_on(records, scope=ClinicScope("clinic_city")) for _ in same_shard]
    for work, patient_id in zip(works, same_shard, strict=True):
        directory.add_entries(work, owner, patient_id, "Asha", None)
    works[0].commit()
    with pytest.raises(Conflict):
        works[1].commit()
    again = work_on(records, scope=ClinicScope("clinic_city"))
    directory.add_entries(again, owner, same_shard[1], "Asha", None)
    again.commit()
    assert directory.count_patients(work_on(records, scope=ClinicScope("clinic_city")), owner) == 2
