"""Bookings through the API: made, looked at, changed and cancelled by the desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.actions.booking.complaints import note_complaint
from domain.model.clinics import ClinicStatus, User
from domain.model.people import ClinicPatient
from domain.model.queues import Token
from domain.model.visits import Visit
from tests.api.answers import data, field_refused, refusal
from tests.api.desk import PHONE, Desk
from tests.api.office import Office
from tests.people import a_user, staff_number, store, stored
from tests.preferences import prefer

ASHA = "+919876543021"
AT_TEN = "2030-11-25T04:30:00Z"
"""Ten o'clock in Kolkata: the fifth slot of the day."""


@pytest.fixture
def meera(office: Office) -> Desk:
    """Farida, who books for Dr. Meera: fee ₹500, advance ₹50."""
    return Desk(office, office.cast.farida, "doc_meera")


@pytest.fixture
def khan(office: Office) -> Desk:
    """Farida, who books for Dr. Khan, who takes no advance."""
    return Desk(office, office.cast.farida)


def pay(office: Office, token_id: str) -> None:
    work = office.stage.work()
    found = [t for t in work.query(Token, _queue_id(office)).records if t.token_id == token_id]
    office.stage.pay(found[0])


def _queue_id(office: Office) -> str:
    return office.stage.queue("doc_meera", "2030-11-25").queue_id


# Booking


def test_a_suspended_clinic_books_only_for_who_pays_there(meera: Desk, office: Office) -> None:
    clinic = stored(office.stage.records, office.cast.clinic)
    store(office.stage.records, clinic.but(status=ClinicStatus.SUSPENDED))
    refused = meera.try_book(0)
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "SUSPENDED")
    assert "payAtClinic" in refused.json["message"]
    assert office.settle() == []
    assert data(meera.try_book(0, payAtClinic=True), 201)["status"] == "CONFIRMED"


def test_a_booking_with_an_advance_is_held_an_hour_and_the_link_is_sent(
    office: Office, meera: Desk
) -> None:
    made = data(meera.try_book(0, preferredTime=AT_TEN, consultationType="FOLLOW_UP"), 201)
    assert made["status"] == "PENDING"
    assert made["tokenNumber"] == "005"
    assert made["estimatedTime"] == AT_TEN
    assert (made["amount"], made["advanceDue"], made["beyondLimit"]) == (500, 50, False)
    assert made["heldUntil"] == "2030-11-25T04:00:01Z"
    sent = office.settle()
    assert [m.phone for m in sent] == [PHONE.format(0)]
    assert made["paymentLink"] in sent[0].text
    pay(office, made["tokenId"])
    shown = meera.token(made["tokenId"])
    assert (shown["status"], shown["paymentStatus"]) == ("CONFIRMED", "PAID")
    assert (shown["advancePaid"], shown["balanceDue"]) == (50, 450)
    assert shown["consultationType"] == "FOLLOW_UP"
    assert shown["paymentLink"] is None


def test_a_staff_hold_never_lasts_past_the_slot(meera: Desk) -> None:
    made = data(meera.try_book(0, preferredTime="2030-11-25T03:30:00Z"), 201)
    assert made["heldUntil"] == "2030-11-25T03:30:00Z"


def test_who_pays_at_the_clinic_needs_no_advance(office: Office, meera: Desk) -> None:
    made = data(meera.try_book(0, payAtClinic=True), 201)
    assert (made["status"], made["paymentStatus"]) == ("CONFIRMED", "PENDING")
    assert made["paymentLink"] is made["heldUntil"] is None
    assert made["advanceDue"] == 0
    assert "confirmed" in office.settle()[0].text
    meera.queue("start")
    meera.queue("call-next")
    meera.put(made["tokenId"], status="COMPLETED")
    shown = meera.token(made["tokenId"])
    assert (shown["paymentStatus"], shown["collectedAmount"], shown["balanceDue"]) == (
        "PAID",
        500,
        0,
    )


