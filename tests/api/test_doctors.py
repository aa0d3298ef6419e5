"""Doctors of a clinic: added, looked at, changed, removed; who may, and who hears of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.actions.booking import booking
from domain.actions.booking.queues import current_line
from domain.actions.clinics import doctors
from domain.actions.line import calling, lifecycle
from domain.actions.line.preconditions import SeenState
from domain.actions.visits.ratings import rate
from domain.actors import Actor
from domain.errors import Conflict
from domain.model.accounts import Idempotency
from domain.model.clinics import Clinic, ClinicStatus, Doctor, StaffNumber, StaffStatus, User
from domain.model.messages import Message
from domain.model.money import Refund
from domain.model.queues import Queue, QueueStatus, Token, TokenStatus
from tests.api.answers import code_and_fields, data
from tests.api.examples.shape import differs, request_of
from tests.api.office import Client, Office
from tests.people import MONDAY, TUESDAY, store, stored

NEW = "+919876543212"
MEERA, KHAN = "/doctors/doc_meera", "/doctors/doc_khan"


def new_doctor(**changes: Any) -> dict[str, Any]:
    """Return the specification's example of a new doctor."""
    return {**request_of("POST /api/v1/doctors"), **changes}


def book(office: Office, number: int, day: date = MONDAY, doctor: Doctor | None = None) -> Token:
    """Book slot *number* for Asha; with Dr. Khan nothing is to be paid."""
    cast, work = office.cast, office.stage.work()
    doctor = stored(office.stage.records, doctor or cast.khan)
    token = booking.hold(work, cast.clinic, doctor, cast.asha_contact, cast.asha, day, number)
    work.commit()
    if token.payment_id:
        office.stage.pay(token)
    return office.stage.token(token)


def tap(office: Office, number: str, name: str) -> None:
    """Let the owner of *number* tap the button under message *name*."""
    contact_id = office.stage.contact_id(number)
    found = [m for m in office.stage.messages() if (m.contact_id, m.name) == (contact_id, name)]
    office.stage.hear(number, "Yes, this is me", kind="tap", choice=found[-1].options[0].id)
    office.settle()


# --- looking -----------------------------------------------------------------


def test_an_admin_sees_every_doctor_and_a_doctor_themself(office: Office) -> None:
    answer = office.admin.get("/doctors")
    assert differs("GET /api/v1/doctors", answer.json, may_be_null=("lastLogin",)) == []
    found = data(answer)
    assert [d["doctorId"] for d in found["doctors"]] == ["doc_khan", "doc_meera"]
    assert (found["totalDoctors"], found["nextCursor"]) == (2, None)
    own = data(office.doctor.get("/doctors"))
    assert [d["doctorId"] for d in own["doctors"]] == ["doc_meera"]
    assert own["totalDoctors"] == 1


def test_a_page_of_doctors_leads_to_the_next(office: Office) -> None:
    first = data(office.admin.get("/doctors", query={"limit": 1}))
    assert first["totalDoctors"] == 2
    rest = data(office.admin.get("/doctors", query={"limit": 1, "cursor": first["nextCursor"]}))
    assert [d["doctorId"] for d in rest["doctors"]] == ["doc_meera"]
    assert rest["nextCursor"] is None


def test_a_doctors_profile_has_the_figures_of_the_month(office: Office) -> None:
    token = book(office, 1, doctor=office.cast.meera)
    cast, actor = office.cast, Actor("usr_meera", "Dr. Meera")
    for move in ("start", "next", "next"):
        work = office.stage.work()
        line = current_line(work, cast.clinic, cast.meera)
        if move == "start":
            lifecycle.start(line, actor)
        else:
            calling.call_next(line, actor, SeenState())
        work.commit()
        office.stage.clock.advance(10)
    work = office.stage.work()
    rate(work, office.stage.token(token), 4)
    work.commit()
    office.stage.clock.advance(seconds=1)
    office.settle()
    answer = office.admin.get(MEERA)
    assert differs("GET /api/v1/doctors/{doctorId}", answer.json, may_be_null=("lastLogin",)) == []
    assert data(answer)["statistics"] == {
        "totalPatientsThisMonth": 1,
        "totalTokensThisMonth": 1,
        "averageRating": 4.0,
        "totalRevenue": 500,
    }
    own = data(office.doctor.get(MEERA))
    assert "totalRevenue" not in own["statistics"]
    assert own["account"]["permissions"][0] == "view_own_queue"


