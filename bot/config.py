"""Settings, read once from the environment; a wrong value stops the start and is named."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import limits

from domain.errors import PulseOpsError
from domain.rules import Rules


class BadSetting(PulseOpsError):
    """A variable of the environment has a value the product cannot run with."""


DEVELOPMENT_SECRET = "development-only-secret-of-no-worth"  # noqa: S105 - refused in production
DEVELOPMENT_KEY = "ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMhISE="
"""Base64 of 32 bytes, so that a laptop starts without any set-up; refused in production."""
DEVELOPMENT_SENDER, DEVELOPMENT_NUMBER = "100000000000001", "+918040009000"
"""The simulator's number that clinics share."""


@dataclass(frozen=True)
class Settings:
    """What the deployment contract lets an operator decide."""

    production: bool
    """APP_ENV: production refuses to start on any missing or default secret."""
    public_url: str
    """PUBLIC_URL: the base of links sent to people."""
    database_url: str
    """DATABASE_URL: sqlite:///path or dynamodb://REGION."""
    table_prefix: str
    """TABLE_PREFIX: before every table name."""
    redis_url: str
    """REDIS_URL: RQ, rate limits, live updates."""
    jwt_secret: str
    """JWT_SECRET."""
    jwt_access_expiry: timedelta
    """JWT_ACCESS_EXPIRY: how long an access token is good."""
    jwt_refresh_expiry: timedelta
    """JWT_REFRESH_EXPIRY: how long a refresh token is good."""
    api_limit: str
    """API_LIMIT: calls of one user; of one network address ten times as much."""
    otp_limit: str
    """OTP_LIMIT: OTPs for one number; for one network address ten times as much."""
    cors_origins: tuple[str, ...]
    """CORS_ORIGINS: pages of other origins that may call the API."""
    data_keys: tuple[str, ...]
    """DATA_KEY: base64 keys of 32 bytes for fields encrypted by the application, newest first."""
    whatsapp_provider: str
    """WHATSAPP_PROVIDER: cloud or twilio."""
    whatsapp_api_url: str
    """WHATSAPP_API_URL: Graph's base with its version."""
    whatsapp_access_token: str
    """WHATSAPP_ACCESS_TOKEN: of the platform's number."""
    whatsapp_phone_number_id: str
    """WHATSAPP_PHONE_NUMBER_ID: the platform's number."""
    whatsapp_phone_number: str | None
    """WHATSAPP_PHONE_NUMBER: that number itself, E.164, for links that open a chat with it."""
    whatsapp_business_account_id: str
    """WHATSAPP_BUSINESS_ACCOUNT_ID: the account templates belong to."""
    whatsapp_webhook_secrets: tuple[str, ...]
    """WHATSAPP_WEBHOOK_SECRET: Meta's app secret; comma-separated while it is being changed."""
    whatsapp_verify_token: str
    """WHATSAPP_VERIFY_TOKEN: of the GET handshake."""
    twilio_account_sid: str
    """TWILIO_ACCOUNT_SID."""
    twilio_auth_token: str
    """TWILIO_AUTH_TOKEN: the account's primary token; it also signs Twilio's webhooks."""
    twilio_whatsapp_from: str | None
    """TWILIO_WHATSAPP_FROM: the platform's number at Twilio, E.164."""
    twilio_api_url: str | None
    """TWILIO_API_URL: stands in the place of Twilio's own addresses."""
    sms_provider: str
    """SMS_PROVIDER: none or twilio."""
    twilio_sms_from: str | None
    """TWILIO_SMS_FROM: the number that text messages come from, E.164."""
    payment_provider: str
    """PAYMENT_PROVIDER: sandbox or razorpay."""
    razorpay_key_id: str
    """RAZORPAY_KEY_ID."""
    razorpay_key_secret: str
    """RAZORPAY_KEY_SECRET."""
    razorpay_webhook_secrets: tuple[str, ...]
    """RAZORPAY_WEBHOOK_SECRET: comma-separated while it is being changed."""
    razorpay_api_url: str
    """RAZORPAY_API_URL: instead of Razorpay's own."""
    hold_minutes: int
    """HOLD_MINUTES: how long an unpaid slot is held."""
    staff_hold_minutes: int
    """STAFF_HOLD_MINUTES: the same when staff booked."""
    progress_every: int
    """PROGRESS_EVERY: at most every so many tokens a waiting patient hears of progress."""
    web_threads: int
    """WEB_THREADS: of a web process; live pages leave a part of them to everything else."""
    send_rate: int
    """SEND_RATE: messages a second for one WhatsApp number."""
    phone_countries: tuple[str, ...]
    """PHONE_COUNTRIES: accepted country codes."""
    trusted_proxies: int
    """TRUSTED_PROXIES: how many proxies in front are believed."""
    files_url: str
    """FILES_URL: where reports are kept, file://FOLDER or s3://BUCKET/PREFIX."""
    log_level: str
    """LOG_LEVEL."""
    parameter_path: str
    """AWS_PARAMETER_PATH: when set, secrets are read from the Parameter Store under it."""

    @property
    def platform_sender(self) -> str:
        """What the provider knows the platform's number by."""
        if self.whatsapp_provider == "twilio":
            return self.twilio_whatsapp_from or ""
        return self.whatsapp_phone_number_id

    @property
    def platform_number(self) -> str | None:
        """The platform's number itself, E.164, if it is known."""
        if self.whatsapp_provider == "twilio":
            return self.twilio_whatsapp_from
        return self.whatsapp_phone_number

    @property
    def rules(self) -> Rules:
        """What of this the rules depend on."""
        return Rules(
            hold_minutes=self.hold_minutes,
            staff_hold_minutes=self.staff_hold_minutes,
            progress_every=self.progress_every,
            platform_sender=self.platform_sender,
            platform_number=self.platform_number,
            sms=self.sms_provider != "none",
            phone_countries=self.phone_countries,
            public_url=self.public_url,
            otp_limit=_per_seconds(self.otp_limit),
            session_lasts=self.jwt_refresh_expiry,
        )


