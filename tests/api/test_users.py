"""The accounts of a clinic's staff: listed, invited, deactivated."""

from __future__ import annotations

from typing import Any

import pytest

from domain.actions.staff import accounts
from domain.errors import Conflict
from domain.model.clinics import Clinic, StaffStatus, User
from tests.accounts import NEW_PASSWORD, NOBODYS_NUMBER, PASSWORD
from tests.api.answers import data, error
from tests.api.office import Client, Office
from tests.api.signing_in import log_in
from tests.people import a_user, staff_number, store, stored

GITA = {"name": "Gita Sen", "whatsappNumber": NOBODYS_NUMBER}


@pytest.fixture
def city(office: Office) -> Clinic:
    """Return the cast's first clinic, on a plan with more than one admin."""
    clinic = office.cast.clinic.but(plan="PROFESSIONAL", subscription_plan="PROFESSIONAL")
    store(office.stage.records, clinic)
    return stored(office.stage.records, clinic)


@pytest.fixture
def gita(office: Office, city: Clinic) -> User:
    """Return a second admin."""
    user = a_user(city, "usr_gita", "Gita Sen", NOBODYS_NUMBER)
    store(office.stage.records, user, staff_number(user))
    return stored(office.stage.records, user)


def password_sent(office: Office, number: str) -> str:
    """Return the temporary password that arrives at *number* in the one message to it."""
    (message,) = [m for m in office.stage.settle() if m.phone == number]
    assert message.template is not None
    return message.template.parameters["password"]


def test_the_list_names_every_account_of_the_clinic_and_no_others(office: Office) -> None:
    users = data(office.admin.get("/users"))["users"]
    assert {u["userId"]: (u["role"], u["doctorId"]) for u in users} == {
        "usr_farida": ("ADMIN", None),
        "usr_khan": ("DOCTOR", "doc_khan"),
        "usr_meera": ("DOCTOR", "doc_meera"),
    }


def test_the_list_comes_in_pages(office: Office) -> None:
    client = office.admin
    first = data(client.get("/users", query={"limit": 2}))
    rest = data(client.get("/users", query={"limit": 2, "cursor": first["nextCursor"]}))
    assert [u["userId"] for u in first["users"] + rest["users"]] == [
        "usr_farida", "usr_khan", "usr_meera",
    ]  # fmt: skip
    assert rest["nextCursor"] is None
    refused = client.get("/users", query={"cursor": "made up"})
    assert error(refused, 422) == "VALIDATION_ERROR"


@pytest.mark.usefixtures("city")
def test_an_invited_admin_signs_in_with_the_password_that_was_sent_and_must_change_it(
    office: Office,
) -> None:
    invited = data(office.admin.post("/users", GITA), 201)["user"]
    assert (invited["role"], invited["status"]) == ("ADMIN", "ACTIVE")
    assert (invited["mustChangePassword"], invited["numberProven"]) == (True, False)
    temporary = password_sent(office, NOBODYS_NUMBER)
    user = office.stage.work().get(User, "clinic_city", invited["userId"])
    assert user is not None
    logged_in = log_in(office, user, temporary)
    client = Client(office, logged_in["accessToken"])
    assert error(client.get("/users"), 403) == "PASSWORD_CHANGE_REQUIRED"
    change = {"currentPassword": temporary, "newPassword": NEW_PASSWORD}
    changed = data(client.post("/auth/change-password", change))
    users = data(Client(office, changed["accessToken"]).get("/users"))["users"]
    (info,) = [u for u in users if u["userId"] == user.user_id]
    assert info["numberProven"] is True


@pytest.mark.usefixtures("city")
def test_the_inviting_admin_may_choose_the_first_password_but_no_weak_one(office: Office) -> None:
    weak = office.admin.post("/users", {**GITA, "initialPassword": "password123"})
    assert error(weak, 422) == "VALIDATION_ERROR"
    assert weak.json["error"]["details"][0]["field"] == "initialPassword"
    answer = office.admin.post("/users", {**GITA, "initialPassword": PASSWORD})
    assert PASSWORD not in answer.text
    data(answer, 201)
    assert password_sent(office, NOBODYS_NUMBER) == PASSWORD


@pytest.mark.usefixtures("city")
def test_the_invited_are_patients_in_chat_until_the_number_is_proven(office: Office) -> None:
    data(office.admin.post("/users", GITA), 201)
    office.stage.settle()
    office.stage.hear(NOBODYS_NUMBER, "doctors")
    (answer,) = office.stage.settle()
    assert "not started" not in answer.text


def test_the_smallest_plan_has_one_admin(office: Office) -> None:
    refused = office.admin.post("/users", GITA)
    assert error(refused, 403) == "PLAN_REQUIRED"
    assert refused.json["error"]["plan"] == "PROFESSIONAL"
    assert "PROFESSIONAL" in refused.json["message"]
    assert office.settle() == []


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("whose", ["farida", "meera_user"])
def test_one_account_a_number_and_clinic(office: Office, whose: str) -> None:
    taken = getattr(office.cast, whose).whatsapp_number
    refused = office.admin.post("/users", {**GITA, "whatsappNumber": taken})
    assert error(refused, 409) == "NUMBER_TAKEN"


