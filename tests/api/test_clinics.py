"""A clinic's profile, its patient-facing number and its own WhatsApp sender."""

from __future__ import annotations

from typing import Any

import pytest

from domain.actions.booking import booking
from domain.model.clinics import Claim, ClinicStatus, Sender
from domain.model.messages import Message
from domain.model.queues import TokenStatus
from tests.api.answers import code_and_fields, data
from tests.api.examples.shape import differs, request_of
from tests.api.office import Office
from tests.api.senders import OWN, TOKEN, clinic_of, sunrise_admin, upgrade
from tests.people import CITY_SENDER, PLATFORM_NUMBER, PLATFORM_SENDER, TUESDAY

NEW, OLD = "+919876543211", "+919876543001"
ASHA = "+919876543021"


def claim(office: Office, name: str) -> str | None:
    found = office.stage.work().get(Claim, name)
    return found.clinic_id if found else None


def code_sent(office: Office, number: str) -> str:
    """Return the code that came to *number* last."""
    sent = [m for m in office.settle() if m.phone == number and m.template and m.template.code]
    assert sent
    code = sent[-1].template.code
    assert code is not None
    return code


# --- the profile -------------------------------------------------------------


def test_the_profile_is_as_in_the_specification(office: Office) -> None:
    answer = office.admin.get("/clinics/profile")
    assert (
        differs("GET /api/v1/clinics/profile", answer.json, may_be_null=("nextBillingDate",)) == []
    )
    found = data(answer)
    assert found["clinic"]["whatsappNumberVerified"] is True
    assert found["subscription"]["currentDoctors"] == 2
    assert found["subscription"]["totalAmount"] == 2 * 799


def test_doctors_have_no_business_with_the_clinics_settings(office: Office) -> None:
    for call in (
        office.doctor.get("/clinics/profile"),
        office.doctor.put("/clinics/profile", {"name": "Mine"}),
        office.doctor.get("/clinics/whatsapp"),
        office.doctor.put("/clinics/whatsapp", {"whatsappPhoneNumberId": None}),
        office.doctor.post("/clinics/whatsapp/verify", {"otp": "123456"}),
    ):
        assert code_and_fields(call, 403)[0] == "FORBIDDEN"


def test_the_profile_is_changed_as_in_the_specification(office: Office) -> None:
    body = request_of("PUT /api/v1/clinics/profile")
    answer = office.admin.put("/clinics/profile", body)
    assert differs("PUT /api/v1/clinics/profile", answer.json) == []
    changed = data(answer)
    assert {name: changed[name] for name in body} == body
    assert changed["updatedFields"] == list(body)
    assert changed["whatsappNumberVerified"] is False


def test_what_is_left_out_stays(office: Office) -> None:
    before = data(office.admin.get("/clinics/profile"))["clinic"]
    answer = office.admin.put("/clinics/profile", {"bookingDays": 7, "address": None})
    assert data(answer)["updatedFields"] == ["bookingDays"]
    after = data(office.admin.get("/clinics/profile"))["clinic"]
    assert after == before | {"bookingDays": 7, "updatedAt": after["updatedAt"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "A"}, "name"),
        ({"phone": "022 1234"}, "phone"),
        ({"phone": "+911111111111"}, "phone"),
        ({"timeZone": "Asia/Nowhere"}, "timeZone"),
        ({"holidays": ["2030-13-01"]}, "holidays"),
        ({"bookingDays": 0}, "bookingDays"),
        ({"whatsappNumber": "+14155552671"}, "whatsappNumber"),
        ({"whatsappNumber": PLATFORM_NUMBER}, "whatsappNumber"),
        ({"plan": "ENTERPRISE"}, "plan"),
        ({"latitude": 90.1, "longitude": 88.4}, "latitude"),
        ({"latitude": 22.6, "longitude": -180.1}, "longitude"),
        ({"latitude": 22.6}, "longitude"),
        ({"longitude": 88.4}, "latitude"),
        ({"latitude": None, "longitude": 88.4}, "latitude"),
        ({"latitude": "22.6", "longitude": 88.4}, "latitude"),
    ],
    ids=lambda v: v if isinstance(v, str) else str(v)[:30],
)
def test_a_profile_that_cannot_be(office: Office, change: dict[str, Any], field: str) -> None:
    answer = office.admin.put("/clinics/profile", change)
    assert code_and_fields(answer, 422) == ("VALIDATION_ERROR", [field])


