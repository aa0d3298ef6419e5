"""Clinics that have a WhatsApp sender of their own, or may have one."""

from __future__ import annotations

from domain.model.clinics import Clinic
from tests.api.office import Client, Office
from tests.people import store, stored

OWN, TOKEN = "555000111222", "EAAG-own-token-of-the-clinic"
"""A sender that City Medical Center could use, and the token that sees it."""


def clinic_of(office: Office) -> Clinic:
    """Return City Medical Center as it is stored now."""
    return stored(office.stage.records, office.cast.clinic)


def sunrise_admin(office: Office) -> Client:
    """Return Dr. Rao's account as the admin of Sunrise Clinic, which has no sender of its own."""
    user = stored(office.stage.records, office.cast.rao_user)
    admin = user.but(role="ADMIN", doctor_id=None)
    store(office.stage.records, admin)
    return office.sign_in(stored(office.stage.records, admin))


def upgrade(office: Office, clinic: Clinic) -> None:
    """Put *clinic* on the plan that allows a sender of its own."""
    store(
        office.stage.records,
        stored(office.stage.records, clinic).but(
            subscription_plan="ENTERPRISE", plan="ENTERPRISE", max_doctors=50
        ),
    )
