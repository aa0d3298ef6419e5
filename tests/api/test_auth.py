"""Registering a clinic, and signing in."""

from __future__ import annotations

import re

import jwt
import pytest
from argon2 import PasswordHasher
from werkzeug.test import TestResponse

from domain.model.clinics import User
from domain.permissions import OF_ROLE
from tests.accounts import (
    NOBODYS_NUMBER,
    PASSWORD,
    code_sent,
    codes_sent,
    other_than,
)
from tests.api.answers import data, error
from tests.api.office import Client, Office
from tests.api.signing_in import begin_login, log_in, works
from tests.people import stored

REGISTRATION = {
    "clinicName": "Lotus Eye Clinic",
    "address": "1 Park Street, Kolkata",
    "whatsappNumber": "+919876543210",
    "adminName": "Nadia Bose",
    "subscriptionPlan": "PROFESSIONAL",
}


# Registration


def test_a_clinic_registers_proves_its_number_and_is_signed_in(office: Office) -> None:
    registered = data(office.stranger.post("/auth/clinic/register", REGISTRATION), 201)
    assert registered["otpExpiresIn"] == 300
    proof = {
        "registrationId": registered["registrationId"],
        "otp": code_sent(office.stage, "+919876543210"),
        "password": PASSWORD,
    }
    opened = data(office.stranger.post("/auth/clinic/verify-registration", proof))
    assert opened["clinic"] == {
        "clinicId": registered["clinicId"],
        "name": "Lotus Eye Clinic",
        "status": "ACTIVE",
    }
    (user,) = data(Client(office, opened["accessToken"]).get("/users"))["users"]
    assert user["name"] == "Nadia Bose"
    assert user["userId"] == opened["adminUser"]["userId"]


def test_a_weak_password_costs_no_attempt_and_the_code_stays_good(office: Office) -> None:
    registered = data(office.stranger.post("/auth/clinic/register", REGISTRATION), 201)
    proof = {
        "registrationId": registered["registrationId"],
        "otp": code_sent(office.stage, "+919876543210"),
    }
    for weak in ("short1", "password123", "no-digits-here", "x" * 129 + "1"):
        refused = office.stranger.post(
            "/auth/clinic/verify-registration", {**proof, "password": weak}
        )
        assert error(refused, 422) == "VALIDATION_ERROR"
        assert [d["field"] for d in refused.json["error"]["details"]] == ["password"]
        assert weak not in refused.text
    data(office.stranger.post("/auth/clinic/verify-registration", {**proof, "password": PASSWORD}))


def test_a_wrong_registration_code_is_refused_and_three_end_it(office: Office) -> None:
    registered = data(office.stranger.post("/auth/clinic/register", REGISTRATION), 201)
    code = code_sent(office.stage, "+919876543210")
    proof = {"registrationId": registered["registrationId"], "password": PASSWORD}
    for otp in (other_than(code), other_than(code), other_than(code), code):
        refused = office.stranger.post("/auth/clinic/verify-registration", {**proof, "otp": otp})
        assert error(refused, 401) == "UNAUTHORIZED"


def test_a_number_that_routes_to_another_clinic_gets_the_same_answer(office: Office) -> None:
    taken = {**REGISTRATION, "whatsappNumber": office.cast.clinic.whatsapp_number}
    free, theirs = (
        office.stranger.post("/auth/clinic/register", body) for body in (REGISTRATION, taken)
    )
    for answer in (free, theirs):
        assert answer.status_code == 201
    assert _shape(free) == _shape(theirs)
    assert code_sent(office.stage, taken["whatsappNumber"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("clinicName", "x"),
        ("clinicName", 7),
        ("whatsappNumber", "9876543210"),
        ("whatsappNumber", "+14155550123"),
        ("whatsappNumber", "+910000000000"),
        ("adminName", " "),
        ("subscriptionPlan", "GOLD"),
        ("subscriptionPlan", None),
        ("surprise", True),
    ],
)
def test_a_registration_field_that_cannot_be_used_is_named(
    office: Office, field: str, value: object
) -> None:
    refused = office.stranger.post("/auth/clinic/register", {**REGISTRATION, field: value})
    assert error(refused, 422) == "VALIDATION_ERROR"
    assert field in [d["field"] for d in refused.json["error"]["details"]]


