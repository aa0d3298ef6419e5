"""What is announced to everybody booked for a day."""

from __future__ import annotations

from domain.actions.booking import booking
from domain.actions.broadcasts import announcements
from tests.bookings import crowd, do, hold
from tests.lines import KHAN
from tests.people import TUESDAY, Cast
from tests.stage import Stage


def test_an_announcement_reaches_the_live_tokens_of_the_day_once(stage: Stage, cast: Cast) -> None:
    tokens = crowd(stage, cast, 3)
    other = hold(stage, cast, 4, doctor=cast.khan, day=TUESDAY)
    do(stage, booking.cancel, stage.token(tokens[2]), by="x", by_name="x", reason="R")
    stage.on_line(announcements.announce, cast.clinic, cast.khan, KHAN, "Lab closed today")
    stage.wait(1)
    told = [m.about for m in stage.messages() if m.name == "news/announcement"]
    assert sorted(str(t) for t in told) == sorted(t.token_id for t in tokens[:2])
    assert other.token_id not in told
