"""An order inside WhatsApp, and its status, in the shapes that Meta documents."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels.twilio.compose import compose as compose_for_twilio
from domain.channel import OrderNews, OrderRequest, Outbound, TemplateCall
from tests.cloud_bodies import body_of

RECORDED = Path(__file__).resolve().parents[2] / "payloads" / "cloud_sent"
REQUEST = OrderRequest(
    reference="ORD_01JABC",
    configuration="clinic-main",
    payment_id="payr_1",
    token_id="TKN_01J",
    amount_paise=20000,
    expires_at=datetime.fromtimestamp(1795000900, UTC),
    about="Consultation advance",
    until="Slot held until 10:25",
    seller="City Clinic",
    address="1 MG Road, Bengaluru 560001",
)
NEWS = OrderNews("ORD_01JABC", "completed", "Token 12")
ASKS = Outbound(
    message_id="out_1",
    sender="1",
    phone="+919800000001",
    wa_user_id=None,
    text="Advance for token 12, Dr Rao",
    url="https://p.example.in/pay/payr_1",
    url_label="Pay ₹200",
    order=REQUEST,
)


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


def test_an_order_has_the_shape_that_meta_takes() -> None:
    assert body_of(ASKS) == recorded("order_details")


def test_the_status_of_an_order_has_the_shape_that_meta_takes() -> None:
    said = replace(ASKS, text="Paid. You hold token 12.", url=None, order=NEWS)
    assert body_of(said) == recorded("order_status")


def test_outside_the_window_the_status_goes_along_with_a_template() -> None:
    call = TemplateCall("order_closed_v1", "hi", parameters={"amount": "₹200"})
    assert body_of(replace(ASKS, template=call, order=NEWS)) == recorded("order_status_template")


def test_a_person_known_by_their_whatsapp_id_alone_is_asked_as_well() -> None:
    body = body_of(replace(ASKS, phone=None, wa_user_id="IN.1"))
    assert (body["recipient"], body["interactive"]) == (
        "IN.1",
        recorded("order_details")["interactive"],
    )


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("12 MG Road, Kolkata", {"address_line1": "12 MG Road, Kolkata", "city": "Kolkata"}),
        (
            "1 MG Road, Bengaluru - 560001",
            {
                "address_line1": "1 MG Road, Bengaluru - 560001",
                "city": "Bengaluru",
                "postal_code": "560001",
            },
        ),
        ("", {"address_line1": "City Clinic", "city": "City Clinic"}),
        ("560001", {"address_line1": "560001", "city": "560001", "postal_code": "560001"}),
        ("x" * 300, {"address_line1": "x" * 99 + "…", "city": "x" * 99 + "…"}),
    ],
    ids=["a town", "a postal code", "none", "a postal code alone", "too long"],
)
def test_who_takes_the_money_is_told_from_the_clinics_address(
    address: str, shown: dict[str, str]
) -> None:
    body: Any = body_of(replace(ASKS, order=replace(REQUEST, address=address)))
    [item] = body["interactive"]["action"]["parameters"]["order"]["items"]
    assert item["importer_address"] == {**shown, "country_code": "IN"}


def test_an_order_is_kept_within_metas_limits() -> None:
    long = replace(REQUEST, about="a" * 80, until="u" * 200, seller="s" * 80)
    body: Any = body_of(replace(ASKS, text="t" * 2000, order=long))
    parameters = body["interactive"]["action"]["parameters"]
    [item] = parameters["order"]["items"]
    assert len(body["interactive"]["body"]["text"]) == 1024
    assert (len(item["name"]), len(item["importer_name"])) == (60, 60)
    assert len(parameters["order"]["expiration"]["description"]) == 120


def test_a_provider_without_orders_sends_the_link() -> None:
    assert compose_for_twilio(ASKS, lambda _name, _language: None) == {
        "body": "Advance for token 12, Dr Rao\n\nPay ₹200: https://p.example.in/pay/payr_1"
    }
