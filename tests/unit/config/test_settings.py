"""Settings: defaults start a laptop, production refuses what is missing, wrong values are named."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from datetime import timedelta

import pytest

import bot.config.requirements
import bot.config.sections
import bot.config.settings
from bot.config.requirements import REQUIRED, REQUIRED_BY_CLOUD
from bot.config.sections import DEVELOPMENT_KEY, DEVELOPMENT_SECRET
from bot.config.settings import Settings, read_settings
from bot.config.values import BadSetting

DATA_KEY = "mZ3u0qGv2Qw8r1yXk5sT7bLpN9cVhJ4dF6aE0iOoUuU"
PRODUCTION = {
    "APP_ENV": "production",
    "PUBLIC_URL": "https://clinics.example.in",
    "JWT_SECRET": "j" * 40,
    "DATA_KEY": DATA_KEY,
    "WHATSAPP_ACCESS_TOKEN": "token",
    "WHATSAPP_WEBHOOK_SECRET": "app-secret",
    "WHATSAPP_VERIFY_TOKEN": "verify",
    "WHATSAPP_PHONE_NUMBER_ID": "1",
    "WHATSAPP_BUSINESS_ACCOUNT_ID": "2",
    "PAYMENT_PROVIDER": "sandbox",
}


def test_an_empty_environment_starts_in_development() -> None:
    settings = read_settings({})
    assert not settings.production
    assert settings.public_url == "http://localhost:8000"
    assert settings.database_url == "sqlite:///var/pulseops.db"
    assert settings.rules.hold_minutes == 10
    assert settings.rules.staff_hold_minutes == 60
    assert settings.rules.progress_every == 3
    assert settings.phone_countries == ("+91",)


def test_the_port_does_not_move_links_because_each_process_has_another() -> None:
    assert read_settings({"PORT": "5100"}).public_url == "http://localhost:8000"


@pytest.mark.parametrize("name", REQUIRED)
def test_production_refuses_what_is_missing_and_names_it(name: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings({**PRODUCTION, name: ""})


@pytest.mark.parametrize(
    ("name", "value"), [("JWT_SECRET", DEVELOPMENT_SECRET), ("DATA_KEY", DEVELOPMENT_KEY)]
)
def test_production_refuses_a_default_secret_and_names_it(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings({**PRODUCTION, name: value})


@pytest.mark.parametrize("provider", ["sandbox", ""])
def test_production_refuses_the_sandbox_gateway(provider: str) -> None:
    with pytest.raises(BadSetting, match="PAYMENT_PROVIDER"):
        read_settings({**PRODUCTION, "PAYMENT_PROVIDER": provider})


RAZORPAY = {
    "PAYMENT_PROVIDER": "razorpay",
    "RAZORPAY_KEY_ID": "rzp_live_key",
    "RAZORPAY_KEY_SECRET": "secret",
    "RAZORPAY_WEBHOOK_SECRET": "the-new-one, the-old-one",
}


@pytest.mark.parametrize("environment", [{}, PRODUCTION], ids=["development", "production"])
def test_razorpay_takes_its_keys_and_its_own_address(environment: dict[str, str]) -> None:
    settings = read_settings({**environment, **RAZORPAY})
    assert settings.payment_provider == "razorpay"
    assert settings.razorpay_webhook_secrets == ("the-new-one", "the-old-one")
    assert settings.razorpay_api_url == "https://api.razorpay.com"


@pytest.mark.parametrize("environment", [{}, PRODUCTION], ids=["development", "production"])
@pytest.mark.parametrize("name", [n for n in RAZORPAY if n != "PAYMENT_PROVIDER"])
@pytest.mark.parametrize("value", ["", " , "])
def test_razorpay_without_one_of_its_keys_is_refused_by_name(
    environment: dict[str, str], name: str, value: str
) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings({**environment, **RAZORPAY, name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_ENV", "staging"),
        ("HOLD_MINUTES", "ten"),
        ("HOLD_MINUTES", "0"),
        ("PROGRESS_EVERY", "-1"),
        ("SEND_RATE", "100000"),
        ("PUBLIC_URL", "localhost"),
        ("DATABASE_URL", "postgres://x"),
        ("PHONE_COUNTRIES", "91"),
        ("LOG_LEVEL", "loud"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://localhost:port/0"),
        ("TABLE_PREFIX", "a clinic's "),
        ("WEB_PROCESSES", "0"),
        ("WHATSAPP_PROVIDER", "carrier-pigeon"),
        ("PAYMENT_PROVIDER", "cowries"),
        ("JWT_ACCESS_EXPIRY", "15"),
        ("JWT_ACCESS_EXPIRY", "0m"),
        ("JWT_REFRESH_EXPIRY", "a week"),
        ("API_LIMIT", "many"),
        ("API_LIMIT", "600"),
        ("OTP_LIMIT", "10 per fortnight"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://good.example, https://bad.example/page"),
        ("CORS_ORIGINS", "desk.example"),
        ("CORS_ORIGINS", "https://*.example"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings({name: value})


def test_several_secrets_are_accepted_while_one_is_changed() -> None:
    new, old = "a" * 43, "b" * 43
    settings = read_settings({"WHATSAPP_WEBHOOK_SECRET": "new, old", "DATA_KEY": f"{new},{old}"})
    assert settings.whatsapp_webhook_secrets == ("new", "old")
    assert settings.data_keys == (new, old)


@pytest.mark.parametrize("key", ["abc", "not base64 at all!", f"{'k' * 43},short", "k" * 45])
def test_a_key_that_is_none_is_refused_by_name_and_is_not_repeated(key: str) -> None:
    with pytest.raises(BadSetting, match="DATA_KEY holds a key") as refused:
        read_settings({"DATA_KEY": key})
    assert refused.value.setting == "DATA_KEY"
    assert not [part for part in key.split(",") if part in str(refused.value)]


@pytest.mark.parametrize("place", ["{},{}", "{}, x", "x, {} ,y"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WHATSAPP_WEBHOOK_SECRET", DEVELOPMENT_SECRET),
        ("RAZORPAY_WEBHOOK_SECRET", DEVELOPMENT_SECRET),
    ],
)
def test_production_finds_a_default_secret_in_a_list(name: str, value: str, place: str) -> None:
    with pytest.raises(BadSetting, match=f"{name} still has"):
        read_settings({**PRODUCTION, **RAZORPAY, name: place.format(value, value)})


@pytest.mark.parametrize(
    "keys",
    [
        f"{DEVELOPMENT_KEY},{DEVELOPMENT_KEY}",
        f"{'k' * 43}, {DEVELOPMENT_KEY}",
        DEVELOPMENT_KEY.rstrip("="),
    ],
    ids=["twice", "behind another", "without its padding"],
)
def test_production_finds_the_default_key_however_it_is_written(keys: str) -> None:
    with pytest.raises(BadSetting, match="DATA_KEY still has"):
        read_settings({**PRODUCTION, **RAZORPAY, "DATA_KEY": keys})


@pytest.mark.parametrize("secret", ["x", "j" * 31])
def test_production_refuses_a_short_secret_of_tokens(secret: str) -> None:
    with pytest.raises(BadSetting, match="JWT_SECRET is too short"):
        read_settings({**PRODUCTION, **RAZORPAY, "JWT_SECRET": secret})
    assert read_settings({"JWT_SECRET": secret}).jwt_secret == secret


def test_a_secret_counts_in_bytes() -> None:
    settings = read_settings({**PRODUCTION, **RAZORPAY, "JWT_SECRET": "क" * 11})
    assert settings.jwt_secret == "क" * 11


def given(settings: Settings) -> dict[str, object]:
    return {f.name: getattr(settings, f.name) for f in fields(settings)}


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_variable_is_one_that_is_not_set(empty: str) -> None:
    modules = (bot.config.settings, bot.config.sections, bot.config.requirements)
    source = "".join(map(inspect.getsource, modules))
    names = re.findall(r'"([A-Z]+(?:_[A-Z]+)*)"', source)
    assert {"JWT_SECRET", "REDIS_URL", "WHATSAPP_ACCESS_TOKEN"} <= set(names)
    assert given(read_settings(dict.fromkeys(names, empty))) == given(read_settings({}))


def test_an_empty_variable_does_not_hide_the_stored_one(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {"JWT_SECRET": "from-the-store", "REDIS_URL": ""}
    monkeypatch.setattr("bot.config.values.read_parameters", lambda _: stored)
    settings = read_settings({"AWS_PARAMETER_PATH": "/clinic", "JWT_SECRET": ""})
    assert settings.jwt_secret == "from-the-store"
    assert settings.redis_url == "redis://localhost:6379/0"


@pytest.mark.parametrize("name", REQUIRED_BY_CLOUD)
@pytest.mark.parametrize("value", ["", " , "])
def test_production_needs_what_the_cloud_api_needs(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"{name} must be set"):
        read_settings({**PRODUCTION, **RAZORPAY, name: value})


def test_secrets_come_from_the_parameter_store_where_the_environment_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {"JWT_SECRET": "from-the-store", "WHATSAPP_VERIFY_TOKEN": "stored"}
    monkeypatch.setattr(
        "bot.config.values.read_parameters", lambda path: found if path == "/clinic" else {}
    )
    settings = read_settings({"AWS_PARAMETER_PATH": "/clinic", "WHATSAPP_VERIFY_TOKEN": "given"})
    assert settings.jwt_secret == "from-the-store"
    assert settings.whatsapp_verify_token == "given"


def test_the_rules_know_how_many_codes_and_how_long_a_session() -> None:
    rules = read_settings({}).rules
    assert (rules.otp_limit, rules.session_lasts) == ((10, 3600), timedelta(days=7))
    rules = read_settings({"OTP_LIMIT": "5/2 minutes", "JWT_REFRESH_EXPIRY": "12h"}).rules
    assert (rules.otp_limit, rules.session_lasts) == ((5, 120), timedelta(hours=12))


def test_the_api_has_the_contract_s_defaults_and_can_be_set() -> None:
    settings = read_settings({})
    assert (settings.jwt_access_expiry, settings.jwt_refresh_expiry) == (
        timedelta(minutes=15),
        timedelta(days=7),
    )
    assert (settings.api_limit, settings.otp_limit) == ("600 per minute", "10 per hour")
    assert settings.cors_origins == ()
    settings = read_settings(
        {
            "JWT_ACCESS_EXPIRY": "90s",
            "API_LIMIT": "5/second",
            "CORS_ORIGINS": "https://desk.example, http://localhost:3000",
        }
    )
    assert settings.jwt_access_expiry == timedelta(seconds=90)
    assert settings.api_limit == "5/second"
    assert settings.cors_origins == ("https://desk.example", "http://localhost:3000")


CONFIGURED = {"WHATSAPP_PAYMENT_CONFIGURATION": "clinic-main"}
SIMULATED = {"WHATSAPP_API_URL": "http://127.0.0.1:8001/v26.0"}


@pytest.mark.parametrize("beside", [RAZORPAY, SIMULATED], ids=["razorpay", "simulator"])
def test_payments_inside_whatsapp_need_a_gateway_or_play_money(beside: dict[str, str]) -> None:
    rules = read_settings({**CONFIGURED, **beside}).rules
    assert (rules.orders, rules.payment_configuration) == (True, "clinic-main")
    with pytest.raises(BadSetting, match="PAYMENT_PROVIDER=razorpay"):
        read_settings(CONFIGURED)


def test_without_a_configuration_only_clinics_with_a_number_of_their_own_may_have_one() -> None:
    rules = read_settings(RAZORPAY).rules
    assert (rules.orders, rules.payment_configuration) == (True, None)
    assert not read_settings({}).rules.orders


@pytest.mark.parametrize("name", ["x" * 61, "नाम", " main", "main\n"])
def test_a_payment_configuration_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(BadSetting, match="WHATSAPP_PAYMENT_CONFIGURATION"):
        read_settings({**RAZORPAY, "WHATSAPP_PAYMENT_CONFIGURATION": name})


def test_twilio_takes_no_payments_inside_whatsapp() -> None:
    twilio = {
        "WHATSAPP_PROVIDER": "twilio",
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "token",
        "TWILIO_WHATSAPP_FROM": "+918040009000",
    }
    assert not read_settings({**RAZORPAY, **twilio}).rules.orders
    with pytest.raises(BadSetting, match="WHATSAPP_PROVIDER=cloud"):
        read_settings({**RAZORPAY, **twilio, **CONFIGURED})


def faults_of(**changed: str) -> list[str]:
    """Return the lines that production answers *changed* settings with."""
    with pytest.raises(BadSetting) as refusal:
        read_settings({**PRODUCTION, **RAZORPAY, **changed})
    return str(refusal.value).splitlines()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "http://clinics.example.in"),
        ("WHATSAPP_WEBHOOK_SECRET", "x"),
        ("WHATSAPP_WEBHOOK_SECRET", "long-enough-secret, x"),
        ("RAZORPAY_WEBHOOK_SECRET", "x"),
        ("DATA_KEY", "A" * 43),
        ("DATA_KEY", f"{DATA_KEY}, {'A' * 43}"),
        ("OTP_LIMIT", "100000 per second"),
        ("OTP_CEILING", "100000 per minute"),
    ],
)
def test_production_refuses_what_protects_nobody(name: str, value: str) -> None:
    (said,) = faults_of(**{name: value})
    assert said.startswith(f"{name} ")
    assert value not in said
    read_settings({name: value})  # in development it may be so


def test_all_faults_are_said_at_once() -> None:
    said = faults_of(
        PUBLIC_URL="http://x.example",
        WHATSAPP_WEBHOOK_SECRET="x",
        DATA_KEY="A" * 43,
        OTP_LIMIT="100000 per second",
        JWT_SECRET="",
        SEND_RATE="many",
        HOLD_MINUTES="0",
        LOG_LEVEL="loud",
        REDIS_URL="http://x",
        PAYMENT_PROVIDER="sandbox",
    )
    assert sorted({line.partition(" ")[0] for line in said}) == [
        "DATA_KEY", "HOLD_MINUTES", "JWT_SECRET", "LOG_LEVEL", "OTP_LIMIT", "PAYMENT_PROVIDER",
        "PUBLIC_URL", "REDIS_URL", "SEND_RATE", "WHATSAPP_WEBHOOK_SECRET",
    ]  # fmt: skip
    assert len(said) == 10


def test_several_faults_name_all_their_settings() -> None:
    with pytest.raises(BadSetting) as refusal:
        read_settings({"SEND_RATE": "many", "LOG_LEVEL": "loud"})
    assert refusal.value.setting == "SEND_RATE, LOG_LEVEL"