def test_a_taken_time_means_the_next_free_one(khan: Desk) -> None:
    khan.book(0, preferredTime=AT_TEN)
    made = data(khan.try_book(1, preferredTime=AT_TEN), 201)
    assert made["estimatedTime"] == "2030-11-25T04:45:00Z"
    between = data(khan.try_book(2, preferredTime="2030-11-25T05:01:00Z"), 201)
    assert between["estimatedTime"] == "2030-11-25T05:15:00Z"
    assert data(khan.try_book(3), 201)["tokenNumber"] == "001"  # without one: the next free


def test_without_a_time_the_preferred_part_of_the_day_comes_first(office: Office) -> None:
    cast = office.cast
    prefer(office.stage, cast.khan, PHONE.format(0), "Patient A", preferredTime="AFTERNOON")
    khan, meera = (Desk(office, cast.farida, d) for d in ("doc_khan", "doc_meera"))
    made = data(khan.try_book(0), 201)
    assert made["estimatedTime"] == "2030-11-25T06:30:00Z"  # noon
    at_another = data(meera.try_book(0, payAtClinic=True), 201)
    assert at_another["estimatedTime"] == "2030-11-25T03:30:00Z"
    assert data(khan.try_book(1), 201)["tokenNumber"] == "001"


@pytest.mark.parametrize(
    ("preferred", "hours_past", "wanted", "expected"),
    [
        ("AFTERNOON", 0, {"preferredTime": AT_TEN}, AT_TEN),
        ("EVENING", 0, {}, "2030-11-25T03:30:00Z"),  # of which the doctor has none
        ("MORNING", 5, {}, "2030-11-25T08:30:00Z"),  # of which nothing is left
    ],
    ids=["a time is named", "no such hours", "past"],
)
def test_another_time_is_booked_where_it_is_named_or_none_is_left_in_the_preferred_part(
    office: Office, preferred: str, hours_past: int, wanted: dict[str, str], expected: str
) -> None:
    prefer(office.stage, office.cast.khan, PHONE.format(0), "Patient A", preferredTime=preferred)
    office.stage.clock.advance(minutes=60 * hours_past)
    made = data(Desk(office, office.cast.farida).try_book(0, **wanted), 201)
    assert made["estimatedTime"] == expected


def test_what_a_patient_prefers_ends_with_the_association(office: Office) -> None:
    patient_id = prefer(
        office.stage, office.cast.khan, PHONE.format(0), "Patient A", preferredTime="AFTERNOON"
    )
    assert office.admin.delete(f"/doctors/doc_khan/patients/{patient_id}").status_code == 200
    made = data(Desk(office, office.cast.farida).try_book(0), 201)
    assert made["tokenNumber"] == "001"


def test_beyond_the_last_slot_only_who_asks_for_no_time_gets_a_number(khan: Desk) -> None:
    refused = khan.try_book(0, preferredTime="2030-11-25T11:16:00Z")
    assert refusal(refused)["code"] == "DAY_FULL"
    khan.office.stage.clock.advance(minutes=9 * 60)  # the hours are over
    made = data(khan.try_book(0), 201)
    assert made["tokenNumber"] == "029"


def test_staff_may_go_beyond_the_daily_limit_and_are_told(office: Office) -> None:
    doctor = stored(office.stage.records, office.cast.khan)
    store(office.stage.records, doctor.but(daily_limit=1))
    khan = Desk(office, office.cast.farida)
    assert data(khan.try_book(0), 201)["beyondLimit"] is False
    assert data(khan.try_book(1), 201)["beyondLimit"] is True