def test_another_doctor_is_not_found(office: Office) -> None:
    for call in (office.other_doctor.get, lambda path: office.other_doctor.put(path, {})):
        assert code_and_fields(call(MEERA), 404)[0] == "NOT_FOUND"
    assert code_and_fields(office.admin.get("/doctors/doc_rao"), 404)[0] == "NOT_FOUND"


# --- adding ------------------------------------------------------------------


def test_a_doctor_is_added_as_in_the_specification(office: Office) -> None:
    answer = office.admin.post("/doctors", new_doctor())
    assert answer.status_code == 201
    assert differs("POST /api/v1/doctors", answer.json) == []
    added = answer.json["data"]
    assert added["whatsappMessage"] == (
        "Welcome to PulseOps! Your login details: WhatsApp: +919876543212, "
        "Temp Password: temporaryPassword123. Please change password on first login."
    )
    clinic = stored(office.stage.records, office.cast.clinic)
    assert (clinic.current_doctors, clinic.total_amount) == (3, 3 * 799)
    doctor = office.stage.work().get(Doctor, "clinic_city", added["doctor"]["doctorId"])
    assert doctor is not None
    assert (doctor.lunch_break, doctor.working_days[0]) == ("14:00-15:00", "MON")


def test_the_credentials_reach_the_new_doctor_and_are_kept_nowhere(office: Office) -> None:
    office.admin.post("/doctors", new_doctor())
    work = office.stage.work()
    contact_id = office.stage.contact_id(NEW)
    [sent] = [m for m in office.settle() if m.phone == NEW]
    assert sent.template.parameters["password"] == "temporaryPassword123"
    assert sent.template.parameters["link"].endswith("/welcome/clinic_city")
    message = office.stage.work().get(Message, sent.message_id)
    assert message is not None
    assert (message.contact_id, message.sealed) == (contact_id, None)
    assert "temporaryPassword123" not in repr(message)
    del work


def test_a_repeated_call_adds_once_and_masks_the_password(office: Office) -> None:
    admin, headers = office.admin, {"Idempotency-Key": "one"}
    first = admin.post("/doctors", new_doctor(), headers=headers)
    again = admin.post("/doctors", new_doctor(), headers=headers)
    assert again.status_code == 201
    assert data(first, 201)["doctor"] == data(again, 201)["doctor"]
    assert "temporaryPassword123" not in again.text
    assert stored(office.stage.records, office.cast.clinic).current_doctors == 3
    assert Idempotency.TABLE == "idempotency"


def test_the_button_under_the_credentials_proves_the_number(office: Office) -> None:
    added = data(office.admin.post("/doctors", new_doctor()), 201)
    office.settle()
    office.stage.hear(NEW, "start")
    office.settle()
    assert office.said(NEW)[-1].startswith("settings/")  # until then they are a patient
    tap(office, NEW, "account/credentials")
    assert office.said(NEW)[-1] == "account/proven"
    user = office.stage.work().get(User, "clinic_city", added["account"]["userId"])
    assert user is not None
    assert user.proven
    office.stage.hear(NEW, "start")
    office.settle()
    assert office.said(NEW)[-1] == "line/started"


def test_the_button_proves_nothing_from_another_number(office: Office) -> None:
    added = data(office.admin.post("/doctors", new_doctor()), 201)
    office.settle()
    asha, user_id = "+919876543021", added["account"]["userId"]
    office.stage.hear(asha, "Yes, this is me", kind="tap", choice=f"me:clinic_city:{user_id}")
    office.settle()
    assert office.said(asha)[-1] == "account/not_you"
    user = office.stage.work().get(User, "clinic_city", user_id)
    assert user is not None
    assert not user.proven