@pytest.mark.usefixtures("city")
def test_staff_of_another_clinic_may_be_invited_and_nothing_is_said_of_it(office: Office) -> None:
    elsewhere = {**GITA, "whatsappNumber": office.cast.rao_user.whatsapp_number}
    here, there = (office.admin.post("/users", body) for body in (GITA, elsewhere))
    assert [a.status_code for a in (here, there)] == [201, 201]
    assert data(here, 201)["user"].keys() == data(there, 201)["user"].keys()
    assert here.json["message"] == there.json["message"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x"),
        ("whatsappNumber", "98765"),
        ("whatsappNumber", "+14155550123"),
        ("role", "DOCTOR"),
        ("initialPassword", "short1"),
        ("surprise", 1),
    ],
)
@pytest.mark.usefixtures("city")
def test_a_field_that_cannot_be_used_is_named(office: Office, field: str, value: object) -> None:
    refused = office.admin.post("/users", {**GITA, field: value})
    assert error(refused, 422) == "VALIDATION_ERROR"
    assert [d["field"] for d in refused.json["error"]["details"]] == [field]


def test_a_deactivated_admin_is_out_at_once_everywhere(office: Office, gita: User) -> None:
    theirs = office.sign_in(gita)
    assert theirs.get("/users").status_code == 200
    gone = data(office.admin.delete(f"/users/{gita.user_id}"))
    assert gone == {"userId": "usr_gita", "status": "INACTIVE"}
    assert error(theirs.get("/users"), 401) == "UNAUTHORIZED"
    asked = {"whatsappNumber": NOBODYS_NUMBER, "clinicId": "clinic_city"}
    data(office.stranger.post("/auth/clinic/login", asked))
    assert office.settle() == []
    office.stage.hear(NOBODYS_NUMBER, "doctors")
    (answer,) = office.stage.settle()
    assert "not started" not in answer.text


def test_who_left_can_be_invited_again(office: Office, gita: User) -> None:
    data(office.admin.delete(f"/users/{gita.user_id}"))
    again = data(office.admin.post("/users", GITA), 201)["user"]
    assert again["userId"] != gita.user_id


def test_a_second_time_is_refused(office: Office, gita: User) -> None:
    data(office.admin.delete(f"/users/{gita.user_id}"))
    assert error(office.admin.delete(f"/users/{gita.user_id}"), 409) == "NOT_NOW"


def test_the_last_admin_stays(office: Office) -> None:
    assert error(office.admin.delete("/users/usr_farida"), 409) == "LAST_ADMIN"
    assert stored(office.stage.records, office.cast.farida).status is StaffStatus.ACTIVE


def test_an_admin_who_never_proved_their_number_does_not_make_another_the_last_but_one(
    office: Office, city: Clinic
) -> None:
    typo = a_user(city, "usr_gita", "Gita Sen", NOBODYS_NUMBER, proven=False)
    store(office.stage.records, typo, staff_number(typo))
    refused = office.admin.delete("/users/usr_farida")
    assert error(refused, 409) == "LAST_ADMIN"
    assert "sign in" in refused.json["message"]
    data(office.admin.delete("/users/usr_gita"))


@pytest.mark.usefixtures("gita")
def test_two_admins_who_remove_each_other_at_once_do_not_leave_the_clinic_alone(
    office: Office,
) -> None:
    first, second = office.stage.work(), office.stage.work()
    accounts.deactivate(first, "clinic_city", "usr_gita")
    accounts.deactivate(second, "clinic_city", "usr_farida")
    first.commit()
    with pytest.raises(Conflict):
        second.commit()


def test_a_doctors_account_is_not_removed_here(office: Office) -> None:
    refused = office.admin.delete("/users/usr_meera")
    assert error(refused, 409) == "NOT_NOW"
    assert "doctor" in refused.json["message"]


@pytest.mark.parametrize("user_id", ["usr_rao", "usr_that_never_was", "x" * 65])
def test_an_account_of_another_clinic_is_not_found(office: Office, user_id: str) -> None:
    refused = office.admin.delete(f"/users/{user_id}")
    assert error(refused, 404) == "NOT_FOUND"


@pytest.mark.usefixtures("city")
def test_doctors_manage_no_accounts(office: Office) -> None:
    calls: list[tuple[str, str, dict[str, Any] | None]] = [
        ("GET", "/users", None),
        ("POST", "/users", GITA),
        ("DELETE", "/users/usr_farida", None),
    ]
    for method, path, body in calls:
        assert error(office.doctor.call(method, path, body), 403) == "FORBIDDEN"
