"""A clinic that nobody trusts yet, on the number that all share: whom it reaches, and with what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import create_app
from domain.actions.people import trust
from domain.model.messages import Message, MessageStatus
from domain.model.people import FreeMessages
from domain.model.subscriptions import Invoice, InvoiceStatus
from tests.api.answers import data, refusal
from tests.api.office import Client, Office
from tests.api.practice import sunrise_admin
from tests.people import (
    FILE,
    MONDAY,
    PLATFORM_SENDER,
    RULES,
    Cast,
    FixedClock,
    city_file,
    new_records,
    store,
    stored,
)
from tests.stage import Stage

NUMBERS = [f"+9198700000{n:02d}" for n in range(20)]
ASHA = "+919876543021"
RAO = "+919876543013"
LINK = "Your account is blocked, see evil.example"
TEXT = {"messageType": "TEXT", "text": LINK}


@pytest.fixture
def stage(tmp_path: Path, clock: FixedClock) -> Iterator[Stage]:
    """Return a stage whose operator trusts clinics that have paid; Sunrise has not yet."""
    file, cast = city_file()
    (tmp_path / FILE).write_bytes(file)
    made, records = new_records(tmp_path, clock)
    with_cast = Stage(made, records, clock, rules=replace(RULES, clinic_trust="paid"))
    with_cast.cast = cast
    yield with_cast
    made.close()


@pytest.fixture
def office(stage: Stage) -> Office:
    return Office(stage)


def record_all(client: Client) -> None:
    for number, phone in enumerate(NUMBERS):
        name = f"Person {'ABCDEFGHIJKLMNOPQRST'[number]}"
        data(client.post("/patients", {"phone": phone, "name": name}), 201)


def broadcast(client: Client, recipients: list[str]) -> str:
    body = {
        "messageType": "TEMPLATE",
        "templateName": "clinic_announcement",
        "templateData": {"clinic_name": "Sunrise Clinic", "announcement": LINK},
        "recipients": recipients,
    }
    return str(data(client.post("/whatsapp/broadcast", body), 202)["broadcastId"])


def outcomes(client: Client, broadcast_id: str) -> list[tuple[str, str | None]]:
    found = data(client.get(f"/whatsapp/broadcast/{broadcast_id}/recipients"))["recipients"]
    return [(r["outcome"], r["reason"]) for r in found]


def standing(client: Client) -> str:
    return str(data(client.get("/clinics/profile"))["clinic"]["standing"])


def write_to_sunrise(office: Office, phone: str) -> None:
    office.stage.hear(phone, "JOIN SUN77", sender=PLATFORM_SENDER)
    office.settle()


def test_a_new_clinic_reaches_none_of_the_numbers_that_it_recorded(office: Office) -> None:
    admin = sunrise_admin(office)
    record_all(admin)
    assert standing(admin) == "LIMITED"
    made = broadcast(admin, NUMBERS)
    assert office.settle() == []
    office.stage.wait(1)
    assert outcomes(admin, made) == [("FAILED", trust.NOT_TRUSTED)] * 20
    answer = admin.post("/whatsapp/send-message", {"patientPhone": NUMBERS[0], **TEXT})
    assert refusal(answer)["code"] == "CLINIC_NOT_TRUSTED"
    assert answer.json["message"] == trust.NOT_TRUSTED
    assert office.settle() == []


def test_it_reaches_who_wrote_to_it_and_not_who_wrote_to_another(office: Office) -> None:
    admin = sunrise_admin(office)
    record_all(admin)
    write_to_sunrise(office, NUMBERS[3])
    office.stage.hear(NUMBERS[4], "hi")  # to City's own number
    office.settle()
    made = broadcast(admin, NUMBERS)
    sent = office.settle()
    assert [o.phone for o in sent] == [NUMBERS[3]]
    office.stage.wait(1)
    assert [s for s, _ in outcomes(admin, made)].count("SENT") == 1
    body = {"patientPhone": NUMBERS[3], **TEXT}
    assert admin.post("/whatsapp/send-message", body).status_code == 200


def book_for(client: Client, phone: str, name: str = "Amit Kumar") -> Any:
    body = {"patientPhone": phone, "patientName": name, "payAtClinic": True}
    return data(client.post("/doctors/doc_rao/tokens", body), 201)


def test_whom_its_desk_books_gets_the_words_of_the_booking_and_no_others(
    office: Office, cast: Cast
) -> None:
    admin = sunrise_admin(office)
    book_for(admin, NUMBERS[0])
    (confirmed,) = office.settle()
    assert "Booking confirmed" in confirmed.text
    office.stage.hear(RAO, f"announce {LINK}", sender=PLATFORM_SENDER)
    office.settle()
    office.stage.clock.advance(seconds=3)
    office.stage.hear(RAO, "1", sender=PLATFORM_SENDER)  # Send
    sent = office.settle()
    assert [o.phone for o in sent] == [RAO]
    assert "only people who wrote to us or booked themselves" in sent[0].text
    office.stage.clock.advance(minutes=30)
    for words in ("start", "next"):
        office.stage.clock.advance(seconds=3)
        office.stage.hear(RAO, words, sender=PLATFORM_SENDER)
    office.settle()
    office.stage.clock.advance(minutes=10)
    office.stage.hear(RAO, "next", sender=PLATFORM_SENDER)
    office.stage.wait(30)
    work = office.stage.work()
    contact = office.stage.contact_id(NUMBERS[0])
    of_person = work.query(Message, contact, index="contactId-createdAt-idx").records
    dropped = [m for m in of_person if m.status is MessageStatus.DROPPED]
    assert [m.name for m in dropped if m.failure == trust.NOT_TRUSTED] == ["news/rate"]
    assert LINK not in repr(of_person)
    del cast


@pytest.mark.parametrize("word", ["pause 15 Pay at evil.example"])
def test_its_own_words_hide_in_no_notice_and_in_no_name(office: Office, word: str) -> None:
    admin = sunrise_admin(office)
    book_for(admin, NUMBERS[0])
    book_for(admin, NUMBERS[1], "Win at evil.xyz")
    book_for(admin, NUMBERS[2], "Ravi Kotak")
    assert [o.phone for o in office.settle()] == [
        NUMBERS[0],
        NUMBERS[2],
    ]  # a name is a way to say something
    office.stage.clock.advance(minutes=31)
    for words in ("start", word):
        office.stage.clock.advance(seconds=3)
        office.stage.hear(RAO, words, sender=PLATFORM_SENDER)
    assert "evil" not in "".join(o.text for o in office.settle() if o.phone in NUMBERS)


def test_it_has_a_hundred_messages_a_day_for_those_who_came(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.actions.people.trust.FREE_A_DAY", 3)
    admin = sunrise_admin(office)
    record_all(admin)
    for phone in NUMBERS[:5]:
        write_to_sunrise(office, phone)
    made = broadcast(admin, NUMBERS[:5])
    assert len(office.settle()) == 3
    office.stage.wait(1)
    assert [r for _, r in outcomes(admin, made)] == [None] * 3 + [trust.DAY_USED_UP] * 2
    answer = admin.post("/whatsapp/send-message", {"patientPhone": NUMBERS[0], **TEXT})
    assert answer.json["message"] == trust.DAY_USED_UP
    kept = office.stage.work().get(FreeMessages, "clinic_sunrise", MONDAY.isoformat())
    assert kept is not None
    assert kept.count == 3


def a_paid_bill(clinic_id: str) -> Invoice:
    return Invoice(
        clinic_id=clinic_id,
        invoice_id="inv_2030-10-25",
        period_start=MONDAY,
        period_end=MONDAY,
        plan="BASIC",
        doctors=1,
        price_per_doctor=799,
        amount=799,
        status=InvoiceStatus.PAID,
        due_date=MONDAY,
        created_at=FixedClock().now(),
    )


def test_a_paid_bill_a_number_of_its_own_or_the_operator_free_it(
    office: Office, cast: Cast
) -> None:
    work = office.stage.work()
    sunrise = stored(office.stage.records, cast.sunrise)
    assert trust.standing_of(work, sunrise) is trust.Standing.LIMITED
    own = sunrise.but(phone_number_id="1234567", name_doubt="AUTHORITY")
    assert trust.standing_of(work, own) is trust.Standing.FREE
    assert trust.standing_of(work, sunrise.but(trusted_at=work.now)) is trust.Standing.FREE
    store(office.stage.records, a_paid_bill("clinic_city"))
    assert trust.standing_of(office.stage.work(), sunrise) is trust.Standing.LIMITED
    store(office.stage.records, a_paid_bill("clinic_sunrise"))
    assert trust.standing_of(office.stage.work(), sunrise) is trust.Standing.FREE
    doubtful = sunrise.but(name_doubt="AUTHORITY")
    assert trust.standing_of(office.stage.work(), doubtful) is trust.Standing.HELD


def test_a_name_that_pretends_is_held_until_the_operator_has_seen_it(office: Office) -> None:
    admin = sunrise_admin(office)
    renamed = admin.put("/clinics/profile", {"name": "RBI KYC alert"})
    assert renamed.status_code == 200
    assert standing(admin) == "HELD"
    book_for(admin, NUMBERS[0])
    assert office.settle() == []  # not even under that name
    runner = create_app(office.stage.parts).test_cli_runner()
    listed = runner.invoke(args=["pulseops", "clinics", "review"]).output
    assert "clinic_sunrise  2030-11-25  HELD  AUTHORITY  RBI KYC alert" in listed
    assert "1 waiting." in listed
    trusted = runner.invoke(args=["pulseops", "clinics", "trust", "clinic_sunrise"])
    assert "may write" in trusted.output
    assert standing(sunrise_admin(office)) == "FREE"
    assert "0 waiting." in runner.invoke(args=["pulseops", "clinics", "review"]).output
    sunrise_admin(office).put("/clinics/profile", {"name": "Win at evil.xyz"})
    assert standing(sunrise_admin(office)) == "HELD"  # the operator trusted another name
    unknown = runner.invoke(args=["pulseops", "clinics", "trust", "clinic_nowhere"])
    assert unknown.exit_code == 1
    assert "There is no clinic clinic_nowhere." in unknown.output


def test_a_registration_under_such_a_name_is_held_as_well(office: Office) -> None:
    body = {
        "clinicName": "RBI KYC alert desk",
        "address": "1 Main St",
        "whatsappNumber": "+919876500001",
        "adminName": "Nisha",
        "subscriptionPlan": "BASIC",
    }
    assert office.stranger.post("/auth/clinic/register", body).status_code == 201
    found = office.stage.work().query(
        type(office.cast.clinic), "+919876500001", index="whatsappNumber-clinicId-idx"
    )
    assert [c.name_doubt for c in found.records] == ["AUTHORITY"]