# Signing in


def test_a_code_and_the_password_sign_in(office: Office, farida: User) -> None:
    logged_in = log_in(office, farida)
    assert logged_in["user"]["userId"] == "usr_farida"
    assert logged_in["user"]["permissions"] == [p.value for p in OF_ROLE[farida.role]]
    assert logged_in["user"]["mustChangePassword"] is False
    assert logged_in["clinic"] == {"clinicId": "clinic_city", "name": "City Medical Center"}
    assert works(office, logged_in["accessToken"])


def test_the_masked_number_is_what_was_asked_for(office: Office) -> None:
    asked = {"whatsappNumber": "+919876543210", "clinicId": "clinic_city"}
    assert data(office.stranger.post("/auth/clinic/login", asked))["maskedNumber"] == (
        "+91987****210"
    )


def test_a_login_proves_the_number(office: Office, farida: User) -> None:
    work = office.stage.work()
    work.put(farida.but(proven=False))
    work.commit()
    log_in(office, farida)
    after = stored(office.stage.records, farida)
    assert after.proven
    assert after.last_login == office.stage.clock.now()


def test_an_access_token_says_who_and_what_but_nothing_of_the_person(
    office: Office, farida: User
) -> None:
    logged_in = log_in(office, farida)
    claims = jwt.decode(logged_in["accessToken"], options={"verify_signature": False})
    assert {"jti", "aud", "exp", "iat"} < claims.keys()
    assert claims["iss"] == "pulseops-api"
    assert claims["patient_access_scope"] == "CLINIC_ALL"
    assert claims["role"] == "ADMIN"
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert farida.whatsapp_number not in str(claims)
    assert farida.name not in str(claims)


def test_a_wrong_code_and_a_wrong_password_fail_alike_and_count_one_attempt_each(
    office: Office, farida: User
) -> None:
    request_id = begin_login(office, farida)
    code = code_sent(office.stage, farida.whatsapp_number)
    wrong = [
        {"otp": other_than(code), "password": PASSWORD},
        {"otp": code, "password": "wrongPassword123"},
        {"otp": other_than(code), "password": "wrongPassword123"},
    ]
    answers = [
        office.stranger.post("/auth/clinic/verify-login", {"loginRequestId": request_id, **proof})
        for proof in wrong
    ]
    assert len({_text(a) for a in answers}) == 1
    assert {a.status_code for a in answers} == {401}
    right = {"loginRequestId": request_id, "otp": code, "password": PASSWORD}
    too_late = office.stranger.post("/auth/clinic/verify-login", right)
    assert _text(too_late) == _text(answers[0])


def test_a_wrong_password_leaves_the_code_good_for_another_try(
    office: Office, farida: User
) -> None:
    request_id = begin_login(office, farida)
    code = code_sent(office.stage, farida.whatsapp_number)
    proof = {"loginRequestId": request_id, "otp": code}
    office.stranger.post("/auth/clinic/verify-login", {**proof, "password": "wrongPassword123"})
    data(office.stranger.post("/auth/clinic/verify-login", {**proof, "password": PASSWORD}))
    again = office.stranger.post("/auth/clinic/verify-login", {**proof, "password": PASSWORD})
    assert error(again, 401) == "UNAUTHORIZED"


@pytest.mark.parametrize(
    ("ask", "prove", "name", "password"),
    [
        ("/auth/clinic/login", "/auth/clinic/verify-login", "loginRequestId", "password"),
        ("/auth/forgot-password", "/auth/reset-password", "resetRequestId", "newPassword"),
    ],
)
def test_nobody_can_tell_a_number_or_a_clinic_that_is_not_there(
    office: Office, farida: User, ask: str, prove: str, name: str, password: str
) -> None:
    known = {"whatsappNumber": farida.whatsapp_number, "clinicId": "clinic_city"}
    others = [
        {**known, "whatsappNumber": NOBODYS_NUMBER},
        {**known, "clinicId": "clinic_that_never_was"},
        {**known, "clinicId": "clinic_sunrise"},
    ]
    asked = [office.stranger.post(ask, body) for body in (known, *others)]
    assert {_shape(a) for a in asked} == {_shape(asked[0])}
    code = code_sent(office.stage, farida.whatsapp_number)
    assert office.stage.settle() == []
    proofs = [
        office.stranger.post(
            prove, {name: a.json["data"][name], "otp": other_than(code), password: PASSWORD}
        )
        for a in asked
    ]
    unknown_id = {name: "login_req_none", "otp": code, password: PASSWORD}
    proofs.append(office.stranger.post(prove, unknown_id))
    assert {a.status_code for a in proofs} == {401}
    assert len({_text(a) for a in proofs}) == 1


