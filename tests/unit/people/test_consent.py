"""Who stopped what, and what still comes (specification notes, 4)."""

from __future__ import annotations

import pytest

from domain.actions.booking import booking
from domain.actions.messages.outbox import Draft, send
from domain.actions.people import consent
from domain.model.messages import Consent
from domain.model.people import OptOut
from tests.people import MONDAY, Cast
from tests.stage import Stage


def stop(stage: Stage, *, live: bool) -> OptOut:
    work = stage.work()
    found = consent.opt_out(work, "clinic_city", "con_asha", has_live_token=live)
    work.commit()
    return found


def comes(stage: Stage, cast: Cast) -> set[Consent]:
    work = stage.work()
    messages = [
        send(work, Draft("settings/help", to="con_asha", clinic=cast.clinic, consent=kind))
        for kind in Consent
    ]
    return {m.consent for m in messages if consent.is_covered(work, m)}


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
    message = send(work, Draft("x/y", to="con_asha", clinic=cast.sunrise, consent=Consent.NEWS))
    assert consent.is_covered(work, message)


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


def stop_all(stage: Stage, *, live: bool) -> None:
    work = stage.work()
    consent.opt_out_of_all(work, "con_asha", has_live_token=live)
    work.commit()


@pytest.mark.parametrize(
    ("stops", "left"),
    [
        ([False], {Consent.REPLY}),
        ([True], {Consent.REPLY, Consent.TOKEN}),
        ([True, True], {Consent.REPLY}),
    ],
    ids=["without a booking", "with one", "a second time"],
)
def test_all_clinics_can_be_stopped_at_once(
    stage: Stage, cast: Cast, stops: list[bool], left: set[Consent]
) -> None:
    for live in stops:
        stop_all(stage, live=live)
    assert comes(stage, cast) == left
    assert not consent.accepts_messages(stage.work(), cast.sunrise.clinic_id, "con_asha")
    assert consent.accepts_messages(stage.work(), cast.sunrise.clinic_id, "con_ravi")


def test_start_lets_one_clinic_write_again_and_no_other(stage: Stage, cast: Cast) -> None:
    stop_all(stage, live=False)
    work = stage.work()
    assert consent.opt_in(work, cast.clinic.clinic_id, "con_asha")
    work.commit()
    assert comes(stage, cast) == set(Consent)
    assert not consent.accepts_messages(stage.work(), cast.sunrise.clinic_id, "con_asha")
    assert not consent.opt_in(stage.work(), cast.clinic.clinic_id, "con_asha")


def test_a_booking_brings_its_notices_though_all_clinics_were_stopped(
    stage: Stage, cast: Cast
) -> None:
    stop_all(stage, live=False)
    work = stage.work()
    consent.resume_for_booking(work, cast.clinic.clinic_id, "con_asha")
    work.commit()
    assert comes(stage, cast) == {Consent.REPLY, Consent.TOKEN}


def test_marketing_stopped_in_whatsapp_stops_marketing_only(stage: Stage, cast: Cast) -> None:
    def marketing_comes() -> bool:
        work = stage.work()
        message = send(
            work,
            Draft(
                "settings/help",
                to="con_asha",
                clinic=cast.clinic,
                consent=Consent.MARKETING,
            ),
        )
        return consent.is_covered(work, message)

    for stops in (True, False):
        work = stage.work()
        consent.set_marketing_preference(
            work, cast.asha_contact.phone, "IN.none", stops_marketing=stops
        )
        work.commit()
        assert marketing_comes() is not stops
        assert comes(stage, cast) >= set(Consent) - {Consent.MARKETING}
        wants = consent.accepts_messages(stage.work(), "clinic_city", "con_asha", marketing=True)
        assert wants is not stops
        assert consent.accepts_messages(stage.work(), "clinic_city", "con_asha")
    consent.set_marketing_preference(stage.work(), "+15550001111", None, stops_marketing=True)
