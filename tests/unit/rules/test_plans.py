"""The three plans: what each costs and allows, and which one is named when it does not."""

from __future__ import annotations

import pytest

from domain.errors import PlanLimit, PlanRequired
from domain.plans import PLANS, Feature, PlanName, allows, plan_of, require, require_room
from tests.people import a_clinic

BASIC = a_clinic("clinic_1", "One", "+919876543001")
ENTERPRISE = BASIC.but(subscription_plan="ENTERPRISE", max_doctors=50)


def test_the_plans_are_those_of_the_specification() -> None:
    sold = {p.name.value: (p.price_per_doctor, p.max_doctors) for p in PLANS.values()}
    assert sold == {"BASIC": (799, 3), "PROFESSIONAL": (649, 10), "ENTERPRISE": (549, 50)}
    assert list(PLANS) == sorted(PLANS, key=lambda name: PLANS[name].max_doctors)


@pytest.mark.parametrize(
    ("feature", "first"),
    [
        (Feature.DASHBOARD, PlanName.BASIC),
        (Feature.DOCTOR_ANALYTICS, PlanName.PROFESSIONAL),
        (Feature.FLOW_ANALYTICS, PlanName.PROFESSIONAL),
        (Feature.REVENUE_ANALYTICS, PlanName.PROFESSIONAL),
        (Feature.REPORTS, PlanName.PROFESSIONAL),
        (Feature.MORE_ADMINS, PlanName.PROFESSIONAL),
        (Feature.OWN_SENDER, PlanName.ENTERPRISE),
        (Feature.BRANDING, PlanName.ENTERPRISE),
    ],
)
def test_a_feature_is_in_its_plan_and_in_every_larger_one(
    feature: Feature, first: PlanName
) -> None:
    names = list(PLANS)
    for place, name in enumerate(names):
        clinic = BASIC.but(subscription_plan=name.value)
        assert plan_of(clinic).name is name
        assert allows(clinic, feature) is (place >= names.index(first))
        if allows(clinic, feature):
            require(clinic, feature)
            continue
        with pytest.raises(PlanRequired, match=first.value) as refused:
            require(clinic, feature)
        assert refused.value.details["plan"] == first.value


@pytest.mark.parametrize(
    ("doctors", "plan"), [(4, "PROFESSIONAL"), (10, "PROFESSIONAL"), (11, "ENTERPRISE")]
)
def test_the_smallest_plan_with_room_is_named(doctors: int, plan: str) -> None:
    with pytest.raises(PlanLimit, match=plan) as refused:
        require_room(BASIC, doctors)
    assert refused.value.details["plan"] == plan


def test_beyond_the_largest_plan_none_is_named() -> None:
    require_room(ENTERPRISE, 50)
    with pytest.raises(PlanLimit) as refused:
        require_room(ENTERPRISE, 51)
    assert refused.value.details["plan"] is None


def test_the_clinics_own_limit_counts_which_a_change_of_plan_may_leave_higher() -> None:
    require_room(BASIC.but(max_doctors=10), 10)
