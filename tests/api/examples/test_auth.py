"""The specification's examples of registering and signing in (6.1), one after the other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.accounts import code_sent
from tests.api.examples.shape import differs, request_of
from tests.api.office import Client, Office
from tests.people import FixedClock

PREFIX = "POST /api/v1"
RUNS = tuple(
    f"{PREFIX}/auth/{path}"
    for path in (
        "clinic/register",
        "clinic/verify-registration",
        "clinic/login",
        "clinic/verify-login",
        "forgot-password",
        "reset-password",
        "refresh",
        "logout",
    )
)
NUMBER = "+919876543210"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 1, 15, 10, 30, tzinfo=UTC))


def example(office: Office, path: str, token: str | None = None, **ids: str) -> dict[str, Any]:
    """Send the example's request with the *ids* there are; return an answer that is like its."""
    body = {**request_of(f"{PREFIX}{path}"), **ids}
    answer = Client(office, token).post(path, body)
    assert answer.status_code == (201 if path.endswith("register") else 200), answer.text
    assert differs(f"{PREFIX}{path}", answer.json) == []
    assert answer.json is not None
    return dict(answer.json)


def test_a_clinic_registers_signs_in_resets_its_password_and_logs_out(office: Office) -> None:
    registered = example(office, "/auth/clinic/register")
    clinic_id = registered["data"]["clinicId"]
    opened = example(
        office,
        "/auth/clinic/verify-registration",
        registrationId=registered["data"]["registrationId"],
        otp=code_sent(office.stage, NUMBER),
    )
    asked = example(office, "/auth/clinic/login", clinicId=clinic_id)
    assert asked["data"]["maskedNumber"] == "+91987****210"
    logged_in = example(
        office,
        "/auth/clinic/verify-login",
        loginRequestId=asked["data"]["loginRequestId"],
        otp=code_sent(office.stage, NUMBER),
    )
    wanted = {"manage_doctors", "view_analytics", "manage_subscription"}
    assert wanted <= set(logged_in["data"]["user"]["permissions"])
    assert logged_in["data"]["user"]["userId"] == opened["data"]["adminUser"]["userId"]
    refreshed = example(office, "/auth/refresh", refreshToken=logged_in["data"]["refreshToken"])
    example(office, "/auth/logout", refreshToken=refreshed["data"]["refreshToken"])
    forgot = example(office, "/auth/forgot-password", clinicId=clinic_id)
    reset = example(
        office,
        "/auth/reset-password",
        resetRequestId=forgot["data"]["resetRequestId"],
        otp=code_sent(office.stage, NUMBER),
    )
    assert reset["data"]["passwordUpdatedAt"] == "2025-01-15T10:30:00Z"
    assert [m["message"] for m in (registered, opened, asked, logged_in, forgot, reset)] == [
        "Clinic registered successfully. OTP sent to WhatsApp.",
        "Clinic registration completed successfully",
        "Login OTP sent to WhatsApp",
        "Login successful",
        "Password reset OTP sent to WhatsApp",
        "Password reset successfully",
    ]
