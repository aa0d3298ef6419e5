"""Settings: defaults start a laptop, production refuses what is missing, wrong values are named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.config import DEVELOPMENT_KEY, DEVELOPMENT_SECRET, REQUIRED, BadSetting, read_settings

PRODUCTION = {
    "APP_ENV": "production",
    "PUBLIC_URL": "https://clinics.example.in",
    "JWT_SECRET": "j" * 40,
    "DATA_KEY": "k" * 44,
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
    "RAZORPAY_WEBHOOK_SECRET": "new, old",
}


@pytest.mark.parametrize("environment", [{}, PRODUCTION], ids=["development", "production"])
def test_razorpay_takes_its_keys_and_its_own_address(environment: dict[str, str]) -> None:
    settings = read_settings({**environment, **RAZORPAY})
    assert settings.payment_provider == "razorpay"
    assert settings.razorpay_webhook_secrets == ("new", "old")
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
    settings = read_settings({"WHATSAPP_WEBHOOK_SECRET": "new, old", "DATA_KEY": "a,b"})
    assert settings.whatsapp_webhook_secrets == ("new", "old")
    assert settings.data_keys == ("a", "b")


def test_secrets_come_from_the_parameter_store_where_the_environment_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {"JWT_SECRET": "from-the-store", "WHATSAPP_VERIFY_TOKEN": "stored"}
    monkeypatch.setattr("bot.config._parameters", lambda path: found if path == "/clinic" else {})
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