def test_a_link_beyond_the_daily_limit_is_still_held_and_paid(office: Office, meera: Desk) -> None:
    doctor = stored(office.stage.records, office.cast.meera)
    store(office.stage.records, doctor.but(daily_limit=1))
    meera.book(0)
    beyond = data(meera.try_book(1), 201)
    assert (beyond["status"], beyond["beyondLimit"]) == ("PENDING", True)
    pay(office, beyond["tokenId"])
    assert meera.token(beyond["tokenId"])["status"] == "CONFIRMED"
    assert data(meera.cancel(beyond["tokenId"]))["refundAmount"] == 50


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"preferredTime": "2030-11-25T02:59:00Z"}, "preferredTime"),
        ({"preferredTime": "2030-12-10T05:00:00Z"}, "preferredTime"),
        ({"preferredTime": "ten"}, "preferredTime"),
        ({"amount": 49}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 500.0}, "amount"),
        ({"amount": 10_001}, "amount"),
        ({"patientPhone": "+19876543210"}, "patientPhone"),
        ({"patientPhone": "9876543210"}, "patientPhone"),
        ({"patientPhone": None}, "patientPhone"),
        ({"patientName": None}, "patientName"),
        ({"patientName": "7"}, "patientName"),
        ({"patientName": "777"}, "patientName"),
        ({"consultationType": "HURRIED"}, "consultationType"),
        ({"payAtClinic": "yes"}, "payAtClinic"),
        ({"tokenNumber": "007"}, "tokenNumber"),
    ],
)
def test_what_cannot_be_booked_is_said_by_field(
    meera: Desk, body: dict[str, Any], field: str
) -> None:
    assert field_refused(meera.try_book(0, **body)) == field
    assert meera.look()["tokens"] == []


def test_only_an_admin_asks_for_another_amount(office: Office, meera: Desk) -> None:
    own = Desk(office, office.cast.meera_user, "doc_meera")
    refused = own.try_book(0, amount=300)
    assert refusal(refused, 403)["details"][0]["field"] == "amount"
    assert own.try_book(0, amount=500).status_code == 201
    made = data(meera.try_book(1, amount=300), 201)
    assert made["amount"] == 300
    # Where no advance is due there is none to cover.
    assert data(meera.try_book(2, amount=0, payAtClinic=True), 201)["amount"] == 0


def test_a_patient_by_id_is_booked_unless_the_phone_is_anothers(
    office: Office, khan: Desk, meera: Desk
) -> None:
    known = khan.token(khan.book(0))["patientId"]
    again = meera.call("POST", "/doctors/doc_meera/tokens", {"patientId": known})
    assert data(again, 201)["patientId"] == known
    body = {"patientId": known, "patientPhone": PHONE.format(1)}
    assert field_refused(meera.call("POST", "/doctors/doc_meera/tokens", body)) == "patientPhone"
    own = Desk(office, office.cast.meera_user, "doc_meera")
    # Dr. Meera has only a hold that is not paid: the person is not hers yet.
    for patient_id in (known, "pat_nobody"):
        refused = own.call("POST", "/doctors/doc_meera/tokens", {"patientId": patient_id})
        assert refusal(refused, 404)["code"] == "NOT_FOUND"


def test_one_live_token_a_patient_doctor_and_day(office: Office, meera: Desk) -> None:
    first = meera.book(0)
    assert refusal(meera.try_book(0))["code"] == "ALREADY_BOOKED"
    assert meera.token(first)["status"] == "PENDING"  # the link that was sent stays good
    tomorrow = "2030-11-26T05:00:00Z"
    assert refusal(meera.try_book(0, preferredTime=tomorrow))["code"] == "ALREADY_BOOKED"
    pay(office, first)
    assert refusal(meera.try_book(0, payAtClinic=True))["code"] == "ALREADY_BOOKED"
    assert meera.try_book(0, preferredTime=tomorrow).status_code == 201


def test_three_unpaid_holds_a_phone_and_nobody_hears_of_another_clinics(
    office: Office, meera: Desk
) -> None:
    rao = Desk(office, _admin_of_sunrise(office), "doc_rao")
    family = ["Anil", "Bina", "Chandra", "Divya"]
    phone = {"patientPhone": PHONE.format(0)}
    for name in family[:3]:
        meera.book(0, patientName=name, **phone)
    assert refusal(meera.try_book(0, patientName="Divya", **phone))["code"] == "TOO_MANY_HOLDS"
    for name in family[:3]:
        rao.book(0, patientName=name, **phone)
    assert refusal(rao.try_book(0, patientName="Divya", **phone))["code"] == "TOO_MANY_HOLDS"