def test_argon2_runs_for_an_unknown_number_as_for_a_known_one(
    office: Office, farida: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks: list[str] = []
    verify = PasswordHasher.verify

    def counted(hasher: PasswordHasher, stored_hash: str, password: str) -> bool:
        checks.append(password)
        return verify(hasher, stored_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for number in (farida.whatsapp_number, NOBODYS_NUMBER):
        asked = {"whatsappNumber": number, "clinicId": "clinic_city"}
        begun = data(office.stranger.post("/auth/clinic/login", asked))
        proof = {"loginRequestId": begun["loginRequestId"], "otp": "000000", "password": number}
        error(office.stranger.post("/auth/clinic/verify-login", proof), 401)
    assert checks == [farida.whatsapp_number, NOBODYS_NUMBER]


def test_the_eleventh_code_in_an_hour_is_429_and_says_when(office: Office, farida: User) -> None:
    for number in (farida.whatsapp_number, NOBODYS_NUMBER):
        asked = {"whatsappNumber": number, "clinicId": "clinic_city"}
        for _ in range(10):
            assert office.stranger.post("/auth/clinic/login", asked).status_code == 200
        refused = office.stranger.post("/auth/clinic/login", asked)
        assert error(refused, 429) == "RATE_LIMITED"
        assert int(refused.headers["Retry-After"]) == 3600
        forgot = office.stranger.post("/auth/forgot-password", asked)
        assert forgot.status_code == 200  # each purpose has its own count


def test_a_repeated_login_acts_once_and_its_tokens_are_shown_once(
    office: Office, farida: User
) -> None:
    request_id = begin_login(office, farida)
    code = code_sent(office.stage, farida.whatsapp_number)
    proof = {"loginRequestId": request_id, "otp": code, "password": PASSWORD}
    key = {"Idempotency-Key": "one"}
    first, again = (
        office.stranger.post("/auth/clinic/verify-login", proof, headers=key) for _ in range(2)
    )
    assert error(again, 409) == "SHOWN_ONCE"
    assert works(office, data(first)["accessToken"])


def test_a_wrong_code_repeated_with_its_key_is_answered_as_before(
    office: Office, farida: User
) -> None:
    request_id = begin_login(office, farida)
    code = code_sent(office.stage, farida.whatsapp_number)
    wrong = {"loginRequestId": request_id, "otp": code, "password": "wrongPassword123"}
    for _ in range(4):
        answer = office.stranger.post(
            "/auth/clinic/verify-login", wrong, headers={"Idempotency-Key": "one"}
        )
        assert error(answer, 401) == "UNAUTHORIZED"
    right = wrong | {"password": PASSWORD}
    assert data(office.stranger.post("/auth/clinic/verify-login", right))


def test_a_repeated_request_for_a_code_sends_one(office: Office, farida: User) -> None:
    asked = {"whatsappNumber": farida.whatsapp_number, "clinicId": "clinic_city"}
    key = {"Idempotency-Key": "one"}
    first, again = (
        office.stranger.post("/auth/clinic/login", asked, headers=key) for _ in range(2)
    )
    assert data(first) == data(again)
    assert len(codes_sent(office.stage, farida.whatsapp_number)) == 1


def _shape(answer: TestResponse) -> str:
    """Return an answer without what is new in each: ids and the number asked about."""
    text = re.sub(r"(_|req_|reg_)[0-9a-f]{32}", r"\1*", answer.text)
    text = re.sub(r"\+91[\d*]+", "+91", text)
    return f"{answer.status_code} {text} {sorted(answer.headers.keys())}"


def _text(answer: TestResponse) -> str:
    """Return an answer but for the request's id."""
    return re.sub(r'"requestId":\s*"[^"]*"', "", answer.text)
