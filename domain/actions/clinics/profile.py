"""A clinic's profile, and the number that its patients write to, proven by a code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from zoneinfo import available_timezones

from domain.actions.line import affected, schedule_changes
from domain.actions.messages.outbox import sender_of
from domain.actions.payments import orders
from domain.actions.staff import numbers, otps
from domain.actors import Actor
from domain.channel import Senders
from domain.clinic_names import name_doubt
from domain.errors import Busy, Invalid
from domain.model.accounts import OtpStatus, OtpType
from domain.model.clinics import Claim, Clinic, Doctor, Sender, User
from domain.work import Work

COORDINATES = ("latitude", "longitude")
NOT_VERIFIED = "This could not be verified."
"""The one text of these refusals, so that no clinic learns what another has."""


@dataclass(frozen=True)
class ClinicReach:
    """How a clinic is reached on WhatsApp."""

    sender: Sender | None
    """Its own sender; None while it uses the platform's."""
    join_url: str | None
    """Opens WhatsApp with the join code; None if the sender's number is not known."""
    pays_in_whatsapp: bool
    """Whether advances can be paid inside WhatsApp, as an order."""


def find_clinic(work: Work, clinic_id: str) -> Clinic:
    """Return the clinic.

    Raises:
        NotFound: If it is outside the scope.
    """
    return work.require(Clinic, clinic_id)


def clinic_reach(work: Work, clinic: Clinic, senders: Senders) -> ClinicReach:
    """Return how *clinic* is reached on WhatsApp."""
    sender = work.get(Sender, clinic.phone_number_id or "")
    number = sender.number if sender else None
    if clinic.phone_number_id is None:
        number = work.rules.platform_number
    if number is None:
        try:
            number = senders.number_of(clinic.phone_number_id or work.rules.platform_sender)
        except Busy:
            number = None
    text = quote(f"JOIN {clinic.join_code}")
    url = f"https://wa.me/{number.removeprefix('+')}?text={text}" if number else None
    leaves_by = sender_of(work, clinic)
    return ClinicReach(sender, url, orders.configuration_of(work, leaves_by) is not None)


def is_number_proven(work: Work, clinic: Clinic) -> bool:
    """Return whether the clinic's patient-facing number is proven to be its own."""
    return _has_claim(work, f"number:{clinic.whatsapp_number}", clinic)


def change_profile(
    work: Work,
    clinic_id: str,
    changes: Mapping[str, Any],
    *,
    by: User,
    address: str,
    confirm: bool = False,
    keep_clock: bool = True,
) -> Clinic:
    """Change fields of a clinic's profile.

    A new whatsapp_number is stored at once and sent a code for `prove_number`; until it is proven,
    the old one leads to the clinic. *latitude* and *longitude* are degrees and go together; None
    for both takes the place away. *address* is the caller's network address, by which codes are
    limited. New holidays and a new time zone are applied to sold days by a job: with
    *keep_clock* what was sold keeps its clock time in the new zone, else its moment.

    Raises:
        Invalid: If a number or the time zone is invalid, the number is the platform's, or only one
            of latitude and longitude is given.
        ConfirmationNeeded: If bookings would end and *confirm* is not given; it lists them.
        TooMany: If too many codes were requested.
    """
    clinic = find_clinic(work, clinic_id)
    wanted = dict(changes)
    number = wanted.pop("whatsapp_number", None)
    if wanted.get("phone") is not None:
        wanted["phone"] = numbers.parse_number(work, "phone", wanted["phone"])
    if "name" in wanted and wanted["name"] != clinic.name:
        wanted["name_doubt"] = name_doubt(wanted["name"])
    if wanted.get("time_zone", "UTC") not in available_timezones():
        raise Invalid("timeZone", "Must be a time zone such as Asia/Kolkata.")
    planned = clinic.but(**wanted | _place_on_map(wanted))
    moves_days = (planned.holidays, planned.time_zone) != (clinic.holidays, clinic.time_zone)
    if moves_days and not confirm:
        doctors = work.query(Doctor, clinic_id, limit=1000).records
        affected.require_confirmed(work, [affected.Change(clinic, d, planned, d) for d in doctors])
    if number is not None:
        number = numbers.parse_number(work, "whatsappNumber", number)
        planned = _plan_number(work, clinic, planned, number, by, address)
    if planned == clinic:
        return clinic
    planned = work.put(planned.but(updated_at=work.now))
    if moves_days:
        schedule_changes.schedule_sold_days(
            work,
            planned,
            None,
            Actor(by.user_id, by.name),
            zone_before=clinic.time_zone if clinic.time_zone != planned.time_zone else None,
            keep_clock=keep_clock,
        )
    return planned