def test_the_place_on_the_map_is_kept_and_taken_away(office: Office) -> None:
    def place() -> tuple[float | None, float | None]:
        clinic = data(office.admin.get("/clinics/profile"))["clinic"]
        return clinic["latitude"], clinic["longitude"]

    assert place() == (None, None)
    answer = office.admin.put("/clinics/profile", {"latitude": -22.5726459, "longitude": 88})
    assert data(answer)["updatedFields"] == ["latitude", "longitude"]
    assert (data(answer)["latitude"], data(answer)["longitude"]) == place() == (-22.572646, 88.0)
    again = office.admin.put("/clinics/profile", {"latitude": -22.5726459, "longitude": 88})
    assert data(again)["updatedFields"] == []
    office.admin.put("/clinics/profile", {"address": "1 MG Road, Kolkata"})
    assert place() == (-22.572646, 88.0)
    office.admin.put("/clinics/profile", {"latitude": None, "longitude": None})
    assert place() == (None, None)


def test_a_holiday_over_bookings_is_confirmed_and_then_closes_every_doctors_day(
    office: Office,
) -> None:
    cast, work = office.cast, office.stage.work()
    token = booking.hold(work, cast.clinic, cast.khan, cast.asha_contact, cast.asha, TUESDAY, 3)
    work.commit()
    day = {"holidays": [TUESDAY.isoformat()]}
    assert (
        code_and_fields(office.admin.put("/clinics/profile", day), 409)[0] == "CONFIRMATION_NEEDED"
    )
    answer = office.admin.put("/clinics/profile", day | {"confirm": True})
    assert data(answer)["holidays"] == [TUESDAY.isoformat()]
    office.settle()
    assert office.stage.token(token).status is TokenStatus.CANCELLED
    assert office.said(ASHA)[-1] == "news/closed"


# --- the patient-facing number -----------------------------------------------


def test_a_changed_number_leads_here_once_its_code_has_come_back(office: Office) -> None:
    office.admin.put("/clinics/profile", {"whatsappNumber": NEW})
    assert (claim(office, f"number:{OLD}"), claim(office, f"number:{NEW}")) == ("clinic_city", None)
    code = code_sent(office, NEW)
    answer = office.admin.post("/clinics/whatsapp/verify", {"otp": code})
    assert data(answer) == {"whatsappNumber": NEW, "whatsappNumberVerified": True}
    assert (claim(office, f"number:{OLD}"), claim(office, f"number:{NEW}")) == (None, "clinic_city")
    again = office.admin.post("/clinics/whatsapp/verify", {"otp": code})
    assert code_and_fields(again, 422) == ("VALIDATION_ERROR", ["otp"])


def test_three_wrong_codes_use_a_code_up(office: Office) -> None:
    office.admin.put("/clinics/profile", {"whatsappNumber": NEW})
    code = code_sent(office, NEW)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(3):
        assert code_and_fields(office.admin.post("/clinics/whatsapp/verify", {"otp": wrong}), 422)
    assert code_and_fields(office.admin.post("/clinics/whatsapp/verify", {"otp": code}), 422)
    assert claim(office, f"number:{NEW}") is None
    office.admin.put("/clinics/profile", {"whatsappNumber": NEW})  # the same again: another code
    answer = office.admin.post("/clinics/whatsapp/verify", {"otp": code_sent(office, NEW)})
    assert data(answer)["whatsappNumberVerified"] is True


def test_the_same_number_again_sends_no_second_code_while_the_first_is_good(
    office: Office,
) -> None:
    for _ in range(2):
        office.admin.put("/clinics/profile", {"whatsappNumber": NEW})
    assert len([m for m in office.settle() if m.phone == NEW]) == 1


