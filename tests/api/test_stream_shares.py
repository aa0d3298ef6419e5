"""Live pages of many: no account and no clinic keeps the others out."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.frame.hub import MOST_OF_USER
from api.frame.stream_shares import Closing, Stream, StreamShares, Watcher
from domain.errors import Busy
from domain.model.accounts import Session
from domain.model.clinics import Role, User
from tests.api.answers import refusal
from tests.api.live_pages import STREAM, Page, opened, use_hub
from tests.api.office import Office
from tests.api.practice import sunrise_admin
from tests.people import NOW

ELSEWHERE = "/doctors/doc_rao/queue/stream"


def last_event(page: Page) -> tuple[str, str]:
    """Return the name and the reason of the event that ends a page."""
    retry, event, data = page.piece().strip().split("\n")
    assert retry == "retry: 60000"  # a page that knows no better does not come back at once
    assert page.is_over
    return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))["reason"]


def test_the_oldest_page_of_an_account_gives_way_and_says_why(office: Office) -> None:
    hub = use_hub(office, most_of_user=2)
    with opened(office.admin) as first, opened(office.admin) as second:
        first.event()
        second.event()
        with opened(office.other_doctor) as colleague, opened(office.admin) as third:
            assert last_event(first) == ("closed", "TOO_MANY_PAGES_OF_USER")
            third.event()
            colleague.event()
            assert hub.open == 3
    assert hub.open == 0


def test_one_account_that_opens_page_after_page_keeps_no_other_clinic_out(office: Office) -> None:
    hub = use_hub(office, most=60)
    pages: list[Page] = []
    with ExitStack() as open_pages:
        for number in range(200):
            pages.append(open_pages.enter_context(opened(office.other_doctor)))
            pages[-1].event()
            if number >= MOST_OF_USER:
                assert last_event(pages[number - MOST_OF_USER])[0] == "closed"
        assert hub.open == MOST_OF_USER
        with opened(sunrise_admin(office), ELSEWHERE) as theirs:
            assert theirs.event()["data"]["doctorId"] == "doc_rao"


def test_in_a_full_process_the_clinic_with_the_most_pages_gives_one(office: Office) -> None:
    use_hub(office, most=3)
    with opened(office.admin) as oldest, opened(office.other_doctor) as busy:
        oldest.event()
        busy.event()
        with opened(office.other_doctor) as third:
            third.event()
            with opened(sunrise_admin(office), ELSEWHERE) as theirs:
                theirs.event()
                # Of the clinic's accounts the one with the most pages, and there the oldest.
                assert last_event(busy) == ("closed", "TOO_MANY_PAGES_OF_CLINIC")
                answer = office.admin.get(STREAM)
                assert refusal(answer, 503)["code"] == "UNAVAILABLE"
                assert int(answer.headers["Retry-After"]) > 0


def user_of(clinic: int, number: int) -> User:
    return User(
        clinic_id=f"clinic_{clinic}",
        user_id=f"usr_{clinic}_{number}",
        name="Somebody",
        role=Role.DOCTOR,
        whatsapp_number="+919876543010",
        created_at=NOW,
        updated_at=NOW,
    )


def stream_of(user: User) -> Stream:
    session = Session(
        session_id=f"ses_{user.user_id}",
        clinic_id=user.clinic_id,
        user_id=user.user_id,
        refresh_id="",
        created_at=NOW,
        refreshed_at=NOW,
    )
    return Stream(Watcher(session, user), 0)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=80))
def test_whoever_asks_clinics_that_want_more_have_about_as_many_as_any_other(
    asked: list[tuple[int, int]],
) -> None:
    shares = StreamShares(most=12, most_of_user=5)
    open_now: list[Stream] = []
    for clinic, number in asked:
        user = user_of(clinic, number)
        counted = Counter(s.watcher.user.clinic_id for s in open_now)
        try:
            giving_way = shares.find_room(user)
        except Busy:
            # Only if nobody has more than one page more than they do.
            assert len(open_now) == 12
            assert max(counted.values()) <= counted[user.clinic_id] + 1
            continue
        if giving_way is not None:
            stream, why = giving_way
            mine = stream.watcher.user.user_id == user.user_id
            assert mine is (why is Closing.OWN_NEWER)
            shares.remove(stream)
            open_now.remove(stream)
        made = stream_of(user)
        shares.add(made)
        open_now.append(made)
        assert shares.count == len(open_now) <= 12
        assert max(Counter(s.watcher.user.user_id for s in open_now).values()) <= 5


def test_a_page_is_counted_out_once() -> None:
    shares = StreamShares(most=1, most_of_user=1)
    stream = stream_of(user_of(1, 1))
    shares.add(stream)
    with pytest.raises(Busy):
        shares.find_room(user_of(1, 2))
    shares.remove(stream)
    shares.remove(stream)
    assert shares.count == 0
    assert shares.find_room(user_of(1, 2)) is None
