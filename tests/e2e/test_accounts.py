"""A clinic signs itself up over HTTP, with codes that come to a phone."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.accounts import PASSWORD
from tests.e2e.installation import Installation, Person
from tests.people import PLATFORM_SENDER

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e 1")]
NUMBER = "+919876543210"
WORDS = "verification code"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(tmp_path_factory.mktemp("accounts"))
    try:
        installation.cast()
        installation.person("Nadia", NUMBER.removeprefix("+"), "admin")
        installation.start()
        installation.command("templates", "push")
        yield installation
    finally:
        installation.close()


@pytest.fixture(scope="module")
def nadia(town: Installation) -> Person:
    """Return who wants a clinic; codes come from the platform's number."""
    return Person(town, "Nadia", NUMBER.removeprefix("+"), PLATFORM_SENDER)


def call(town: Installation, method: str, path: str, body: Any = None, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"{town.url}/api/v1{path}"
    answer = town.http.request(method, url, json=body, headers=headers, timeout=30)
    assert answer.ok, answer.text
    return answer.json()["data"]


def code(nadia: Person) -> str:
    message = nadia.hears(WORDS)
    assert message["category"] == "authentication"
    (found,) = re.findall(r"\d{6}", message["text"])
    return str(found)


def sign_in(town: Installation, nadia: Person, clinic_id: str) -> str:
    asked = {"whatsappNumber": NUMBER, "clinicId": clinic_id}
    begun = call(town, "POST", "/auth/clinic/login", asked)
    proof = {
        "loginRequestId": begun["loginRequestId"],
        "otp": code(nadia),
        "password": PASSWORD,
    }
    token: str = call(town, "POST", "/auth/clinic/verify-login", proof)["accessToken"]
    return token


def test_a_clinic_registers_and_signs_in_with_codes_from_the_phone(
    town: Installation, nadia: Person
) -> None:
    registered = call(
        town,
        "POST",
        "/auth/clinic/register",
        {
            "clinicName": "Lotus Eye Clinic",
            "address": "1 Park Street",
            "whatsappNumber": NUMBER,
            "adminName": "Nadia Bose",
            "subscriptionPlan": "BASIC",
        },
    )
    proof = {
        "registrationId": registered["registrationId"],
        "otp": code(nadia),
        "password": PASSWORD,
    }
    opened = call(town, "POST", "/auth/clinic/verify-registration", proof)
    clinic_id = opened["clinic"]["clinicId"]
    token = sign_in(town, nadia, clinic_id)
    (user,) = call(town, "GET", "/users", token=token)["users"]
    assert user["name"] == "Nadia Bose"
    nadia.says("doctors")
    assert "Lotus Eye Clinic" in nadia.hears("No doctor yet")["text"]

    redis = town.processes["redis"]
    os.kill(redis.pid, signal.SIGKILL)
    redis.wait(10)
    try:
        call(town, "GET", "/users", token=sign_in(town, nadia, clinic_id))
    finally:
        town.start_redis()