def test_one_doctor_too_many_names_the_plan_that_allows_it(office: Office) -> None:
    office.admin.post("/doctors", new_doctor())
    answer = office.admin.post("/doctors", new_doctor(whatsappNumber="+919876543213"))
    assert code_and_fields(answer, 409)[0] == "PLAN_LIMIT"
    assert answer.json["error"]["plan"] == "PROFESSIONAL"
    assert stored(office.stage.records, office.cast.clinic).current_doctors == 3


def test_an_admins_number_makes_that_admin_a_doctor(office: Office) -> None:
    farida = office.cast.farida
    body = new_doctor(whatsappNumber=farida.whatsapp_number, name="Dr. Farida")
    del body["initialPassword"]
    added = data(office.admin.post("/doctors", body), 201)
    assert added["account"] == {
        "userId": farida.user_id,
        "role": "ADMIN",
        "status": "ACTIVE",
        "mustChangePassword": False,
    }
    assert stored(office.stage.records, farida).doctor_id == added["doctor"]["doctorId"]
    office.settle()
    assert office.said(farida.whatsapp_number) == ["account/now_doctor"]
    office.stage.hear(farida.whatsapp_number, "start")
    office.settle()
    queue = office.stage.queue(added["doctor"]["doctorId"], MONDAY.isoformat())
    assert queue.status is QueueStatus.ACTIVE
    again = office.admin.post("/doctors", body)
    assert code_and_fields(again, 409)[0] == "NUMBER_TAKEN"


def test_a_doctors_number_is_no_second_doctors(office: Office) -> None:
    body = new_doctor(whatsappNumber=office.cast.khan.whatsapp_number)
    assert code_and_fields(office.admin.post("/doctors", body), 409)[0] == "NUMBER_TAKEN"
    elsewhere = new_doctor(whatsappNumber=office.cast.rao.whatsapp_number)
    assert office.admin.post("/doctors", elsewhere).status_code == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "A"}, "name"),
        ({"specialization": "x" * 51}, "specialization"),
        ({"consultationFee": 10_001}, "consultationFee"),
        ({"advanceAmount": 1_001, "consultationFee": 5_000}, "advanceAmount"),
        ({"advanceAmount": 601}, "advanceAmount"),
        ({"dailyLimit": 0}, "dailyLimit"),
        ({"consultationDuration": 121}, "consultationDuration"),
        ({"startTime": "24:00"}, "startTime"),
        ({"lunchBreak": "18:00-19:00"}, "lunchBreak"),
        ({"lunchBreak": "15:00-14:00"}, "lunchBreak"),
        ({"startTime": "10:00", "endTime": "10:10", "lunchBreak": None}, "endTime"),
        ({"whatsappNumber": "+911111111111"}, "whatsappNumber"),
        ({"whatsappNumber": "+14155552671"}, "whatsappNumber"),
        ({"initialPassword": "password123"}, "initialPassword"),
        ({"initialPassword": "short1"}, "initialPassword"),
        ({"initialPassword": None}, "initialPassword"),
        ({"daysOff": ["2030-02-30"]}, "daysOff"),
        ({"workingDays": ["MON", "MON"]}, "workingDays"),
        ({"workingDays": []}, "workingDays"),
        ({"fee": 5}, "fee"),
    ],
    ids=lambda v: v if isinstance(v, str) else "-".join(map(str, v.values()))[:20],
)
def test_a_new_doctor_that_cannot_be(office: Office, changes: dict[str, Any], field: str) -> None:
    answer = office.admin.post("/doctors", new_doctor(**changes))
    assert code_and_fields(answer, 422) == ("VALIDATION_ERROR", [field])


