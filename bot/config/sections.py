"""The settings by subject, and how each section is read from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from redis import Redis

from bot.config import values
from bot.config.values import BadSetting, decode_key

DEVELOPMENT_SECRET = "development-only-secret-of-no-worth"  # noqa: S105 - refused in production
DEVELOPMENT_KEY = "ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMhISE="
"""Base64 of 32 bytes, so that a laptop starts without any set-up; refused in production."""
DEVELOPMENT_SENDER, DEVELOPMENT_NUMBER = "100000000000001", "+918040009000"
"""The platform's number in the simulator: its id and the number itself."""
META = "https://graph.facebook.com/"
META_API = f"{META}v26.0"
PAYMENT_CONFIGURATION = r"[\x21-\x7e](?:[\x20-\x7e]{0,58}[\x21-\x7e])?"
"""A payment configuration's name: up to 60 characters (Meta, "payment gateways on WhatsApp")."""

PROVIDERS = {"WHATSAPP_PROVIDER": ("cloud", "twilio"), "PAYMENT_PROVIDER": ("sandbox", "razorpay")}


@dataclass(frozen=True)
class InstallationSettings:
    """Where the product is found, and where it keeps its data."""

    production: bool
    """APP_ENV: production refuses to start on any missing or default secret."""
    public_url: str
    """PUBLIC_URL: the base of links sent to people."""
    privacy_url: str
    """PRIVACY_URL: the notice of how data are used, named to who first writes."""
    database_url: str
    """DATABASE_URL: sqlite:///path or dynamodb://REGION."""
    table_prefix: str
    """TABLE_PREFIX: what every table's name begins with."""
    redis_url: str
    """REDIS_URL: RQ, rate limits, live updates."""


@dataclass(frozen=True)
class AccessSettings:
    """Who may call the API and how often; tokens and keys."""

    jwt_secret: str
    """JWT_SECRET."""
    jwt_access_expiry: timedelta
    """JWT_ACCESS_EXPIRY: how long an access token is valid."""
    jwt_refresh_expiry: timedelta
    """JWT_REFRESH_EXPIRY: how long a refresh token is valid."""
    api_limit: str
    """API_LIMIT: calls of one user; one network address may make ten times as many."""
    otp_limit: str
    """OTP_LIMIT: OTPs for one number, purpose and network; one network gets ten times as many."""
    otp_ceiling: str
    """OTP_CEILING: OTPs of the whole installation to numbers that need not be its staff's."""
    cors_origins: tuple[str, ...]
    """CORS_ORIGINS: the other origins whose pages may call the API."""
    data_keys: tuple[str, ...]
    """DATA_KEY: base64 keys of 32 bytes for fields encrypted by the application, newest first."""


@dataclass(frozen=True)
class WhatsAppSettings:
    """The provider of WhatsApp, and Meta's Cloud API."""

    whatsapp_provider: str
    """WHATSAPP_PROVIDER: cloud or twilio."""
    whatsapp_api_url: str
    """WHATSAPP_API_URL: Graph's base with its version."""
    whatsapp_access_token: str
    """WHATSAPP_ACCESS_TOKEN: the access token of the platform's number."""
    whatsapp_phone_number_id: str
    """WHATSAPP_PHONE_NUMBER_ID: Meta's id of the platform's number, which clinics share."""
    whatsapp_phone_number: str | None
    """WHATSAPP_PHONE_NUMBER: that number in E.164, for links that open a chat with it."""
    whatsapp_business_account_id: str
    """WHATSAPP_BUSINESS_ACCOUNT_ID: the account that message templates belong to."""
    whatsapp_payment_configuration: str | None
    """WHATSAPP_PAYMENT_CONFIGURATION: the one of that account for advances paid in WhatsApp."""
    whatsapp_webhook_secrets: tuple[str, ...]
    """WHATSAPP_WEBHOOK_SECRET: Meta's app secret; the old and the new one while it is changed."""
    whatsapp_verify_token: str
    """WHATSAPP_VERIFY_TOKEN: what Meta proves itself with in the GET handshake."""


@dataclass(frozen=True)
class TwilioSettings:
    """Twilio, for WhatsApp and for text messages."""

    twilio_account_sid: str
    """TWILIO_ACCOUNT_SID."""
    twilio_auth_token: str
    """TWILIO_AUTH_TOKEN: the account's primary token; it also signs Twilio's webhooks."""
    twilio_whatsapp_from: str | None
    """TWILIO_WHATSAPP_FROM: the platform's number at Twilio, E.164."""
    twilio_api_url: str | None
    """TWILIO_API_URL: used instead of all of Twilio's own addresses."""
    sms_provider: str
    """SMS_PROVIDER: none or twilio."""
    twilio_sms_from: str | None
    """TWILIO_SMS_FROM: the number that text messages come from, E.164."""


