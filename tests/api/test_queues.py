"""A doctor's line through the API: the same line as from WhatsApp, with the same refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.answers import data, field_refused, refusal
from tests.api.desk import Desk
from tests.api.office import Office

KHAN = "+919876543012"
ASHA = "+919876543021"


@pytest.fixture
def desk(office: Office) -> Desk:
    """Farida, who looks after Dr. Khan's line; Dr. Khan takes no advance."""
    return Desk(office, office.cast.farida)


@pytest.fixture
def three(desk: Desk) -> list[str]:
    """Return three who wait in a line that runs."""
    booked = [desk.book(n) for n in range(3)]
    desk.queue("start")
    return booked


def test_before_any_booking_the_line_is_scheduled_and_empty(desk: Desk) -> None:
    queue = desk.look()["queue"]
    assert queue["status"] == "SCHEDULED"
    assert queue["date"] == "2030-11-25"
    assert [queue[f"{n}Tokens"] for n in ("total", "completed", "pending", "skipped")] == [0] * 4
    assert queue["startTime"] is queue["estimatedEndTime"] is queue["currentToken"] is None
    assert desk.look()["tokens"] == []
    token_id = desk.book(0)
    assert desk.look()["queue"]["queueId"] == queue["queueId"]  # the same before and after
    assert [t["tokenId"] for t in desk.look()["tokens"]] == [token_id]


def test_a_day_from_start_to_close(desk: Desk) -> None:
    first, second, third = (desk.book(n) for n in range(3))
    started = data(desk.queue("start"))
    assert started["status"] == "ACTIVE"
    called = data(desk.queue("call-next"))
    assert (called["currentToken"], called["currentTokenNumber"]) == (first, "001")
    assert (called["patientName"], called["nextToken"]) == ("Patient A", second)
    called = data(desk.queue("call-next", {"currentToken": first}))
    assert called["currentToken"] == second
    skipped = desk.queue("skip", {"reason": "PATIENT_NOT_PRESENT", "notes": "Called thrice"})
    assert skipped.json["message"] == "Token skipped successfully"
    assert data(skipped) == {
        "skippedToken": second,
        "skippedTokenNumber": "002",
        "nextToken": third,
        "nextTokenNumber": "003",
        "reason": "PATIENT_NOT_PRESENT",
    }
    shown = desk.look()
    assert [t["tokenId"] for t in shown["tokens"]] == [third, first, second]
    assert shown["queue"]["currentToken"] == third
    assert _counts(shown["queue"]) == (3, 1, 1, 1)
    nobody = desk.queue("call-next")
    assert data(nobody)["currentToken"] is None
    assert nobody.json["message"] == "Nobody is waiting"
    assert refusal(desk.queue("call-next"))["code"] == "NOBODY_WAITING"
    closed = data(desk.queue("close"))
    assert (closed["status"], _counts(closed["summary"])) == ("CLOSED", (3, 2, 0, 1))
    assert desk.token(second)["status"] == "NO_SHOW"  # before anybody brought it after the close
    assert refusal(desk.queue("close"))["state"] == "CLOSED"


def test_a_line_closed_by_mistake_is_reopened_for_ten_minutes(desk: Desk) -> None:
    desk.queue("start")
    first, second = desk.book(0, payAtClinic=True), desk.book(1, payAtClinic=True)
    desk.queue("call-next")
    desk.queue("close")
    desk.office.stage.wait(3)
    assert desk.token(second)["status"] == "CANCELLED"
    opened = data(desk.queue("reopen"))
    assert (opened["status"], opened["currentToken"]) == ("ACTIVE", first)
    desk.office.stage.settle()
    assert desk.token(second)["status"] == "CONFIRMED"
    assert refusal(desk.queue("reopen"))["state"] == "ACTIVE"
    desk.queue("close")
    desk.office.stage.wait(11)
    assert refusal(desk.queue("reopen"))["state"] == "CLOSED"
    assert refusal(desk.queue("undo"))["state"] == "CLOSED"


def test_undo_takes_back_a_close_and_a_pause(desk: Desk) -> None:
    desk.queue("start")
    for what, back in (("pause", "ACTIVE"), ("close", "ACTIVE")):
        desk.queue(what)
        undone = data(desk.queue("undo"))
        assert undone["undone"] == what
        assert desk.look()["queue"]["status"] == back


