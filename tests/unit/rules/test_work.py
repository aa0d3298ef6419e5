"""A unit of work: what it shows of itself, and that it is written once."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import Conflict, StoreUnavailable
from domain.model.messages import Outgoing
from domain.model.people import Patient
from domain.scopes import ClinicScope
from domain.work import Work
from store import open_records
from store.faults import AppliedButUnanswered
from tests.people import NOW, Cast, a_person, store
from tests.stage import Stage


def place(name: str, **given: Any) -> Outgoing:
    return Outgoing(
        shard="00", place=name, message_id=f"msg_{name}", sender="s", contact_id="c", **given
    )


def shown(work: Work, **given: Any) -> list[str]:
    return [r.place for r in work.query(Outgoing, "00", **given).records]


@pytest.fixture
def work(stage: Stage) -> Work:
    store(stage.records, *(place(p) for p in "bdf"))
    return stage.work()


def test_a_query_shows_what_is_about_to_be_written_in_its_place(work: Work) -> None:
    work.put(place("c"))
    found = work.get(Outgoing, "00", "d")
    assert found is not None
    work.delete(found)
    assert shown(work) == ["b", "c", "f"]
    assert shown(work, descending=True) == ["f", "c", "b"]
    assert shown(work, between=("c", "e")) == ["c"]


def test_a_page_shows_nothing_from_beyond_its_end(work: Work) -> None:
    work.put(place("e"))
    assert shown(work, limit=2) == ["b", "d"]
    assert shown(work, limit=3) == ["b", "d", "e", "f"]


def test_a_limit_counts_what_is_left_after_deletions(work: Work) -> None:
    found = work.get(Outgoing, "00", "b")
    assert found is not None
    work.delete(found)
    assert shown(work, limit=1)[0] == "d"


def test_a_record_changed_twice_is_written_once_on_the_version_read(
    stage: Stage, work: Work
) -> None:
    found = work.get(Outgoing, "00", "b")
    assert found is not None
    work.put(work.put(found.but(sender="one")).but(sender="two"))
    work.commit()
    stored = stage.work().get(Outgoing, "00", "b")
    assert stored is not None
    assert (stored.sender, stored.version) == ("two", 2)


def test_put_after_delete_replaces_and_delete_after_put_leaves_nothing(
    stage: Stage, work: Work
) -> None:
    found = work.get(Outgoing, "00", "b")
    assert found is not None
    work.delete(found)
    assert work.get(Outgoing, "00", "b") is None
    work.put(place("b", written="again"))
    work.put(place("x"))
    work.delete(place("x"))
    changed = work.get(Outgoing, "00", "d")
    assert changed is not None
    work.put(changed.but(sender="new"))
    work.delete(place("d"))  # as it is about to be written
    work.commit()
    after = stage.work()
    assert shown(after) == ["b", "f"]
    again = after.get(Outgoing, "00", "b")
    assert again is not None
    assert (again.written, again.version) == ("again", 2)


def test_restore_forgets_what_was_written_since(work: Work) -> None:
    work.put(place("a"))
    before = work.snapshot()
    work.put(place("c"))
    found = work.get(Outgoing, "00", "b")
    assert found is not None
    work.delete(found)
    work.restore(before)
    assert shown(work) == ["a", "b", "d", "f"]


def test_a_check_lets_the_work_fail_if_the_record_changed(stage: Stage, work: Work) -> None:
    found = work.get(Outgoing, "00", "b")
    assert found is not None
    work.check(found)
    work.put(place("z"))
    store(stage.records, found.but(sender="other"))
    with pytest.raises(Conflict):
        work.commit()
    later = stage.work()
    later.check_absent(Outgoing, "00", "d")
    later.put(place("z"))
    with pytest.raises(Conflict):
        later.commit()
    assert shown(stage.work()) == ["b", "d", "f"]


def test_a_commit_repeated_after_no_answer_acts_once(stage: Stage, cast: Cast) -> None:
    faulty = AppliedButUnanswered(stage.parts.store, every=1)
    records = open_records(faulty)
    work = Work(records, stage.work().scope, NOW, stage.ids, stage.parts.rules, stage.bell)
    work.put(cast.asha.but(name="Asha Rani"))
    work.ring("act", "00")
    with pytest.raises(StoreUnavailable):
        work.commit()
    assert stage.bell.rung == []
    faulty.every = 0
    work.commit()
    stored = stage.work().get(Patient, "pat_asha")
    assert stored is not None
    assert (stored.name, stored.version) == ("Asha Rani", 2)
    assert stage.bell.rung == [("act", "00")]


def test_a_narrower_scope_of_the_same_work_writes_with_it_and_sees_less(
    stage: Stage, cast: Cast
) -> None:
    work = stage.work()
    own = work.within(ClinicScope("clinic_sunrise"))
    assert own.get(type(cast.meera), "clinic_city", "doc_meera") is None
    assert work.get(type(cast.meera), "clinic_city", "doc_meera") is not None
    patient, _ = a_person("lata", "Lata", "+919876543023")
    own.put(patient)
    work.commit()
    assert stage.work().get(Patient, "pat_lata") is not None
    assert stage.work().is_empty
