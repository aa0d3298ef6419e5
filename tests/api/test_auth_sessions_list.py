"""One's sign-ins over the API: seen, and ended."""

from __future__ import annotations

import jwt

from domain.model.clinics import User
from tests.accounts import PASSWORD, code_sent, other_than
from tests.api.answers import data, error
from tests.api.office import Client, Office
from tests.api.signing_in import begin_login, log_in, works


def test_ones_sign_ins_are_listed_the_newest_first(office: Office, farida: User) -> None:
    log_in(office, farida)
    office.stage.clock.advance(minutes=1)
    newest = Client(office, log_in(office, farida)["accessToken"])
    office.sign_in(office.cast.meera_user)
    found = data(newest.get("/auth/sessions"))
    assert [s["current"] for s in found["sessions"]] == [True, False]
    assert found["totalCount"] == 2
    assert found["sessions"][0]["createdAt"] == "2030-11-25T03:01:00Z"
    assert found["sessions"][0]["endsAt"] == "2030-12-25T03:01:00Z"
    first = data(newest.get("/auth/sessions", query={"limit": 1}))
    rest = data(newest.get("/auth/sessions", query={"limit": 1, "cursor": first["nextCursor"]}))
    assert [s["current"] for s in rest["sessions"]] == [False]
    assert rest["nextCursor"] is None


def test_one_sign_in_is_ended_and_leaves_the_list(office: Office, farida: User) -> None:
    lost = log_in(office, farida)["accessToken"]
    office.stage.clock.advance(minutes=1)
    mine = Client(office, log_in(office, farida)["accessToken"])
    ended = data(mine.get("/auth/sessions"))["sessions"][1]["sessionId"]
    for _ in range(2):
        answer = mine.delete(f"/auth/sessions/{ended}")
        assert answer.json == {"success": True, "message": "Session ended"}
    assert not works(office, lost)
    assert data(mine.get("/auth/sessions"))["totalCount"] == 1


def test_all_end_at_once_this_one_too(office: Office, farida: User) -> None:
    lost, mine = (log_in(office, farida)["accessToken"] for _ in range(2))
    assert Client(office, mine).delete("/auth/sessions").status_code == 200
    assert not works(office, lost)
    assert not works(office, mine)


def test_an_admin_sees_and_ends_those_of_others_and_a_doctor_does_not(office: Office) -> None:
    doctor, admin = office.doctor, office.admin
    query = {"userId": "usr_meera"}
    theirs = data(admin.get("/auth/sessions", query=query))["sessions"]
    assert [s["current"] for s in theirs] == [False]
    assert error(doctor.get("/auth/sessions", query={"userId": "usr_farida"}), 403)
    own = data(admin.get("/auth/sessions"))["sessions"][0]["sessionId"]
    assert error(doctor.delete(f"/auth/sessions/{own}"), 404) == "NOT_FOUND"
    assert admin.delete(f"/auth/sessions/{theirs[0]['sessionId']}").status_code == 200
    assert error(doctor.get("/auth/sessions"), 401) == "UNAUTHORIZED"
    assert error(admin.get("/auth/sessions", query={"userId": "usr_nobody"}), 404)


def test_ended_sessions_are_in_the_audit_log(office: Office, farida: User) -> None:
    tokens = log_in(office, farida)
    office.stranger.post("/auth/logout", {"refreshToken": tokens["refreshToken"]})
    office.stage.clock.advance(seconds=1)
    entry = data(office.admin.get("/audit", query={"limit": 1}))["entries"][0]
    assert (entry["action"], entry["about"]) == ("SESSION_END", {"reason": "LOGOUT"})
    assert entry["userId"] == "usr_farida"


def test_a_wrong_code_of_a_number_without_an_account_is_logged_as_nobodys(office: Office) -> None:
    asked = {"whatsappNumber": "+919876543298", "clinicId": "clinic_city"}
    begun = data(office.stranger.post("/auth/clinic/login", asked))["loginRequestId"]
    proof = {"loginRequestId": begun, "otp": "123456", "password": PASSWORD}
    assert error(office.stranger.post("/auth/clinic/verify-login", proof), 401)
    entry = data(office.admin.get("/audit", query={"limit": 1}))["entries"][0]
    assert (entry["action"], entry["outcome"]) == ("SIGN_IN", "UNAUTHORIZED")
    assert (entry["userId"], entry["userName"]) == ("usr_nobody", "")
    assert "9876543298" not in str(entry)


def test_known_and_unknown_numbers_cause_as_many_writes(office: Office, farida: User) -> None:
    begun = begin_login(office, farida)
    wrong = other_than(code_sent(office.stage, farida.whatsapp_number))
    asked = {"whatsappNumber": "+919876543298", "clinicId": "clinic_city"}
    unknown = data(office.stranger.post("/auth/clinic/login", asked))["loginRequestId"]
    office.settle()
    answers = [
        office.stranger.post(
            "/auth/clinic/verify-login",
            {"loginRequestId": request_id, "otp": wrong, "password": PASSWORD},
        )
        for request_id in (begun, unknown)
    ]
    assert [error(answer, 401) for answer in answers] == ["UNAUTHORIZED"] * 2
    assert len({answer.json["message"] for answer in answers if answer.json}) == 1
    entries = data(office.admin.get("/audit"))["entries"]
    assert [e["action"] for e in entries] == ["SIGN_IN", "SIGN_IN"]


def test_a_refresh_token_is_no_longer_valid_than_its_session(office: Office, farida: User) -> None:
    token = log_in(office, farida)["refreshToken"]
    for _ in range(5):
        office.stage.clock.advance(days=5)
        token = data(office.stranger.post("/auth/refresh", {"refreshToken": token}))["refreshToken"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 5 * 86_400
    office.stage.clock.advance(days=5)
    assert error(office.stranger.post("/auth/refresh", {"refreshToken": token}), 401)