@dataclass(frozen=True)
class PaymentSettings:
    """The payment gateway."""

    payment_provider: str
    """PAYMENT_PROVIDER: sandbox or razorpay."""
    razorpay_key_id: str
    """RAZORPAY_KEY_ID."""
    razorpay_key_secret: str
    """RAZORPAY_KEY_SECRET."""
    razorpay_webhook_secrets: tuple[str, ...]
    """RAZORPAY_WEBHOOK_SECRET: the old and the new one while it is changed."""
    razorpay_api_url: str
    """RAZORPAY_API_URL: Razorpay's address, or a stand-in's."""


@dataclass(frozen=True)
class BookingSettings:
    """How long slots are held, and how often waiting patients hear."""

    hold_minutes: int
    """HOLD_MINUTES: how long an unpaid slot is held."""
    staff_hold_minutes: int
    """STAFF_HOLD_MINUTES: the same for a slot that staff booked."""
    bookings_per_phone: int
    """BOOKINGS_PER_PHONE: live bookings that one phone may have of one doctor's day."""
    clinic_trust: str
    """CLINIC_TRUST: when a clinic on the shared number may write to whomever it records."""
    progress_every: int
    """PROGRESS_EVERY: after how many tokens a waiting patient may hear of progress again."""


@dataclass(frozen=True)
class RetentionSettings:
    """How long data are kept, in days."""

    keep_messages_days: int
    """KEEP_MESSAGES_DAYS: messages to people."""
    keep_codes_days: int
    """KEEP_CODES_DAYS: requests for one-time codes, without the codes."""
    keep_parked_days: int
    """KEEP_PARKED_DAYS: messages that could not be handled, encrypted."""
    keep_audit_days: int
    """KEEP_AUDIT_DAYS: the audit log."""
    keep_reports_days: int
    """KEEP_REPORTS_DAYS: files of reports."""


@dataclass(frozen=True)
class ProcessSettings:
    """How the processes run."""

    web_processes: int
    """WEB_PROCESSES: how many processes the web has."""
    web_threads: int
    """WEB_THREADS: threads of each web process; live pages may not take all of them."""
    send_rate: int
    """SEND_RATE: messages a second that one WhatsApp number sends."""
    phone_countries: tuple[str, ...]
    """PHONE_COUNTRIES: accepted country codes."""
    trusted_proxies: int
    """TRUSTED_PROXIES: how many proxies in front of the web set trusted headers."""
    files_url: str
    """FILES_URL: where reports and files of patients are kept, file://FOLDER or s3://BUCKET/PREFIX."""
    operator_webhook_url: str | None
    """OPERATOR_WEBHOOK_URL: where to post that the product stops working well, and works again."""
    log_level: str
    """LOG_LEVEL."""
    parameter_path: str
    """AWS_PARAMETER_PATH: where in the Parameter Store secrets are read from, if set."""


def read_installation(env: Mapping[str, str]) -> InstallationSettings:
    """Return where the product is found and keeps its data.

    Raises:
        BadSetting: If a value is wrong.
    """
    public_url = values.url(env, "PUBLIC_URL", "http://localhost:8000")
    return InstallationSettings(
        production=is_production(env),
        public_url=public_url,
        privacy_url=values.url(env, "PRIVACY_URL", f"{public_url}/privacy"),
        database_url=_database(env),
        table_prefix=_prefix(env),
        redis_url=_redis(env),
    )


def read_access(env: Mapping[str, str]) -> AccessSettings:
    """Return the settings of the API, tokens and keys.

    Raises:
        BadSetting: If a value is wrong.
    """
    return AccessSettings(
        jwt_secret=env.get("JWT_SECRET", DEVELOPMENT_SECRET),
        jwt_access_expiry=values.duration(env, "JWT_ACCESS_EXPIRY", "15m"),
        jwt_refresh_expiry=values.duration(env, "JWT_REFRESH_EXPIRY", "7d"),
        api_limit=values.rate(env, "API_LIMIT", "600 per minute"),
        otp_limit=values.rate(env, "OTP_LIMIT", "10 per hour"),
        otp_ceiling=values.rate(env, "OTP_CEILING", "1000 per hour"),
        cors_origins=_origins(env),
        data_keys=data_keys(env),
    )