def test_nobody_is_booked_on_a_closed_day_or_a_day_off(office: Office, khan: Desk) -> None:
    khan.book(0)
    khan.queue("start")
    khan.queue("close")
    assert refusal(khan.try_book(1))["code"] == "DAY_CLOSED"
    doctor = stored(office.stage.records, office.cast.khan)
    days = tuple(d for d in doctor.working_days if d != "TUE")
    store(office.stage.records, doctor.but(working_days=days))
    assert refusal(khan.try_book(1, preferredTime="2030-11-26T05:00:00Z"))["code"] == "DAY_CLOSED"


def test_an_hour_after_midnight_belongs_to_the_night_that_began(office: Office) -> None:
    doctor = stored(office.stage.records, office.cast.khan)
    night = doctor.but(start_time="20:00", end_time="02:00", lunch_break=None)
    store(office.stage.records, night)
    khan = Desk(office, office.cast.farida)
    made = data(khan.try_book(0, preferredTime="2030-11-25T19:30:00Z"), 201)  # 1 in the morning
    assert khan.token(made["tokenId"])["date"] == "2030-11-25"
    assert made["estimatedTime"] == "2030-11-25T19:30:00Z"


def test_a_booking_by_the_desk_makes_the_clinics_record_when_it_is_sure(
    office: Office, khan: Desk
) -> None:
    patient_id = khan.token(khan.book(0))["patientId"]
    record = office.stage.work().get(ClinicPatient, "clinic_city", patient_id)
    assert record is not None
    assert record.opted_in_by == "CLINIC"


# Looking


def test_what_a_visit_is_for_is_shown_to_its_doctor_and_admins_alone(
    office: Office, khan: Desk
) -> None:
    token_id = khan.book(0)
    assert khan.token(token_id)["complaint"] is None
    work = office.stage.work()
    (token,) = work.query(Token, "doc_khan", index="doctorId-date-idx").records
    note_complaint(work, token, "fever since 2 days")
    work.commit()
    assert khan.token(token_id)["complaint"] == "fever since 2 days"
    own = Desk(office, office.cast.khan_user)
    assert own.token(token_id)["complaint"] == "fever since 2 days"
    other = Desk(office, office.cast.meera_user)
    assert other.call("GET", f"/tokens/{token_id}").status_code == 404
    listed = own.call("GET", "/doctors/doc_khan/tokens")
    assert "fever" not in listed.get_data(as_text=True)


def test_a_days_list_selects_but_its_summary_covers_the_day(khan: Desk) -> None:
    tokens = [khan.book(n) for n in range(4)]
    khan.cancel(tokens[1])
    khan.queue("start")
    khan.queue("call-next")
    path = "/doctors/doc_khan/tokens"
    whole = data(khan.call("GET", path))
    assert [t["tokenNumber"] for t in whole["tokens"]] == ["001", "002", "003", "004"]
    chosen = data(khan.call("GET", path, query={"status": "CONFIRMED", "limit": 1}))
    assert [t["tokenId"] for t in chosen["tokens"]] == [tokens[2]]
    assert chosen["totalCount"] == whole["totalCount"] == 4
    assert chosen["summary"] == whole["summary"]
    assert {k: v for k, v in whole["summary"].items() if v} == {
        "current": 1,
        "cancelled": 1,
        "confirmed": 2,
    }
    rest = data(
        khan.call(
            "GET", path, query={"status": "CONFIRMED", "limit": 1, "cursor": chosen["nextCursor"]}
        )
    )
    assert [t["tokenId"] for t in rest["tokens"]] == [tokens[3]]
    assert rest["nextCursor"] is None
    tomorrow = data(khan.call("GET", path, query={"date": "2030-11-26"}))
    assert (tomorrow["tokens"], tomorrow["totalCount"]) == ([], 0)
    for query in ({"status": "LOST"}, {"date": "tomorrow"}, {"limit": 0}, {"cursor": "x"}):
        assert field_refused(khan.call("GET", path, query=query)) == next(iter(query))


