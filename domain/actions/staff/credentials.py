"""Send a new member of staff their temporary password."""

from __future__ import annotations

from datetime import timedelta

from domain.actions.messages.outbox import Draft, send
from domain.actions.staff import numbers
from domain.model.clinics import Clinic, User
from domain.work import Work

CREDENTIALS_KEPT = timedelta(days=1)
"""How long a temporary password waits, encrypted, to be delivered."""


def send_credentials(work: Work, clinic: Clinic, user: User, password: str) -> None:
    """Send a new member of staff a temporary *password*, and the button that proves the number.

    The password stays encrypted until it is delivered, a day at most.
    """
    contact = numbers.ensure_contact(work, user.whatsapp_number, user.name)
    send(
        work,
        Draft(
            "account/credentials",
            to=contact.contact_id,
            clinic=clinic,
            values={
                "name": user.name,
                "phone": user.whatsapp_number,
                "link": f"{work.rules.public_url}/welcome/{clinic.clinic_id}",
            },
            secrets={"password": password},
            options=[numbers.confirm_button(user)],
            helps_until=work.now + CREDENTIALS_KEPT,
        ),
    )
