"""Which settings must be given: in production, and with each provider."""

from __future__ import annotations

from collections.abc import Mapping

from bot.config import values
from bot.config.sections import DEVELOPMENT_KEY, DEVELOPMENT_SECRET, data_keys, is_production
from bot.config.values import BadSetting, decode_key

REQUIRED = ("JWT_SECRET", "DATA_KEY", "PUBLIC_URL")
"""What production must set, and development has defaults for."""
REQUIRED_BY_CLOUD = (
    "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_WEBHOOK_SECRET", "WHATSAPP_VERIFY_TOKEN",
    "WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_BUSINESS_ACCOUNT_ID",
)  # fmt: skip
"""What production must set besides, if messages go through Meta's Cloud API."""
TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
"""What must be set if Twilio is used, in development too."""
RAZORPAY = ("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET")
"""What must be set if Razorpay is used, in development too."""
SECRET_BYTES = 32
"""The shortest JWT_SECRET in production: the length of an HMAC-SHA256 (RFC 7518, 3.2)."""


def require_settings(env: Mapping[str, str]) -> None:
    """Raise `BadSetting` unless all settings are there that production or a chosen provider needs.

    Raises:
        BadSetting: If production misses a required value or still has one meant for development,
            or a chosen provider misses one of its own.
    """
    if is_production(env):
        _require_production_values(env)
    _require_twilio(env)
    _require_razorpay(env)


def _require_production_values(env: Mapping[str, str]) -> None:
    is_cloud = env.get("WHATSAPP_PROVIDER", "cloud") == "cloud"
    for name in (*REQUIRED, *(REQUIRED_BY_CLOUD if is_cloud else ())):
        if not values.comma_separated(env, name, ""):
            raise BadSetting(f"{name} must be set in production")
    for name in (*REQUIRED, *REQUIRED_BY_CLOUD, *TWILIO, *RAZORPAY):
        if DEVELOPMENT_SECRET in values.comma_separated(env, name, ""):
            raise BadSetting(f"{name} still has the value meant for development")
    default = decode_key(DEVELOPMENT_KEY)
    if any(decode_key(key) == default for key in data_keys(env)):
        raise BadSetting("DATA_KEY still has the value meant for development")
    if len(env["JWT_SECRET"].encode()) < SECRET_BYTES:
        raise BadSetting(f"JWT_SECRET is too short: production needs {SECRET_BYTES} bytes or more")
    if env.get("PAYMENT_PROVIDER", "sandbox") == "sandbox":
        raise BadSetting("PAYMENT_PROVIDER must not be sandbox in production")


def _require_twilio(env: Mapping[str, str]) -> None:
    for choice, number in (
        ("WHATSAPP_PROVIDER", "TWILIO_WHATSAPP_FROM"),
        ("SMS_PROVIDER", "TWILIO_SMS_FROM"),
    ):
        if env.get(choice) == "twilio":
            for name in (*TWILIO, number):
                if name not in env:
                    raise BadSetting(f"{name} must be set, as {choice} is twilio")


def _require_razorpay(env: Mapping[str, str]) -> None:
    if env.get("PAYMENT_PROVIDER") == "razorpay":
        for name in RAZORPAY:
            if not values.comma_separated(env, name, ""):
                raise BadSetting(f"{name} must be set, as PAYMENT_PROVIDER is razorpay")
