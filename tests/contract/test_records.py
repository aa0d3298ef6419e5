"""The records of the rules on both stores: what comes back, and who sees what."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.errors import Conflict, StoreUnavailable
from domain.model.base import Record
from domain.model.clinics import Clinic, ClinicStatus, Doctor
from domain.model.conversations import Conversation, Parked, Seen
from domain.model.messages import Message, MessageStatus, Option, Urgency
from domain.model.money import Capture, Disposition, Refund
from domain.model.people import Association, Contact, Patient
from domain.model.queues import Move, Queue, QueueStatus, Slot, Token, TokenStatus
from domain.ports import Changes, Page, Query, Records
from domain.scopes import ClinicScope, ContactScope, DoctorScope, Scope, SystemScope
from store import open_records
from store.faults import AppliedButUnanswered
from store.port import Key, Store
from tests.stores import StoppedClock

NOW = datetime.fromtimestamp(StoppedClock.START, UTC)
EVERYTHING = SystemScope("a test of the store")


@pytest.fixture
def records(store: Store) -> Records:
    return open_records(store)


def commit(records: Records, *puts: Record) -> None:
    records.commit(Changes(puts=list(puts)))


def read(records: Records, kind: type[Record], *key: str, scope: Scope = EVERYTHING) -> Any:
    return records.get(scope, [(kind, key)])[0]


def a_token(mine: str, name: str, **facts: Any) -> Token:
    usual: dict[str, Any] = {
        "queue_id": mine,
        "token_id": f"{mine}-{name}",
        "clinic_id": f"{mine}-c1",
        "doctor_id": f"{mine}-d1",
        "patient_id": f"{mine}-p",
        "contact_id": f"{mine}-asha",
        "patient_name": "Asha",
        "status": TokenStatus.CONFIRMED,
        "number": 8,
        "token_number": "008",
        "date": "2030-01-01",
        "estimated_time": NOW,
        "amount_paise": 50_000,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Token(**(usual | facts))


def a_doctor(mine: str, name: str, **facts: Any) -> Doctor:
    usual: dict[str, Any] = {
        "clinic_id": f"{mine}-c1",
        "doctor_id": f"{mine}-{name}",
        "name": "Dr Meera",
        "whatsapp_number": "+919800000001",
        "specialization": "General Medicine",
        "consultation_fee": 500,
        "advance_amount": 50,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Doctor(**(usual | facts))


# What comes back


def test_records_of_every_shape_come_back_equal(records: Records, mine: str) -> None:
    moment = NOW + timedelta(milliseconds=250)
    written: list[Record] = [
        Queue(
            doctor_id=mine,
            date="2030-01-01",
            queue_id=mine,
            clinic_id="c",
            status=QueueStatus.ACTIVE,
            timetable=(Slot(1, 1_893_456_000), Slot(2, 1_893_456_600)),
            planned_start=NOW,
            planned_end=moment,
            last_move=Move(
                action="next", by="u", by_name="Dr Meera", at=moment,
                left_status=TokenStatus.COMPLETED,
            ),
            consultations=(300, 420),
            created_at=NOW,
            updated_at=moment,
        ),
        Message(
            message_id=mine,
            sender="1",
            contact_id="x",
            clinic_id=None,
            name="booking/slots",
            values={"slots": ["10:00", "10:10"], "n": 3, "deep": {"x": None}},
            options=(Option(id="a", label="slot", values={"time": "10:00"}),),
            urgency=Urgency.NEWS,
            status=MessageStatus.SENDING,
            created_at=NOW,
            updated_at=moment,
        ),
        Parked(parked=mine, clinic_id=None, contact_id=None, payload="…", error="", at=moment),
        a_doctor(mine, "d1", days_off=(date(2030, 1, 26),)),
    ]  # fmt: skip
    commit(records, *written)
    for record in written:
        key = [getattr(record, name) for name in record.KEY]
        assert read(records, type(record), *key) == record.but(version=1)


def test_a_record_is_written_on_the_condition_of_its_version(records: Records, mine: str) -> None:
    commit(records, Seen(seen=mine, at=NOW))
    with pytest.raises(Conflict) as refused:
        commit(records, Seen(seen=mine, at=NOW))
    assert refused.value.items == (("seen", mine, None),)
    stored = read(records, Seen, mine)
    commit(records, stored.but(at=NOW + timedelta(1)))
    with pytest.raises(Conflict):
        records.commit(Changes(deletes=[stored]))
    with pytest.raises(Conflict):
        records.commit(Changes(puts=[Seen(seen=mine + "x", at=NOW)], checks=[stored]))
    with pytest.raises(Conflict):
        records.commit(Changes(puts=[Seen(seen=mine + "x", at=NOW)], absent=[(Seen, (mine,))]))
    records.commit(Changes(deletes=[read(records, Seen, mine)]))
    assert read(records, Seen, mine) is None
    records.commit(Changes())


def test_a_default_can_be_found_by_an_index(records: Records, mine: str) -> None:
    commit(
        records,
        Clinic(
            clinic_id=mine,
            name="City",
            whatsapp_number=f"+{mine}",
            created_at=NOW,
            updated_at=NOW,
        ),
    )
    for index, value in (
        ("status-clinicId-idx", ClinicStatus.ACTIVE),
        ("plan-clinicId-idx", "BASIC"),
        ("billingCycle-clinicId-idx", "MONTHLY"),
        ("whatsappNumber-clinicId-idx", f"+{mine}"),
    ):
        page = records.query(EVERYTHING, Query(Clinic, value, index=index, between=(mine, mine)))
        assert [clinic.clinic_id for clinic in page.records] == [mine]


def test_instants_in_an_index_sort_as_time_does(records: Records, mine: str) -> None:
    moments = [NOW + timedelta(milliseconds=n) for n in (0, 1, 10, 500, 1000)]
    commit(
        records,
        *(
            Association(
                doctor_id=f"{mine}-{n}",
                patient_id="p",
                association_id=str(n),
                clinic_id=mine,
                patient_name="Asha",
                association_date=moment,
                created_at=NOW,
                updated_at=NOW,
            )
            for n, moment in enumerate(moments)
        ),
    )
    page = records.query(EVERYTHING, Query(Association, mine, index="clinicId-associationDate-idx"))
    assert [record.association_date for record in page.records] == moments


def test_kinds_that_share_a_table_are_told_apart(records: Records, mine: str) -> None:
    common: dict[str, Any] = {
        "capture_id": mine, "clinic_id": "c", "amount_paise": 5000, "token_id": "t",
        "queue_id": "q", "doctor_id": "d", "contact_id": "x", "at": NOW,
    }  # fmt: skip
    capture = Capture(**common, payment_id="p", disposition=Disposition.REFUND, patient_id="p")
    refund = Refund(**common, reason="late")
    commit(records, capture, refund)
    assert records.query(EVERYTHING, Query(Capture, mine)).records == [capture.but(version=1)]
    assert records.query(EVERYTHING, Query(Refund, mine)).records == [refund.but(version=1)]
    assert read(records, Refund, mine, "CAPTURE") is None


def test_a_refund_keeps_the_body_it_was_requested_with_and_may_have_none(
    store: Store, records: Records, mine: str
) -> None:
    usual = Refund(
        capture_id=mine, clinic_id="c", amount_paise=5000, token_id="t", queue_id="q",
        doctor_id="d", contact_id="x", reason="late", at=NOW,
    )  # fmt: skip
    asked = usual.but(capture_id=mine + "1", request_body='{"amount": 5000}')
    commit(records, usual, asked)
    assert read(records, Refund, mine + "1", "REFUND") == asked.but(version=1)
    assert read(records, Refund, mine, "REFUND").request_body is None
    (row,) = store.get([Key(Refund.TABLE, mine, "REFUND")])
    assert "requestBody" not in (row or {}), "an older row differs from this one"


def test_a_commit_repeated_after_a_lost_answer_acts_once(
    store: Store, mine: str, clock: StoppedClock
) -> None:
    records = open_records(AppliedButUnanswered(store))
    changes = Changes(puts=[Seen(seen=mine, at=NOW)], absent=[(Seen, (mine + "x",))])
    with pytest.raises(StoreUnavailable):
        records.commit(changes)
    clock.advance(3)
    open_records(store).commit(changes)
    assert read(records, Seen, mine).version == 1


def test_a_key_has_as_many_parts_as_its_kind(records: Records) -> None:
    with pytest.raises(ValueError, match="queue_id, token_id"):
        records.get(EVERYTHING, [(Token, ("q",))])


# The walls of invariant I7


def people(mine: str) -> dict[str, Record]:
    """Two clinics, doctors of the first, and what belongs to nobody."""
    c1, c2, d2 = f"{mine}-c1", f"{mine}-c2", f"{mine}-d2"
    asha, ravi = f"{mine}-asha", f"{mine}-ravi"
    return {
        "Meera's token": a_token(mine, "1"),
        "Khan's token": a_token(mine, "2", doctor_id=d2),
        "Ravi's token": a_token(mine, "3", contact_id=ravi),
        "Rao's token": a_token(mine, "4", clinic_id=c2, doctor_id=f"{mine}-d3"),
        "Dr Meera": a_doctor(mine, "d1"),
        "Dr Khan": a_doctor(mine, "d2"),
        "Dr Rao": a_doctor(mine, "d3", clinic_id=c2),
        "clinic": Clinic(
            clinic_id=c1, name="", whatsapp_number=mine, created_at=NOW, updated_at=NOW
        ),
        "Asha": Contact(contact_id=asha, created_at=NOW),
        "Asha as patient": Patient(
            patient_id=f"{mine}-p", contact_id=asha, name="Asha", created_at=NOW
        ),
        "conversation nowhere": Conversation(conversation=mine, sender="1", contact_id=asha),
        "conversation": Conversation(
            conversation=mine + "1", sender="1", contact_id=asha, clinic_id=c1
        ),
        "conversation elsewhere": Conversation(
            conversation=mine + "2", sender="1", contact_id=asha, clinic_id=c2
        ),
        "parked": Parked(parked=mine, clinic_id=c1, contact_id=None, payload="", error="", at=NOW),
        "parked nowhere": Parked(
            parked=mine + "1", clinic_id=None, contact_id=None, payload="", error="", at=NOW
        ),
        "seen": Seen(seen=mine, at=NOW),
    }


MEERAS = {"Meera's token", "Ravi's token", "Dr Meera", "clinic", "conversation", "parked"}
CLINICS = MEERAS | {"Khan's token", "Dr Khan"}
ASHAS_ANYWHERE = {"Asha", "Asha as patient", "conversation nowhere"}
SIGHTS = [
    ("system", lambda _: EVERYTHING, set(people(""))),
    ("clinic", lambda m: ClinicScope(f"{m}-c1"), CLINICS),
    ("doctor", lambda m: DoctorScope(f"{m}-c1", f"{m}-d1"), MEERAS),
    ("a doctor's id at another clinic", lambda m: DoctorScope(f"{m}-c2", f"{m}-d1"),
     {"conversation elsewhere"}),
    ("no such clinic", lambda _: ClinicScope(""), set()),
    ("contact", lambda m: ContactScope(f"{m}-asha", f"{m}-c1"),
     ASHAS_ANYWHERE | {"Meera's token", "Khan's token", "Dr Meera", "Dr Khan", "clinic",
                       "conversation"}),
    ("contact at the other clinic", lambda m: ContactScope(f"{m}-asha", f"{m}-c2"),
     ASHAS_ANYWHERE | {"Rao's token", "Dr Rao", "conversation elsewhere"}),
    ("contact nowhere yet", lambda m: ContactScope(f"{m}-asha", None),
     ASHAS_ANYWHERE | {"Meera's token", "Khan's token", "Rao's token", "conversation",
                       "conversation elsewhere"}),
]  # fmt: skip


@pytest.mark.parametrize(("scope", "sees"), [s[1:] for s in SIGHTS], ids=[s[0] for s in SIGHTS])
def test_i7_each_scope_sees_what_is_its_own(
    records: Records, mine: str, scope: Any, sees: set[str]
) -> None:
    world = people(mine)
    commit(records, *world.values())
    refs = [
        (type(record), tuple(getattr(record, name) for name in record.KEY))
        for record in world.values()
    ]
    found = records.get(scope(mine), refs)
    seen = {name for name, record in zip(world, found, strict=True) if record is not None}
    assert seen == sees


def test_i7_a_query_leaves_out_what_is_behind_a_wall_before_it_pages(
    records: Records, mine: str
) -> None:
    c1, c2 = f"{mine}-c1", f"{mine}-c2"
    commit(
        records,
        *(a_token(mine, f"{n:02}", clinic_id=c1 if n % 5 == 0 else c2) for n in range(40)),
    )

    def page(after: str | None = None, **how: Any) -> Page[Token]:
        return records.query(ClinicScope(c1), Query(Token, mine, limit=3, after=after, **how))

    first = page()
    assert [t.token_id for t in first.records] == [f"{mine}-{n:02}" for n in (0, 5, 10)]
    second = page(first.after)
    third = page(second.after)
    assert [t.token_id for t in third.records] == [f"{mine}-{n:02}" for n in (30, 35)]
    assert third.after is None
    across = records.query(
        ClinicScope(c1), Query(Token, f"{mine}-p", index="patientId-date-idx", limit=8)
    )
    assert {t.clinic_id for t in across.records} == {c1}
    assert (len(across.records), across.after) == (8, None)
    nobody = records.query(ClinicScope("other"), Query(Token, mine, limit=1))
    assert (nobody.records, nobody.after) == ([], None)


@pytest.mark.parametrize("scope", [None, "clinic_1", object(), ("clinic",)])
def test_i7_a_read_without_a_scope_raises(records: Records, mine: str, scope: Any) -> None:
    with pytest.raises(TypeError, match="a read needs a scope"):
        records.get(scope, [(Seen, (mine,))])
    with pytest.raises(TypeError, match="a read needs a scope"):
        records.query(scope, Query(Seen, mine))


def test_a_page_has_a_sensible_length(records: Records, mine: str) -> None:
    commit(records, Seen(seen=mine, at=NOW))
    assert len(records.query(EVERYTHING, Query(Seen, mine, limit=1000)).records) == 1
    for limit in (0, 1001):
        with pytest.raises(ValueError, match="1 to 1000"):
            records.query(EVERYTHING, Query(Seen, mine, limit=limit))
