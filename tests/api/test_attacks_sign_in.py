"""Strangers at the door: what they ask for costs little, and keeps nobody out."""

from __future__ import annotations

import threading
from typing import NoReturn

import pytest

from domain import passwords
from domain.fair_gate import FairGate
from domain.model.clinics import User
from tests.accounts import PASSWORD, code_sent
from tests.api.answers import data, error
from tests.api.office import Office
from tests.api.signing_in import begin_login, log_in
from tests.people import RULES

LEET = "x1" + "4@8({[<3691!|10$5+7%2x" * 3
PROOFS: dict[str, dict[str, str]] = {
    "/auth/clinic/verify-registration": {"registrationId": "reg_made_up", "password": LEET},
    "/auth/clinic/verify-login": {"loginRequestId": "login_req_made_up", "password": LEET},
    "/auth/reset-password": {"resetRequestId": "reset_req_made_up", "newPassword": LEET},
}


class Closed(FairGate):
    """A gate that nobody may come to."""

    def turn(self, asker: str) -> NoReturn:
        raise AssertionError(f"{asker} came to the gate of what is costly")


@pytest.mark.parametrize("address", PROOFS)
def test_an_unknown_request_id_reaches_nothing_costly(
    office: Office, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(passwords, "_gate", Closed(slots=1, wait_seconds=1, most_waiting=1))
    answer = office.stranger.post(address, {**PROOFS[address], "otp": "123456"})
    assert error(answer, 401) == "UNAUTHORIZED"


def test_a_request_that_was_used_up_reaches_nothing_costly(
    office: Office, farida: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = begin_login(office, farida)
    proof = {"loginRequestId": request_id, "otp": "000000", "password": PASSWORD}
    for _ in range(3):
        assert error(office.stranger.post("/auth/clinic/verify-login", proof), 401)
    monkeypatch.setattr(passwords, "_gate", Closed(slots=1, wait_seconds=1, most_waiting=1))
    refused = office.stranger.post("/auth/clinic/verify-login", proof)
    assert error(refused, 401) == "UNAUTHORIZED"


def test_an_unknown_and_a_wrong_code_are_answered_alike(office: Office, farida: User) -> None:
    request_id = begin_login(office, farida)
    proof = {"loginRequestId": request_id, "otp": "000000", "password": PASSWORD}
    made_up = {**proof, "loginRequestId": "login_req_made_up"}
    known = office.stranger.post("/auth/clinic/verify-login", proof)
    unknown = office.stranger.post("/auth/clinic/verify-login", made_up)
    assert known.status_code == unknown.status_code == 401
    assert known.get_json()["error"] == unknown.get_json()["error"]


def test_an_owner_signs_in_while_a_stranger_fills_the_gate(
    office: Office, farida: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = FairGate(slots=1, wait_seconds=10, most_waiting=2)
    monkeypatch.setattr(passwords, "_gate", gate)
    request_id, release = begin_login(office, farida), threading.Event()
    code = code_sent(office.stage, farida.whatsapp_number)

    def flood() -> None:
        with gate.turn("203.0.113.66"):
            release.wait(10)

    strangers = [threading.Thread(target=flood) for _ in range(3)]
    for stranger in strangers:
        stranger.start()
    proof = {"loginRequestId": request_id, "otp": code, "password": PASSWORD}
    threading.Timer(0.1, release.set).start()
    data(office.stranger.post("/auth/clinic/verify-login", proof))
    for stranger in strangers:
        stranger.join(10)


def test_registering_with_an_owners_number_keeps_them_from_nothing(
    office: Office, farida: User
) -> None:
    body = {
        "clinicName": "Anything",
        "address": "Anywhere 1, Pune",
        "whatsappNumber": farida.whatsapp_number,
        "adminName": "Nobody",
        "subscriptionPlan": "BASIC",
    }
    for _ in range(RULES.otp_limit[0]):
        assert office.stranger.post("/auth/clinic/register", body).status_code == 201
    assert error(office.stranger.post("/auth/clinic/register", body), 429)
    office.stage.settle()  # the stranger's codes arrive before the owner's
    log_in(office, farida)
    asked = {"whatsappNumber": farida.whatsapp_number, "clinicId": "clinic_city"}
    data(office.stranger.post("/auth/forgot-password", asked))


def test_the_network_from_which_an_owner_signed_in_stays_theirs(
    office: Office, farida: User
) -> None:
    log_in(office, farida)
    asked = {"whatsappNumber": farida.whatsapp_number, "clinicId": "clinic_city"}
    for n in range(6 * RULES.otp_limit[0]):
        away = {"REMOTE_ADDR": f"198.51.{n}.1"}
        office.http.post("/api/v1/auth/clinic/login", json=asked, environ_overrides=away)
    log_in(office, farida)
