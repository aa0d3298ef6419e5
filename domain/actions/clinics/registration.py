"""A new clinic: anybody registers one; it opens when its number is proven (specification 6.1)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from domain import passwords
from domain.actions.clinics import subscriptions
from domain.actions.staff import code_limits, otps, sessions
from domain.clinic_names import name_doubt
from domain.errors import NotSignedIn
from domain.model.accounts import OtpRequest, OtpType, Session
from domain.model.clinics import (
    Claim,
    Clinic,
    ClinicStatus,
    Role,
    StaffNumber,
    StaffStatus,
    User,
)
from domain.model.subscriptions import Subscription, SubscriptionStatus
from domain.networks import subscriber_network
from domain.plans import PLANS, PlanName
from domain.timetable import today
from domain.work import Work

UNPROVEN_KEPT = timedelta(days=1)
"""How long an unproven registration is kept."""
WRONG_CODE = "The code is wrong or no longer good."
JOIN_WORD_LONGEST = 10
JOIN_WORD_SHORTEST = 3
JOIN_WORD = "CLINIC"
"""How a join code begins where the clinic's name has no Latin letters."""
JOIN_CODE_TRIES = 20


@dataclass(frozen=True)
class OpenedClinic:
    """A clinic whose number was proven, and its first admin, signed in."""

    clinic: Clinic
    admin: User
    session: Session


def register(
    work: Work,
    *,
    name: str,
    address: str,
    number: str,
    admin_name: str,
    plan: PlanName,
    network_address: str,
) -> OtpRequest:
    """Write a PENDING clinic with its first admin, and send a code to *number* (E.164).

    The number may belong to another clinic: that is not checked here, so the answer cannot show it.
    A registration that is not proven within `UNPROVEN_KEPT` vanishes.

    Raises:
        TooMany: If too many codes were requested.
    """
    clinic = _write_pending_clinic(work, name, address, number, plan)
    admin = _write_pending_admin(work, clinic, admin_name)
    _write_pending_subscription(work, clinic, plan)
    return otps.request_code(
        work,
        OtpType.REGISTRATION,
        number,
        clinic_id=clinic.clinic_id,
        address=network_address,
        user_id=admin.user_id,
    )


def _write_pending_clinic(
    work: Work, name: str, address: str, number: str, plan: PlanName
) -> Clinic:
    now = work.now.replace(microsecond=0)
    terms = PLANS[plan]
    clinic = Clinic(
        clinic_id=work.ids.secret("clinic_"),
        name=name,
        name_doubt=name_doubt(name),
        address=address,
        phone=number,
        whatsapp_number=number,
        status=ClinicStatus.PENDING,
        subscription_plan=plan,
        plan=plan,
        max_doctors=terms.max_doctors,
        price_per_doctor=terms.price_per_doctor,
        created_at=now,
        updated_at=now,
        ttl=int((work.now + UNPROVEN_KEPT).timestamp()),
    )
    return work.put(clinic.but(next_billing_date=_first_billing_date(work, clinic)))


def _write_pending_admin(work: Work, clinic: Clinic, name: str) -> User:
    return work.put(
        User(
            clinic_id=clinic.clinic_id,
            user_id=work.ids.secret("usr_"),
            whatsapp_number=clinic.whatsapp_number,
            name=name,
            role=Role.ADMIN,
            status=StaffStatus.INACTIVE,
            created_at=clinic.created_at,
            updated_at=clinic.updated_at,
            ttl=clinic.ttl,
        )
    )


def _write_pending_subscription(work: Work, clinic: Clinic, plan: PlanName) -> None:
    terms = PLANS[plan]
    work.put(
        Subscription(
            clinic_id=clinic.clinic_id,
            subscription_id=work.ids.new("sub_"),
            plan=plan,
            max_doctors=terms.max_doctors,
            price_per_doctor=terms.price_per_doctor,
            status=SubscriptionStatus.PENDING,
            next_billing_date=_first_billing_date(work, clinic),
            created_at=clinic.created_at,
            updated_at=clinic.updated_at,
            ttl=clinic.ttl,
        )
    )


