"""The desk beside the line: walk-ins without a phone, calls out of turn, and the order."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.actions.booking.queues import current_queue
from domain.actions.booking.rescheduling import reschedule
from domain.model.queues import Token
from tests.api.answers import data, field_refused, refusal
from tests.api.desk import PHONE, Desk
from tests.api.office import Office


@pytest.fixture
def khan(office: Office) -> Desk:
    """Farida, who looks after Dr. Khan's line."""
    return Desk(office, office.cast.farida)


@pytest.fixture
def waiting(khan: Desk) -> list[str]:
    """Four who wait in Dr. Khan's running line."""
    booked = [khan.book(n) for n in range(4)]
    khan.queue("start")
    return booked


def line(khan: Desk) -> list[str]:
    """Return who is in and who waits, in order."""
    shown = khan.look()["tokens"]
    return [t["tokenId"] for t in shown if t["status"] in {"CURRENT", "CONFIRMED", "ARRIVED"}]


def history(khan: Desk) -> list[tuple[str, str | None, str | None]]:
    return [(e["action"], e["reason"], e["byName"]) for e in khan.look("history")["history"]]


def move(khan: Desk, token_id: str, **body: Any) -> Any:
    return khan.call("POST", f"/tokens/{token_id}/move", body)


# Walk-ins


def test_a_walk_in_without_a_phone_is_a_patient_to_whom_nothing_is_sent(
    office: Office, khan: Desk
) -> None:
    path = "/doctors/doc_khan/tokens"
    made = data(khan.call("POST", path, {"walkIn": True, "patientName": "Gopal"}), 201)
    assert (made["status"], made["tokenNumber"], made["advanceDue"]) == ("ARRIVED", "001", 0)
    shown = khan.token(made["tokenId"])
    assert (shown["patientPhone"], shown["source"]) == (None, "WALK_IN")
    khan.queue("start")
    khan.queue("call-next")
    khan.queue("call-next")
    assert office.settle() == []
    assert khan.token(made["tokenId"])["status"] == "COMPLETED"
    patient = data(khan.call("GET", f"/patients/{made['patientId']}"))["patient"]
    assert (patient["name"], patient["patientPhone"]) == ("Gopal", None)
    assert patient["consent"]["optedIn"] is False
    again = khan.call("POST", path, {"walkIn": True, "patientId": made["patientId"]})
    assert data(again, 201)["patientId"] == made["patientId"]


def test_two_walk_ins_of_one_name_cannot_be_told_apart(khan: Desk) -> None:
    path, gopal = "/doctors/doc_khan/tokens", {"walkIn": True, "patientName": "Gopal"}
    first = data(khan.call("POST", path, gopal), 201)
    assert refusal(khan.call("POST", path, {**gopal, "patientName": "gopal"}))["code"] == (
        "ALREADY_BOOKED"
    )
    khan.cancel(first["tokenId"])
    assert data(khan.call("POST", path, gopal), 201)["patientId"] != first["patientId"]


def test_a_walk_in_with_a_phone_is_that_person(office: Office, khan: Desk) -> None:
    body = {"walkIn": True, "patientPhone": PHONE.format(1), "patientName": "Ravi"}
    made = data(khan.call("POST", "/doctors/doc_khan/tokens", body), 201)
    assert made["status"] == "ARRIVED"
    assert [m.phone for m in office.settle()] == [PHONE.format(1)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"patientName": "Gopal"}, "patientPhone"),
        ({"patientName": "Gopal", "payAtClinic": True}, "patientPhone"),
        ({"walkIn": True}, "patientName"),
        ({"walkIn": True, "patientName": "Gopal", "amount": 100}, "amount"),
        (
            {"walkIn": True, "patientName": "Gopal", "preferredTime": "2030-11-25T04:30:00Z"},
            "preferredTime",
        ),
    ],
)
def test_only_a_walk_in_needs_no_phone(khan: Desk, body: dict[str, Any], field: str) -> None:
    assert field_refused(khan.call("POST", "/doctors/doc_khan/tokens", body)) == field


# Called out of turn


def test_a_call_out_of_turn_says_why_and_who_was_passed_over(
    khan: Desk, waiting: list[str]
) -> None:
    khan.queue("call-next")
    body = {"tokenId": waiting[3], "reason": "OLD_AGE", "notes": "cannot stand"}
    called = data(khan.queue("call", body))
    assert (called["currentToken"], called["nextToken"]) == (waiting[3], waiting[1])
    assert khan.token(waiting[0])["status"] == "COMPLETED"
    assert history(khan)[-2:] == [
        ("call", "OLD_AGE", "Farida"),
        ("pass-over", "out of turn: 002, 003", "Farida"),
    ]
    assert khan.look("history")["history"][-2]["notes"] == "cannot stand"
    assert line(khan) == [waiting[3], waiting[1], waiting[2]]
    assert data(khan.queue("undo"))["currentToken"] == waiting[0]
    assert line(khan) == waiting


