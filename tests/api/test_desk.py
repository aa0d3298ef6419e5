"""The desk beside the line: walk-ins without a phone, calls out of turn, and the order."""

from __future__ import annotations

from typing import Any

import pytest

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
