"""Each message is counted among its clinic's costs once, on the day it is delivered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from bot.channels.twilio.parse import parse_status
from domain.actions.delivery import costs
from domain.actions.delivery.costs import Costs
from domain.actions.delivery.states import apply_status
from domain.actions.messages.outbox import Draft, send
from domain.actions.messages.templates import Verdict, record_template_state
from domain.channel import SendUnknown
from domain.model.messages import Message
from domain.scopes import ClinicScope
from tests.people import CITY_SENDER, NOW, Cast, stored
from tests.stage import Stage
from workers.deliver import Deliverer

TODAY = date(2030, 11, 25)
ASHA = "+919876543021"
VALUES = {
    "settings/help": {"clinic": "City"},
    "desk/number_down": {"clinic": "City", "reason": "The access token has run out."},
}


def sent(stage: Stage, cast: Cast, *, clinic: bool = True) -> Message:
    work = stage.work()
    message = send(
        work,
        Draft(
            "settings/help",
            to="con_asha",
            clinic=cast.clinic if clinic else None,
            values={"clinic": "City"},
        ),
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
    return costs.costs_of_days(
        work, clinic_id, TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    )


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
    assert costs.costs_of_days(other, cast.clinic.clinic_id, TODAY, TODAY) == {}


def by_twilio(stage: Stage, **changes: Any) -> None:
    parts = stage.parts
    settings = replace(parts.settings, whatsapp_provider="twilio", twilio_account_sid="AC1")
    stage.parts = replace(parts, settings=settings, rules=replace(parts.rules, **changes))
    stage.deliverer = Deliverer(stage.parts)


def status_of_twilio(stage: Stage, message_id: str, word: str) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": word}
    told = parse_status(form, message_id, stage.clock.now())
    assert told is not None
    work = stage.work()
    apply_status(
        work,
        message_id,
        told.status,
        told.provider_id,
        category=told.category,
        price_type=told.price_type,
    )
    work.commit()


@pytest.mark.parametrize(
    ("name", "open_for", "category"),
    [("settings/help", 0, "service"), ("desk/number_down", 25, "utility")],
    ids=["free text", "template"],
)
def test_where_the_provider_names_no_price_it_is_that_of_what_was_sent(
    stage: Stage, cast: Cast, name: str, open_for: int, category: str
) -> None:
    by_twilio(stage)
    stage.hear(ASHA, "hi")
    stage.settle()
    stage.clock.advance(open_for * 60)
    work = stage.work()
    message = send(work, Draft(name, to="con_asha", clinic=cast.clinic, values=VALUES[name]))
    work.commit()
    (out,) = stage.settle()
    assert (out.template is None) is (category == "service")
    assert stored(stage.records, message).category == category
    day = stage.clock.now().astimezone(cast.clinic.zone).date()
    of_day = partial(
        costs.costs_of_days,
        stage.parts.open_work(ClinicScope(cast.clinic.clinic_id)),
        cast.clinic.clinic_id,
        day,
        day,
    )
    assert of_day() == {}
    for word in ("sent", "delivered", "delivered", "read"):
        status_of_twilio(stage, message.message_id, word)
    assert of_day() == {day: Costs({category: 1}, {})}


def test_what_the_provider_will_name_is_not_guessed(stage: Stage, cast: Cast) -> None:
    message = sent(stage, cast)
    stage.hear(ASHA, "hi")
    stage.settle()
    assert stored(stage.records, message).category is None


def test_a_template_costs_what_whatsapp_counts_it_as(stage: Stage, cast: Cast) -> None:
    by_twilio(stage, platform_sender=CITY_SENDER)
    work = stage.work()
    record_template_state(
        work, "AC1", "desk_number_down_v1", "en", work.now, Verdict(category="MARKETING")
    )
    message = send(
        work,
        Draft(
            "desk/number_down",
            to="con_asha",
            clinic=cast.clinic,
            values=VALUES["desk/number_down"],
        ),
    )
    work.commit()
    stage.settle()
    assert stored(stage.records, message).category == "marketing"


def test_a_lost_answer_loses_no_price(stage: Stage, cast: Cast) -> None:
    by_twilio(stage)
    stage.hear(ASHA, "hi")
    stage.settle()
    stage.channel.failures.append(SendUnknown("no answer"))
    message = sent(stage, cast)
    stage.settle()
    status_of_twilio(stage, message.message_id, "delivered")
    assert counted(stage, cast)[TODAY].charged == {"service": 1}