def test_a_call_in_turn_passes_nobody_over(khan: Desk, waiting: list[str]) -> None:
    khan.queue("call", {"tokenId": waiting[0]})
    assert history(khan)[-1] == ("call", None, "Farida")
    khan.queue("call", {"tokenId": waiting[2]})
    assert history(khan)[-2] == ("call", "OUT_OF_TURN", "Farida")


def test_i2_a_call_on_an_old_view_calls_nobody(
    office: Office, khan: Desk, waiting: list[str]
) -> None:
    khan.queue("call-next")
    seen = {"tokenId": waiting[2], "currentToken": None}
    assert refusal(khan.queue("call", seen))["code"] == "LINE_MOVED"
    doctor = Desk(office, office.cast.khan_user)
    refused = doctor.queue("call", {"tokenId": waiting[2]})
    assert refusal(refused)["code"] == "LINE_MOVED"  # Farida has just moved it
    assert line(khan) == waiting
    seen = {"tokenId": waiting[2], "currentToken": waiting[0]}
    assert data(doctor.queue("call", seen))["currentToken"] == waiting[2]


def test_nobody_is_called_who_does_not_wait(khan: Desk, waiting: list[str]) -> None:
    assert khan.queue("call", {"tokenId": "TKN_nobody"}).status_code == 404
    khan.cancel(waiting[1])
    assert refusal(khan.queue("call", {"tokenId": waiting[1]}))["state"] == "CANCELLED"
    khan.queue("pause")
    assert refusal(khan.queue("call", {"tokenId": waiting[0]}))["state"] == "PAUSED"


# The order


def test_the_order_changes_with_who_and_why(khan: Desk, waiting: list[str]) -> None:
    a, b, c, d = waiting
    assert data(move(khan, a, after=c, reason="ASKED_FOR_IT"))["ahead"] == 2
    assert line(khan) == [b, c, a, d]
    assert data(move(khan, b, position="LAST"))["ahead"] == 3
    assert line(khan) == [c, a, d, b]
    assert data(move(khan, d, position="FIRST", notes="high fever"))["ahead"] == 0
    assert data(move(khan, b, position="FIRST"))["ahead"] == 1  # behind who was first before
    assert line(khan) == [d, b, c, a]
    assert history(khan)[-4:] == [
        ("move", "after 003, ASKED_FOR_IT", "Farida"),
        ("move", "last", "Farida"),
        ("priority", None, "Farida"),
        ("priority", None, "Farida"),
    ]
    assert khan.look("history")["history"][-2]["notes"] == "high fever"
    assert data(khan.queue("call-next"))["currentToken"] == d
    data(move(khan, a, after=d))  # behind who is inside: next
    assert line(khan) == [d, a, b, c]


def test_last_is_where_they_stand_already(khan: Desk, waiting: list[str]) -> None:
    before = history(khan)
    assert data(move(khan, waiting[3], position="LAST"))["ahead"] == 3
    assert history(khan) == before


@pytest.mark.parametrize("body", [{}, {"after": "TKN_x", "position": "LAST"}])
def test_one_place_is_named(khan: Desk, waiting: list[str], body: dict[str, Any]) -> None:
    assert field_refused(move(khan, waiting[0], **body)) == "after"


def test_nobody_is_moved_who_does_not_wait(khan: Desk, waiting: list[str]) -> None:
    a, b, *_ = waiting
    assert field_refused(move(khan, a, after=a)) == "after"
    assert move(khan, a, after="TKN_x").status_code == 404
    khan.queue("call-next")
    assert refusal(move(khan, a, position="LAST"))["state"] == "CURRENT"
    khan.queue("call-next")
    assert refusal(move(khan, b, position="LAST"))["state"] == "CURRENT"
    assert refusal(move(khan, waiting[2], after=a))["state"] == "COMPLETED"
    khan.queue("close")
    assert refusal(move(khan, waiting[2], position="LAST"))["state"] == "CANCELLED"


def test_a_repeated_call_moves_once(khan: Desk, waiting: list[str]) -> None:
    path, once = f"/tokens/{waiting[0]}/move", {"Idempotency-Key": "move-once"}
    for _ in range(2):
        assert data(khan.call("POST", path, {"position": "LAST"}, headers=once))["ahead"] == 3
    assert [h[0] for h in history(khan)].count("move") == 1


# What the desk is paid


def collect(khan: Desk, token_id: str, **body: Any) -> Any:
    return khan.call("POST", f"/tokens/{token_id}/collect", body)


def money(khan: Desk) -> dict[str, int]:
    (day,) = data(khan.call("GET", "/payments"))["statement"]
    return {name: day[name] for name in ("collected", "cash", "upi", "due")}