def test_only_admins_add_and_remove_doctors(office: Office) -> None:
    assert code_and_fields(office.doctor.post("/doctors", new_doctor()), 403)[0] == "FORBIDDEN"
    assert code_and_fields(office.doctor.delete(MEERA), 403)[0] == "FORBIDDEN"


# --- changing ----------------------------------------------------------------


def test_every_changed_field_is_named(office: Office) -> None:
    body = request_of("PUT /api/v1/doctors/{doctorId}")
    answer = office.admin.put(MEERA, body)
    assert differs("PUT /api/v1/doctors/{doctorId}", answer.json) == []
    changed = data(answer)
    assert changed["updatedFields"] == list(body)
    assert changed["whatsappUpdated"] is True
    assert "WhatsApp" in changed["notificationSent"]
    assert "SMS" not in changed["notificationSent"]
    again = data(office.admin.put(MEERA, {"name": body["name"]}))
    assert (again["updatedFields"], again["whatsappUpdated"]) == ([], False)
    assert again["notificationSent"] is None


@pytest.mark.parametrize(
    "change",
    [{"consultationFee": 600}, {"advanceAmount": 10}, {"dailyLimit": 5}, {"status": "INACTIVE"}],
    ids=lambda change: next(iter(change)),
)
def test_doctors_change_their_hours_but_not_their_fee(
    office: Office, change: dict[str, Any]
) -> None:
    assert data(office.doctor.put(MEERA, {"startTime": "10:00"}))["updatedFields"]
    code, fields = code_and_fields(office.doctor.put(MEERA, change | {"endTime": "18:00"}), 403)
    assert (code, fields) == ("FORBIDDEN", list(change))
    assert stored(office.stage.records, office.cast.meera).end_time == "17:00"


def test_the_advance_never_exceeds_the_fee_of_before(office: Office) -> None:
    assert code_and_fields(office.admin.put(MEERA, {"consultationFee": 40}), 422)[1] == [
        "advanceAmount"
    ]


def test_another_number_ends_the_powers_of_the_old_one(office: Office) -> None:
    doctor, old = office.doctor, office.cast.meera.whatsapp_number
    assert data(office.admin.put(MEERA, {"whatsappNumber": NEW}))["whatsappUpdated"]
    assert code_and_fields(doctor.get(MEERA), 401)[0] == "UNAUTHORIZED"
    office.settle()
    assert office.said(old) == ["account/number_gone"]
    assert office.said(NEW) == ["account/number_changed"]
    for number in (old, NEW):
        office.stage.hear(number, "start")
        office.settle()
        assert office.said(number)[-1] != "line/started"
    tap(office, NEW, "account/number_changed")
    office.stage.hear(NEW, "start")
    office.settle()
    assert office.said(NEW)[-1] == "line/started"
    taken = office.stage.work().get(StaffNumber, old, "clinic_city")
    assert taken is not None
    assert taken.former
    office.stage.clock.advance(days=7)
    assert office.stage.work().get(StaffNumber, old, "clinic_city") is None


def test_a_colleagues_number_cannot_be_taken(office: Office) -> None:
    for number in (office.cast.khan.whatsapp_number, office.cast.farida.whatsapp_number):
        answer = office.doctor.put(MEERA, {"whatsappNumber": number})
        assert code_and_fields(answer, 409)[0] == "NUMBER_TAKEN"


# --- days off and hours ------------------------------------------------------