def test_those_unserved_at_close_stay_pending_in_the_counts(
    office: Office, desk: Desk, three: list[str]
) -> None:
    desk.queue("call-next")
    closed = data(desk.queue("close"))
    desk.office.stage.wait(1)
    assert _counts(closed["summary"]) == (3, 1, 2, 0)
    assert _counts(desk.look()["queue"]) == (3, 1, 2, 0)
    assert desk.token(three[1])["status"] == "CANCELLED"
    assert refusal(desk.cancel(three[1]))["state"] == "CANCELLED"
    office.settle()
    assert _counts(desk.look()["queue"]) == (3, 1, 2, 0)
    assert desk.token(three[1])["cancelReason"] == "CLINIC_CLOSED"
    ended = [e for e in desk.look("history")["history"] if e["tokenId"] == three[1]]
    assert [(e["action"], e["by"], e["reason"]) for e in ended][-1] == (
        "cancel",
        "system",
        "CLINIC_CLOSED",
    )


def test_i2_a_call_that_names_whom_it_sees_is_judged_by_that_alone(
    office: Office, desk: Desk, three: list[str]
) -> None:
    khan = Desk(office, office.cast.khan_user)
    data(khan.queue("call-next", {"currentToken": None}))
    moved = desk.queue("call-next", {"currentToken": None})
    refused = refusal(moved)
    assert (refused["code"], refused["byName"], refused["action"]) == (
        "LINE_MOVED",
        "Dr. Khan",
        "next",
    )
    assert "Dr. Khan" in moved.json["message"]
    assert desk.look()["queue"]["currentToken"] == three[0]
    # Whoever sees the line as it is may move it, however soon.
    assert data(desk.queue("skip", {"currentToken": three[0]}))["nextToken"] == three[1]
    assert refusal(khan.queue("undo", {"currentToken": three[0]}))["code"] == "LINE_MOVED"
    undone = data(khan.queue("undo", {"currentToken": three[1]}))
    assert (undone["undone"], undone["currentToken"]) == ("skip", three[0])


def test_i2_a_call_that_names_nobody_waits_out_another_persons_move(
    office: Office, desk: Desk, three: list[str]
) -> None:
    khan = Desk(office, office.cast.khan_user)
    data(khan.queue("call-next"))
    assert data(khan.queue("call-next"))["currentToken"] == three[1]  # one's own move is no other's
    assert refusal(desk.queue("call-next"))["code"] == "LINE_MOVED"
    office.stage.clock.advance(seconds=5)
    assert data(desk.queue("call-next"))["currentToken"] == three[2]


def test_a_repeated_call_with_its_key_moves_once(desk: Desk, three: list[str]) -> None:
    key = {"Idempotency-Key": "one-press"}
    first = desk.queue("call-next", headers=key)
    again = desk.queue("call-next", headers=key)
    assert again.json == first.json
    assert desk.look()["queue"]["currentToken"] == three[0]


def test_what_the_state_does_not_allow_changes_nothing(desk: Desk) -> None:
    desk.book(0)
    for action in ("call-next", "skip", "pause", "resume"):
        refused = refusal(desk.queue(action))
        assert (refused["code"], refused["state"]) == ("NOT_NOW", "SCHEDULED")
    assert refusal(desk.queue("undo"))["code"] == "NOTHING_TO_UNDO"
    data(desk.queue("start"))
    assert refusal(desk.queue("start"))["state"] == "ACTIVE"
    assert refusal(desk.queue("skip"))["code"] == "NOBODY_WAITING"
    data(desk.queue("pause"))
    assert refusal(desk.queue("call-next"))["state"] == "PAUSED"
    assert refusal(desk.queue("pause"))["state"] == "PAUSED"


def test_a_pause_says_why_and_until_when_and_those_who_wait_hear_it(
    office: Office, desk: Desk
) -> None:
    office.stage.hear(ASHA, "hi")
    desk.book(0, patientPhone=ASHA, patientName="Asha")
    desk.queue("start")
    office.settle()
    until = _iso(desk, 90)
    paused = data(desk.queue("pause", {"reason": "LUNCH_BREAK", "estimatedResumeTime": until}))
    assert (paused["status"], paused["pauseReason"]) == ("PAUSED", "LUNCH_BREAK")
    assert paused["estimatedResumeTime"] == until
    told = [m for m in office.settle() if m.phone == ASHA]
    assert "has paused (lunch break) for about 90 min" in told[-1].text
    assert desk.look()["queue"]["estimatedResumeTime"] == until
    resumed = data(desk.queue("resume"))
    assert (resumed["status"], resumed["currentToken"]) == ("ACTIVE", None)
    assert desk.look()["queue"]["pauseReason"] is None
    assert field_refused(desk.queue("pause", {"estimatedResumeTime": _iso(desk, -1)})) == (
        "estimatedResumeTime"
    )
    assert field_refused(desk.queue("pause", {"reason": "lunch"})) == "reason"
    assert desk.look()["queue"]["status"] == "ACTIVE"


