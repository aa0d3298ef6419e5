"""Signing in over the API, as a clinic's own program does it."""

from __future__ import annotations

from typing import Any

from domain.model.clinics import User
from tests.accounts import PASSWORD, code_sent
from tests.api.answers import data
from tests.api.office import Client, Office


def begin_login(office: Office, user: User) -> str:
    asked = {"whatsappNumber": user.whatsapp_number, "clinicId": user.clinic_id}
    begun: str = data(office.stranger.post("/auth/clinic/login", asked))["loginRequestId"]
    return begun


def log_in(office: Office, user: User, password: str = PASSWORD) -> dict[str, Any]:
    request_id = begin_login(office, user)
    code = code_sent(office.stage, user.whatsapp_number)
    proof = {"loginRequestId": request_id, "otp": code, "password": password}
    return data(office.stranger.post("/auth/clinic/verify-login", proof))


def works(office: Office, token: str) -> bool:
    answer = Client(office, token).get("/users")
    assert answer.status_code in {200, 401, 403}
    return answer.status_code != 401
