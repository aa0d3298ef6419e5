"""A clinic's profile and how it is reached on WhatsApp."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.auth import Otp
from api.schemas.base import AnyDigits, Body, Data, Day, Instant, Name, Phone

Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Latitude = Annotated[
    float,
    Field(
        ge=-90,
        le=90,
        allow_inf_nan=False,
        description="Where the clinic is on the map, in degrees, beside its longitude.",
    ),
]
Longitude = Annotated[
    float,
    Field(
        ge=-180,
        le=180,
        allow_inf_nan=False,
        description="Where the clinic is on the map, in degrees, beside its latitude.",
    ),
]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Holidays = Annotated[list[Day], Field(max_length=366, description="Days the clinic is closed.")]
BookingDays = Annotated[
    int, Field(ge=1, le=60, description="How many days ahead of today can be booked.")
]
DeskCounts = Annotated[
    bool,
    Field(
        description="Whether the desk says what it is paid: then completing a consultation collects"
        " nothing unasked, and what was not counted is due."
    ),
]
SenderId = Annotated[str, AnyDigits, StringConstraints(pattern=r"^[0-9]{5,32}$")]
AccessToken = Annotated[
    str,
    StringConstraints(pattern=r"^[\x21-\x7e]{10,2048}$"),
    Field(description="The sender's own token; kept encrypted and never answered."),
]
PaymentConfiguration = Annotated[
    str,
    StringConstraints(pattern=r"^[\x21-\x7e]([\x20-\x7e]{0,58}[\x21-\x7e])?$"),
    Field(
        description="The payment configuration, in WhatsApp Manager, of the own sender's account:"
        " advances are paid inside WhatsApp. Null: by links."
    ),
]
Proven = Annotated[
    bool, Field(description="Until then the number proven before leads to the clinic.")
]
Confirm = Annotated[
    bool, Field(description="Make the change though people are booked who lose their time by it.")
]


Standing = Annotated[
    str,
    Field(
        description="FREE: may write to whomever its staff recorded. LIMITED, until the first bill"
        " is paid or the operator trusts it: others than people who wrote or booked themselves get"
        " the fixed words of bookings. HELD: others get nothing until the operator has looked at"
        " the clinic's name."
    ),
]


class ClinicInfo(Data):
    """What a clinic is called and where it is."""

    clinic_id: str
    name: str
    address: str
    latitude: float | None
    longitude: float | None
    phone: str
    whatsapp_number: str
    whatsapp_number_verified: Proven
    status: str
    time_zone: str
    holidays: list[str]
    booking_days: int
    standing: Standing
    desk_counts: DeskCounts
    created_at: Instant
    updated_at: Instant


class SubscriptionInfo(Data):
    """What a clinic pays for, in whole rupees."""

    plan: str
    max_doctors: int
    current_doctors: int
    price_per_doctor: int
    total_amount: int
    billing_cycle: str
    next_billing_date: Day | None
    status: str


class Profile(Data):
    """A clinic and its subscription."""

    clinic: ClinicInfo
    subscription: SubscriptionInfo


class ProfileChange(Body):
    """What of a clinic's profile changes; what is left out stays."""

    name: Name | None = None
    address: Address | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    phone: Phone | None = None
    whatsapp_number: Phone | None = Field(
        default=None,
        description="Stored at once; `clinics/whatsapp/verify` takes the code that goes to it.",
    )
    whatsapp_phone_number_id: SenderId | None = None
    access_token: AccessToken | None = None
    time_zone: Zone | None = None
    holidays: Holidays | None = None
    booking_days: BookingDays | None = None
    desk_counts: DeskCounts | None = None
    confirm: Confirm = False
    keep_clock_times: bool = Field(
        default=True,
        description="For another time zone: what was sold as 9:00 stays 9:00. Else it stays at its "
        "moment, which has another clock time.",
    )


class ProfileChanged(Data):
    """A clinic's profile as it is now."""

    clinic_id: str
    name: str
    address: str
    latitude: float | None
    longitude: float | None
    phone: str
    whatsapp_number: str
    whatsapp_number_verified: Proven
    time_zone: str
    holidays: list[str]
    booking_days: int
    desk_counts: DeskCounts
    updated_fields: list[str]
    updated_at: Instant


class WhatsAppChange(Body):
    """A WhatsApp sender of the clinic's own; null goes back to the platform's."""

    whatsapp_phone_number_id: SenderId | None = None
    access_token: AccessToken | None = None
    payment_configuration: PaymentConfiguration | None = None


class WhatsAppInfo(Data):
    """How a clinic is reached on WhatsApp."""

    whatsapp_number: str
    whatsapp_number_verified: Proven
    whatsapp_phone_number_id: str | None
    has_access_token: bool
    payment_configuration: str | None = Field(
        description="Of the clinic's own sender, for advances paid inside WhatsApp."
    )
    pays_in_whatsapp: bool = Field(
        description="Whether advances are paid inside WhatsApp, where the patient's phone can;"
        " on a shared number that is not the clinic's to choose."
    )
    join_code: str
    join_url: str | None = Field(
        description="Opens WhatsApp with the join code; for links and QR codes."
    )


class NumberProof(Body):
    """The code that came to the clinic's changed number."""

    otp: Otp


class NumberProven(Data):
    """The number that leads to the clinic now."""

    whatsapp_number: str
    whatsapp_number_verified: Proven