def read_whatsapp(env: Mapping[str, str]) -> WhatsAppSettings:
    """Return the settings of WhatsApp.

    Raises:
        BadSetting: If a value is wrong.
    """
    sender = env.get("WHATSAPP_PHONE_NUMBER_ID", DEVELOPMENT_SENDER)
    return WhatsAppSettings(
        whatsapp_provider=values.choice(env, "WHATSAPP_PROVIDER", PROVIDERS["WHATSAPP_PROVIDER"]),
        whatsapp_api_url=values.url(env, "WHATSAPP_API_URL", META_API),
        whatsapp_access_token=env.get("WHATSAPP_ACCESS_TOKEN", DEVELOPMENT_SECRET),
        whatsapp_phone_number_id=sender,
        whatsapp_phone_number=values.phone_number(
            env, "WHATSAPP_PHONE_NUMBER", DEVELOPMENT_NUMBER if sender == DEVELOPMENT_SENDER else ""
        ),
        whatsapp_business_account_id=env.get("WHATSAPP_BUSINESS_ACCOUNT_ID", "200000000000001"),
        whatsapp_payment_configuration=_configuration(env),
        whatsapp_webhook_secrets=values.comma_separated(
            env, "WHATSAPP_WEBHOOK_SECRET", DEVELOPMENT_SECRET
        ),
        whatsapp_verify_token=env.get("WHATSAPP_VERIFY_TOKEN", DEVELOPMENT_SECRET),
    )


def read_twilio(env: Mapping[str, str]) -> TwilioSettings:
    """Return the settings of Twilio.

    Raises:
        BadSetting: If a value is wrong.
    """
    return TwilioSettings(
        twilio_account_sid=env.get("TWILIO_ACCOUNT_SID", ""),
        twilio_auth_token=env.get("TWILIO_AUTH_TOKEN", ""),
        twilio_whatsapp_from=values.phone_number(env, "TWILIO_WHATSAPP_FROM"),
        twilio_api_url=values.url(env, "TWILIO_API_URL", "") if env.get("TWILIO_API_URL") else None,
        sms_provider=values.choice(env, "SMS_PROVIDER", ("none", "twilio")),
        twilio_sms_from=values.phone_number(env, "TWILIO_SMS_FROM"),
    )


def read_payments(env: Mapping[str, str]) -> PaymentSettings:
    """Return the settings of the payment gateway.

    Raises:
        BadSetting: If a value is wrong.
    """
    return PaymentSettings(
        payment_provider=values.choice(env, "PAYMENT_PROVIDER", PROVIDERS["PAYMENT_PROVIDER"]),
        razorpay_key_id=env.get("RAZORPAY_KEY_ID", ""),
        razorpay_key_secret=env.get("RAZORPAY_KEY_SECRET", ""),
        razorpay_webhook_secrets=values.comma_separated(env, "RAZORPAY_WEBHOOK_SECRET", ""),
        razorpay_api_url=values.url(env, "RAZORPAY_API_URL", "https://api.razorpay.com"),
    )


def read_booking(env: Mapping[str, str]) -> BookingSettings:
    """Return the settings of holds and progress messages.

    Raises:
        BadSetting: If a value is wrong.
    """
    return BookingSettings(
        hold_minutes=values.whole_number(env, "HOLD_MINUTES", 10, 1, 1440),
        staff_hold_minutes=values.whole_number(env, "STAFF_HOLD_MINUTES", 60, 1, 1440),
        bookings_per_phone=values.whole_number(env, "BOOKINGS_PER_PHONE", 4, 1, 100),
        clinic_trust=values.choice(env, "CLINIC_TRUST", ("paid", "all")),
        progress_every=values.whole_number(env, "PROGRESS_EVERY", 3, 1, 100),
    )


def read_retention(env: Mapping[str, str]) -> RetentionSettings:
    """Return how long data are kept.

    Raises:
        BadSetting: If a value is wrong.
    """
    return RetentionSettings(
        keep_messages_days=values.whole_number(env, "KEEP_MESSAGES_DAYS", 180, 7, 3650),
        keep_codes_days=values.whole_number(env, "KEEP_CODES_DAYS", 90, 1, 3650),
        keep_parked_days=values.whole_number(env, "KEEP_PARKED_DAYS", 30, 9, 3650),
        keep_audit_days=values.whole_number(env, "KEEP_AUDIT_DAYS", 1095, 365, 3650),
        keep_reports_days=values.whole_number(env, "KEEP_REPORTS_DAYS", 30, 1, 3650),
    )


