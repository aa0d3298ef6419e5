"""All settings in one. Wrong values end the process at its start, naming each variable."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.config import values
from bot.config.requirements import each_fault, missing_settings
from bot.config.sections import (
    META,
    AccessSettings,
    BookingSettings,
    InstallationSettings,
    PaymentSettings,
    ProcessSettings,
    RetentionSettings,
    TwilioSettings,
    WhatsAppSettings,
    read_access,
    read_booking,
    read_installation,
    read_payments,
    read_processes,
    read_retention,
    read_twilio,
    read_whatsapp,
)
from bot.config.values import BadSetting, BadSettings
from domain.rules import Retention, Rules


@dataclass(frozen=True)
class Settings(
    InstallationSettings,
    AccessSettings,
    WhatsAppSettings,
    TwilioSettings,
    PaymentSettings,
    BookingSettings,
    RetentionSettings,
    ProcessSettings,
):
    """What the deployment contract lets an operator decide: every section in one."""

    @property
    def platform_sender(self) -> str:
        """The provider's id of the platform's number."""
        if self.whatsapp_provider == "twilio":
            return self.twilio_whatsapp_from or ""
        return self.whatsapp_phone_number_id

    @property
    def platform_number(self) -> str | None:
        """The platform's number in E.164, if it is known."""
        if self.whatsapp_provider == "twilio":
            return self.twilio_whatsapp_from
        return self.whatsapp_phone_number

    @property
    def template_account(self) -> str:
        """The account at the provider that message templates belong to."""
        if self.whatsapp_provider == "twilio":
            return self.twilio_account_sid
        return self.whatsapp_business_account_id

    @property
    def names_prices(self) -> bool:
        """Whether the provider's statuses name what WhatsApp charges: Twilio's do not."""
        return self.whatsapp_provider != "twilio"

    @property
    def takes_orders(self) -> bool:
        """Whether advances can be paid inside WhatsApp.

        Meta itself takes real money, which only a real gateway can find and return.
        """
        is_simulated = not self.whatsapp_api_url.startswith(META)
        return self.whatsapp_provider == "cloud" and (
            self.payment_provider == "razorpay" or is_simulated
        )

    @property
    def rules(self) -> Rules:
        """The settings that the rules depend on."""
        return Rules(
            hold_minutes=self.hold_minutes,
            staff_hold_minutes=self.staff_hold_minutes,
            bookings_per_phone=self.bookings_per_phone,
            clinic_trust=self.clinic_trust,
            progress_every=self.progress_every,
            platform_sender=self.platform_sender,
            platform_number=self.platform_number,
            orders=self.takes_orders,
            payment_configuration=self.whatsapp_payment_configuration,
            sms=self.sms_provider != "none",
            phone_countries=self.phone_countries,
            public_url=self.public_url,
            otp_limit=values.parse_rate(self.otp_limit),
            otp_ceiling=values.parse_rate(self.otp_ceiling),
            session_lasts=self.jwt_refresh_expiry,
            notice_url=self.privacy_url,
            keeps=Retention(
                messages=timedelta(days=self.keep_messages_days),
                codes=timedelta(days=self.keep_codes_days),
                parked=timedelta(days=self.keep_parked_days),
                audit=timedelta(days=self.keep_audit_days),
                reports=timedelta(days=self.keep_reports_days),
            ),
        )


SECTIONS = (
    read_installation,
    read_access,
    read_whatsapp,
    read_twilio,
    read_payments,
    read_booking,
    read_retention,
    read_processes,
)
"""What reads each section of `Settings`."""


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of *environment* (this process's if not given).

    An empty variable counts as not set. With AWS_PARAMETER_PATH set, the secrets named like the
    variables under that path are used where the environment has none.

    Raises:
        BadSetting: If a value is wrong, or one that production or a provider needs is missing;
            `BadSettings` if there are several.
    """
    env = values.drop_empty(os.environ if environment is None else environment)
    path = env.get("AWS_PARAMETER_PATH", "")
    if path:
        env = {**values.drop_empty(values.read_parameters(path)), **env}
    faults = missing_settings(env)
    for read_section in SECTIONS:
        faults += each_fault(env, read_section)
    if faults:
        raise faults[0] if len(faults) == 1 else BadSettings(faults)
    read: dict[str, Any] = {}
    for read_section in SECTIONS:
        read |= vars(read_section(env))
    return Settings(**read)


@contextmanager
def exit_on_bad_setting() -> Iterator[None]:
    """End this process with exit code 1 if a setting turns out wrong.

    The log names the variable; standard error also says what is wrong with its value.
    """
    try:
        yield
    except BadSetting as error:
        # It imports prometheus_client, which gunicorn's settings must not load too early.
        from bot.observability import logs  # noqa: PLC0415

        logs.configure()
        logs.log.critical("bad_setting", setting=error.setting)
        sys.exit(str(error))
