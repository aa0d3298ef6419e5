"""Passwords that are set anew, and sessions that end."""

from __future__ import annotations

import pytest

from domain.model.clinics import User
from tests.accounts import NEW_PASSWORD, PASSWORD, code_sent, give_password
from tests.api.answers import data, error
from tests.api.office import Client, Office
from tests.api.signing_in import begin_login, log_in, works

# Passwords


def test_a_forgotten_password_is_set_anew_and_every_session_ends(
    office: Office, farida: User
) -> None:
    before = log_in(office, farida)
    asked = {"whatsappNumber": farida.whatsapp_number, "clinicId": "clinic_city"}
    reset = data(office.stranger.post("/auth/forgot-password", asked))
    assert reset["maskedNumber"] == "+91987****010"
    proof = {
        "resetRequestId": reset["resetRequestId"],
        "otp": code_sent(office.stage, farida.whatsapp_number),
        "newPassword": NEW_PASSWORD,
    }
    changed = data(office.stranger.post("/auth/reset-password", proof))
    assert changed["userId"] == "usr_farida"
    assert changed["passwordUpdatedAt"] == "2030-11-25T03:00:00Z"
    assert not works(office, before["accessToken"])
    refused = office.stranger.post("/auth/refresh", {"refreshToken": before["refreshToken"]})
    assert error(refused, 401) == "UNAUTHORIZED"
    assert works(office, log_in(office, farida, NEW_PASSWORD)["accessToken"])


def test_the_old_password_is_worth_nothing_after_a_reset(office: Office, farida: User) -> None:
    test_a_forgotten_password_is_set_anew_and_every_session_ends(office, farida)
    request_id = begin_login(office, farida)
    code = code_sent(office.stage, farida.whatsapp_number)
    proof = {"loginRequestId": request_id, "otp": code, "password": PASSWORD}
    assert error(office.stranger.post("/auth/clinic/verify-login", proof), 401) == "UNAUTHORIZED"


def test_a_login_code_resets_no_password(office: Office, farida: User) -> None:
    request_id = begin_login(office, farida)
    code = code_sent(office.stage, farida.whatsapp_number)
    proof = {"resetRequestId": request_id, "otp": code, "newPassword": NEW_PASSWORD}
    assert error(office.stranger.post("/auth/reset-password", proof), 401) == "UNAUTHORIZED"


def test_a_changed_password_ends_every_other_session_and_gives_new_tokens(
    office: Office, farida: User
) -> None:
    mine, other = log_in(office, farida), log_in(office, farida)
    change = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    changed = data(Client(office, mine["accessToken"]).post("/auth/change-password", change))
    assert works(office, changed["accessToken"])
    assert not works(office, other["accessToken"])
    refreshed = {"refreshToken": changed["refreshToken"]}
    data(office.stranger.post("/auth/refresh", refreshed))
    log_in(office, farida, NEW_PASSWORD)


def test_a_wrong_current_password_is_named_and_five_end_the_session(
    office: Office, farida: User
) -> None:
    client = Client(office, log_in(office, farida)["accessToken"])
    change = {"currentPassword": "wrongPassword123", "newPassword": NEW_PASSWORD}
    for _ in range(5):
        refused = client.post("/auth/change-password", change)
        assert error(refused, 422) == "VALIDATION_ERROR"
        assert refused.json["error"]["details"][0]["field"] == "currentPassword"
    right = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    assert error(client.post("/auth/change-password", right), 401) == "UNAUTHORIZED"


@pytest.mark.parametrize("new", [PASSWORD, "password123", "short1"])
def test_a_new_password_must_be_new_and_good(office: Office, farida: User, new: str) -> None:
    client = Client(office, log_in(office, farida)["accessToken"])
    change = {"currentPassword": PASSWORD, "newPassword": new}
    refused = client.post("/auth/change-password", change)
    assert error(refused, 422) == "VALIDATION_ERROR"
    assert refused.json["error"]["details"][0]["field"] == "newPassword"


def test_who_must_change_the_password_can_do_nothing_else(office: Office, farida: User) -> None:
    work = office.stage.work()
    work.put(farida.but(must_change_password=True))
    work.commit()
    logged_in = log_in(office, farida)
    assert logged_in["mustChangePassword"] is True
    client = Client(office, logged_in["accessToken"])
    assert error(client.get("/users"), 403) == "PASSWORD_CHANGE_REQUIRED"
    change = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    changed = data(client.post("/auth/change-password", change))
    assert data(Client(office, changed["accessToken"]).get("/users"))["users"]


def test_a_doctor_changes_their_own_password_too(office: Office) -> None:
    meera = give_password(office.stage, office.cast.meera_user)
    client = Client(office, log_in(office, meera)["accessToken"])
    change = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    assert data(client.post("/auth/change-password", change))["userId"] == meera.user_id