def test_a_day_off_over_bookings_is_confirmed_and_then_closes_it(office: Office) -> None:
    token = book(office, 3, TUESDAY, office.cast.meera)
    day = {"daysOff": [TUESDAY.isoformat()]}
    answer = office.admin.put(MEERA, day)
    assert code_and_fields(answer, 409)[0] == "CONFIRMATION_NEEDED"
    error = answer.json["error"]
    assert error["days"] == TUESDAY.isoformat()
    (listed,) = error["affected"]
    assert (listed["tokenNumber"], listed["patientName"], listed["dayOff"]) == ("003", "Asha", True)
    entries = data(office.admin.get("/audit"))["entries"]
    assert [e["outcome"] for e in entries] == ["CONFIRMATION_NEEDED"]
    assert office.stage.token(token).status is TokenStatus.CONFIRMED
    assert data(office.admin.put(MEERA, day | {"confirm": True}))["updatedFields"] == ["daysOff"]
    assert office.stage.queue("doc_meera", TUESDAY.isoformat()).status is QueueStatus.CLOSED
    office.settle()
    ended = office.stage.token(token)
    assert (ended.status, ended.cancel_reason) == (TokenStatus.CANCELLED, "CLINIC_CLOSED")
    assert office.stage.work().get(Refund, ended.capture_id or "", "REFUND") is None  # it waits
    assert office.said("+919876543021")[-1] == "news/closed"


def test_a_day_off_without_bookings_needs_no_confirmation(office: Office) -> None:
    book(office, 3, MONDAY)
    assert office.other_doctor.put(KHAN, {"daysOff": [TUESDAY.isoformat()]}).status_code == 200
    office.settle()
    assert office.stage.queue("doc_khan", MONDAY.isoformat()).status is QueueStatus.SCHEDULED


def test_new_hours_add_slots_and_withdraw_others(office: Office) -> None:
    kept, lost = book(office, 1), book(office, 28, TUESDAY)
    hours = {"startTime": "08:30", "endTime": "12:00", "lunchBreak": None}
    asked = office.admin.put(KHAN, hours)
    assert code_and_fields(asked, 409)[0] == "CONFIRMATION_NEEDED"
    assert [a["tokenId"] for a in asked.json["error"]["affected"]] == [lost.token_id]
    assert office.admin.put(KHAN, hours | {"confirm": True}).status_code == 200
    queue = office.stage.queue("doc_khan", TUESDAY.isoformat())
    assert [s.number for s in queue.timetable][:3] == [29, 30, 1]
    assert [s.number for s in queue.withdrawn] == list(range(13, 29))
    office.settle()
    assert office.stage.token(kept).status is TokenStatus.CONFIRMED
    ended = office.stage.token(lost)
    assert (ended.status, ended.cancel_reason) == (TokenStatus.CANCELLED, "SLOT_WITHDRAWN")
    assert office.said("+919876543021")[-1] == "news/withdrawn"
    office.admin.put(KHAN, {"endTime": "17:00", "startTime": "09:00"})
    back = office.stage.queue("doc_khan", TUESDAY.isoformat())  # lunch is gone: four slots more
    numbers = [s.number for s in back.timetable]
    assert numbers == [*range(1, 17), *range(31, 35), *range(17, 29)]


def test_sessions_are_summed_up_in_the_plain_hours(office: Office) -> None:
    week = [
        {"days": ["MON", "TUE"], "startTime": "10:00", "endTime": "13:00"},
        {"days": ["MON"], "startTime": "17:00", "endTime": "20:00"},
        {"days": ["SAT"], "startTime": "09:00", "endTime": "12:00"},
    ]
    answer = office.other_doctor.put(KHAN, {"sessions": week})
    assert set(data(answer)["updatedFields"]) == {
        "sessions", "startTime", "endTime", "lunchBreak", "workingDays"
    } - {"startTime"}  # fmt: skip
    shown = data(office.other_doctor.get(KHAN))["doctor"]
    assert shown["sessions"] == week
    assert (shown["startTime"], shown["endTime"]) == ("09:00", "20:00")
    assert (shown["lunchBreak"], shown["workingDays"]) == ("13:00-17:00", ["MON", "TUE", "SAT"])
    office.other_doctor.put(KHAN, {"endTime": "18:00"})
    assert data(office.other_doctor.get(KHAN))["doctor"]["sessions"] == []