REQUIRED = ("JWT_SECRET", "DATA_KEY", "PUBLIC_URL")
"""What production must be given and development has defaults for."""
REQUIRED_BY_CLOUD = (
    "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_WEBHOOK_SECRET", "WHATSAPP_VERIFY_TOKEN",
    "WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_BUSINESS_ACCOUNT_ID",
)  # fmt: skip
"""The same, where messages go through Meta's Cloud API."""
TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
"""What nothing goes through Twilio without, in development neither."""
RAZORPAY = ("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET")
"""What no payment goes through Razorpay without, in development neither."""
PROVIDERS = {"WHATSAPP_PROVIDER": ("cloud", "twilio"), "PAYMENT_PROVIDER": ("sandbox", "razorpay")}


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of *environment* (this process's if not given).

    With AWS_PARAMETER_PATH set, the secrets named like the variables under that path are used
    where the environment has none.

    Raises:
        BadSetting: If a value is wrong, or one that production needs is missing.
    """
    env = dict(os.environ if environment is None else environment)
    path = env.get("AWS_PARAMETER_PATH", "")
    if path:
        env = {**_parameters(path), **env}
    production = _choice(env, "APP_ENV", ("development", "production")) == "production"
    if production:
        _refuse_defaults(env)
    _refuse_half_a_twilio(env)
    _refuse_half_a_razorpay(env)
    sender = env.get("WHATSAPP_PHONE_NUMBER_ID", DEVELOPMENT_SENDER)
    return Settings(
        production=production,
        public_url=_url(env, "PUBLIC_URL", "http://localhost:8000"),
        database_url=_database(env),
        table_prefix=env.get("TABLE_PREFIX", "pulseops-"),
        redis_url=env.get("REDIS_URL", "redis://localhost:6379/0"),
        jwt_secret=env.get("JWT_SECRET", DEVELOPMENT_SECRET),
        jwt_access_expiry=_duration(env, "JWT_ACCESS_EXPIRY", "15m"),
        jwt_refresh_expiry=_duration(env, "JWT_REFRESH_EXPIRY", "7d"),
        api_limit=_rate(env, "API_LIMIT", "600 per minute"),
        otp_limit=_rate(env, "OTP_LIMIT", "10 per hour"),
        cors_origins=_origins(env),
        data_keys=_list(env, "DATA_KEY", DEVELOPMENT_KEY),
        whatsapp_provider=_choice(env, "WHATSAPP_PROVIDER", PROVIDERS["WHATSAPP_PROVIDER"]),
        whatsapp_api_url=_url(env, "WHATSAPP_API_URL", "https://graph.facebook.com/v26.0"),
        whatsapp_access_token=env.get("WHATSAPP_ACCESS_TOKEN", DEVELOPMENT_SECRET),
        whatsapp_phone_number_id=sender,
        whatsapp_phone_number=_number(
            env, "WHATSAPP_PHONE_NUMBER", DEVELOPMENT_NUMBER if sender == DEVELOPMENT_SENDER else ""
        ),
        whatsapp_business_account_id=env.get("WHATSAPP_BUSINESS_ACCOUNT_ID", "200000000000001"),
        whatsapp_webhook_secrets=_list(env, "WHATSAPP_WEBHOOK_SECRET", DEVELOPMENT_SECRET),
        whatsapp_verify_token=env.get("WHATSAPP_VERIFY_TOKEN", DEVELOPMENT_SECRET),
        twilio_account_sid=env.get("TWILIO_ACCOUNT_SID", ""),
        twilio_auth_token=env.get("TWILIO_AUTH_TOKEN", ""),
        twilio_whatsapp_from=_number(env, "TWILIO_WHATSAPP_FROM"),
        twilio_api_url=_url(env, "TWILIO_API_URL", "") if env.get("TWILIO_API_URL") else None,
        sms_provider=_choice(env, "SMS_PROVIDER", ("none", "twilio")),
        twilio_sms_from=_number(env, "TWILIO_SMS_FROM"),
        payment_provider=_choice(env, "PAYMENT_PROVIDER", PROVIDERS["PAYMENT_PROVIDER"]),
        razorpay_key_id=env.get("RAZORPAY_KEY_ID", ""),
        razorpay_key_secret=env.get("RAZORPAY_KEY_SECRET", ""),
        razorpay_webhook_secrets=_list(env, "RAZORPAY_WEBHOOK_SECRET", ""),
        razorpay_api_url=_url(env, "RAZORPAY_API_URL", "https://api.razorpay.com"),
        hold_minutes=_whole(env, "HOLD_MINUTES", 10, 1, 1440),
        staff_hold_minutes=_whole(env, "STAFF_HOLD_MINUTES", 60, 1, 1440),
        progress_every=_whole(env, "PROGRESS_EVERY", 3, 1, 100),
        web_threads=_whole(env, "WEB_THREADS", 1100, 1, 10_000),
        send_rate=_whole(env, "SEND_RATE", 80, 1, 1000),
        phone_countries=_countries(env),
        trusted_proxies=_whole(env, "TRUSTED_PROXIES", 0, 0, 10),
        files_url=_files(env),
        log_level=_choice(env, "LOG_LEVEL", ("info", "debug", "warning", "error")),
        parameter_path=path,
    )


def _refuse_defaults(env: Mapping[str, str]) -> None:
    is_cloud = (env.get("WHATSAPP_PROVIDER") or "cloud") == "cloud"
    for name in (*REQUIRED, *(REQUIRED_BY_CLOUD if is_cloud else ())):
        value = env.get(name, "")
        if not value:
            raise BadSetting(f"{name} must be set in production")
        if value in {DEVELOPMENT_SECRET, DEVELOPMENT_KEY}:
            raise BadSetting(f"{name} still has the value meant for development")
    if (env.get("PAYMENT_PROVIDER") or "sandbox") == "sandbox":
        raise BadSetting("PAYMENT_PROVIDER must not be sandbox in production")


def _refuse_half_a_twilio(env: Mapping[str, str]) -> None:
    for chooses, number in (
        ("WHATSAPP_PROVIDER", "TWILIO_WHATSAPP_FROM"),
        ("SMS_PROVIDER", "TWILIO_SMS_FROM"),
    ):
        if env.get(chooses) == "twilio":
            for name in (*TWILIO, number):
                if not env.get(name):
                    raise BadSetting(f"{name} must be set, as {chooses} is twilio")


def _refuse_half_a_razorpay(env: Mapping[str, str]) -> None:
    if env.get("PAYMENT_PROVIDER") == "razorpay":
        for name in RAZORPAY:
            if not any(part.strip() for part in env.get(name, "").split(",")):
                raise BadSetting(f"{name} must be set, as PAYMENT_PROVIDER is razorpay")


def _number(env: Mapping[str, str], name: str, default: str = "") -> str | None:
    value = (env.get(name, "") or default).removeprefix("whatsapp:")
    if value and not re.fullmatch(r"\+[1-9]\d{6,14}", value):
        raise BadSetting(f"{name} is {value!r}; a number looks like +918040009000")
    return value or None


def _choice(env: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = env.get(name, "") or allowed[0]
    if value not in allowed:
        raise BadSetting(f"{name} is {value!r}; it can be {', '.join(allowed)}")
    return value


def _whole(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = env.get(name, "") or str(default)
    if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
        raise BadSetting(f"{name} is {text!r}; it must be a whole number from {least} to {most}")
    return int(text)


def _duration(env: Mapping[str, str], name: str, default: str) -> timedelta:
    value = env.get(name, "") or default
    found = re.fullmatch(r"([1-9]\d{0,5})([smhd])", value)
    if found is None:
        raise BadSetting(f"{name} is {value!r}; it looks like 15m, 12h or 7d")
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    return timedelta(**{units[found[2]]: int(found[1])})


def _rate(env: Mapping[str, str], name: str, default: str) -> str:
    value = env.get(name, "") or default
    try:
        limits.parse(value)
    except ValueError:
        raise BadSetting(f"{name} is {value!r}; it looks like {default}") from None
    return value


def _per_seconds(rate: str) -> tuple[int, int]:
    """Return a rate in the notation of `limits` as so many in so many seconds."""
    item = limits.parse(rate)
    return item.amount, item.get_expiry()


def _origins(env: Mapping[str, str]) -> tuple[str, ...]:
    origins = tuple(v.strip() for v in env.get("CORS_ORIGINS", "").split(",") if v.strip())
    for origin in origins:
        if not re.fullmatch(r"https?://[^\s/,*]+", origin):
            raise BadSetting(
                f"CORS_ORIGINS has {origin!r}; an origin looks like https://example.in"
            )
    return origins


def _url(env: Mapping[str, str], name: str, default: str) -> str:
    value = (env.get(name, "") or default).rstrip("/")
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise BadSetting(f"{name} is {value!r}; it must begin with http:// or https://")
    return value


def _database(env: Mapping[str, str]) -> str:
    value = env.get("DATABASE_URL", "") or "sqlite:///var/pulseops.db"
    if not re.fullmatch(r"sqlite:///.+|dynamodb://[a-z0-9-]+", value):
        raise BadSetting(f"DATABASE_URL is {value!r}; it is sqlite:///PATH or dynamodb://REGION")
    return value


def _files(env: Mapping[str, str]) -> str:
    value = env.get("FILES_URL", "") or "file://var/files"
    if not re.fullmatch(r"file://.+|s3://[^/\s]+(/\S*)?", value):
        raise BadSetting(f"FILES_URL is {value!r}; it is file://FOLDER or s3://BUCKET/PREFIX")
    return value


def _list(env: Mapping[str, str], name: str, default: str) -> tuple[str, ...]:
    return tuple(v.strip() for v in (env.get(name, "") or default).split(",") if v.strip())


def _countries(env: Mapping[str, str]) -> tuple[str, ...]:
    codes = _list(env, "PHONE_COUNTRIES", "+91")
    for code in codes:
        if not re.fullmatch(r"\+[1-9]\d{0,2}", code):
            raise BadSetting(f"PHONE_COUNTRIES has {code!r}; a country code looks like +91")
    return codes


def _parameters(path: str) -> dict[str, str]:
    import boto3  # noqa: PLC0415 - takes 0.2 s to load, and most installations never need it

    pages = boto3.client("ssm").get_paginator("get_parameters_by_path")
    found: dict[str, str] = {}
    for page in pages.paginate(Path=path, Recursive=True, WithDecryption=True):
        for parameter in page["Parameters"]:
            found[parameter["Name"].rsplit("/", 1)[-1]] = parameter["Value"]
    return found
