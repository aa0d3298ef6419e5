"""The three subscription plans (price, doctors, features), and what they require of a clinic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import NotNow, PlanLimit, PlanRequired
from domain.model.clinics import Clinic, ClinicStatus


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
    """Raise `PlanRequired` unless the plan of *clinic* has *feature*.

    Raises:
        PlanRequired: Unless the plan has it; names the smallest plan that does (detail `plan`).
    """
    if allows(clinic, feature):
        return
    wanted = next(plan for plan in PLANS.values() if feature in plan.features)
    raise PlanRequired(
        f"This needs the {wanted.name} plan.", plan=wanted.name.value, feature=feature.value
    )


def require_room(clinic: Clinic, doctors: int) -> None:
    """Raise `PlanLimit` unless *clinic* may have this number of ACTIVE *doctors*.

    The limit is the clinic's `max_doctors`: an upgrade raises it at once, a downgrade lowers it on
    its effective date.

    Raises:
        PlanLimit: Unless the limit allows it; names the smallest plan that does (detail `plan`,
            None if no plan does).
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
    """Raise `Suspended` if the clinic's subscription is suspended.

    Raises:
        Suspended: If it is suspended; one that is past due or pending is not.
    """
    if clinic.status is ClinicStatus.SUSPENDED:
        raise Suspended("The clinic's subscription is suspended until its bill is paid.")
