"""A clinic's profile and how it is reached on WhatsApp (specification 6.2)."""

from __future__ import annotations

import io
from typing import Any

import segno
from flask import Response

from api.frame.calls import Answer, Call
from api.frame.days import day_of
from api.frame.routes import Resource
from api.schemas.clinics import (
    ClinicInfo,
    NumberProof,
    NumberProven,
    Profile,
    ProfileChange,
    ProfileChanged,
    SubscriptionInfo,
    WhatsAppChange,
    WhatsAppInfo,
)
from domain.actions.clinics import profile as actions
from domain.actions.clinics import senders, subscriptions
from domain.actions.clinics.doctors import api_name
from domain.actions.people import trust
from domain.errors import Invalid, NotNow
from domain.model.clinics import Clinic
from domain.permissions import Permission
from domain.work import Work

clinics = Resource("clinics", "The clinic's profile, and how it is reached on WhatsApp.")
OF_SENDER = ("whatsapp_phone_number_id", "access_token")
EMPTIED = frozenset({"whatsapp_phone_number_id", "latitude", "longitude"})
"""Fields that null takes away."""
NAMES = {"whatsapp_phone_number_id": "whatsappPhoneNumberId", "access_token": "accessToken"}


@clinics.get("/clinics/profile", needs=Permission.MANAGE_SETTINGS, answers=Profile)
def get_profile(work: Work, call: Call) -> Answer:
    """Return the clinic and its subscription."""
    clinic = actions.find_clinic(work, call.caller.clinic_id)
    subscription = subscriptions.find_subscription(work, clinic.clinic_id)
    billed = subscription.next_billing_date if subscription else clinic.next_billing_date
    return Answer(
        Profile(
            clinic=ClinicInfo(
                **_profile_fields(work, clinic),
                status=clinic.status.value,
                created_at=clinic.created_at,
            ),
            subscription=SubscriptionInfo(
                plan=clinic.subscription_plan,
                max_doctors=clinic.max_doctors,
                current_doctors=clinic.current_doctors,
                price_per_doctor=clinic.price_per_doctor,
                total_amount=clinic.current_doctors * clinic.price_per_doctor,
                billing_cycle=clinic.billing_cycle,
                next_billing_date=billed.isoformat() if billed else None,
                status=subscription.status.value if subscription else clinic.status.value,
            ),
        )
    )


@clinics.put("/clinics/profile", needs=Permission.MANAGE_SETTINGS, answers=ProfileChanged)
def change_profile(work: Work, call: Call, body: ProfileChange) -> Answer:
    """Change the clinic's profile.

    A changed `whatsappNumber` leads to the clinic once the code sent to it has come back. Holidays
    by which somebody loses their booking, and a time zone by which somebody's time moves, are
    answered 409 with a list of them (`error.affected`), and set with `"confirm": true`. Those who
    lose their time are told, and choose another one or a refund. In another time zone bookings keep
    the clock times that people were told, or with `"keepClockTimes": false` their moments.
    `latitude` and `longitude` go together, so that patients who ask where the clinic is get its
    place on the map; null for both takes it away.
    """
    clinic_id = call.caller.clinic_id
    before = actions.find_clinic(work, clinic_id)
    changes = _changed_fields(body)
    sender = {name: changes.pop(name) for name in OF_SENDER if name in changes}
    clinic = actions.change_profile(
        work,
        clinic_id,
        changes,
        by=call.caller.user,
        address=call.address,
        confirm=body.confirm,
        keep_clock=body.keep_clock_times,
    )
    if sender:
        clinic = _set_sender(work, call, sender)
    changed = [api_name(n) for n in changes if getattr(before, n) != getattr(clinic, n)]
    if before.phone_number_id != clinic.phone_number_id:
        changed.append(NAMES["whatsapp_phone_number_id"])
    if sender.get("access_token") is not None:
        changed.append(NAMES["access_token"])
    return Answer(
        ProfileChanged(**_profile_fields(work, clinic), updated_fields=changed),
        "Clinic profile updated successfully",
    )


@clinics.get("/clinics/whatsapp", needs=Permission.CONFIGURE_WHATSAPP, answers=WhatsAppInfo)
def get_whatsapp(work: Work, call: Call) -> Answer:
    """Return how patients reach the clinic on WhatsApp, with a link for posters and QR codes."""
    return Answer(_render_whatsapp(work, call, actions.find_clinic(work, call.caller.clinic_id)))