def test_a_pause_with_the_reason_emergency_is_the_emergency(
    office: Office, desk: Desk, three: list[str]
) -> None:
    data(desk.queue("pause", {"reason": "TEA"}))
    office.settle()
    stopped = data(desk.queue("pause", {"reason": "EMERGENCY"}))
    assert stopped["status"] == "EMERGENCY"
    assert stopped["estimatedResumeTime"] == _iso(desk, 30)
    told = {m.phone: m.text for m in office.settle()}
    assert len(told) == len(three)
    assert all("emergency" in text and "30 minutes" in text for text in told.values())
    assert data(desk.queue("resume"))["status"] == "ACTIVE"


def test_a_late_doctor_moves_the_times_and_those_who_are_moved_hear_it(
    office: Office, desk: Desk
) -> None:
    office.stage.hear(ASHA, "hi")
    desk.book(0, patientPhone=ASHA, patientName="Asha")
    office.settle()
    late = data(desk.queue("late", {"minutes": 60}))
    until = desk.look()["queue"]["lateUntil"]
    assert late == {"status": "SCHEDULED", "lateUntil": until, "booked": 1, "told": 1}
    assert until == "2030-11-25T04:30:00Z"  # an hour after nine
    told = [m for m in office.settle() if m.phone == ASHA]
    assert "Dr. Khan is running late" in told[-1].text
    last = desk.look("history")["history"][-1]
    assert (last["action"], last["by"], last["reason"]) == ("late", "usr_farida", "60 min")
    on_time = desk.queue("late", {"minutes": 0})
    assert (data(on_time)["lateUntil"], on_time.json["message"]) == (None, "Doctor is on time")
    desk.queue("late", {"minutes": 30})
    desk.queue("start")
    assert desk.look()["queue"]["lateUntil"] is None


@pytest.mark.parametrize("minutes", [-1, 601, None, "20", 1.5])
def test_a_doctor_is_late_by_whole_minutes(desk: Desk, minutes: object) -> None:
    assert field_refused(desk.queue("late", {"minutes": minutes})) == "minutes"
    assert field_refused(desk.queue("late", {})) == "minutes"


def test_a_paused_or_closed_line_is_not_late(desk: Desk) -> None:
    desk.queue("start")
    desk.queue("pause")
    assert refusal(desk.queue("late", {"minutes": 20}))["state"] == "PAUSED"
    desk.queue("close")
    assert refusal(desk.queue("late", {"minutes": 20}))["state"] == "CLOSED"


def test_the_times_said_at_the_start_are_shown(desk: Desk) -> None:
    begin, end = _iso(desk, 5), _iso(desk, 300)
    started = data(desk.queue("start", {"startTime": begin, "estimatedEndTime": end}))
    assert started["startTime"] == begin
    queue = desk.look()["queue"]
    assert (queue["startTime"], queue["estimatedEndTime"]) == (begin, end)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"startTime": "2030-11-25T09:00:00Z", "estimatedEndTime": "2030-11-25T08:00:00Z"},
         "estimatedEndTime"),
        ({"startTime": "2030-12-25T09:00:00Z"}, "startTime"),
        ({"startTime": "2030-11-25T09:00:00"}, "startTime"),
        ({"startTime": 5}, "startTime"),
        ({"begin": "2030-11-25T09:00:00Z"}, "begin"),
    ],
)  # fmt: skip
def test_times_that_cannot_be_refuse_the_start(
    desk: Desk, body: dict[str, Any], field: str
) -> None:
    assert field_refused(desk.queue("start", body)) == field
    assert desk.look()["queue"]["status"] == "SCHEDULED"


def test_what_is_done_in_chat_shows_in_the_api_and_the_other_way_round(
    office: Office, desk: Desk, three: list[str]
) -> None:
    stage = office.stage
    stage.clock.advance(seconds=10)
    stage.hear(KHAN, "next")
    assert desk.look()["queue"]["currentToken"] == three[0]
    data(desk.queue("skip", {"currentToken": three[0]}))
    stage.clock.advance(seconds=10)
    stage.settle()
    stage.hear(KHAN, "status")
    assert "#2" in stage.settle()[-1].text
    stage.clock.advance(seconds=10)
    stage.hear(KHAN, "undo")
    assert desk.look()["queue"]["currentToken"] == three[0]