def test_a_patients_bookings_are_listed_in_the_callers_scope(
    office: Office, khan: Desk, meera: Desk
) -> None:
    first = khan.book(0)
    patient_id = khan.token(first)["patientId"]
    later = khan.book(0, preferredTime="2030-11-27T05:00:00Z")
    other = meera.book(0, preferredTime="2030-11-26T05:00:00Z", payAtClinic=True)
    path = f"/patients/{patient_id}/tokens"
    whole = data(khan.call("GET", path))
    assert whole["patient"] == {
        "patientId": patient_id,
        "patientPhone": PHONE.format(0),
        "name": "Patient A",
    }
    assert [t["tokenId"] for t in whole["tokens"]] == [later, other, first]
    assert [t["doctorName"] for t in whole["tokens"]] == ["Dr. Khan", "Dr. Meera", "Dr. Khan"]
    page = data(khan.call("GET", path, query={"limit": 2}))
    rest = data(khan.call("GET", path, query={"limit": 2, "cursor": page["nextCursor"]}))
    assert page["tokens"] + rest["tokens"] == whole["tokens"]
    assert rest["totalCount"] == 3
    own = data(Desk(office, office.cast.meera_user).call("GET", path))
    assert ([t["tokenId"] for t in own["tokens"]], own["totalCount"]) == ([other], 1)
    rao = Desk(office, _admin_of_sunrise(office))
    assert refusal(rao.call("GET", path), 404)["code"] == "NOT_FOUND"


# Changing


@pytest.fixture
def waiting(khan: Desk) -> list[str]:
    """Return three who wait in a line that runs."""
    booked = [khan.book(n) for n in range(3)]
    khan.queue("start")
    return booked


def test_each_state_is_reached_by_its_action(khan: Desk, waiting: list[str]) -> None:
    first, second, third = waiting
    assert data(khan.put(third, status="ARRIVED"))["status"] == "ARRIVED"
    assert data(khan.put(third, status="ARRIVED"))["status"] == "ARRIVED"  # may be repeated
    called = data(khan.put(third, status="CURRENT"))  # out of turn
    assert called["status"] == "CURRENT"
    assert called["visitId"] is not None
    assert refusal(khan.put(first, status="CURRENT"))["state"] == "CURRENT"
    done = khan.put(third, status="COMPLETED", notes="Patient consultation completed successfully")
    assert done.json["message"] == "Token updated successfully"
    assert khan.look()["queue"]["currentToken"] is None  # nobody is called by it
    data(khan.put(first, status="CURRENT"))
    assert data(khan.put(first, status="SKIPPED"))["status"] == "SKIPPED"
    assert khan.look()["queue"]["currentToken"] is None
    assert data(khan.put(first, status="NO_SHOW"))["status"] == "NO_SHOW"
    assert data(khan.put(second, status="CANCELLED", reason="DUPLICATE"))["status"] == "CANCELLED"
    assert khan.token(second)["cancelReason"] == "DUPLICATE"
    actions = [e["action"] for e in khan.look("history")["history"]]
    assert actions[-8:] == [
        "check-in", "call", "pass-over", "complete", "call", "skip", "no-show", "cancel",
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["PENDING", "CONFIRMED", "EXPIRED", "SERVED"])
def test_some_states_cannot_be_set(khan: Desk, waiting: list[str], status: str) -> None:
    assert field_refused(khan.put(waiting[0], status=status)) == "status"
    assert khan.token(waiting[0])["status"] == "CONFIRMED"


@pytest.mark.parametrize("status", ["COMPLETED", "SKIPPED", "NO_SHOW"])
def test_who_was_not_called_in_is_not_done(khan: Desk, waiting: list[str], status: str) -> None:
    assert refusal(khan.put(waiting[0], status=status))["state"] == "CONFIRMED"


def test_what_is_over_stays_as_it_is(khan: Desk, waiting: list[str]) -> None:
    first, second, third = waiting
    khan.put(first, status="CURRENT")
    assert refusal(khan.cancel(first))["state"] == "CURRENT"
    khan.put(first, status="COMPLETED")
    khan.cancel(second)
    khan.put(third, status="CURRENT")
    khan.put(third, status="NO_SHOW")
    for token_id, state in zip(waiting, ("COMPLETED", "CANCELLED", "NO_SHOW"), strict=True):
        assert refusal(khan.cancel(token_id))["state"] == state
        for wish in ("ARRIVED", "CURRENT", "COMPLETED", "SKIPPED", "NO_SHOW", "CANCELLED"):
            assert refusal(khan.put(token_id, status=wish))["state"] == state


