"""Who stopped what, and what still comes (specification notes, 4)."""

from __future__ import annotations

from datetime import date

import pytest

from domain.actions import booking, consent
from domain.actions.messages import send
from domain.model.messages import Consent
from domain.model.people import OptOut
from tests.people import Cast
from tests.stage import Stage

MONDAY = date(2030, 11, 25)


def stop(stage: Stage, *, live: bool) -> OptOut:
    work = stage.work()
    found = consent.opt_out(work, "clinic_city", "con_asha", has_live_token=live)
    work.commit()
    return found


def comes(stage: Stage, cast: Cast) -> set[Consent]:
    work = stage.work()
    messages = [
        send(work, name="settings/help", contact_id="con_asha", clinic=cast.clinic, consent=kind)
        for kind in Consent
    ]
    return {m.consent for m in messages if consent.allows(work, m)}


def test_nothing_is_stopped_before_anybody_said_so(stage: Stage, cast: Cast) -> None:
    assert comes(stage, cast) == set(Consent)


@pytest.mark.parametrize(
    ("stops", "left"),
    [
        ([True], {Consent.REPLY, Consent.TOKEN}),
        ([True, True], {Consent.REPLY}),
        ([False], {Consent.REPLY}),
    ],
)
def test_stop_ends_news_and_a_second_one_ends_a_tokens_notices(
    stage: Stage, cast: Cast, stops: list[bool], left: set[Consent]
) -> None:
    for live in stops:
        stop(stage, live=live)
    assert comes(stage, cast) == left


def test_another_clinic_is_not_stopped(stage: Stage, cast: Cast) -> None:
    stop(stage, live=False)
    work = stage.work()
    message = send(
        work, name="x/y", contact_id="con_asha", clinic=cast.sunrise, consent=Consent.NEWS
    )
    assert consent.allows(work, message)


def test_start_lets_everything_come_again(stage: Stage, cast: Cast) -> None:
    stop(stage, live=False)
    work = stage.work()
    assert consent.opt_in(work, "clinic_city", "con_asha") is True
    work.commit()
    assert comes(stage, cast) == set(Consent)
    assert consent.opt_in(stage.work(), "clinic_city", "con_asha") is False


def test_who_books_after_stopping_everything_hears_of_that_booking(
    stage: Stage, cast: Cast
) -> None:
    stop(stage, live=False)
    work = stage.work()
    booking.hold(work, cast.clinic, cast.khan, cast.asha_contact, cast.asha, MONDAY, 1)
    work.commit()
    assert comes(stage, cast) == {Consent.REPLY, Consent.TOKEN}
    assert [m.name for m in stage.messages()] == []
    stage.settle()
    assert [m.name for m in stage.messages()] == ["booking/confirmed"]
