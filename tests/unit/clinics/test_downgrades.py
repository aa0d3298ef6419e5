"""A smaller plan gives up what it has not, on its day, and says so before (notes, 11)."""

from __future__ import annotations

import pytest

from domain.actions.clinics import senders, subscriptions
from domain.errors import PlanRequired
from domain.model.clinics import Claim, Role, Sender, StaffStatus, User
from domain.plans import PLANS, Feature, PlanName, allows, require
from tests.bills import CITY, days, subscribe, the_clinic, the_subscription
from tests.people import CITY_SENDER, Cast, a_user, staff_number, store, stored
from tests.stage import Stage

GITA = "+919876543055"
LOST = PLANS[PlanName.ENTERPRISE].features - PLANS[PlanName.BASIC].features


@pytest.fixture
def town(stage: Stage, cast: Cast) -> Stage:
    """City Medical Center on the Enterprise plan, with a sender of its own and two admins."""
    subscribe(stage, cast)
    clinic = the_clinic(stage).but(
        subscription_plan="ENTERPRISE", plan="ENTERPRISE", max_doctors=50
    )
    subscription = the_subscription(stage).but(plan="ENTERPRISE", max_doctors=50)
    gita = a_user(clinic, "usr_gita", "Gita Sen", GITA)
    store(
        stage.records,
        clinic,
        subscription,
        gita,
        staff_number(gita),
        Sender(
            sender=CITY_SENDER, clinic_id=CITY, number="+919876543001", access_token="x",
            proven_at=stage.clock.now(),
        ),
    )  # fmt: skip
    return stage


def change(stage: Stage, plan: PlanName, by: str | None = "usr_farida") -> subscriptions.PlanChange:
    work = stage.work()
    made = subscriptions.change_plan(work, the_clinic(stage), plan, 2, by=by)
    work.commit()
    return made


def user(stage: Stage, user_id: str) -> User:
    found = stage.work().get(User, CITY, user_id)
    assert found is not None
    return found


@pytest.mark.parametrize("feature", sorted(LOST))
def test_a_feature_is_there_until_the_day_and_gone_from_then_on(
    town: Stage, feature: Feature
) -> None:
    made = change(town, PlanName.BASIC)
    assert feature in {loss.feature for loss in made.losses}
    days(town, 5)
    require(the_clinic(town), feature)
    days(town, 1)
    with pytest.raises(PlanRequired):
        require(the_clinic(town), feature)


def test_what_every_plan_has_stays(town: Stage) -> None:
    made = change(town, PlanName.BASIC)
    assert {loss.feature for loss in made.losses} == LOST
    days(town, 6)
    assert allows(the_clinic(town), Feature.DASHBOARD)


def test_more_gives_up_nothing(town: Stage) -> None:
    change(town, PlanName.PROFESSIONAL)
    days(town, 6)
    assert change(town, PlanName.ENTERPRISE).losses == ()


def test_the_own_sender_is_given_up_on_the_day(town: Stage) -> None:
    made = change(town, PlanName.PROFESSIONAL)
    said = {loss.feature: loss.message for loss in made.losses}
    assert "shared number" in said[Feature.OWN_SENDER]
    days(town, 5)
    assert the_clinic(town).phone_number_id == CITY_SENDER
    days(town, 1)
    assert the_clinic(town).phone_number_id is None
    assert town.work().get(Claim, f"sender:{CITY_SENDER}") is None
    days(town, 2)
    assert town.work().get(Sender, CITY_SENDER) is None


def test_further_admins_end_and_who_chose_the_plan_stays(town: Stage) -> None:
    made = change(town, PlanName.BASIC, by="usr_gita")
    said = {loss.feature: loss.message for loss in made.losses}
    assert "Farida" in said[Feature.MORE_ADMINS]
    assert "Gita" not in said[Feature.MORE_ADMINS]
    era = user(town, "usr_farida").session_era
    days(town, 5)
    assert user(town, "usr_farida").status is StaffStatus.ACTIVE
    days(town, 1)
    farida = user(town, "usr_farida")
    assert (farida.status, farida.session_era > era) == (StaffStatus.INACTIVE, True)
    assert user(town, "usr_gita").status is StaffStatus.ACTIVE


def test_professional_keeps_them(town: Stage) -> None:
    change(town, PlanName.PROFESSIONAL)
    days(town, 6)
    assert user(town, "usr_gita").status is StaffStatus.ACTIVE


@pytest.mark.parametrize("proven", [True, False])
def test_who_stays_has_proven_their_number(town: Stage, *, proven: bool) -> None:
    store(town.records, user(town, "usr_gita").but(proven=proven))
    change(town, PlanName.BASIC, by="usr_gita")
    days(town, 6)
    stays = "usr_gita" if proven else "usr_farida"
    statuses = {u: user(town, u).status for u in ("usr_gita", "usr_farida")}
    assert [u for u, s in statuses.items() if s is StaffStatus.ACTIVE] == [stays]


def test_where_nobody_has_no_admin_is_lost(town: Stage) -> None:
    for who in ("usr_gita", "usr_farida"):
        store(town.records, user(town, who).but(proven=False))
    change(town, PlanName.BASIC)
    days(town, 6)
    assert {user(town, u).status for u in ("usr_gita", "usr_farida")} == {StaffStatus.ACTIVE}


def test_an_admin_who_is_a_doctor_goes_on_as_one(town: Stage, cast: Cast) -> None:
    owner = stored(town.records, cast.khan_user).but(role=Role.ADMIN)
    store(town.records, owner)
    change(town, PlanName.BASIC)
    days(town, 6)
    khan = user(town, "usr_khan")
    assert (khan.role, khan.status, khan.doctor_id) == (Role.DOCTOR, StaffStatus.ACTIVE, "doc_khan")


def test_a_downgrade_that_stays_away_gives_up_nothing(town: Stage) -> None:
    change(town, PlanName.BASIC)
    store(town.records, the_clinic(town).but(current_doctors=5))
    days(town, 6)
    assert the_clinic(town).phone_number_id == CITY_SENDER
    assert user(town, "usr_gita").status is StaffStatus.ACTIVE


def test_a_sender_given_up_before_is_no_hindrance(town: Stage) -> None:
    work = town.work()
    senders.give_up_sender(work, CITY)
    work.commit()
    made = change(town, PlanName.BASIC)
    said = {loss.feature: loss.message for loss in made.losses}
    assert "cannot have" in said[Feature.OWN_SENDER]
    days(town, 6)
    assert the_clinic(town).subscription_plan == "BASIC"
