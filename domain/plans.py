"""The three subscription plans: price, how many doctors, and which features."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.errors import NotNow, PlanLimit, PlanRequired
from domain.model.clinics import Clinic, ClinicStatus

if TYPE_CHECKING:
    from domain.model.clinics import Clinic


class PlanName(StrEnum):
    """The plans, from the smallest to the largest."""

    BASIC = "BASIC"
    PROFESSIONAL = "PROFESSIONAL"
    ENTERPRISE = "ENTERPRISE"


class Feature(StrEnum):
    """What a clinic can do or cannot, by its plan. Records, export, days and refunds never are."""

    DASHBOARD = "dashboard"
    DOCTOR_ANALYTICS = "doctor_analytics"
    FLOW_ANALYTICS = "flow_analytics"
    REVENUE_ANALYTICS = "revenue_analytics"
    REPORTS = "reports"
    MORE_ADMINS = "more_admins"
    OWN_SENDER = "own_whatsapp_sender"
    BRANDING = "branding"


@dataclass(frozen=True)
class Plan:
    """One plan, as it is sold."""

    name: PlanName
    price_per_doctor: int
    """Whole rupees a month for each ACTIVE doctor."""
    max_doctors: int
    features: frozenset[Feature]


_BASIC = frozenset({Feature.DASHBOARD})
_PROFESSIONAL = _BASIC | {
    Feature.DOCTOR_ANALYTICS,
    Feature.FLOW_ANALYTICS,
    Feature.REVENUE_ANALYTICS,
    Feature.REPORTS,
    Feature.MORE_ADMINS,
}
_ENTERPRISE = _PROFESSIONAL | {Feature.OWN_SENDER, Feature.BRANDING}

PLANS: dict[PlanName, Plan] = {
    plan.name: plan
    for plan in (
        Plan(PlanName.BASIC, price_per_doctor=799, max_doctors=3, features=_BASIC),
        Plan(PlanName.PROFESSIONAL, price_per_doctor=649, max_doctors=10, features=_PROFESSIONAL),
        Plan(PlanName.ENTERPRISE, price_per_doctor=549, max_doctors=50, features=_ENTERPRISE),
    )
}
"""Every plan by its name, the smallest first."""


def plan_of(clinic: Clinic) -> Plan:
    """Return the plan *clinic* is on."""
    return PLANS[PlanName(clinic.subscription_plan)]


def allows(clinic: Clinic, feature: Feature) -> bool:
    """Return whether the plan of *clinic* has *feature*."""
    return feature in plan_of(clinic).features


def require(clinic: Clinic, feature: Feature) -> None:
    """Return if the plan of *clinic* has *feature*.

    Raises:
        PlanRequired: If it has not; names the smallest plan that has (detail `plan`).
    """
    if allows(clinic, feature):
        return
    wanted = next(plan for plan in PLANS.values() if feature in plan.features)
    raise PlanRequired(
        f"This needs the {wanted.name} plan.", plan=wanted.name.value, feature=feature.value
    )


def require_room(clinic: Clinic, doctors: int) -> None:
    """Return if *clinic* may have so many ACTIVE *doctors*.

    The clinic's own limit counts, which an upgrade raises at once and a downgrade lowers on its
    effective date.

    Raises:
        PlanLimit: If that is one too many; names the smallest plan that allows it (detail `plan`,
            None when no plan does).
    """
    if doctors <= clinic.max_doctors:
        return
    larger = next((plan for plan in PLANS.values() if plan.max_doctors >= doctors), None)
    if larger is None:
        raise PlanLimit(f"No plan allows more than {clinic.max_doctors} doctors.", plan=None)
    raise PlanLimit(
        f"The {clinic.subscription_plan} plan allows {clinic.max_doctors} doctors; "
        f"the {larger.name} plan allows {larger.max_doctors}.",
        plan=larger.name.value,
        max_doctors=larger.max_doctors,
    )


class Suspended(NotNow):
    """The clinic's subscription is suspended."""

    code = "SUSPENDED"


def require_active(clinic: Clinic) -> None:
    """Let a clinic go on whose subscription runs.

    Raises:
        Suspended: If it does not.
    """
    if clinic.status is ClinicStatus.SUSPENDED:
        raise Suspended("The clinic's subscription is suspended until its bill is paid.")