def test_a_held_token_is_neither_called_nor_checked_in(meera: Desk) -> None:
    token_id = meera.book(0)
    meera.queue("start")
    for status in ("ARRIVED", "CURRENT", "COMPLETED", "SKIPPED"):
        assert refusal(meera.put(token_id, status=status))["state"] == "PENDING"


def test_nobody_is_called_unless_the_line_runs(khan: Desk) -> None:
    token_id = khan.book(0)
    assert refusal(khan.put(token_id, status="CURRENT"))["state"] == "SCHEDULED"
    khan.queue("start")
    khan.queue("pause")
    assert refusal(khan.put(token_id, status="CURRENT"))["state"] == "PAUSED"


def test_a_call_out_of_turn_is_taken_back_by_undo(khan: Desk, waiting: list[str]) -> None:
    khan.put(waiting[2], status="CURRENT")
    assert data(khan.queue("undo"))["currentToken"] is None
    assert khan.token(waiting[2])["status"] == "CONFIRMED"
    assert data(khan.queue("call-next"))["currentToken"] == waiting[0]


def test_a_completion_by_name_is_taken_back_by_undo(khan: Desk, waiting: list[str]) -> None:
    khan.queue("call-next")
    khan.put(waiting[0], status="COMPLETED", collectedAmount=100)
    assert data(khan.queue("undo"))["currentToken"] == waiting[0]
    shown = khan.token(waiting[0])
    assert (shown["status"], shown["collectedAmount"], shown["paymentStatus"]) == (
        "CURRENT",
        0,
        "PENDING",
    )


def test_a_no_show_is_not_taken_back_into_the_room(khan: Desk, waiting: list[str]) -> None:
    khan.queue("call-next")
    khan.queue("skip")
    khan.put(waiting[0], status="NO_SHOW")
    assert refusal(khan.queue("undo"))["code"] == "NOTHING_TO_UNDO"
    assert khan.try_book(0).status_code == 201  # and may come another time


@pytest.mark.parametrize(
    ("given", "collected", "status", "due"),
    [({}, 500, "PAID", 0), ({"collectedAmount": 200}, 200, "PENDING", 300),
     ({"collectedAmount": 0}, 0, "PENDING", 500), ({"collectedAmount": 500}, 500, "PAID", 0)],
)  # fmt: skip
def test_completion_collects_the_balance_unless_told_otherwise(
    khan: Desk, waiting: list[str], given: dict[str, int], collected: int, status: str, due: int
) -> None:
    khan.queue("call-next")
    data(khan.put(waiting[0], status="COMPLETED", **given))
    shown = khan.token(waiting[0])
    assert shown["collectedAmount"] == collected
    assert (shown["paymentStatus"], shown["balanceDue"]) == (status, due)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "status"),
        ({"status": "COMPLETED", "collectedAmount": 501}, "collectedAmount"),
        ({"status": "SKIPPED", "collectedAmount": 5}, "collectedAmount"),
        ({"status": "COMPLETED", "actualTime": "2030-11-25T05:00:00Z"}, "actualTime"),
        ({"status": "COMPLETED", "actualTime": "2030-11-25T02:00:00Z"}, "actualTime"),
        ({"status": "SKIPPED", "actualTime": "2030-11-25T03:00:04Z"}, "actualTime"),
        ({"status": "COMPLETED", "reason": "because"}, "reason"),
        ({"notes": "x" * 2001}, "notes"),
    ],
)
def test_what_does_not_fit_beside_a_state_is_refused(
    khan: Desk, waiting: list[str], body: dict[str, Any], field: str
) -> None:
    khan.queue("call-next")
    assert field_refused(khan.put(waiting[0], **body)) == field
    assert khan.token(waiting[0])["status"] == "CURRENT"


