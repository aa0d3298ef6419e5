"""Which settings must be given, and how good: in production, and with each provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

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
SIGNING = ("WHATSAPP_WEBHOOK_SECRET", "RAZORPAY_WEBHOOK_SECRET")
"""What strangers could try out, since it decides what they may post."""
SIGNING_LETTERS = 8
"""The shortest of them in production; Meta's app secrets have 32 letters."""
KEY_VARIETY = 3
"""Different bytes that a key made by chance always has among its 32."""
MOST_AN_HOUR = {"OTP_LIMIT": 1000, "OTP_CEILING": 100_000}
"""The most that a limit may allow in production; above it, it is none."""


def missing_settings(env: Mapping[str, str]) -> list[BadSetting]:
    """Return what production or a chosen provider needs and *env* lacks, or has too weak.

    The list is whole, so that one look mends all of it.
    """
    found: list[BadSetting] = []
    if is_production(env):
        found += _production_faults(env)
    found += _twilio_faults(env)
    found += _razorpay_faults(env)
    return found


def _production_faults(env: Mapping[str, str]) -> Iterator[BadSetting]:
    is_cloud = env.get("WHATSAPP_PROVIDER", "cloud") == "cloud"
    for name in (*REQUIRED, *(REQUIRED_BY_CLOUD if is_cloud else ())):
        if not values.comma_separated(env, name, ""):
            yield BadSetting(f"{name} must be set in production")
    for name in (*REQUIRED, *REQUIRED_BY_CLOUD, *TWILIO, *RAZORPAY):
        if DEVELOPMENT_SECRET in values.comma_separated(env, name, ""):
            yield BadSetting(f"{name} still has the value meant for development")
    if env.get("PAYMENT_PROVIDER", "sandbox") == "sandbox":
        yield BadSetting("PAYMENT_PROVIDER must not be sandbox in production")
    if env.get("PUBLIC_URL", "https://").startswith("http://"):
        yield BadSetting("PUBLIC_URL must begin with https:// in production")
    yield from _weak_secrets(env)
    yield from _weak_keys(env)
    yield from _limits_that_are_none(env)


def _weak_secrets(env: Mapping[str, str]) -> Iterator[BadSetting]:
    if 0 < len(env.get("JWT_SECRET", "").encode()) < SECRET_BYTES:
        yield BadSetting(f"JWT_SECRET is too short: production needs {SECRET_BYTES} bytes or more")
    for name in SIGNING:
        if any(len(s) < SIGNING_LETTERS for s in values.comma_separated(env, name, "")):
            yield BadSetting(
                f"{name} is too short: production needs {SIGNING_LETTERS} letters or more"
            )


def _weak_keys(env: Mapping[str, str]) -> Iterator[BadSetting]:
    try:
        keys = [decode_key(key) for key in data_keys(env)] if "DATA_KEY" in env else []
    except BadSetting:
        return  # said where the settings are read
    if decode_key(DEVELOPMENT_KEY) in keys:
        yield BadSetting("DATA_KEY still has the value meant for development")
    if any(len(set(key)) < KEY_VARIETY for key in keys):
        yield BadSetting("DATA_KEY holds a key that was not made by chance")


def _limits_that_are_none(env: Mapping[str, str]) -> Iterator[BadSetting]:
    for name, most in MOST_AN_HOUR.items():
        try:
            amount, seconds = values.parse_rate(values.rate(env, name, "1 per hour"))
        except BadSetting:
            continue  # said where the settings are read
        if amount * 3600 / seconds > most:
            yield BadSetting(f"{name} allows more than {most} an hour, which is no limit")


def _twilio_faults(env: Mapping[str, str]) -> Iterator[BadSetting]:
    for choice, number in (
        ("WHATSAPP_PROVIDER", "TWILIO_WHATSAPP_FROM"),
        ("SMS_PROVIDER", "TWILIO_SMS_FROM"),
    ):
        if env.get(choice) == "twilio":
            for name in (*TWILIO, number):
                if name not in env:
                    yield BadSetting(f"{name} must be set, as {choice} is twilio")


def _razorpay_faults(env: Mapping[str, str]) -> Iterator[BadSetting]:
    if env.get("PAYMENT_PROVIDER") == "razorpay":
        for name in RAZORPAY:
            if not values.comma_separated(env, name, ""):
                yield BadSetting(f"{name} must be set, as PAYMENT_PROVIDER is razorpay")


def each_fault(
    env: Mapping[str, str], read: Callable[[Mapping[str, str]], object]
) -> Iterator[BadSetting]:
    """Yield each wrong value that *read* meets in *env*, not only its first.

    A variable that was found wrong is left out for the next try, where it has its default.
    """
    tried = dict(env)
    while True:
        try:
            read(tried)
        except BadSetting as fault:
            yield fault
            if tried.pop(fault.setting, None) is None:
                return
        else:
            return
