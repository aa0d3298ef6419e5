"""What patients have paid, as admins see it: each payment, and days that add up to nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.actions.booking import booking
from tests.api.office import Office
from tests.api.practice import book, sunrise_admin, treat
from tests.bills import billed, pay

PATH = "/payments"
TODAY = "2030-11-25"
ASHA, RAVI = "+919876543021", "+919876543022"
NOTHING = {
    "payments": 0, "captured": 0, "seated": 0, "waiting": 0, "refunded": 0, "returnedByHand": 0,
    "sentBack": 0,
    "failed": 0, "difference": 0, "collected": 0, "cash": 0, "upi": 0, "due": 0,
}  # fmt: skip


def data(office: Office, **query):
    answer = office.admin.get(PATH, query=query)
    assert answer.status_code == 200, answer.json
    return answer.json["data"]


def paid(office: Office, phone: str = ASHA, number: int = 5):
    """Let somebody pay for a slot of Dr. Meera's, a second after whoever did before."""
    token = book(office, office.cast.meera, phone, number)
    office.stage.pay(token, f"sbx_{number}")
    office.stage.clock.advance(seconds=1)
    return office.stage.token(token)


def cancelled(office: Office, token) -> None:
    work = office.stage.work()
    booking.cancel(work, token, by="con_asha", by_name="Asha", reason="PATIENT")
    work.commit()
    office.settle()


def test_a_payment_is_listed_with_whose_it_is_and_where_it_is(office):
    token = paid(office)
    shown = data(office)
    (listed,) = shown["payments"]
    assert listed == {
        "captureId": "sbx_5",
        "paymentId": token.payment_id,
        "tokenId": token.token_id,
        "tokenNumber": "005",
        "date": TODAY,
        "patientId": "pat_asha",
        "patientName": "Asha",
        "doctorId": "doc_meera",
        "doctorName": "Dr. Meera",
        "amount": 50,
        "capturedAt": "2030-11-25T03:00:00Z",
        "place": "SEAT",
        "refundStatus": None,
        "refundReason": None,
        "refundedAt": None,
        "returnedByHand": 0,
    }
    assert shown["statement"] == [
        {"date": TODAY, **NOTHING, "payments": 1, "captured": 50, "seated": 50}
    ]
    assert shown["nextCursor"] is None


def test_a_refund_is_followed_and_the_day_still_adds_up(office):
    cancelled(office, paid(office))
    paid(office, RAVI, 6)
    shown = data(office)
    second, first = shown["payments"]
    assert (second["place"], second["refundStatus"]) == ("SEAT", None)
    assert (first["place"], first["refundStatus"]) == ("REFUND", "PROCESSED")
    assert first["refundReason"]
    assert first["refundedAt"]
    assert shown["statement"] == [
        {
            "date": TODAY, **NOTHING,
            "payments": 2, "captured": 100, "seated": 50, "refunded": 50, "sentBack": 50,
        }
    ]  # fmt: skip


def test_money_of_a_closed_clinic_waits_for_another_day(office):
    office.stage.hear("+919876543011", "start")
    office.settle()
    paid(office)
    office.stage.hear("+919876543011", "close")
    office.stage.hear("+919876543011", "yes")
    office.stage.wait(1)
    shown = data(office)
    assert [p["place"] for p in shown["payments"]] == ["WAITING"]
    (day,) = shown["statement"]
    assert (day["captured"], day["waiting"], day["difference"]) == (50, 50, 0)


def test_what_the_desk_took_stands_beside_it(office):
    treat(office, office.cast.meera, ASHA, 1)
    (day,) = data(office)["statement"]
    assert (day["captured"], day["seated"], day["collected"]) == (50, 50, 450)


