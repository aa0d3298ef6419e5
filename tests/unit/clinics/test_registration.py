from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.actions.clinics import registration, subscriptions
from domain.actions.clinics.registration import OpenedClinic
from domain.errors import NotSignedIn
from domain.model.clinics import Claim, Clinic, ClinicStatus, StaffNumber, StaffStatus, User
from domain.model.subscriptions import Subscription, SubscriptionStatus
from domain.plans import PlanName
from tests.accounts import ADDRESS, PASSWORD, code_sent, other_than
from tests.people import PLATFORM_NUMBER, Cast
from tests.stage import Stage

NEW_NUMBER = "+919876543210"


def register(stage: Stage, number: str = NEW_NUMBER, name: str = "Lotus Eye Clinic") -> str:
    work = stage.work()
    request = registration.register(
        work,
        name=name,
        address="1 Park Street",
        number=number,
        admin_name="Nadia",
        plan=PlanName.PROFESSIONAL,
        network_address=ADDRESS,
    )
    work.commit()
    return request.request_id


def verify(stage: Stage, request_id: str, code: str) -> OpenedClinic | NotSignedIn:
    work = stage.work()
    opened = registration.verify(work, request_id, code, PASSWORD, ADDRESS)
    work.commit()
    return opened


def opened(stage: Stage, number: str = NEW_NUMBER, name: str = "Lotus Eye Clinic") -> OpenedClinic:
    request_id = register(stage, number, name)
    found = verify(stage, request_id, code_sent(stage, number))
    assert isinstance(found, OpenedClinic)
    return found


def test_a_clinic_is_pending_with_nothing_claimed_until_its_number_is_proven(
    stage: Stage,
) -> None:
    register(stage)
    work = stage.work()
    (clinic,) = work.query(Clinic, ClinicStatus.PENDING, index="status-clinicId-idx").records
    (admin,) = work.query(User, clinic.clinic_id).records
    (subscription,) = work.query(Subscription, clinic.clinic_id).records
    assert (clinic.plan, clinic.subscription_plan, clinic.max_doctors) == (
        *["PROFESSIONAL"] * 2,
        10,
    )
    assert (admin.status, admin.proven) == (StaffStatus.INACTIVE, False)
    assert subscription.status is SubscriptionStatus.PENDING
    assert work.get(Claim, f"number:{NEW_NUMBER}") is None
    assert work.get(StaffNumber, NEW_NUMBER, clinic.clinic_id) is None


def test_the_proof_opens_it(stage: Stage) -> None:
    found = opened(stage)
    work = stage.work()
    clinic = work.get(Clinic, found.clinic.clinic_id)
    admin = work.get(User, found.clinic.clinic_id, found.admin.user_id)
    claim = work.get(Claim, f"number:{NEW_NUMBER}")
    number = work.get(StaffNumber, NEW_NUMBER, found.clinic.clinic_id)
    (subscription,) = work.query(Subscription, found.clinic.clinic_id).records
    assert clinic is not None
    assert (clinic.status, clinic.ttl) == (ClinicStatus.ACTIVE, None)
    assert admin is not None
    assert (admin.status, admin.proven, admin.ttl) == (StaffStatus.ACTIVE, True, None)
    assert claim is not None
    assert claim.clinic_id == clinic.clinic_id
    assert number is not None
    assert number.user_id == admin.user_id
    assert (subscription.status, subscription.ttl) == (SubscriptionStatus.ACTIVE, None)
    assert subscription.price_per_doctor == 649


def test_the_first_bill_is_a_month_away(stage: Stage) -> None:
    found = opened(stage)
    (subscription,) = stage.work().query(Subscription, found.clinic.clinic_id).records
    assert subscription.next_billing_date == date(2030, 12, 25)
    assert found.clinic.next_billing_date == date(2030, 12, 25)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_a_month_later_is_the_same_day_or_the_months_last(day: date) -> None:
    later = subscriptions.month_after(day, day.day)
    assert 28 <= (later - day).days <= 31
    assert later.day <= day.day
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == 1


def test_the_join_code_can_be_typed_and_is_the_clinics_alone(stage: Stage) -> None:
    first = opened(stage)
    second = opened(stage, "+919876543209")
    assert first.clinic.join_code.startswith("LOTUS")
    assert first.clinic.join_code != second.clinic.join_code
    for found in (first, second):
        claim = stage.work().get(Claim, f"code:{found.clinic.join_code}")
        assert claim is not None
        assert claim.clinic_id == found.clinic.clinic_id


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Dr. Rao's Clinic", "RAOS"),
        ("सिटी क्लिनिक", "CLINIC"),
        ("Établissement Ère", "ETABLISSEM"),
        ("A1", "CLINIC"),
    ],
)
def test_the_join_code_begins_with_a_word_of_the_name(stage: Stage, name: str, word: str) -> None:
    code = opened(stage, name=name).clinic.join_code
    assert code[: len(word)] == word
    assert code[len(word) :].isdigit()


def test_who_sends_the_join_code_reaches_the_new_clinic(stage: Stage) -> None:
    found = opened(stage)
    code = found.clinic.join_code
    assert stage.runner.ear.codes_after_join(f"JOIN {code}") == [code]
    assert stage.runner.ear.codes(f"hi {code}") == [code]
    stage.hear(
        "+919876543221",
        f"join {found.clinic.join_code.lower()}",
        sender=stage.parts.rules.platform_sender,
    )
    assert any("Lotus Eye Clinic" in m.text for m in stage.settle())


def test_a_number_that_routes_to_another_clinic_registers_and_goes_on_routing_there(
    stage: Stage, cast: Cast
) -> None:
    found = opened(stage, cast.clinic.whatsapp_number)
    claim = stage.work().get(Claim, f"number:{cast.clinic.whatsapp_number}")
    assert claim is not None
    assert claim.clinic_id == cast.clinic.clinic_id
    assert found.clinic.status is ClinicStatus.ACTIVE
    assert found.clinic.whatsapp_number == cast.clinic.whatsapp_number


def test_the_platforms_own_number_becomes_nobodys(stage: Stage) -> None:
    opened(stage, PLATFORM_NUMBER)
    assert stage.work().get(Claim, f"number:{PLATFORM_NUMBER}") is None


def test_a_wrong_code_opens_nothing_and_counts(stage: Stage) -> None:
    request_id = register(stage)
    code = code_sent(stage, NEW_NUMBER)
    for _ in range(3):
        assert isinstance(verify(stage, request_id, other_than(code)), NotSignedIn)
    assert isinstance(verify(stage, request_id, code), NotSignedIn)
    assert stage.work().get(Claim, f"number:{NEW_NUMBER}") is None


def test_one_that_nobody_proves_is_forgotten_after_a_day(stage: Stage) -> None:
    register(stage)
    work = stage.work()
    (clinic,) = work.query(Clinic, ClinicStatus.PENDING, index="status-clinicId-idx").records
    (admin,) = work.query(User, clinic.clinic_id).records
    assert clinic.ttl == admin.ttl == int(work.now.timestamp()) + 24 * 3600


def test_the_owner_is_heard_as_an_admin_in_chat(stage: Stage) -> None:
    found = opened(stage)
    stage.hear(NEW_NUMBER, "doctors", sender=stage.parts.rules.platform_sender)
    (answer,) = stage.settle()
    assert found.clinic.name in answer.text
    assert "No doctor yet" in answer.text