def test_when_a_consultation_began_can_be_put_right(khan: Desk, waiting: list[str]) -> None:
    khan.queue("call-next")
    khan.office.stage.clock.advance(minutes=20)
    began = (khan.office.stage.clock.now() - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert data(khan.put(waiting[0], status="COMPLETED", actualTime=began))["actualTime"] == began
    assert khan.token(waiting[0])["actualTime"] == began


def test_notes_alone_go_to_the_history(khan: Desk, waiting: list[str]) -> None:
    data(khan.put(waiting[0], notes="Needs a wheelchair"))
    last = khan.look("history")["history"][-1]
    assert (last["action"], last["tokenId"], last["notes"]) == (
        "note",
        waiting[0],
        "Needs a wheelchair",
    )


def test_a_patient_checked_in_by_the_desk_is_here(
    office: Office, khan: Desk, waiting: list[str]
) -> None:
    arrived = khan.call("POST", f"/tokens/{waiting[1]}/check-in")
    assert data(arrived)["status"] == "ARRIVED"
    last = khan.look("history")["history"][-1]
    assert (last["action"], last["by"]) == ("check-in", "usr_farida")
    khan.queue("call-next")
    khan.queue("skip")
    rejoined = khan.call("POST", f"/tokens/{waiting[0]}/check-in")
    assert data(rejoined)["status"] == "ARRIVED"
    order = [t["tokenId"] for t in khan.look()["tokens"]]
    assert order == [waiting[1], waiting[2], waiting[0]]  # after the next one
    tomorrow = khan.book(5, preferredTime="2030-11-26T05:00:00Z")
    assert refusal(khan.call("POST", f"/tokens/{tomorrow}/check-in"))["code"] == "NOT_NOW"
    khan.queue("close")
    assert refusal(khan.call("POST", f"/tokens/{waiting[2]}/check-in"))["state"] == "CLOSED"
    del office


def test_a_late_patient_keeps_their_place_and_others_who_are_here_go_first(
    khan: Desk, waiting: list[str]
) -> None:
    khan.call("POST", f"/tokens/{waiting[1]}/check-in")
    told = data(khan.call("POST", f"/tokens/{waiting[0]}/late", {"minutes": 90}))
    slot = datetime.fromisoformat(khan.token(waiting[0])["estimatedTime"])
    until = (slot + timedelta(minutes=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (told["status"], told["lateUntil"]) == ("CONFIRMED", until)
    assert khan.token(waiting[0])["lateUntil"] == until
    shown = khan.look()["tokens"]
    assert [(t["tokenId"], t["lateUntil"]) for t in shown] == [
        (waiting[1], None),
        (waiting[0], until),
        (waiting[2], None),
    ]
    assert data(khan.queue("call-next"))["currentToken"] == waiting[1]
    said, passed = khan.look("history")["history"][-3], khan.look("history")["history"][-1]
    assert (said["action"], said["by"], said["reason"]) == ("late", "usr_farida", "90 min")
    assert (passed["action"], passed["reason"]) == ("pass-over", "late: 001")
    again = data(khan.call("POST", f"/tokens/{waiting[0]}/late", {"minutes": 30}))
    assert again["lateUntil"] < until
    here = data(khan.call("POST", f"/tokens/{waiting[0]}/check-in"))
    assert (here["status"], here["lateUntil"]) == ("ARRIVED", None)
    assert data(khan.queue("call-next"))["currentToken"] == waiting[0]


@pytest.mark.parametrize("minutes", [0, -5, 601, None, "10", 2.5])
def test_a_patient_is_late_by_whole_minutes(
    khan: Desk, waiting: list[str], minutes: object
) -> None:
    answer = khan.call("POST", f"/tokens/{waiting[0]}/late", {"minutes": minutes})
    assert field_refused(answer) == "minutes"
    assert khan.token(waiting[0])["lateUntil"] is None


def test_only_who_is_waited_for_today_is_late(khan: Desk, waiting: list[str]) -> None:
    khan.queue("call-next")
    tomorrow = khan.book(5, preferredTime="2030-11-26T05:00:00Z")
    for token_id, state in ((waiting[0], "CURRENT"), (tomorrow, "CONFIRMED")):
        refused = refusal(khan.call("POST", f"/tokens/{token_id}/late", {"minutes": 10}))
        assert (refused["code"], refused["state"]) == ("NOT_NOW", state)


# Cancelling


def test_a_cancelled_booking_is_refunded_and_the_patient_told(office: Office, meera: Desk) -> None:
    token_id = meera.book(0)
    pay(office, token_id)
    office.settle()
    cancelled = meera.cancel(token_id, {"reason": "DOCTOR_AWAY", "notes": "Called from a wedding"})
    assert data(cancelled)["status"] == "CANCELLED"
    assert data(cancelled)["refundAmount"] == 50
    told = office.settle()
    assert [m.phone for m in told] == [PHONE.format(0)]
    assert "₹50" in told[0].text
    shown = meera.token(token_id)
    assert (shown["paymentStatus"], shown["refundAmount"], shown["cancelReason"]) == (
        "REFUNDED",
        50,
        "DOCTOR_AWAY",
    )
    again = data(meera.try_book(1), 201)
    assert again["tokenNumber"] == "001"  # the slot is free again
    assert again["tokenId"] != token_id


def test_a_doctor_cancels_the_own_patients_booking_and_the_money_goes_back(
    office: Office, meera: Desk
) -> None:
    token_id = meera.book(0)
    pay(office, token_id)
    own = Desk(office, office.cast.meera_user, "doc_meera")
    assert data(own.cancel(token_id))["refundAmount"] == 50


def test_a_skipped_patient_can_be_cancelled_until_close(khan: Desk, waiting: list[str]) -> None:
    khan.queue("call-next")
    khan.queue("skip")
    assert data(khan.cancel(waiting[0]))["status"] == "CANCELLED"
    khan.queue("skip")
    khan.queue("close")
    assert refusal(khan.cancel(waiting[1]))["state"] == "NO_SHOW"


def test_a_chat_booking_is_the_desks_too(office: Office, meera: Desk) -> None:
    stage = office.stage
    for text in ("hi", "2", "1"):  # Dr. Meera, the first time
        stage.clock.advance(seconds=5)
        stage.hear(ASHA, text, name="Asha")
        stage.settle()
    (token,) = stage.tokens(ASHA)
    shown = meera.token(token.token_id)
    assert (shown["status"], shown["source"], shown["patientName"]) == ("PENDING", "BOT", "Asha")
    stage.pay(token)
    data(meera.cancel(token.token_id))
    assert any("has cancelled Token #1" in m.text for m in stage.settle() if m.phone == ASHA)


# Walls


def test_another_doctors_token_is_no_token(office: Office, khan: Desk, waiting: list[str]) -> None:
    meera = Desk(office, office.cast.meera_user, "doc_meera")
    rao = Desk(office, _admin_of_sunrise(office), "doc_rao")
    for desk in (meera, rao):
        for token_id in (waiting[0], "TKN_nobody"):
            path = f"/tokens/{token_id}"
            answers = [
                desk.call("GET", path),
                desk.put(token_id, status="ARRIVED"),
                desk.cancel(token_id),
                desk.call("POST", f"{path}/check-in"),
                desk.call("POST", f"{path}/late", {"minutes": 10}),
            ]
            assert [a.status_code for a in answers] == [404] * 5
            assert len({a.json["message"] for a in answers}) == 1
    assert khan.token(waiting[0])["status"] == "CONFIRMED"


def test_a_visit_id_is_no_token(office: Office, khan: Desk, waiting: list[str]) -> None:
    khan.queue("call-next")
    visit = office.stage.work().query(Visit, "doc_khan").records[0]
    assert khan.call("GET", f"/tokens/{visit.visit_id}").status_code == 404
    del waiting


def _admin_of_sunrise(office: Office) -> User:
    user = a_user(office.cast.sunrise, "usr_sunita", "Sunita", "+919876543090")
    store(office.stage.records, user, staff_number(user))
    return user