def test_each_day_of_the_range_has_a_line_and_lists_go_on_page_by_page(office):
    for number in (5, 6, 7):
        token = paid(office, RAVI, number)
        cancelled(office, token)
    office.stage.clock.advance(days=1)
    query = {"startDate": "2030-11-24", "endDate": "2030-11-26", "limit": 2}
    first = data(office, **query)
    assert [p["captureId"] for p in first["payments"]] == ["sbx_7", "sbx_6"]
    assert [(d["date"], d["payments"]) for d in first["statement"]] == [
        ("2030-11-24", 0), (TODAY, 3), ("2030-11-26", 0),
    ]  # fmt: skip
    assert all(d["difference"] == 0 for d in first["statement"])
    rest = data(office, **query, cursor=first["nextCursor"])
    assert [p["captureId"] for p in rest["payments"]] == ["sbx_5"]
    assert (rest["statement"], rest["nextCursor"]) == ([], None)


def test_without_days_it_is_today_and_without_a_start_the_last_day(office):
    paid(office)
    office.stage.clock.advance(days=1)
    assert data(office)["payments"] == []
    assert [d["date"] for d in data(office)["statement"]] == ["2030-11-26"]
    before = data(office, endDate=TODAY)
    assert len(before["payments"]) == 1
    assert [d["date"] for d in before["statement"]] == [TODAY]
    assert len(data(office, startDate=TODAY)["statement"]) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"startDate": "2030-10-25", "endDate": TODAY}, "startDate"),
        ({"startDate": "2030-11-25", "endDate": "2030-11-24"}, "startDate"),
        ({"startDate": "2030-11-26"}, "startDate"),
        ({"endDate": "2030-11-26"}, "endDate"),
        ({"endDate": "2030-02-30"}, "endDate"),
        ({"startDate": "yesterday"}, "startDate"),
        ({"limit": 101}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"doctorId": "doc_meera"}, "doctorId"),
    ],
)
def test_days_that_cannot_be_listed_are_refused_by_name(office, query, field):
    answer = office.admin.get(PATH, query=query)
    assert answer.status_code == 422
    assert [d["field"] for d in answer.json["error"]["details"]] == [field]


def test_thirty_one_days_can_be_asked_for(office):
    shown = data(office, startDate="2030-10-26", endDate=TODAY)
    assert len(shown["statement"]) == 31


def test_a_cursor_is_good_for_its_own_days_alone(office):
    for number in (5, 6):
        cancelled(office, paid(office, RAVI, number))
    cursor = data(office, limit=1)["nextCursor"]
    answer = office.admin.get(PATH, query={"limit": 1, "endDate": TODAY, "cursor": cursor})
    assert answer.status_code == 422


def test_doctors_and_other_clinics_see_nothing(office):
    paid(office)
    assert office.doctor.get(PATH).status_code == 403
    theirs = sunrise_admin(office).get(PATH).json["data"]
    assert theirs["payments"] == []
    assert [d["payments"] for d in theirs["statement"]] == [0]


def test_what_the_clinic_pays_for_its_plan_is_not_among_it(office):
    bill = billed(office.stage, office.cast)
    pay(office.stage, bill)
    shown = data(office, startDate="2030-12-01", endDate="2030-12-26")
    assert shown["payments"] == []
    assert {d["captured"] for d in shown["statement"]} == {0}
    subscription = office.admin.get("/clinics/subscription").json["data"]
    assert subscription["billing"]["lastPaymentAmount"] == 1298
    assert [(i["status"], i["paymentLink"]) for i in subscription["invoices"]] == [("PAID", None)]


def test_a_look_at_payments_is_in_the_audit_log(office):
    paid(office)
    data(office)
    entries = office.admin.get("/audit").json["data"]["entries"]
    assert [e["action"] for e in entries] == ["list_payments"]


def test_a_day_is_the_clinics_own(office):
    token = book(office, office.cast.meera, ASHA, 20)
    office.stage.clock.instant = office.stage.clock.instant.replace(hour=3, minute=5)
    office.stage.pay(token, "sbx_1")
    office.stage.clock.instant += timedelta(hours=15, minutes=24)  # 23:59 in Kolkata
    assert len(data(office)["payments"]) == 1
    office.stage.clock.advance(2)
    assert data(office)["payments"] == []