def test_back_to_the_number_of_before_needs_no_code(office: Office) -> None:
    for number in (NEW, OLD):
        answer = office.admin.put("/clinics/profile", {"whatsappNumber": number})
    assert data(answer)["whatsappNumberVerified"] is True
    assert claim(office, f"number:{OLD}") == "clinic_city"


def test_another_clinics_number_is_refused_as_a_wrong_code_is(office: Office) -> None:
    theirs = office.cast.sunrise.whatsapp_number
    taken = office.admin.put("/clinics/profile", {"whatsappNumber": theirs})
    free = office.admin.put("/clinics/profile", {"whatsappNumber": NEW})
    assert taken.json["message"] == free.json["message"]
    office.admin.put("/clinics/profile", {"whatsappNumber": theirs})
    answer = office.admin.post("/clinics/whatsapp/verify", {"otp": code_sent(office, theirs)})
    wrong = office.admin.post("/clinics/whatsapp/verify", {"otp": "000000"})
    assert code_and_fields(answer, 422) == code_and_fields(wrong, 422)
    assert answer.json["message"] == wrong.json["message"]
    assert claim(office, f"number:{theirs}") == "clinic_sunrise"


# --- a sender of its own -----------------------------------------------------


def test_a_clinic_without_a_sender_is_joined_on_the_platforms_number(office: Office) -> None:
    found = data(sunrise_admin(office).get("/clinics/whatsapp"))
    assert found == {
        "whatsappNumber": "+919876543002",
        "whatsappNumberVerified": True,
        "whatsappPhoneNumberId": None,
        "hasAccessToken": False,
        "paymentConfiguration": None,
        "paysInWhatsapp": False,
        "joinCode": "SUN77",
        "joinUrl": f"https://wa.me/{PLATFORM_NUMBER[1:]}?text=JOIN%20SUN77",
    }


def test_an_own_sender_needs_the_enterprise_plan(office: Office) -> None:
    admin, body = sunrise_admin(office), {"whatsappPhoneNumberId": OWN, "accessToken": TOKEN}
    for path in ("/clinics/whatsapp", "/clinics/profile"):
        answer = admin.put(path, body)
        assert code_and_fields(answer, 403)[0] == "PLAN_REQUIRED"
        assert answer.json["error"]["plan"] == "ENTERPRISE"


@pytest.mark.parametrize("path", ["/clinics/whatsapp", "/clinics/profile"])
def test_an_own_sender_is_proven_by_its_own_token(office: Office, path: str) -> None:
    admin = sunrise_admin(office)
    upgrade(office, office.cast.sunrise)
    office.stage.senders.numbers[OWN] = "+918040007000"
    office.stage.senders.tokens[TOKEN] = {OWN}
    answer = admin.put(path, {"whatsappPhoneNumberId": OWN, "accessToken": TOKEN})
    assert answer.status_code == 200
    assert TOKEN not in answer.text
    found = data(admin.get("/clinics/whatsapp"))
    assert (found["whatsappPhoneNumberId"], found["hasAccessToken"]) == (OWN, True)
    assert found["joinUrl"] == "https://wa.me/918040007000?text=JOIN%20SUN77"
    assert claim(office, f"sender:{OWN}") == "clinic_sunrise"
    kept = office.stage.work().get(Sender, OWN)
    assert kept is not None
    assert TOKEN not in kept.access_token
    assert office.stage.parts.sealer.open(kept.access_token) == TOKEN
    office.stage.hear(ASHA, "hi", sender=OWN)
    assert office.settle()[-1].sender == OWN


def test_the_number_behind_a_proven_sender_is_proven_with_it(office: Office) -> None:
    admin = sunrise_admin(office)
    upgrade(office, office.cast.sunrise)
    admin.put("/clinics/profile", {"whatsappNumber": NEW})
    office.stage.senders.numbers[OWN] = NEW
    office.stage.senders.tokens[TOKEN] = {OWN}
    admin.put("/clinics/whatsapp", {"whatsappPhoneNumberId": OWN, "accessToken": TOKEN})
    assert data(admin.get("/clinics/whatsapp"))["whatsappNumberVerified"] is True
    assert claim(office, "number:+919876543002") is None