def read_processes(env: Mapping[str, str]) -> ProcessSettings:
    """Return the settings of the processes.

    Raises:
        BadSetting: If a value is wrong.
    """
    return ProcessSettings(
        web_processes=values.whole_number(env, "WEB_PROCESSES", 2, 1, 64),
        web_threads=values.whole_number(env, "WEB_THREADS", 1100, 1, 10_000),
        send_rate=values.whole_number(env, "SEND_RATE", 80, 1, 1000),
        phone_countries=_countries(env),
        trusted_proxies=values.whole_number(env, "TRUSTED_PROXIES", 0, 0, 10),
        files_url=_files(env),
        operator_webhook_url=(
            values.url(env, "OPERATOR_WEBHOOK_URL", "") if env.get("OPERATOR_WEBHOOK_URL") else None
        ),
        log_level=values.choice(env, "LOG_LEVEL", ("info", "debug", "warning", "error")),
        parameter_path=env.get("AWS_PARAMETER_PATH", ""),
    )


def is_production(env: Mapping[str, str]) -> bool:
    """Return whether APP_ENV is production.

    Raises:
        BadSetting: If it is neither development nor production.
    """
    return values.choice(env, "APP_ENV", ("development", "production")) == "production"


def _configuration(env: Mapping[str, str]) -> str | None:
    value = env.get("WHATSAPP_PAYMENT_CONFIGURATION", "")
    if not value:
        return None
    if not re.fullmatch(PAYMENT_CONFIGURATION, value):
        raise BadSetting(
            f"WHATSAPP_PAYMENT_CONFIGURATION is {value!r}; it is a name from WhatsApp Manager"
        )
    if env.get("WHATSAPP_PROVIDER", "cloud") != "cloud":
        raise BadSetting("WHATSAPP_PAYMENT_CONFIGURATION needs WHATSAPP_PROVIDER=cloud")
    is_meta = values.url(env, "WHATSAPP_API_URL", META_API).startswith(META)
    if is_meta and env.get("PAYMENT_PROVIDER") != "razorpay":
        raise BadSetting(
            "WHATSAPP_PAYMENT_CONFIGURATION needs PAYMENT_PROVIDER=razorpay: WhatsApp takes"
            " real money, which the sandbox could not return"
        )
    return value


def _origins(env: Mapping[str, str]) -> tuple[str, ...]:
    origins = values.split_commas(env.get("CORS_ORIGINS", ""))
    for origin in origins:
        if not re.fullmatch(r"https?://[^\s/,*]+", origin):
            raise BadSetting(
                f"CORS_ORIGINS has {origin!r}; an origin looks like https://example.in"
            )
    return origins


def _prefix(env: Mapping[str, str]) -> str:
    value = env.get("TABLE_PREFIX", "pulseops-")
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", value):
        raise BadSetting(f"TABLE_PREFIX is {value!r}; it can have letters, digits, _, . and -")
    return value


def _redis(env: Mapping[str, str]) -> str:
    value = env.get("REDIS_URL", "redis://localhost:6379/0")
    try:
        Redis.from_url(value)  # Connects to nothing yet.
    except ValueError:
        # The text does not repeat the value, which may hold a password.
        raise BadSetting("REDIS_URL is no address such as redis://localhost:6379/0") from None
    return value


def _database(env: Mapping[str, str]) -> str:
    value = env.get("DATABASE_URL", "sqlite:///var/pulseops.db")
    if not re.fullmatch(r"sqlite:///.+|dynamodb://[a-z0-9-]+", value):
        raise BadSetting(f"DATABASE_URL is {value!r}; it is sqlite:///PATH or dynamodb://REGION")
    return value


def _files(env: Mapping[str, str]) -> str:
    value = env.get("FILES_URL", "file://var/files")
    if not re.fullmatch(r"file://.+|s3://[^/\s]+(/\S*)?", value):
        raise BadSetting(f"FILES_URL is {value!r}; it is file://FOLDER or s3://BUCKET/PREFIX")
    return value


def data_keys(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of DATA_KEY as they are written, newest first.

    Raises:
        BadSetting: If one is not base64 of 32 bytes. The key itself is not told.
    """
    keys = values.comma_separated(env, "DATA_KEY", DEVELOPMENT_KEY)
    for position, key in enumerate(keys, start=1):
        try:
            decode_key(key)
        except ValueError:
            of = f" (number {position} of {len(keys)})" if len(keys) > 1 else ""
            raise BadSetting(f"DATA_KEY holds a key{of} that is not base64 of 32 bytes") from None
    return keys


def _countries(env: Mapping[str, str]) -> tuple[str, ...]:
    codes = values.comma_separated(env, "PHONE_COUNTRIES", "+91")
    for code in codes:
        if not re.fullmatch(r"\+[1-9]\d{0,2}", code):
            raise BadSetting(f"PHONE_COUNTRIES has {code!r}; a country code looks like +91")
    return codes