def test_i11_the_history_says_what_who_why_and_when(
    office: Office, desk: Desk, three: list[str]
) -> None:
    desk.queue("call-next")
    desk.queue("skip", {"notes": "Phoned, no answer"})
    desk.queue("pause", {"reason": "TEA", "estimatedResumeTime": _iso(desk, 10)})
    told = desk.look("history")
    by_action = {e["action"]: e for e in told["history"]}
    skip = by_action["skip"]
    assert (skip["leftToken"], skip["tokenId"]) == (three[0], three[1])
    assert (skip["by"], skip["byName"]) == ("usr_farida", "Farida")
    assert (skip["reason"], skip["notes"]) == ("PATIENT_NOT_PRESENT", "Phoned, no answer")
    assert by_action["pause"]["reason"] == "TEA, 10 min"
    assert told["totalCount"] == len(told["history"])
    assert [e["at"] for e in told["history"]] == sorted(e["at"] for e in told["history"])
    stored = office.stage.parts.store
    assert (
        b"no answer" not in repr(stored.query("history", desk.look()["queue"]["queueId"])).encode()
    )


def test_the_history_is_paged_and_of_the_day_asked_for(desk: Desk, three: list[str]) -> None:
    whole = desk.look("history")["history"]
    page = desk.look("history", limit=2)
    found = page["history"]
    while page["nextCursor"]:
        page = desk.look("history", limit=2, cursor=page["nextCursor"])
        found += page["history"]
    assert found == whole
    assert desk.look("history", date="2030-11-26")["history"] == []
    assert (
        field_refused(
            desk.call("GET", "/doctors/doc_khan/queue/history", query={"date": "2030-02-30"})
        )
        == "date"
    )
    del three


def test_a_hold_that_ends_leaves_an_entry(office: Office) -> None:
    desk = Desk(office, office.cast.farida, "doc_meera")
    token_id = desk.book(0)
    office.stage.wait(61)
    assert desk.token(token_id)["status"] == "EXPIRED"
    last = desk.look("history")["history"][-1]
    assert (last["action"], last["tokenId"], last["reason"]) == ("expire", token_id, "NOT_PAID")


def test_the_record_of_promises_says_which_were_kept(
    office: Office, desk: Desk, three: list[str]
) -> None:
    office.settle()
    before = desk.look("promises")
    assert (before["promised"], before["called"], before["keptPercent"]) == (3, 0, None)
    office.stage.wait(25)
    desk.queue("call-next")
    office.stage.wait(120)  # far longer than anybody was told
    desk.queue("call-next")
    day = desk.look("promises")
    kept, late, waiting = day["promises"]
    assert (kept["tokenId"], kept["minutesOff"]) == (three[0], 0)
    assert late["minutesOff"] > 60
    assert waiting["minutesOff"] is waiting["actualTime"] is None
    assert (day["called"], day["kept"], day["keptPercent"]) == (2, 1, 50)


def test_the_admin_sees_all_lines_of_a_day(office: Office, desk: Desk, three: list[str]) -> None:
    listed = data(desk.call("GET", "/queues"))
    lines = {q["doctorName"]: q for q in listed["queues"]}
    assert listed["totalCount"] == 2
    assert _counts(lines["Dr. Khan"]) == (3, 0, 3, 0)
    assert (lines["Dr. Meera"]["status"], lines["Dr. Meera"]["startTime"]) == ("SCHEDULED", None)
    first = data(desk.call("GET", "/queues", query={"limit": 1}))
    rest = data(desk.call("GET", "/queues", query={"limit": 1, "cursor": first["nextCursor"]}))
    assert rest["nextCursor"] is None
    assert first["queues"] + rest["queues"] == listed["queues"]
    tomorrow = data(desk.call("GET", "/queues", query={"date": "2030-11-26"}))
    assert {q["totalTokens"] for q in tomorrow["queues"]} == {0}
    assert office.doctor.get("/queues").status_code == 403
    del three


def test_a_doctor_runs_the_own_line_and_finds_no_other(office: Office, three: list[str]) -> None:
    own = Desk(office, office.cast.khan_user)
    office.stage.clock.advance(seconds=10)
    assert data(own.queue("call-next"))["currentToken"] == three[0]
    other = Desk(office, office.cast.meera_user)
    for action in ("start", "call-next", "skip", "undo", "pause", "resume", "close"):
        nobody = Desk(office, office.cast.meera_user, "doc_nobody").queue(action)
        refused = other.queue(action)
        assert refused.status_code == nobody.status_code == 404
        assert refused.json["error"] == nobody.json["error"]


def _counts(shown: dict[str, Any]) -> tuple[int, ...]:
    return tuple(shown[f"{n}Tokens"] for n in ("total", "completed", "pending", "skipped"))


def _iso(desk: Desk, minutes: float) -> str:
    at = desk.office.stage.clock.now() + timedelta(minutes=minutes)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
