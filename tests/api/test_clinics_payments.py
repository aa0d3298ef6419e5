"""Whether advances are paid inside WhatsApp: the own number's matter, or the platform's."""

from __future__ import annotations

import pytest

from domain.model.clinics import Sender
from tests.api.answers import code_and_fields, data
from tests.api.office import Office, shared_app
from tests.api.senders import OWN, TOKEN, sunrise_admin, upgrade
from tests.orders import CONFIGURATION, forget_orders, show_orders
from tests.people import CITY_SENDER, Cast
from tests.stage import Stage

PATH = "/clinics/whatsapp"


@pytest.fixture
def paying(stage: Stage, cast: Cast) -> Office:
    """Let City Medical Center's number, and the one clinics share, take payments."""
    show_orders(stage, cast)
    return Office(stage, shared_app(stage))


def test_a_configuration_is_answered_and_can_be_taken_back(paying: Office) -> None:
    found = data(paying.admin.get(PATH))
    assert (found["paymentConfiguration"], found["paysInWhatsapp"]) == (CONFIGURATION, True)
    found = data(paying.admin.put(PATH, {"paymentConfiguration": "city-second"}))
    assert (found["paymentConfiguration"], found["paysInWhatsapp"]) == ("city-second", True)
    found = data(paying.admin.put(PATH, {"paymentConfiguration": None}))
    assert (found["paymentConfiguration"], found["paysInWhatsapp"]) == (None, False)


def test_on_the_shared_number_it_is_the_platforms(paying: Office) -> None:
    admin = sunrise_admin(paying)
    found = data(admin.get(PATH))
    assert (found["paymentConfiguration"], found["paysInWhatsapp"]) == (None, True)
    answer = admin.put(PATH, {"paymentConfiguration": "sunrise-main"})
    assert code_and_fields(answer, 422)[1] == ["paymentConfiguration"]


def test_a_renewed_token_keeps_the_configuration_and_another_number_has_none(
    paying: Office,
) -> None:
    upgrade(paying, paying.cast.clinic)
    paying.stage.senders.tokens[TOKEN] = {CITY_SENDER, OWN}
    paying.stage.senders.numbers[OWN] = "+918040007000"
    found = data(paying.admin.put(PATH, {"accessToken": TOKEN}))
    assert found["paymentConfiguration"] == CONFIGURATION
    found = data(paying.admin.put(PATH, {"whatsappPhoneNumberId": OWN}))
    assert found["paymentConfiguration"] is None
    assert paying.stage.work().get(Sender, CITY_SENDER) is not None
    body = {"whatsappPhoneNumberId": CITY_SENDER, "paymentConfiguration": "both-at-once"}
    found = data(paying.admin.put(PATH, body))
    assert found["paymentConfiguration"] == "both-at-once"


@pytest.mark.parametrize("name", ["", "x" * 61, "नाम", " main", 5])
def test_what_is_no_name_is_refused(paying: Office, name: object) -> None:
    answer = paying.admin.put(PATH, {"paymentConfiguration": name})
    assert code_and_fields(answer, 422)[1] == ["paymentConfiguration"]


def test_where_whatsapp_takes_no_payments_it_says_so(paying: Office) -> None:
    forget_orders(paying.stage)
    paying = Office(paying.stage, shared_app(paying.stage))
    answer = paying.admin.put(PATH, {"paymentConfiguration": "main"})
    assert code_and_fields(answer, 422)[1] == ["paymentConfiguration"]
    assert data(paying.admin.get(PATH))["paysInWhatsapp"] is False
    assert paying.admin.put(PATH, {"paymentConfiguration": None}).status_code == 200


def test_a_doctor_sees_and_changes_nothing_of_it(paying: Office) -> None:
    assert paying.doctor.get(PATH).status_code == 403
    assert paying.doctor.put(PATH, {"paymentConfiguration": "main"}).status_code == 403
