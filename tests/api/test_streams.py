"""The live page of a line: what a page is told, when, and for how long."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.frame.engine import EXTENSION
from api.frame.hub import Hub
from domain.actions.staff import sessions
from domain.errors import StoreUnavailable
from domain.model.clinics import StaffStatus
from domain.scopes import Scope
from domain.work import LIVE, Work
from tests.api.answers import data, refusal
from tests.api.desk import Desk
from tests.api.live_pages import NEVER, STREAM, opened, use_hub
from tests.api.office import Client, Office
from tests.people import store, stored

KHAN = "+919876543012"


@pytest.fixture
def hub(office: Office) -> Hub:
    """Return the hub of the office, which reads nothing of itself: tests ask it to."""
    return use_hub(office)


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office, office.cast.farida)


def test_a_snapshot_comes_first(office: Office, hub: Hub, desk: Desk) -> None:
    desk.book(0)
    with opened(office.admin) as page:
        assert page.answer.mimetype == "text/event-stream"
        assert page.answer.headers["X-Accel-Buffering"] == "no"
        first = page.event()
        assert first["data"] == {
            "queueId": desk.look()["queue"]["queueId"],
            "doctorId": "doc_khan",
            "date": "2030-11-25",
            "status": "SCHEDULED",
            "currentToken": None,
            "currentTokenNumber": None,
            "totalTokens": 1,
            "completedTokens": 0,
            "pendingTokens": 1,
            "skippedTokens": 0,
            "estimatedResumeTime": None,
            "lateUntil": None,
            "timestamp": "2030-11-25T03:00:01Z",
        }
        assert hub.open == 1
    assert hub.open == 0


def test_a_line_nobody_has_booked_can_be_watched(office: Office, hub: Hub) -> None:
    with opened(office.admin) as page:
        shown = page.event()
        assert (shown["data"]["status"], shown["data"]["totalTokens"]) == ("SCHEDULED", 0)
    del hub


def test_every_move_is_told_from_the_api_and_from_chat(
    office: Office, hub: Hub, desk: Desk
) -> None:
    first, second = desk.book(0), desk.book(1)
    with opened(office.admin) as page:
        numbers = [int(page.event()["id"])]
        desk.queue("start")
        hub.refresh(["doc_khan"])
        event = page.event()
        assert event["data"]["status"] == "ACTIVE"
        numbers.append(int(event["id"]))
        office.stage.clock.advance(seconds=5)
        office.stage.hear(KHAN, "next")
        hub.refresh(["doc_khan"])
        event = page.event()
        assert event["data"]["currentToken"] == first
        assert event["data"]["currentTokenNumber"] == "001"
        numbers.append(int(event["id"]))
        desk.queue("call-next", {"currentToken": first})
        hub.refresh()
        event = page.event()
        assert event["data"]["currentToken"] == second
        assert (event["data"]["completedTokens"], event["data"]["totalTokens"]) == (1, 2)
        assert numbers == sorted({*numbers})


def test_two_changes_between_two_readings_are_one_event(
    office: Office, hub: Hub, desk: Desk
) -> None:
    desk.book(0)
    with opened(office.admin) as page:
        page.event()
        desk.queue("start")
        desk.queue("pause")
        hub.refresh()
        assert page.event()["data"]["status"] == "PAUSED"


def test_who_comes_back_is_sent_nothing_that_has_not_changed(office: Office, desk: Desk) -> None:
    hub = use_hub(office, beat=0.001)
    desk.book(0)
    with opened(office.admin) as page:
        last = page.event()["id"]
    with opened(office.admin, headers={"Last-Event-ID": last}) as page:
        assert page.piece() == ": \n\n"  # it lives, and has nothing to say
        desk.queue("start")
        hub.refresh()
        assert page.event()["data"]["status"] == "ACTIVE"
    for strange in ("0", "later", "9" * 30):
        with opened(office.admin, headers={"Last-Event-ID": strange}) as page:
            assert page.event()["data"]["status"] == "ACTIVE"


def test_a_commit_rings_for_the_doctor_whose_line_moved(office: Office, desk: Desk) -> None:
    desk.book(0)
    office.stage.bell.rung.clear()
    desk.queue("start")
    assert (LIVE, "doc_khan") in office.stage.bell.rung
    office.stage.bell.rung.clear()
    desk.book(1)  # a booking writes no head
    assert LIVE not in {job for job, _ in office.stage.bell.rung}


@pytest.mark.parametrize("how", ["logout", "deactivated", "other role"])
def test_a_stream_ends_with_its_session(office: Office, hub: Hub, how: str) -> None:
    records = office.stage.records
    with (
        opened(office.doctor, "/doctors/doc_meera/queue/stream") as page,
        opened(office.admin) as other,
    ):
        page.event()
        other.event()
        user = stored(records, office.cast.meera_user)
        if how == "logout":
            work = office.stage.work()
            sessions.end_all_sessions(work, user, "TEST")
            work.commit()
        elif how == "deactivated":
            store(records, user.but(status=StaffStatus.INACTIVE))
        else:
            store(records, user.but(doctor_id="doc_khan"))
        hub.end_stale()
        assert page.is_over
        assert hub.open == 1  # the other page goes on


def test_a_full_process_sends_pages_elsewhere(office: Office) -> None:
    hub = use_hub(office, most=2)
    with opened(office.admin) as first, opened(office.admin) as second:
        first.event()
        second.event()
        third = office.admin.get(STREAM)
        assert refusal(third, 503)["code"] == "UNAVAILABLE"
        assert int(third.headers["Retry-After"]) > 0
        assert office.admin.get("/doctors/doc_khan/queue/current").status_code == 200
    assert hub.open == 0
    with opened(office.admin) as page:
        page.event()


def test_a_line_is_read_once_however_many_watch(office: Office, desk: Desk) -> None:
    desk.book(0)
    works: list[str] = []

    def open_work(scope: Scope) -> Work:
        works.append(str(scope))
        return office.services.open_work(scope)

    made = Hub(open_work, lambda _: None, every=NEVER, beat=NEVER)
    office.app.extensions[EXTENSION] = replace(office.services, hub=made)
    with ExitStack() as open_pages:
        pages = [open_pages.enter_context(opened(office.admin)) for _ in range(20)]
        for page in pages:
            page.event()
        desk.queue("start")
        works.clear()
        made.refresh()
        assert len(works) == 1
        assert len({json.dumps(page.event()["data"]) for page in pages}) == 1
    assert made.open == 0


def test_the_watcher_reads_of_itself_and_hears_the_bell(office: Office, desk: Desk) -> None:
    desk.book(0)
    heard: list[Any] = []
    listens = threading.Event()

    def listen(ring: Any) -> None:
        heard.append(ring)
        listens.set()

    made = Hub(office.services.open_work, listen, every=NEVER, beat=NEVER)
    office.app.extensions[EXTENSION] = replace(office.services, hub=made)
    with opened(office.admin) as page:
        page.event()
        assert listens.wait(5)
        desk.queue("start")
        heard[0]("doc_khan")  # as Redis says it
        assert page.event()["data"]["status"] == "ACTIVE"
    made = Hub(office.services.open_work, lambda _: None, every=0.01, beat=NEVER)
    office.app.extensions[EXTENSION] = replace(office.services, hub=made)
    with opened(office.admin) as page:
        page.event()
        desk.queue("pause")
        assert page.event()["data"]["status"] == "PAUSED"  # though nobody rang


def test_a_store_that_fails_for_a_while_blinds_no_page(office: Office, desk: Desk) -> None:
    desk.book(0)
    failing = threading.Event()
    failed = threading.Event()

    def open_work(scope: Scope) -> Work:
        if failing.is_set():
            failed.set()
            raise StoreUnavailable
        return office.services.open_work(scope)

    made = Hub(open_work, lambda _: None, every=0.01, beat=NEVER)
    office.app.extensions[EXTENSION] = replace(office.services, hub=made)
    with opened(office.admin) as page:
        page.event()
        failing.set()
        assert failed.wait(5)
        desk.queue("start")
        failing.clear()
        assert page.event()["data"]["status"] == "ACTIVE"


def test_the_stream_is_open_to_admins_and_the_own_doctor(office: Office, hub: Hub) -> None:
    with opened(office.other_doctor) as page:
        page.event()
    assert refusal(office.doctor.get(STREAM), 404) == refusal(
        office.doctor.get("/doctors/doc_nobody/queue/stream"), 404
    )
    assert refusal(office.stranger.get(STREAM), 401)["code"] == "UNAUTHORIZED"
    changing = stored(office.stage.records, office.cast.khan_user).but(must_change_password=True)
    store(office.stage.records, changing)
    answer = office.sign_in(changing).get(STREAM)
    assert refusal(answer, 403)["code"] == "PASSWORD_CHANGE_REQUIRED"
    assert hub.open == 0


# Tickets


def ticket_of(client: Client) -> str:
    given = data(client.post(f"{STREAM}/ticket"))
    assert given["expiresIn"] == 60
    return str(given["ticket"])


def test_a_ticket_opens_one_stream_without_a_header(office: Office, hub: Hub) -> None:
    ticket = ticket_of(office.other_doctor)
    with opened(office.stranger, query={"ticket": ticket}) as page:
        assert page.event()["data"]["doctorId"] == "doc_khan"
    again = office.stranger.get(STREAM, query={"ticket": ticket})
    assert refusal(again, 401)["code"] == "UNAUTHORIZED"
    assert hub.open == 0


def test_a_ticket_asked_for_again_with_its_key_opens_a_stream_too(office: Office, hub: Hub) -> None:
    key = {"Idempotency-Key": "one"}
    first, again = (
        data(office.other_doctor.post(f"{STREAM}/ticket", headers=key))["ticket"] for _ in range(2)
    )
    for ticket in (first, again):
        with opened(office.stranger, query={"ticket": ticket}) as page:
            assert page.event()["data"]["doctorId"] == "doc_khan"
    office.stage.clock.advance(seconds=11)
    late = office.other_doctor.post(f"{STREAM}/ticket", headers=key)
    assert refusal(late, 409)["code"] == "SHOWN_ONCE"
    del hub


def test_a_ticket_is_good_for_a_minute_and_one_line(office: Office, hub: Hub) -> None:
    ticket = ticket_of(office.admin)
    elsewhere = office.stranger.get("/doctors/doc_meera/queue/stream", query={"ticket": ticket})
    assert elsewhere.status_code == 401
    office.stage.clock.advance(seconds=60)
    assert office.stranger.get(STREAM, query={"ticket": ticket}).status_code == 401
    assert office.stranger.get(STREAM, query={"ticket": "tkt_none"}).status_code == 401
    del hub


def test_a_ticket_dies_with_the_session_that_asked_for_it(office: Office, hub: Hub) -> None:
    ticket = ticket_of(office.other_doctor)
    work = office.stage.work()
    sessions.end_all_sessions(work, stored(office.stage.records, office.cast.khan_user), "TEST")
    work.commit()
    assert office.stranger.get(STREAM, query={"ticket": ticket}).status_code == 401
    del hub


def test_a_ticket_is_kept_only_as_a_hash(office: Office, tmp_path: Path) -> None:
    ticket = ticket_of(office.admin)
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"stream-tickets" in on_disk
    assert ticket.encode() not in on_disk
    assert office.doctor.post(f"{STREAM}/ticket").status_code == 404
