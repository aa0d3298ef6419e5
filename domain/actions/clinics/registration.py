"""A new clinic: registered by anybody, there once its number was proven (specification 6.1)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from domain import passwords
from domain.actions.clinics import subscriptions
from domain.actions.staff import otps, sessions
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
from domain.plans import PLANS, PlanName
from domain.timetable import today
from domain.work import Work

UNPROVEN_KEPT = timedelta(days=1)
"""A registration that nobody proves is forgotten."""
WRONG_CODE = "The code is wrong or no longer good."
JOIN_WORD_LONGEST = 10
JOIN_WORD_SHORTEST = 3
JOIN_WORD = "CLINIC"
"""The beginning of a join code where the clinic's name has no Latin letters."""
JOIN_CODE_TRIES = 20


@dataclass(frozen=True)
class Opened:
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
    """Write down a clinic that is PENDING, and ask for a code to its number (E.164).

    Whether that number belongs to another clinic makes no difference here and is not looked at.

    Raises:
        TooMany: If too many codes were asked for.
    """
    clinic_id = work.ids.secret("clinic_")
    user_id = work.ids.secret("usr_")
    now = work.now.replace(microsecond=0)
    ttl = int((work.now + UNPROVEN_KEPT).timestamp())
    facts = PLANS[plan]
    clinic = work.put(
        Clinic(
            clinic_id=clinic_id,
            name=name,
            address=address,
            phone=number,
            whatsapp_number=number,
            status=ClinicStatus.PENDING,
            subscription_plan=plan,
            plan=plan,
            max_doctors=facts.max_doctors,
            price_per_doctor=facts.price_per_doctor,
            created_at=now,
            updated_at=now,
            ttl=ttl,
        )
    )
    day = today(clinic, work.now)
    billing_date = subscriptions.month_after(day, day.day)
    work.put(clinic.but(next_billing_date=billing_date))
    work.put(
        User(
            clinic_id=clinic_id,
            user_id=user_id,
            whatsapp_number=number,
            name=admin_name,
            role=Role.ADMIN,
            status=StaffStatus.INACTIVE,
            created_at=now,
            updated_at=now,
            ttl=ttl,
        )
    )
    work.put(
        Subscription(
            clinic_id=clinic_id,
            subscription_id=work.ids.new("sub_"),
            plan=plan,
            max_doctors=facts.max_doctors,
            price_per_doctor=facts.price_per_doctor,
            status=SubscriptionStatus.PENDING,
            next_billing_date=billing_date,
            created_at=now,
            updated_at=now,
            ttl=ttl,
        )
    )
    return otps.request_code(
        work,
        OtpType.REGISTRATION,
        number,
        clinic_id=clinic_id,
        address=network_address,
        user_id=user_id,
    )


def verify(work: Work, request_id: str, code: str, password: str) -> Opened | NotSignedIn:
    """Open the clinic whose number is proven by *code*, with its admin's *password*.

    The number is from now on the admin's, and the patients' too unless it is another clinic's
    already; nothing tells which. A refusal for the code is returned, for its attempt counts.

    Raises:
        Invalid: If the password is not good enough.
        Busy: If too many passwords are being checked.
    """
    passwords.require_strong("password", password)
    request = otps.find_request(work, OtpType.REGISTRATION, request_id)
    if request is None or not otps.check_code(work, request, code):
        return NotSignedIn(WRONG_CODE)
    clinic = work.get(Clinic, request.clinic_id)
    user = work.get(User, request.clinic_id, request.user_id or "")
    if clinic is None or user is None:
        return NotSignedIn(WRONG_CODE)
    now = work.now.replace(microsecond=0)
    password_hash = passwords.hash_password(password, work.rules.password_memory_kib)
    _claim_number(work, clinic)
    join_code = _join_code(work, clinic)
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
    return Opened(clinic, user, sessions.start_session(work, user))


def _claim_number(work: Work, clinic: Clinic) -> None:
    """Make the number the one patients write to, unless another has it."""
    if clinic.whatsapp_number == work.rules.platform_number:
        return
    claim = f"number:{clinic.whatsapp_number}"
    if work.get(Claim, claim) is None:
        work.put(Claim(claim=claim, clinic_id=clinic.clinic_id))


def _join_code(work: Work, clinic: Clinic) -> str:
    """Return a join code that nobody has, such as CITY42: easy to say and to type."""
    for code in _codes(work, _first_word(clinic.name)):
        if work.get(Claim, f"code:{code}") is None:
            return code
    return work.ids.new("").upper()


def _codes(work: Work, word: str) -> Iterator[str]:
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