def test_no_refusal_tells_why_a_sender_could_not_be_verified(office: Office) -> None:
    admin = sunrise_admin(office)
    upgrade(office, office.cast.sunrise)
    office.stage.senders.tokens[TOKEN] = {CITY_SENDER, PLATFORM_SENDER}
    said_of = {
        sender: admin.put(
            "/clinics/whatsapp", {"whatsappPhoneNumberId": sender, "accessToken": TOKEN}
        )
        for sender in (OWN, CITY_SENDER, PLATFORM_SENDER)  # unseen, another clinic's, reserved
    }
    assert {code_and_fields(answer, 422)[1][0] for answer in said_of.values()} == {
        "whatsappPhoneNumberId"
    }
    assert {a.json["message"] for a in said_of.values()} == {"This could not be verified."}
    assert claim(office, f"sender:{CITY_SENDER}") == "clinic_city"


def test_a_sender_needs_a_token_and_a_token_a_sender(office: Office) -> None:
    admin = sunrise_admin(office)
    upgrade(office, office.cast.sunrise)
    for body, field in (
        ({"whatsappPhoneNumberId": OWN}, "accessToken"),
        ({"accessToken": TOKEN}, "whatsappPhoneNumberId"),
        ({}, "whatsappPhoneNumberId"),
        ({"whatsappPhoneNumberId": "../me"}, "whatsappPhoneNumberId"),
    ):
        assert code_and_fields(admin.put("/clinics/whatsapp", body), 422)[1] == [field]


def test_while_whatsapp_cannot_be_asked_nothing_is_proven(office: Office) -> None:
    admin = sunrise_admin(office)
    upgrade(office, office.cast.sunrise)
    office.stage.senders.away = True
    body = {"whatsappPhoneNumberId": OWN, "accessToken": TOKEN}
    assert code_and_fields(admin.put("/clinics/whatsapp", body), 503)[0] == "UNAVAILABLE"
    assert data(office.admin.get("/clinics/whatsapp"))["joinUrl"] is None


def test_a_sender_given_up_leaves_the_clinic_on_the_platforms_number(office: Office) -> None:
    upgrade(office, office.cast.clinic)
    office.stage.senders.tokens[TOKEN] = {CITY_SENDER, OWN}
    office.stage.senders.numbers[OWN] = "+918040007000"
    office.admin.put("/clinics/whatsapp", {"accessToken": TOKEN})
    office.admin.put("/clinics/whatsapp", {"whatsappPhoneNumberId": OWN})
    assert claim(office, f"sender:{CITY_SENDER}") is None
    answer = office.admin.put("/clinics/whatsapp", {"whatsappPhoneNumberId": None})
    assert data(answer)["joinUrl"] == f"https://wa.me/{PLATFORM_NUMBER[1:]}?text=JOIN%20CITY42"
    assert claim(office, f"sender:{OWN}") is None
    assert office.stage.work().get(Sender, OWN) is not None  # for what waits to leave by it
    office.stage.clock.advance(days=1, seconds=1)
    assert office.stage.work().get(Sender, OWN) is None


def test_no_code_is_kept_in_clear(office: Office) -> None:
    office.admin.put("/clinics/profile", {"whatsappNumber": NEW})
    code = code_sent(office, NEW)
    contact_id = office.stage.contact_id(NEW)
    kept = [m for m in office.stage.messages() if m.contact_id == contact_id]
    assert kept
    assert all(code not in repr(m) for m in kept)
    assert Message.TABLE == "messages"
    assert clinic_of(office).status is ClinicStatus.ACTIVE


def test_the_join_code_is_drawn_to_be_printed(office):
    answer = office.admin.get("/clinics/whatsapp/qr")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert answer.data.startswith(b"<?xml")
    assert b"<path" in answer.data
    assert office.doctor.get("/clinics/whatsapp/qr").status_code == 403