# Sessions


def test_a_refresh_token_gets_the_next_pair_and_used_twice_ends_the_session(
    office: Office, farida: User
) -> None:
    first = log_in(office, farida)
    second = data(office.stranger.post("/auth/refresh", {"refreshToken": first["refreshToken"]}))
    assert works(office, second["accessToken"])
    office.stage.clock.advance(seconds=11)
    stolen = office.stranger.post("/auth/refresh", {"refreshToken": first["refreshToken"]})
    assert error(stolen, 401) == "UNAUTHORIZED"
    assert not works(office, second["accessToken"])
    newest = office.stranger.post("/auth/refresh", {"refreshToken": second["refreshToken"]})
    assert error(newest, 401) == "UNAUTHORIZED"


def test_a_refresh_token_repeated_within_seconds_gets_the_same_pair(
    office: Office, farida: User
) -> None:
    used = {"refreshToken": log_in(office, farida)["refreshToken"]}
    first = data(office.stranger.post("/auth/refresh", used))
    office.stage.clock.advance(seconds=9)
    assert data(office.stranger.post("/auth/refresh", used)) == first
    assert works(office, first["accessToken"])
    assert data(office.stranger.post("/auth/refresh", {"refreshToken": first["refreshToken"]}))


def test_a_refresh_repeated_with_its_key_gets_the_pair_for_seconds_and_then_a_refusal(
    office: Office, farida: User
) -> None:
    used = {"refreshToken": log_in(office, farida)["refreshToken"]}
    key = {"Idempotency-Key": "one"}
    first = data(office.stranger.post("/auth/refresh", used, headers=key))
    office.stage.clock.advance(seconds=9)
    assert data(office.stranger.post("/auth/refresh", used, headers=key)) == first
    office.stage.clock.advance(seconds=2)
    late = office.stranger.post("/auth/refresh", used, headers=key)
    assert error(late, 409) == "SHOWN_ONCE"
    assert works(office, first["accessToken"])  # a repetition by its key is no theft


def test_an_access_token_is_no_refresh_token_nor_the_other_way_round(
    office: Office, farida: User
) -> None:
    tokens = log_in(office, farida)
    refused = office.stranger.post("/auth/refresh", {"refreshToken": tokens["accessToken"]})
    assert error(refused, 401) == "UNAUTHORIZED"
    assert not works(office, tokens["refreshToken"])


def test_tokens_expire(office: Office, farida: User) -> None:
    tokens = log_in(office, farida)
    office.stage.clock.advance(15)
    assert not works(office, tokens["accessToken"])
    office.stage.clock.advance(days=7)
    refused = office.stranger.post("/auth/refresh", {"refreshToken": tokens["refreshToken"]})
    assert error(refused, 401) == "UNAUTHORIZED"


def test_logout_ends_the_session_at_once_and_may_be_repeated(office: Office, farida: User) -> None:
    tokens = log_in(office, farida)
    for _ in range(2):
        answer = office.stranger.post("/auth/logout", {"refreshToken": tokens["refreshToken"]})
        assert answer.json == {"success": True, "message": "Logged out successfully"}
    assert not works(office, tokens["accessToken"])
    refused = office.stranger.post("/auth/refresh", {"refreshToken": tokens["refreshToken"]})
    assert error(refused, 401) == "UNAUTHORIZED"


def test_the_access_token_alone_logs_out_too(office: Office, farida: User) -> None:
    mine, other = log_in(office, farida), log_in(office, farida)
    assert Client(office, mine["accessToken"]).post("/auth/logout").status_code == 200
    assert not works(office, mine["accessToken"])
    assert works(office, other["accessToken"])


def test_one_good_token_is_enough_to_log_out(office: Office, farida: User) -> None:
    mine = log_in(office, farida)
    office.stage.clock.advance(16)  # the access token is over, and programs send it all the same
    client = Client(office, mine["accessToken"])
    answer = client.post("/auth/logout", {"refreshToken": mine["refreshToken"]})
    assert answer.status_code == 200
    refused = office.stranger.post("/auth/refresh", {"refreshToken": mine["refreshToken"]})
    assert error(refused, 401) == "UNAUTHORIZED"
    other = log_in(office, farida)
    odd = Client(office, other["accessToken"]).post("/auth/logout", {"refreshToken": "a.b.c"})
    assert odd.status_code == 200
    assert not works(office, other["accessToken"])


def test_logout_of_nobody_is_refused(office: Office) -> None:
    assert error(office.stranger.post("/auth/logout", {}), 422) == "VALIDATION_ERROR"
    garbage = office.stranger.post("/auth/logout", {"refreshToken": "eyJ.not.ours"})
    assert error(garbage, 401) == "UNAUTHORIZED"