def test_what_is_counted_replaces_what_was_taken_to_be_collected(
    khan: Desk, waiting: list[str]
) -> None:
    first, second, third, _ = waiting
    assert data(collect(khan, first, method="CASH", amount=200))["balanceDue"] == 300
    both = data(collect(khan, first, method="UPI", amount=250))
    assert (both["collectedAmount"], both["cash"], both["upi"]) == (450, 200, 250)
    assert both["paymentStatus"] == "PENDING"
    for _ in range(4):
        khan.queue("call-next")
    done = khan.token(first)
    assert (done["collectedAmount"], done["balanceDue"]) == (450, 50)  # nothing unasked
    assert khan.token(second)["collectedAmount"] == 500  # as ever, where nothing was said
    assert money(khan) == {"collected": 1450, "cash": 200, "upi": 250, "due": 50}
    assert data(collect(khan, second, method="CASH", amount=400))["collectedAmount"] == 400
    assert data(collect(khan, third, method="DUE"))["balanceDue"] == 500
    assert money(khan) == {"collected": 850, "cash": 600, "upi": 250, "due": 650}
    assert data(collect(khan, third, method="UPI", amount=500))["paymentStatus"] == "PAID"
    assert money(khan) == {"collected": 1350, "cash": 600, "upi": 750, "due": 150}
    said = [h for h in history(khan) if h[0] == "collect"]
    assert [h[1] for h in said] == ["200 CASH", "250 UPI", "400 CASH", "500 DUE", "500 UPI"]


def test_undo_keeps_what_the_desk_counted(khan: Desk, waiting: list[str]) -> None:
    khan.queue("call-next")
    khan.queue("call-next")
    collect(khan, waiting[0], method="CASH", amount=500)
    khan.queue("undo")
    shown = khan.token(waiting[0])
    assert (shown["status"], shown["collectedAmount"]) == ("CURRENT", 500)
    assert shown["paymentStatus"] == "PAID"
    assert money(khan) == {"collected": 500, "cash": 500, "upi": 0, "due": 0}


def test_where_the_desk_counts_nothing_is_collected_unasked(khan: Desk, waiting: list[str]) -> None:
    changed = data(khan.call("PUT", "/clinics/profile", {"deskCounts": True}))
    assert (changed["deskCounts"], changed["updatedFields"]) == (True, ["deskCounts"])
    khan.queue("call-next")
    khan.queue("call-next")
    assert khan.token(waiting[0])["balanceDue"] == 500
    assert money(khan) == {"collected": 0, "cash": 0, "upi": 0, "due": 500}
    khan.put(waiting[1], status="COMPLETED", collectedAmount=300)
    assert money(khan) == {"collected": 300, "cash": 0, "upi": 0, "due": 700}
    assert data(khan.call("GET", "/clinics/profile"))["clinic"]["deskCounts"] is True


def test_what_cannot_be_taken_is_refused(khan: Desk, waiting: list[str]) -> None:
    first = waiting[0]
    assert field_refused(collect(khan, first, method="CASH", amount=501)) == "amount"
    assert field_refused(collect(khan, first, method="CASH")) == "amount"
    assert field_refused(collect(khan, first, method="DUE", amount=20)) == "amount"
    assert field_refused(collect(khan, first, method="CARD", amount=20)) == "method"
    collect(khan, first, method="CASH", amount=500)
    assert field_refused(collect(khan, first, method="UPI", amount=1)) == "amount"
    khan.cancel(first)
    assert refusal(collect(khan, first, method="UPI", amount=0))["state"] == "CANCELLED"
    assert data(collect(khan, first, method="CASH", amount=0))["collectedAmount"] == 0
    assert money(khan)["collected"] == 0


def test_money_goes_along_when_a_booking_moves(
    office: Office, khan: Desk, waiting: list[str]
) -> None:
    collect(khan, waiting[3], method="CASH", amount=500)
    cast, work = office.cast, office.stage.work()
    queue = current_queue(work, cast.clinic, cast.khan)
    old = work.require(Token, queue.queue_id, waiting[3])
    day = date.fromisoformat(queue.date)
    new = reschedule(work, cast.clinic, cast.khan, old, day, 20)
    work.commit()
    assert khan.token(new.token_id)["collectedAmount"] == 500
    assert khan.token(waiting[3])["collectedAmount"] == 0
    assert money(khan)["cash"] == 500


# Finding


def test_find_by_name_number_and_phone(office: Office, khan: Desk, waiting: list[str]) -> None:
    later = khan.book(4, preferredTime="2030-11-27T04:30:00Z")
    pending = Desk(office, office.cast.farida, "doc_meera").book(5)  # has not paid: no patient yet

    def find(who: Desk, q: str) -> tuple[list[str], list[str]]:
        found = data(who.call("GET", "/desk/find", query={"q": q}))
        return (
            [t["tokenId"] for t in found["tokens"]],
            [p["patientName"] for p in found["patients"]],
        )

    assert find(khan, "2") == ([waiting[1]], [])
    assert find(khan, "#002") == ([waiting[1]], [])
    assert find(khan, "patient b") == ([waiting[1]], ["Patient B"])
    assert find(khan, PHONE.format(1)) == ([waiting[1]], ["Patient B"])
    assert find(khan, "98765500")[0] == [*waiting, later] or pending in find(khan, "98765500")[0]
    assert find(khan, "patient e") == ([later], ["Patient E"])
    assert find(khan, "patient f") == ([pending], [])
    assert find(khan, "zoe") == ([], [])
    meera = Desk(office, office.cast.meera_user)
    assert find(meera, "patient b") == ([], [])
    assert find(meera, "patient f") == ([pending], [])
    assert khan.call("GET", "/desk/find", query={"q": "."}).status_code == 422
