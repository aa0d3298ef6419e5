"""Who gets to a view of the API, with what, and what is said to those who do not."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from werkzeug.test import TestResponse

from api.frame import jwts
from domain.actions.staff import sessions
from domain.model.accounts import AuditEntry
from domain.model.clinics import Doctor, StaffStatus, User
from tests.api.office import Client, Office
from tests.api.shelf import TELLS
from tests.people import FixedClock

ADDRESS = "/shelf/cards/doc_meera"


def code(answer: TestResponse) -> str:
    assert answer.json is not None
    found: str = answer.json["error"]["code"]
    return found


def fields(answer: TestResponse) -> list[str]:
    assert answer.json is not None
    return [detail["field"] for detail in answer.json["error"]["details"]]


def raw(
    office: Office, path: str, data: bytes, method: str = "POST", kind: str | None = None
) -> TestResponse:
    """Send bytes as an admin."""
    answer = office.http.open(
        "/api/v1" + path,
        method=method,
        data=data,
        content_type=kind or "application/json",
        headers={"Authorization": f"Bearer {office.admin.token}"},
    )
    office.check(answer)
    return answer


# Who calls


def test_without_a_token_nobody_is_signed_in(shelf_office: Office) -> None:
    answer = shelf_office.stranger.get(ADDRESS)
    assert (answer.status_code, code(answer)) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_public_address_asks_for_no_token_and_looks_at_none(shelf_office: Office) -> None:
    assert shelf_office.stranger.get("/shelf/public").status_code == 200
    assert Client(shelf_office, "nonsense").get("/shelf/public").status_code == 200


def changed(token: str) -> str:
    head, body, signature = token.split(".")
    return f"{head}.{body}.{signature[:-2]}{'AA' if signature[-2:] != 'AA' else 'BB'}"


def of_nobody(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, "", algorithm="none")


def of_another_secret(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, "another secret of thirty-two bytes", algorithm="HS256")


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer x", "Bearer é.é.é", "Basic dXNlcjpwYXNz", "Bearer a.b.c.d"],
)
def test_a_header_that_holds_no_token_signs_nobody_in(shelf_office: Office, header: str) -> None:
    answer = shelf_office.stranger.get(ADDRESS, headers={"Authorization": header})
    assert answer.status_code == 401


@pytest.mark.parametrize("forge", [changed, of_nobody, of_another_secret])
def test_a_token_that_is_not_ours_signs_nobody_in(shelf_office: Office, forge: Any) -> None:
    token = shelf_office.admin.token
    assert Client(shelf_office, token).get(ADDRESS).status_code == 200
    assert Client(shelf_office, forge(token)).get(ADDRESS).status_code == 401


def test_the_word_bearer_may_be_written_in_any_case(shelf_office: Office) -> None:
    header = {"Authorization": f"bearer {shelf_office.admin.token}"}
    assert shelf_office.stranger.get(ADDRESS, headers=header).status_code == 200


def test_an_access_token_ends_after_its_time(shelf_office: Office, clock: FixedClock) -> None:
    admin = shelf_office.admin
    clock.advance(minutes=14, seconds=59)
    assert admin.get(ADDRESS).status_code == 200
    clock.advance(seconds=1)
    assert admin.get(ADDRESS).status_code == 401


def test_a_refresh_token_opens_nothing(shelf_office: Office) -> None:
    work = shelf_office.stage.work()
    session = sessions.start_session(work, shelf_office.cast.farida)
    work.commit()
    token = jwts.refresh_token(shelf_office.services, session)
    assert Client(shelf_office, token).get(ADDRESS).status_code == 401


def test_a_session_that_was_ended_ends_at_the_next_call(shelf_office: Office) -> None:
    admin = shelf_office.admin
    assert admin.get(ADDRESS).status_code == 200
    work = shelf_office.stage.work()
    user = work.get(User, "clinic_city", "usr_farida")
    assert user is not None
    sessions.end_all_sessions(work, user, "TEST")
    work.commit()
    assert admin.get(ADDRESS).status_code == 401


def test_who_no_longer_works_here_is_signed_out(shelf_office: Office) -> None:
    admin = shelf_office.admin
    change(shelf_office, status=StaffStatus.INACTIVE)
    assert admin.get(ADDRESS).status_code == 401


def test_who_must_change_their_password_can_do_that_alone(shelf_office: Office) -> None:
    admin = shelf_office.admin
    change(shelf_office, must_change_password=True)
    answer = admin.get(ADDRESS)
    assert (answer.status_code, code(answer)) == (403, "PASSWORD_CHANGE_REQUIRED")
    assert admin.post("/shelf/wishes").status_code == 200


def change(office: Office, **changes: object) -> None:
    work = office.stage.work()
    user = work.get(User, "clinic_city", "usr_farida")
    assert user is not None
    work.put(user.but(**changes))
    work.commit()


def test_a_role_without_the_permission_is_refused_whatever_it_sends(shelf_office: Office) -> None:
    assert shelf_office.admin.get("/shelf/admins").status_code == 200
    answer = shelf_office.doctor.get("/shelf/admins")
    assert (answer.status_code, code(answer)) == (403, "FORBIDDEN")
    # Nothing is said of a body before it is known who sends it, and that they may.
    assert shelf_office.doctor.post("/shelf", {"nonsense": 1}).status_code == 403
    assert shelf_office.stranger.post("/shelf", {"nonsense": 1}).status_code == 401
    assert shelf_office.admin.post("/shelf", {"nonsense": 1}).status_code == 422


def test_what_lies_behind_a_wall_is_not_there(shelf_office: Office) -> None:
    admin, doctor = shelf_office.admin, shelf_office.doctor
    assert admin.get("/shelf/cards/doc_khan").status_code == 200
    answers = [
        doctor.get("/shelf/cards/doc_khan"),  # a colleague's
        admin.get("/shelf/cards/doc_rao"),  # another clinic's
        admin.get("/shelf/cards/doc_nobody"),
    ]
    assert [a.status_code for a in answers] == [404, 404, 404]
    said = [a.json | {"requestId": ""} for a in answers if a.json]
    assert said[0] == said[1] == said[2]


# What is sent


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"nonsense", b"{'name': 1}", b'{"name": NaN}', b'{"weight": Infinity}',
        b'{"weight": -Infinity}', b'{"name": "Ada", "name": "Eve"}', b'{"facts": {"a": 1, "a": 2}}',
        b"\xff\xfe{\x00}\x00", b'{"name": "\xff"}', b'\xef\xbb\xbf{"name": "Ada"}',
        b"[" * 100_000, b'{"facts":' * 60 + b"{}" + b"}" * 60, b'{"fee": ' + b"9" * 5000 + b"}",
    ],
    ids=range(15),
)  # fmt: skip
def test_what_is_not_json_is_malformed(shelf_office: Office, data: bytes) -> None:
    answer = raw(shelf_office, "/shelf", data)
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("data", [b"[]", b'"text"', b"null", b"1", b"true"])
def test_json_that_is_no_object_cannot_be_used(shelf_office: Office, data: bytes) -> None:
    assert raw(shelf_office, "/shelf", data).status_code == 422


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application"])
def test_a_body_that_is_not_said_to_be_json_is_refused(shelf_office: Office, kind: str) -> None:
    data = b'{"name": "Ada"}'
    assert raw(shelf_office, "/shelf", data).status_code == 201
    assert raw(shelf_office, "/shelf", data, kind=kind).status_code == 415
    with_charset = "application/json; charset=utf-8"
    assert raw(shelf_office, "/shelf", data, kind=with_charset).status_code == 201


def test_a_body_that_is_too_large_is_not_read(shelf_office: Office) -> None:
    answer = raw(shelf_office, "/shelf", b'{"note": "' + b"x" * 300_000 + b'"}')
    assert (answer.status_code, code(answer)) == (413, "PAYLOAD_TOO_LARGE")


def test_every_field_in_trouble_is_named_and_nothing_sent_is_repeated(shelf_office: Office) -> None:
    sent = {"name": "S3cret" * 30, "fee": "S3cret", "facts": [], "colour": "S3cret"}
    answer = shelf_office.admin.post("/shelf", sent)
    assert (answer.status_code, code(answer)) == (422, "VALIDATION_ERROR")
    assert sorted(fields(answer)) == ["colour", "facts", "fee", "name"]
    assert answer.json is not None
    assert all(detail["message"] for detail in answer.json["error"]["details"])
    assert "S3cret" not in answer.text


def test_many_unknown_fields_are_not_all_repeated(shelf_office: Office) -> None:
    sent = {"x" * 500 + str(n): 1 for n in range(300)}
    answer = shelf_office.admin.post("/shelf", sent)
    assert answer.status_code == 422
    assert len(answer.data) < 20_000


@pytest.mark.parametrize("value", ["5", 5.5, True, None, -1, 10_001, 2**31, 2**63, 10**30])
def test_a_number_is_a_number_in_its_range(shelf_office: Office, value: object) -> None:
    answer = shelf_office.admin.post("/shelf", {"name": "Ada", "fee": value})
    assert (answer.status_code, fields(answer)) == (422, ["fee"])


@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "1e308", "1e-300", "123456789012345678901234567890", "1e40"]
)
def test_a_number_that_no_store_keeps_is_refused(shelf_office: Office, number: str) -> None:
    for where in ("weight", "facts"):
        value = number if where == "weight" else f'{{"deep": [{number}]}}'
        answer = raw(shelf_office, "/shelf", f'{{"name": "Ada", "{where}": {value}}}'.encode())
        assert answer.status_code == 422
        assert fields(answer)[0].startswith(where)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (r'{"name": "A\u0000da"}', "name"),
        (r'{"name": "A\ud83dda"}', "name"),
        (r'{"name": "A\udc00da"}', "name"),
        (r'{"name": "A\u001bda"}', "name"),
        (r'{"name": "A\uffffda"}', "name"),
        (r'{"name": "Ada", "facts": {"inner": ["x", "\u0000"]}}', "facts.inner.1"),
        (r'{"name": "Ada", "facts": {"a\u0000": 1}}', "facts"),
        (r'{"name": "Ada", "\ud800": 1}', "body"),
    ],
)
def test_what_is_no_text_is_refused(shelf_office: Office, text: str, field: str) -> None:
    answer = raw(shelf_office, "/shelf", text.encode())
    assert (answer.status_code, fields(answer)) == (422, [field])


TEXTS = ("आशा शर्मा", "Åsa 😀", "名前", "=HYPERLINK(1)", "<script>", "a\tb\nc", "\u202eevil")


def test_text_is_stored_as_it_was_given(either_shelf: Office) -> None:
    admin = either_shelf.admin
    for text in TEXTS:
        answer = admin.post("/shelf", {"name": "Ada", "note": text})
        assert answer.status_code == 201
        assert answer.json is not None
        work = either_shelf.stage.work()
        kept = work.get(Doctor, "clinic_city", answer.json["data"]["doctorId"])
        assert kept is not None
        assert kept.specialization == text


NO_IDS = (
    "%00", "%FF", "%ED%A0%80", "a%20b", "%0a", "x" * 129, "x" * 5000, "%E0%A4%86", "..%5c.", "'-",
    "doc_meera%00",
)  # fmt: skip


def test_what_cannot_be_an_id_is_not_found(either_shelf: Office) -> None:
    admin, stranger = either_shelf.admin, either_shelf.stranger
    for path in NO_IDS:
        assert admin.get("/shelf/cards/" + path).status_code == 404
        assert stranger.get("/shelf/cards/" + path).status_code == 401


def test_an_empty_id_is_no_address(shelf_office: Office) -> None:
    answer = shelf_office.http.get(
        "/api/v1/shelf/cards/", headers={"Authorization": f"Bearer {shelf_office.admin.token}"}
    )
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"), ("limit=101", "limit"), ("limit=ten", "limit"), ("limit=", "limit"),
        ("limit=1&limit=2", "limit"), ("limit=" + "9" * 5000, "limit"), ("unknown=1", "unknown"),
        ("specialization=%00", "specialization"), ("%00=1", "?"), ("cursor=", "cursor"),
        ("cursor=" + "x" * 1025, "cursor"), ("limit=1e2", "limit"), ("limit=NaN", "limit"),
    ],
)  # fmt: skip
def test_a_query_is_read_as_strictly(shelf_office: Office, query: str, field: str) -> None:
    answer = shelf_office.admin.get("/shelf?" + query)
    assert (answer.status_code, fields(answer)) == (422, [field])


def test_a_list_in_a_query_is_given_by_repeating_it(shelf_office: Office) -> None:
    def colours(query: str) -> str:
        answer = shelf_office.stranger.get("/shelf/colours" + query)
        assert answer.json is not None
        found: str = answer.json["message"]
        return found

    assert colours("?colour=red&colour=blue") == "red blue"
    assert colours("?colour=red") == "red"
    assert colours("") == "none"


def test_an_optional_body_may_be_left_out_and_is_read_if_given(shelf_office: Office) -> None:
    doctor = shelf_office.doctor

    def wished(body: object) -> object:
        answer = doctor.post("/shelf/wishes", body)
        return answer.json["message"] if answer.json else None

    assert wished(None) == "nothing"
    assert wished({}) == "nothing"
    assert wished({"wish": "rain"}) == "rain"
    assert doctor.post("/shelf/wishes", {"wish": 1}).status_code == 422
    assert raw(shelf_office, "/shelf/wishes", b"  ", kind="text/plain").status_code == 200
    assert raw(shelf_office, "/shelf/wishes", b"rain", kind="text/plain").status_code == 415


# Lists


def test_a_list_goes_on_where_it_ended(either_shelf: Office) -> None:
    admin = either_shelf.admin
    for name in ("Ada", "Eve", "Ida"):
        assert admin.post("/shelf", {"name": name}).status_code == 201
    seen, cursor = [], None
    for _ in range(10):
        query = {"limit": 2} if cursor is None else {"limit": 2, "cursor": cursor}
        answer = admin.get("/shelf", query=query)
        assert answer.json is not None
        seen += [card["name"] for card in answer.json["data"]["cards"]]
        cursor = answer.json["data"]["nextCursor"]
        if cursor is None:
            break
    assert sorted(seen) == ["Ada", "Dr. Khan", "Dr. Meera", "Eve", "Ida"]


def test_a_cursor_is_good_for_its_own_list_alone(shelf_office: Office) -> None:
    admin = shelf_office.admin

    def ask(client: Client, path: str, **query: object) -> TestResponse:
        return client.get(path, query={"limit": 1, **query})

    first = ask(admin, "/shelf")
    assert first.json is not None
    cursor = first.json["data"]["nextCursor"]
    assert ask(admin, "/shelf", cursor=cursor).status_code == 200
    assert ask(admin, "/shelf", cursor=cursor, limit=5).status_code == 200
    refused = [
        ask(admin, "/shelf/backwards", cursor=cursor),  # another list
        ask(admin, "/shelf", cursor=cursor, specialization="x"),  # the list filtered otherwise
        ask(shelf_office.sign_in(shelf_office.cast.rao_user), "/shelf", cursor=cursor),
        ask(admin, "/shelf", cursor=cursor[:-3]),
        ask(admin, "/shelf", cursor=cursor[:-3] + "AAA"),
        ask(admin, "/shelf", cursor="WyJkb2NfbWVlcmEiXQ"),  # what the store's own looks like
        ask(admin, "/shelf", cursor="é"),
    ]
    assert [(a.status_code, fields(a)) for a in refused] == [(422, ["cursor"])] * 7


def test_a_cursor_does_not_show_what_it_sorts_by(shelf_office: Office) -> None:
    first = shelf_office.admin.get("/shelf", query={"limit": 1})
    assert first.json is not None
    assert "doc" not in first.json["data"]["nextCursor"]
    assert "ZG9j" not in first.json["data"]["nextCursor"]


# What is written beside


def entries(office: Office, clinic: str = "clinic_city") -> list[AuditEntry]:
    return office.stage.work().query(AuditEntry, clinic).records


def test_each_access_leaves_an_entry_of_ids_alone(shelf_office: Office) -> None:
    sent = {"X-Request-Id": "request-0000-0001"}
    assert shelf_office.doctor.get(ADDRESS, headers=sent).status_code == 200
    (entry,) = entries(shelf_office)
    assert (entry.user_id, entry.role, entry.action) == ("usr_meera", "DOCTOR", "see_card")
    assert (entry.outcome, entry.about) == ("DONE", {"doctorId": "doc_meera"})
    assert entry.request_id == "request-0000-0001"


def test_an_attempt_at_what_is_another_s_leaves_an_entry_too(shelf_office: Office) -> None:
    shelf_office.doctor.get("/shelf/cards/doc_khan")
    shelf_office.admin.get("/shelf/cards/doc_rao")
    found = {(e.user_id, e.outcome, e.about["doctorId"]) for e in entries(shelf_office)}
    expected = {("usr_meera", "NOT_FOUND", "doc_khan"), ("usr_farida", "NOT_FOUND", "doc_rao")}
    assert found == expected
    assert entries(shelf_office, "clinic_sunrise") == []


def test_what_is_refused_by_the_state_of_things_leaves_an_entry(shelf_office: Office) -> None:
    assert shelf_office.doctor.post(f"{ADDRESS}/guess", {"wish": "full"}).status_code == 409
    assert shelf_office.doctor.post(f"{ADDRESS}/guess", {"wish": "odd"}).status_code == 422
    assert shelf_office.doctor.post(f"{ADDRESS}/guess", {}).status_code == 401
    assert [e.outcome for e in entries(shelf_office)] == ["DAY_FULL", "UNAUTHORIZED"]


def test_a_refusal_may_keep_what_was_written(shelf_office: Office) -> None:
    before = shelf_office.cast.meera.daily_limit
    for _ in range(2):
        assert shelf_office.doctor.post(f"{ADDRESS}/guess", {}).status_code == 401
    doctor = shelf_office.stage.work().get(Doctor, "clinic_city", "doc_meera")
    assert doctor is not None
    assert doctor.daily_limit == before + 2


# Around it


def test_a_request_s_id_is_kept_or_made(shelf_office: Office) -> None:
    kept = shelf_office.admin.get(ADDRESS, headers={"X-Request-Id": "my-request-12345"})
    assert kept.headers["X-Request-Id"] == "my-request-12345"
    refused = shelf_office.stranger.get(ADDRESS, headers={"X-Request-Id": "my-request-12345"})
    assert refused.json is not None
    assert refused.json["requestId"] == "my-request-12345"
    for bad in ("x" * 500, "+919876543210", "a\tb", ""):
        made = shelf_office.admin.get(ADDRESS, headers={"X-Request-Id": bad})
        assert made.headers["X-Request-Id"] not in {bad, ""}


def test_our_own_mistakes_say_nothing_of_what_is_inside(
    shelf_office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    shelf_office.app.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.ERROR):
        answer = shelf_office.admin.get("/shelf/mistake")
    assert (answer.status_code, code(answer)) == (500, "INTERNAL_ERROR")
    assert not any(word in answer.text for word in TELLS.split() if len(word) > 4)
    assert "RuntimeError" not in answer.text


def test_an_address_that_is_none_and_a_method_that_is_none(shelf_office: Office) -> None:
    header = {"Authorization": f"Bearer {shelf_office.admin.token}"}
    missing = shelf_office.http.get("/api/v1/nothing/here", headers=header)
    assert (missing.status_code, code(missing)) == (404, "NOT_FOUND")
    wrong = shelf_office.http.put("/api/v1/shelf", headers=header)
    assert (wrong.status_code, code(wrong)) == (405, "METHOD_NOT_ALLOWED")
    assert {m.strip() for m in wrong.headers["Allow"].split(",")} == {
        "GET", "HEAD", "OPTIONS", "POST",
    }  # fmt: skip


def test_head_is_get_without_a_body_and_options_says_what_there_is(shelf_office: Office) -> None:
    token = {"Authorization": f"Bearer {shelf_office.admin.token}"}
    head = shelf_office.http.head("/api/v1" + ADDRESS, headers=token)
    assert (head.status_code, head.data) == (200, b"")
    assert shelf_office.http.head("/api/v1" + ADDRESS).status_code == 401
    options = shelf_office.http.options("/api/v1" + ADDRESS)
    assert options.status_code == 200
    assert "GET" in options.headers["Allow"]


def test_tokens_say_who_what_and_how_long_and_no_personal_data(shelf_office: Office) -> None:
    services = replace(shelf_office.services, access_expiry=timedelta(minutes=5))
    work = shelf_office.stage.work()
    user = shelf_office.cast.meera_user
    token = jwts.access_token(services, user, sessions.start_session(work, user))
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 300
    assert claims["doctor_id"] == "doc_meera"
    assert claims["patient_access_scope"] == "DOCTOR_OWN"
    assert "view_revenue" not in claims["permissions"]
    assert not any(word in json.dumps(claims) for word in (user.name, user.whatsapp_number))