@pytest.mark.parametrize(
    "sessions",
    [
        [("10:00", "13:00"), ("12:00", "15:00")],
        [("20:00", "02:00"), ("21:00", "22:00")],
        [("10:00", "10:05")],
    ],
    ids=["overlapping", "after midnight", "too short"],
)
def test_sessions_that_cannot_be_are_refused(
    office: Office, sessions: list[tuple[str, str]]
) -> None:
    week = [{"days": ["MON"], "startTime": a, "endTime": b} for a, b in sessions]
    assert code_and_fields(office.admin.put(KHAN, {"sessions": week}), 422)[1] == ["sessions"]


# --- removing ----------------------------------------------------------------


def test_a_removed_doctors_patients_are_told_and_repaid(office: Office) -> None:
    token = book(office, 3, TUESDAY, office.cast.meera)
    doctor = office.doctor
    answer = office.admin.delete(MEERA)
    assert differs("DELETE /api/v1/doctors/{doctorId}", answer.json) == []
    assert code_and_fields(doctor.get("/doctors"), 401)[0] == "UNAUTHORIZED"
    office.settle()
    ended = office.stage.token(token)
    assert ended.status is TokenStatus.CANCELLED
    assert office.stage.work().get(Refund, ended.capture_id or "", "REFUND") is not None
    assert office.said("+919876543021")[-1] == "news/closed"
    clinic = stored(office.stage.records, office.cast.clinic)
    assert clinic.current_doctors == 1
    office.stage.hear(office.cast.meera.whatsapp_number, "start")
    office.settle()
    assert office.said(office.cast.meera.whatsapp_number)[-1] != "line/started"
    assert code_and_fields(office.admin.delete(MEERA), 409)[0] == "NOT_NOW"
    listed = data(office.admin.get("/doctors"))["doctors"]
    assert [d["accountStatus"] for d in listed] == ["ACTIVE", "INACTIVE"]


def test_a_removed_doctor_can_come_back(office: Office) -> None:
    office.admin.delete(MEERA)
    back = data(office.admin.put(MEERA, {"status": "ACTIVE"}))
    assert back["updatedFields"] == ["status"]
    assert stored(office.stage.records, office.cast.clinic).current_doctors == 2
    user = stored(office.stage.records, office.cast.meera_user)
    assert (user.status, user.proven) == (StaffStatus.ACTIVE, True)
    office.stage.hear(office.cast.meera.whatsapp_number, "start")
    office.settle()
    assert office.said(office.cast.meera.whatsapp_number)[-1] == "line/started"


def test_who_comes_back_under_another_number_is_asked_whether_it_is_theirs(
    office: Office,
) -> None:
    office.admin.delete(MEERA)
    away = data(office.admin.put(MEERA, {"whatsappNumber": "+919876543233"}))
    assert (away["whatsappUpdated"], away["notificationSent"]) == (True, None)
    back = data(office.admin.put(MEERA, {"whatsappNumber": NEW, "status": "ACTIVE"}))
    assert "WhatsApp" in back["notificationSent"]
    office.settle()
    assert office.said(NEW) == ["account/number_changed"]
    tap(office, NEW, "account/number_changed")
    assert stored(office.stage.records, office.cast.meera_user).proven


def test_an_owner_who_stops_seeing_patients_stays_an_admin(office: Office) -> None:
    farida = office.cast.farida
    body = new_doctor(whatsappNumber=farida.whatsapp_number, name="Dr. Farida")
    added = data(office.admin.post("/doctors", body), 201)
    path = f"/doctors/{added['doctor']['doctorId']}"
    admin: Client = office.admin
    gone = data(admin.delete(path))
    assert gone["dataRetention"]["accessRevoked"] is False
    assert data(admin.get("/doctors"))["totalDoctors"] == 3
    assert stored(office.stage.records, farida).doctor_id is None
    assert data(admin.put(path, {"status": "ACTIVE"}))["updatedFields"] == ["status"]
    assert stored(office.stage.records, farida).doctor_id == added["doctor"]["doctorId"]


