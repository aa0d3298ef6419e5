"""Settings, read once from the environment; a wrong value stops the start and is named."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from redis.connection import parse_url

from bot.config import values
from bot.config.values import BadSetting, decoded
from domain.rules import Rules

DEVELOPMENT_SECRET = "development-only-secret-of-no-worth"  # noqa: S105 - refused in production
DEVELOPMENT_KEY = "ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMhISE="
"""Base64 of 32 bytes, so that a laptop starts without any set-up; refused in production."""
DEVELOPMENT_SENDER, DEVELOPMENT_NUMBER = "100000000000001", "+918040009000"
"""The simulator's number that clinics share."""
META = "https://graph.facebook.com/"
META_API = f"{META}v26.0"
PAYMENT_CONFIGURATION = r"[\x21-\x7e](?:[\x20-\x7e]{0,58}[\x21-\x7e])?"
"""A payment configuration's name: up to 60 characters (Meta, "payment gateways on WhatsApp")."""


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
    whatsapp_payment_configuration: str | None
    """WHATSAPP_PAYMENT_CONFIGURATION: of that account, for advances paid inside WhatsApp."""
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
    web_processes: int
    """WEB_PROCESSES: of web."""
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
    def template_account(self) -> str:
        """The account at the provider that message templates belong to."""
        if self.whatsapp_provider == "twilio":
            return self.twilio_account_sid
        return self.whatsapp_business_account_id

    @property
    def names_prices(self) -> bool:
        """Whether the provider says of each message what WhatsApp charges: Twilio does not."""
        return self.whatsapp_provider != "twilio"

    @property
    def takes_orders(self) -> bool:
        """Whether advances can be paid inside WhatsApp.

        At Meta itself money is real, and so must be the books that it is found in and returned by.
        """
        plays = not self.whatsapp_api_url.startswith(META)
        return self.whatsapp_provider == "cloud" and (self.payment_provider == "razorpay" or plays)

    @property
    def rules(self) -> Rules:
        """What of this the rules depend on."""
        return Rules(
            hold_minutes=self.hold_minutes,
            staff_hold_minutes=self.staff_hold_minutes,
            progress_every=self.progress_every,
            platform_sender=self.platform_sender,
            platform_number=self.platform_number,
            orders=self.takes_orders,
            payment_configuration=self.whatsapp_payment_configuration,
            sms=self.sms_provider != "none",
            phone_countries=self.phone_countries,
            public_url=self.public_url,
            otp_limit=values.per_seconds(self.otp_limit),
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
SECRET_BYTES = 32
"""The least of JWT_SECRET in production: as many as HMAC-SHA256 gives out (RFC 7518, 3.2)."""
PROVIDERS = {"WHATSAPP_PROVIDER": ("cloud", "twilio"), "PAYMENT_PROVIDER": ("sandbox", "razorpay")}


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of *environment* (this process's if not given).

    What is empty is not set, wherever it stands. With AWS_PARAMETER_PATH set, the secrets named
    like the variables under that path are used where the environment has none.

    Raises:
        BadSetting: If a value is wrong, or one that production needs is missing.
    """
    env = values.given(os.environ if environment is None else environment)
    path = env.get("AWS_PARAMETER_PATH", "")
    if path:
        env = {**values.given(values.parameters(path)), **env}
    production = values.choice(env, "APP_ENV", ("development", "production")) == "production"
    if production:
        _refuse_defaults(env)
    _refuse_half_a_twilio(env)
    _refuse_half_a_razorpay(env)
    sender = env.get("WHATSAPP_PHONE_NUMBER_ID", DEVELOPMENT_SENDER)
    return Settings(
        production=production,
        public_url=values.url(env, "PUBLIC_URL", "http://localhost:8000"),
        database_url=_database(env),
        table_prefix=_prefix(env),
        redis_url=_redis(env),
        jwt_secret=env.get("JWT_SECRET", DEVELOPMENT_SECRET),
        jwt_access_expiry=values.duration(env, "JWT_ACCESS_EXPIRY", "15m"),
        jwt_refresh_expiry=values.duration(env, "JWT_REFRESH_EXPIRY", "7d"),
        api_limit=values.rate(env, "API_LIMIT", "600 per minute"),
        otp_limit=values.rate(env, "OTP_LIMIT", "10 per hour"),
        cors_origins=_origins(env),
        data_keys=_keys(env),
        whatsapp_provider=values.choice(env, "WHATSAPP_PROVIDER", PROVIDERS["WHATSAPP_PROVIDER"]),
        whatsapp_api_url=values.url(env, "WHATSAPP_API_URL", META_API),
        whatsapp_access_token=env.get("WHATSAPP_ACCESS_TOKEN", DEVELOPMENT_SECRET),
        whatsapp_phone_number_id=sender,
        whatsapp_phone_number=values.number(
            env, "WHATSAPP_PHONE_NUMBER", DEVELOPMENT_NUMBER if sender == DEVELOPMENT_SENDER else ""
        ),
        whatsapp_business_account_id=env.get("WHATSAPP_BUSINESS_ACCOUNT_ID", "200000000000001"),
        whatsapp_payment_configuration=_configuration(env),
        whatsapp_webhook_secrets=values.several(env, "WHATSAPP_WEBHOOK_SECRET", DEVELOPMENT_SECRET),
        whatsapp_verify_token=env.get("WHATSAPP_VERIFY_TOKEN", DEVELOPMENT_SECRET),
        twilio_account_sid=env.get("TWILIO_ACCOUNT_SID", ""),
        twilio_auth_token=env.get("TWILIO_AUTH_TOKEN", ""),
        twilio_whatsapp_from=values.number(env, "TWILIO_WHATSAPP_FROM"),
        twilio_api_url=values.url(env, "TWILIO_API_URL", "") if env.get("TWILIO_API_URL") else None,
        sms_provider=values.choice(env, "SMS_PROVIDER", ("none", "twilio")),
        twilio_sms_from=values.number(env, "TWILIO_SMS_FROM"),
        payment_provider=values.choice(env, "PAYMENT_PROVIDER", PROVIDERS["PAYMENT_PROVIDER"]),
        razorpay_key_id=env.get("RAZORPAY_KEY_ID", ""),
        razorpay_key_secret=env.get("RAZORPAY_KEY_SECRET", ""),
        razorpay_webhook_secrets=values.several(env, "RAZORPAY_WEBHOOK_SECRET", ""),
        razorpay_api_url=values.url(env, "RAZORPAY_API_URL", "https://api.razorpay.com"),
        hold_minutes=values.whole(env, "HOLD_MINUTES", 10, 1, 1440),
        staff_hold_minutes=values.whole(env, "STAFF_HOLD_MINUTES", 60, 1, 1440),
        progress_every=values.whole(env, "PROGRESS_EVERY", 3, 1, 100),
        web_processes=values.whole(env, "WEB_PROCESSES", 2, 1, 64),
        web_threads=values.whole(env, "WEB_THREADS", 1100, 1, 10_000),
        send_rate=values.whole(env, "SEND_RATE", 80, 1, 1000),
        phone_countries=_countries(env),
        trusted_proxies=values.whole(env, "TRUSTED_PROXIES", 0, 0, 10),
        files_url=_files(env),
        log_level=values.choice(env, "LOG_LEVEL", ("info", "debug", "warning", "error")),
        parameter_path=path,
    )


def _refuse_defaults(env: Mapping[str, str]) -> None:
    is_cloud = env.get("WHATSAPP_PROVIDER", "cloud") == "cloud"
    for name in (*REQUIRED, *(REQUIRED_BY_CLOUD if is_cloud else ())):
        if not values.several(env, name, ""):
            raise BadSetting(f"{name} must be set in production")
    for name in (*REQUIRED, *REQUIRED_BY_CLOUD, *TWILIO, *RAZORPAY):
        if DEVELOPMENT_SECRET in values.several(env, name, ""):
            raise BadSetting(f"{name} still has the value meant for development")
    default = decoded(DEVELOPMENT_KEY)
    if any(decoded(key) == default for key in _keys(env)):
        raise BadSetting("DATA_KEY still has the value meant for development")
    if len(env["JWT_SECRET"].encode()) < SECRET_BYTES:
        raise BadSetting(f"JWT_SECRET is too short: production needs {SECRET_BYTES} bytes or more")
    if env.get("PAYMENT_PROVIDER", "sandbox") == "sandbox":
        raise BadSetting("PAYMENT_PROVIDER must not be sandbox in production")


def _refuse_half_a_twilio(env: Mapping[str, str]) -> None:
    for chooses, number in (
        ("WHATSAPP_PROVIDER", "TWILIO_WHATSAPP_FROM"),
        ("SMS_PROVIDER", "TWILIO_SMS_FROM"),
    ):
        if env.get(chooses) == "twilio":
            for name in (*TWILIO, number):
                if name not in env:
                    raise BadSetting(f"{name} must be set, as {chooses} is twilio")


def _refuse_half_a_razorpay(env: Mapping[str, str]) -> None:
    if env.get("PAYMENT_PROVIDER") == "razorpay":
        for name in RAZORPAY:
            if not values.several(env, name, ""):
                raise BadSetting(f"{name} must be set, as PAYMENT_PROVIDER is razorpay")


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
    origins = values.parts(env.get("CORS_ORIGINS", ""))
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
        parse_url(value)  # type: ignore[no-untyped-call]
    except ValueError:
        # The value stays out of what is said, for a password may stand in it.
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


def _keys(env: Mapping[str, str]) -> tuple[str, ...]:
    keys = values.several(env, "DATA_KEY", DEVELOPMENT_KEY)
    for place, key in enumerate(keys, start=1):
        try:
            decoded(key)
        except ValueError:
            # The key itself stays out of what is printed and logged.
            of = f" (number {place} of {len(keys)})" if len(keys) > 1 else ""
            raise BadSetting(f"DATA_KEY holds a key{of} that is not base64 of 32 bytes") from None
    return keys


def _countries(env: Mapping[str, str]) -> tuple[str, ...]:
    codes = values.several(env, "PHONE_COUNTRIES", "+91")
    for code in codes:
        if not re.fullmatch(r"\+[1-9]\d{0,2}", code):
            raise BadSetting(f"PHONE_COUNTRIES has {code!r}; a country code looks like +91")
    return codes


@contextmanager
def naming_bad_settings() -> Iterator[None]:
    """End this process, with exit code 1, if a setting turns out wrong.

    The log gets the variable's name, and standard error what is wrong with its value.
    """
    try:
        yield
    except BadSetting as error:
        # With it comes prometheus_client, which gunicorn's settings must not load too early.
        from bot.observability import logs  # noqa: PLC0415

        logs.configure()
        logs.log.critical("bad_setting", setting=error.setting)
        sys.exit(str(error))