@clinics.put("/clinics/whatsapp", needs=Permission.CONFIGURE_WHATSAPP, answers=WhatsAppInfo)
def change_whatsapp(work: Work, call: Call, body: WhatsAppChange) -> Answer:
    """Give the clinic a WhatsApp sender of its own, or take it back.

    WhatsApp confirms `whatsappPhoneNumberId` to the clinic's own `accessToken`, which proves it.
    Needs the ENTERPRISE plan. With a `paymentConfiguration` of that sender's account patients pay
    advances inside WhatsApp, and by a link wherever that cannot be shown.
    """
    sender = {name: getattr(body, name) for name in OF_SENDER if name in body.model_fields_set}
    pays = "payment_configuration" in body.model_fields_set
    if not sender and not pays:
        raise Invalid(NAMES["whatsapp_phone_number_id"], "Is needed.")
    clinic = actions.find_clinic(work, call.caller.clinic_id)
    if sender:
        clinic = _set_sender(work, call, sender)
    if pays:
        configuration = body.payment_configuration
        clinic = senders.set_payment_configuration(work, clinic.clinic_id, configuration)
    return Answer(_render_whatsapp(work, call, clinic), "WhatsApp settings updated successfully")


@clinics.get("/clinics/whatsapp/qr", needs=Permission.CONFIGURE_WHATSAPP, answers="image/svg+xml")
def draw_join_code(work: Work, call: Call) -> Response:
    """Draw the QR code that opens WhatsApp with the clinic's join code, to be printed.

    409 while the WhatsApp number behind it is not known.
    """
    clinic = actions.find_clinic(work, call.caller.clinic_id)
    found = actions.clinic_reach(work, clinic, call.services.senders)
    if found.join_url is None:
        raise NotNow("The WhatsApp number of this clinic is not known yet.")
    drawn = io.BytesIO()
    # Error correction Q: it is readable with a quarter of it scratched or covered.
    segno.make(found.join_url, error="q", micro=False).save(drawn, kind="svg", scale=8, border=4)
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


@clinics.post("/clinics/whatsapp/verify", needs=Permission.CONFIGURE_WHATSAPP, answers=NumberProven)
def verify_whatsapp_number(work: Work, call: Call, body: NumberProof) -> Answer:
    """Prove the clinic's changed number with the code that came to it."""
    found = actions.prove_number(work, call.caller.clinic_id, body.otp)
    if isinstance(found, Invalid):
        return Answer.refused(found)
    proven = NumberProven(whatsapp_number=found.whatsapp_number, whatsapp_number_verified=True)
    return Answer(proven, "WhatsApp number verified successfully")


def _set_sender(work: Work, call: Call, sender: dict[str, Any]) -> Clinic:
    sender_id = sender.get("whatsapp_phone_number_id")
    if sender_id is None and "whatsapp_phone_number_id" in sender:
        return senders.give_up_sender(work, call.caller.clinic_id)
    return senders.set_sender(
        work,
        call.caller.clinic_id,
        sender_id,
        sender.get("access_token"),
        call.services.senders,
    )


def _changed_fields(body: ProfileChange) -> dict[str, Any]:
    """Return the fields that were sent; null means the same as leaving one out, but for a few."""
    sent = body.model_dump(exclude_unset=True, exclude={"confirm", "keep_clock_times"})
    changes = {name: value for name, value in sent.items() if value is not None or name in EMPTIED}
    if "holidays" in changes:
        days = {day_of(text, "holidays") for text in changes["holidays"]}
        changes["holidays"] = tuple(sorted(d for d in days if d is not None))
    return changes


def _profile_fields(work: Work, clinic: Clinic) -> dict[str, Any]:
    return {
        "clinic_id": clinic.clinic_id,
        "name": clinic.name,
        "address": clinic.address,
        "latitude": _degrees(clinic.latitude),
        "longitude": _degrees(clinic.longitude),
        "phone": clinic.phone or clinic.whatsapp_number,
        "whatsapp_number": clinic.whatsapp_number,
        "whatsapp_number_verified": actions.is_number_proven(work, clinic),
        "time_zone": clinic.time_zone,
        "holidays": [day.isoformat() for day in clinic.holidays],
        "booking_days": clinic.booking_days,
        "standing": trust.standing_of(work, clinic).value,
        "desk_counts": clinic.desk_counts,
        "updated_at": clinic.updated_at,
    }


def _degrees(stored: str | None) -> float | None:
    return None if stored is None else float(stored)


def _render_whatsapp(work: Work, call: Call, clinic: Clinic) -> WhatsAppInfo:
    found = actions.clinic_reach(work, clinic, call.services.senders)
    return WhatsAppInfo(
        whatsapp_number=clinic.whatsapp_number,
        whatsapp_number_verified=actions.is_number_proven(work, clinic),
        whatsapp_phone_number_id=clinic.phone_number_id,
        has_access_token=found.sender is not None,
        payment_configuration=found.sender.payment_configuration if found.sender else None,
        pays_in_whatsapp=found.pays_in_whatsapp,
        join_code=clinic.join_code,
        join_url=found.join_url,
    )