def _first_billing_date(work: Work, clinic: Clinic) -> date:
    """Return the day a month after today, from which the clinic's first bill counts."""
    day = today(clinic, work.now)
    return subscriptions.month_after(day, day.day)


def verify(
    work: Work, request_id: str, code: str, password: str, address: str
) -> OpenedClinic | NotSignedIn:
    """Open the clinic whose number *code* proves, and sign its admin in with *password*.

    The admin signs in with that number. Patients reach the clinic by it too, unless it already
    leads to another clinic; the answer is the same in both cases. A wrong code is returned, not
    raised, so that the attempt it counts is committed. A registration that is not live is refused
    before anything costly is done. *address* is the caller's network address.

    Raises:
        Invalid: If the password is weak.
        Busy: If too many passwords are being checked.
    """
    request = otps.find_request(work, OtpType.REGISTRATION, request_id)
    if request is None or not otps.is_live(work, request):
        return NotSignedIn(WRONG_CODE)
    asker = subscriber_network(address)
    passwords.require_strong("password", password, asker)
    if not otps.check_code(work, request, code):
        return NotSignedIn(WRONG_CODE)
    clinic = work.get(Clinic, request.clinic_id)
    user = work.get(User, request.clinic_id, request.user_id or "")
    if clinic is None or user is None:
        return NotSignedIn(WRONG_CODE)
    now = work.now.replace(microsecond=0)
    code_limits.remember_network(work, request.whatsapp_number, address)
    password_hash = passwords.hash_password(password, work.rules.password_memory_kib, asker)
    _claim_number(work, clinic)
    join_code = _free_join_code(work, clinic)
    work.put(Claim(claim=f"code:{join_code}", clinic_id=clinic.clinic_id))
    clinic = work.put(
        clinic.but(status=ClinicStatus.ACTIVE, join_code=join_code, updated_at=now, ttl=None)
    )
    user = work.put(
        user.but(
            status=StaffStatus.ACTIVE,
            proven=True,
            password_hash=password_hash,
            password_updated_at=now,
            last_login=now,
            updated_at=now,
            ttl=None,
        )
    )
    work.put(
        StaffNumber(
            whatsapp_number=user.whatsapp_number, clinic_id=clinic.clinic_id, user_id=user.user_id
        )
    )
    subscriptions.begin_subscription(
        work, clinic, subscriptions.require_subscription(work, clinic.clinic_id)
    )
    return OpenedClinic(clinic, user, sessions.start_session(work, user))


def _claim_number(work: Work, clinic: Clinic) -> None:
    """Make the number the one that patients write to, unless it is another clinic's."""
    if clinic.whatsapp_number == work.rules.platform_number:
        return
    claim = f"number:{clinic.whatsapp_number}"
    if work.get(Claim, claim) is None:
        work.put(Claim(claim=claim, clinic_id=clinic.clinic_id))


def _free_join_code(work: Work, clinic: Clinic) -> str:
    """Return a join code that no clinic has, such as CITY42: easy to say and to type."""
    for code in _candidate_codes(work, _first_word(clinic.name)):
        if work.get(Claim, f"code:{code}") is None:
            return code
    return work.ids.new("").upper()


def _candidate_codes(work: Work, word: str) -> Iterator[str]:
    for attempt in range(JOIN_CODE_TRIES):
        chance = int(work.ids.secret("")[-12:], 16)
        digits = 2 if attempt < JOIN_CODE_TRIES // 2 else 4
        yield f"{word}{10 ** (digits - 1) + chance % (9 * 10 ** (digits - 1))}"


def _first_word(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).upper()
    for word in plain.split():
        letters = "".join(c for c in word if "A" <= c <= "Z")
        if len(letters) >= JOIN_WORD_SHORTEST:
            return letters[:JOIN_WORD_LONGEST]
    return JOIN_WORD