def trust_clinic(work: Work, *, clinic_id: str) -> Clinic:
    """Let a clinic write to whomever its staff record, and take its name as it is.

    A name that is changed later is looked at again. May be repeated.

    Raises:
        NotFound: If there is no such clinic.
    """
    clinic = find_clinic(work, clinic_id)
    trusted_at = clinic.trusted_at or work.now.replace(microsecond=0)
    return work.put(clinic.but(trusted_at=trusted_at, name_doubt=None))


def _place_on_map(wanted: Mapping[str, Any]) -> dict[str, str | None]:
    """Return *wanted* latitude and longitude as they are stored; empty if none are wanted."""
    given = {name: wanted[name] for name in COORDINATES if name in wanted}
    for name, other in (COORDINATES, COORDINATES[::-1]):
        if given.get(name) is not None and given.get(other) is None:
            raise Invalid(other, f"Is needed beside {name}.")
    return {n: None if degrees is None else f"{degrees:.6f}" for n, degrees in given.items()}


def _plan_number(
    work: Work, clinic: Clinic, planned: Clinic, number: str, by: User, address: str
) -> Clinic:
    """Return *planned* with another patient-facing number, and send a code to that number.

    A number that is proven, or waits for its code, gets none; one whose code has expired gets a new
    one.
    """
    if number == work.rules.platform_number:
        raise Invalid("whatsappNumber", NOT_VERIFIED)
    is_ours = _has_claim(work, f"number:{number}", clinic)
    if number == clinic.whatsapp_number and (is_ours or _is_code_pending(work, clinic)):
        return planned
    routed = clinic.routed_number
    if routed is None and is_number_proven(work, clinic):
        routed = clinic.whatsapp_number
    if is_ours:
        return planned.but(whatsapp_number=number, routed_number=None, number_request_id=None)
    request = otps.request_code(
        work,
        OtpType.CLINIC_NUMBER,
        number,
        clinic_id=clinic.clinic_id,
        address=address,
        user_id=by.user_id,
    )
    return planned.but(
        whatsapp_number=number,
        routed_number=routed,
        number_request_id=request.request_id,
    )


def _is_code_pending(work: Work, clinic: Clinic) -> bool:
    request = otps.find_request(work, OtpType.CLINIC_NUMBER, clinic.number_request_id or "")
    if request is None or request.status is not OtpStatus.PENDING:
        return False
    return request.expires_at > work.now


def prove_number(work: Work, clinic_id: str, code: str) -> Clinic | Invalid:
    """Prove the clinic's new number by the code sent to it; from then on it leads to the clinic.

    A refusal is returned, not raised, so that the attempt it counts is committed. It is the same
    for a wrong code and for a number that leads to another clinic.
    """
    clinic = find_clinic(work, clinic_id)
    request = otps.find_request(work, OtpType.CLINIC_NUMBER, clinic.number_request_id or "")
    is_about = request is not None and request.whatsapp_number == clinic.whatsapp_number
    if not otps.check_code(work, request, code, and_also=is_about):
        return Invalid("otp", NOT_VERIFIED)
    if not take_claim(work, f"number:{clinic.whatsapp_number}", clinic):
        return Invalid("otp", NOT_VERIFIED)
    if clinic.routed_number is not None:
        release_claim(work, f"number:{clinic.routed_number}", clinic)
    return work.put(clinic.but(routed_number=None, number_request_id=None, updated_at=work.now))


def _has_claim(work: Work, claim: str, clinic: Clinic) -> bool:
    found = work.get(Claim, claim)
    return found is not None and found.clinic_id == clinic.clinic_id


def take_claim(work: Work, claim: str, clinic: Clinic) -> bool:
    """Claim for *clinic* what only one clinic can have; return False if another one has it.

    *claim* is its name, such as number:+911234567890 or sender:123. May be repeated.
    """
    found = work.system("only one clinic can have it").get(Claim, claim)
    if found is None:
        work.put(Claim(claim=claim, clinic_id=clinic.clinic_id))
    return found is None or found.clinic_id == clinic.clinic_id


def release_claim(work: Work, claim: str, clinic: Clinic) -> None:
    """Give up a claim, if it is *clinic*'s."""
    found = work.get(Claim, claim)
    if found is not None and found.clinic_id == clinic.clinic_id:
        work.delete(found)
