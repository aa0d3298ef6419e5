"""What messages cost a clinic: counted once each, when they are delivered, by the clinic's day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.actions import costs
from domain.actions.costs import Costs
from domain.actions.delivery import apply_status
from domain.actions.messages import send
from domain.model.messages import Message
from domain.scopes import ClinicScope
from tests.people import NOW, Cast
from tests.stage import Stage

TODAY = date(2030, 11, 25)


def sent(stage: Stage, cast: Cast, *, clinic: bool = True) -> Message:
    work = stage.work()
    message = send(
        work,
        name="settings/help",
        contact_id="con_asha",
        clinic=cast.clinic if clinic else None,
        values={"clinic": "City"},
    )
    work.commit()
    return message


def status(
    stage: Stage,
    message: Message,
    word: str,
    category: str | None = "utility",
    price: str | None = "regular",
) -> None:
    work = stage.work()
    apply_status(work, message.message_id, word, "wamid.1", category=category, price_type=price)
    work.commit()


def counted(stage: Stage, cast: Cast) -> dict[date, Costs]:
    clinic_id = cast.clinic.clinic_id
    work = stage.parts.open_work(ClinicScope(clinic_id))
    return costs.of_days(work, clinic_id, TODAY - timedelta(days=1), TODAY + timedelta(days=1))


def test_a_delivered_message_is_counted_once_whatever_is_said_how_often(
    stage: Stage, cast: Cast
) -> None:
    message = sent(stage, cast)
    for word in ("sent", "delivered", "delivered", "read", "read", "sent"):
        status(stage, message, word)
    assert counted(stage, cast) == {TODAY: Costs({"utility": 1}, {})}


@pytest.mark.parametrize("words", [("delivered", "sent"), ("read",), ("sent", "read")])
def test_the_price_may_come_with_any_status_in_any_order(
    stage: Stage, cast: Cast, words: tuple[str, ...]
) -> None:
    message = sent(stage, cast)
    for word in words[:-1]:
        status(stage, message, word, None, None)
    status(stage, message, words[-1])
    assert counted(stage, cast) == {TODAY: Costs({"utility": 1}, {})}


@pytest.mark.parametrize("word", ["sent", "failed"])
def test_what_was_not_delivered_costs_nothing(stage: Stage, cast: Cast, word: str) -> None:
    status(stage, sent(stage, cast), word)
    assert counted(stage, cast) == {}


def test_categories_and_what_is_free_are_told_apart(stage: Stage, cast: Cast) -> None:
    for category, price in (
        ("utility", "regular"), ("utility", "free_customer_service"), ("service", None),
        ("utility", "regular"), ("marketing", "free_entry_point"),
    ):  # fmt: skip
        status(stage, sent(stage, cast), "delivered", category, price)
    assert counted(stage, cast) == {
        TODAY: Costs({"utility": 2, "service": 1}, {"utility": 1, "marketing": 1})
    }


def test_days_are_the_clinics(stage: Stage, cast: Cast) -> None:
    stage.clock.instant = NOW.replace(hour=18, minute=29)
    status(stage, sent(stage, cast), "delivered")
    stage.clock.advance(2)
    status(stage, sent(stage, cast), "delivered")
    assert list(counted(stage, cast)) == [TODAY, TODAY + timedelta(days=1)]


def test_what_is_no_clinics_is_not_counted_and_no_other_clinic_sees_it(
    stage: Stage, cast: Cast
) -> None:
    status(stage, sent(stage, cast, clinic=False), "delivered")
    assert counted(stage, cast) == {}
    status(stage, sent(stage, cast), "delivered")
    other = stage.parts.open_work(ClinicScope(cast.sunrise.clinic_id))
    assert costs.of_days(other, cast.clinic.clinic_id, TODAY, TODAY) == {}