def test_a_removed_doctors_number_can_begin_anew(office: Office) -> None:
    office.admin.delete(MEERA)
    again = new_doctor(whatsappNumber=office.cast.meera.whatsapp_number)
    added = data(office.admin.post("/doctors", again), 201)
    assert added["doctor"]["doctorId"] != "doc_meera"
    back = office.admin.put(MEERA, {"status": "ACTIVE"})
    assert code_and_fields(back, 409)[0] == "NUMBER_TAKEN"
    assert stored(office.stage.records, office.cast.clinic).current_doctors == 2


def test_an_owner_is_one_doctor_at_a_time(office: Office) -> None:
    body = new_doctor(whatsappNumber=office.cast.farida.whatsapp_number, name="Dr. Farida")
    first = data(office.admin.post("/doctors", body), 201)["doctor"]["doctorId"]
    office.admin.delete(f"/doctors/{first}")
    assert office.admin.post("/doctors", body).status_code == 201
    office.admin.delete(KHAN)
    back = office.admin.put(f"/doctors/{first}", {"status": "ACTIVE"})
    assert code_and_fields(back, 409)[0] == "NUMBER_TAKEN"


def test_nobody_comes_back_beyond_the_plan(office: Office) -> None:
    office.admin.delete(MEERA)
    for last in (1, 2):
        office.admin.post("/doctors", new_doctor(whatsappNumber=f"+91987654323{last}"))
    back = office.admin.put(MEERA, {"status": "ACTIVE"})
    assert code_and_fields(back, 409)[0] == "PLAN_LIMIT"
    assert stored(office.stage.records, office.cast.meera).status is StaffStatus.INACTIVE


def test_two_admins_who_add_at_once_do_not_pass_the_limit(office: Office) -> None:
    cast, works = office.cast, [office.stage.work() for _ in range(2)]
    for n, work in enumerate(works):
        details = {
            "name": f"Dr. {n}",
            "whatsapp_number": f"+91987654324{n}",
            "specialization": "General",
            "consultation_fee": 100,
            "advance_amount": 0,
        }
        doctors.add_doctor(work, cast.clinic.clinic_id, details, "temporaryPassword123")
    works[0].commit()
    with pytest.raises(Conflict):
        works[1].commit()
    assert stored(office.stage.records, cast.clinic).current_doctors == 3


def test_a_suspended_clinic_adds_nobody_and_can_still_remove(office: Office) -> None:
    clinic = stored(office.stage.records, office.cast.clinic)
    store(office.stage.records, clinic.but(status=ClinicStatus.SUSPENDED))
    assert code_and_fields(office.admin.post("/doctors", new_doctor()), 409)[0] == "SUSPENDED"
    assert office.admin.delete(MEERA).status_code == 200


@pytest.mark.parametrize("password", ["temp pass word 12", "temporary\tword12", " leading12345678"])
def test_a_temporary_password_must_survive_a_message(office: Office, password: str) -> None:
    answer = office.admin.post("/doctors", new_doctor(initialPassword=password))
    assert code_and_fields(answer, 422)[1] == ["initialPassword"]


def test_a_temporary_password_arrives_letter_by_letter(office: Office) -> None:
    password = "*Ge_heim~12*"
    office.admin.post("/doctors", new_doctor(initialPassword=password))
    [sent] = [m for m in office.settle() if m.phone == NEW]
    assert sent.template.parameters["password"] == password


def test_many_booked_days_are_closed_though_no_transaction_grows(office: Office) -> None:
    days = [date.fromordinal(MONDAY.toordinal() + n) for n in range(12)]
    tokens = [book(office, 5, day) for day in days]
    office.admin.delete(KHAN)
    office.settle()
    assert {office.stage.token(t).status for t in tokens} == {TokenStatus.CANCELLED}
    heads = [office.stage.work().get(Queue, "doc_khan", day.isoformat()) for day in days]
    assert {head.status for head in heads if head} == {QueueStatus.CLOSED}
    clinic = office.stage.work().get(Clinic, "clinic_city")
    assert clinic is not None
    assert clinic.current_doctors == 1
