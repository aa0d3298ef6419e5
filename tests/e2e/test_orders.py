"""An advance paid inside WhatsApp, in real processes: shown, paid, told twice, closed, returned."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from domain.model.clinics import Sender
from domain.model.money import Refund, RefundStatus
from tests.e2e.conftest import running
from tests.e2e.installation import Installation, Json, Person
from tests.people import CITY_SENDER, NOW, store

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e 2")]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("orders")) as installation:
        own = Sender(
            sender=CITY_SENDER,
            clinic_id=installation.clinic.clinic_id,
            number=installation.clinic.whatsapp_number,
            access_token=installation.parts.sealer.seal("access-token"),
            payment_configuration="city-main",
            proven_at=NOW,
        )
        store(installation.parts.records, own)
        yield installation


def pay(who: Person, **how: object) -> Json:
    return who._call("POST", "/pay", how)


def order_on(who: Person) -> Json:
    """Return the newest order on a phone, as it is now."""
    return next(m["order"] for m in reversed(who.chat()) if m["order"].get("reference"))


def test_an_order_is_paid_told_twice_in_the_wrong_order_and_returned_when_cancelled(town):
    asha = town.patients[0]
    asked = asha.holds("Dr. Meera")
    assert asked["order"]["amount"] == 5000
    assert not asked["links"]
    with town.faults(duplicate_webhooks=1.0, shuffle_statuses=True):
        capture = pay(asha, message_id=asked["id"])["pg_transaction_id"]
        said = asha.hears("Booking confirmed")
        town.settle()
    assert said["order"] == {
        "of": asked["order"]["reference"],
        "status": "completed",
        "about": f"Token #{asked['text'].split('Token #')[1].split()[0]}",
    }
    assert order_on(asha)["status"] == "completed"
    asha.says("cancel")
    asha.hears("Cancel Token")
    asha.taps("Yes, cancel")
    asha.hears("on its way back")
    refund = town.until(lambda: town.work().get(Refund, capture, "REFUND"), "the refund")
    assert refund.amount_paise == 5000
    town.until(
        lambda: (
            (found := town.work().get(Refund, capture, "REFUND"))
            and found.status is RefundStatus.PROCESSED
        ),
        "the refund to be made",
    )
    assert [m for m in asha.chat() if "Booking confirmed" in m["text"]] == [
        m for m in asha.chat() if m["id"] == said["id"]
    ]


def test_a_phone_that_cannot_show_an_order_gets_the_link(town):
    ravi = town.patients[1]
    ravi.says("Hi")
    ravi.hears("select doctor")
    ravi.taps("Dr. Meera")
    slots = [o["id"] for o in ravi.hears("Available slots")["options"]]
    with town.faults(fail_next=1, error_code=134011):
        ravi.taps(slots[1])
        asked = ravi.hears("Tap to pay")
    assert asked["order"] == {}
    ravi.pays(asked["links"][0]["url"])
    ravi.hears("Booking confirmed")
