"""Operations: `flask --app bot pulseops …`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from bot.app import create_app
from bot.cli.seed import DEMO_PASSWORD, STAFF
from domain import passwords
from domain.actions.clinics import subscriptions
from domain.actions.people import directory
from domain.actors import Caller
from domain.model.clinics import Claim, Clinic, Doctor, User
from domain.model.messages import Message, Outgoing
from domain.model.people import DirectoryEntry
from domain.model.queues import Queue, QueueStatus, Token, TokenStatus
from domain.model.subscriptions import SubscriptionStatus
from domain.model.visits import Rating
from tests.bills import billed, invoices, pay
from tests.people import Cast, FixedClock, new_records, stored
from tests.stage import Stage

pytestmark = pytest.mark.slow  # each command has an application of its own


@pytest.fixture
def empty(tmp_path: Path, clock: FixedClock) -> Iterator[Stage]:
    """Return an installation without any clinic."""
    store, records = new_records(tmp_path, clock)
    yield Stage(store, records, clock)
    store.close()


def runner(stage: Stage) -> FlaskCliRunner:
    return create_app(stage.parts).test_cli_runner()


def test_init_db_can_be_run_again(empty: Stage) -> None:
    for _ in range(2):
        result = runner(empty).invoke(args=["pulseops", "init-db"])
        assert result.exit_code == 0
        assert "Tables are ready" in result.output


def test_check_config_says_that_all_is_good(empty: Stage) -> None:
    assert "good" in runner(empty).invoke(args=["pulseops", "check-config"]).output


def test_the_demo_has_two_clinics_with_a_week_of_history_and_tells_nobody(
    empty: Stage, tmp_path: Path
) -> None:
    phones = tmp_path / "var" / "simulator.json"
    args = ["pulseops", "seed", "--demo", "--phones", str(phones)]
    assert "are new" in runner(empty).invoke(args=args).output
    work = empty.work()
    city = work.get(Clinic, "clinic_demo_city")
    assert city is not None
    doctors = work.query(Doctor, city.clinic_id).records
    assert [d.name for d in doctors] == ["Dr. Sharma", "Dr. Patel"]
    days = work.query(Queue, doctors[0].doctor_id).records
    assert len(days) == 7
    assert {d.status for d in days} == {QueueStatus.CLOSED}
    tokens = work.query(Token, days[0].queue_id).records
    assert {t.status for t in tokens} == {TokenStatus.COMPLETED}
    assert work.query(Rating, days[0].queue_id).records
    assert doctors[0].typical_minutes is not None
    assert work.get(Message, "msg_x") is None
    assert not [r for n in range(16) for r in work.query(Outgoing, f"{n:02d}").records]
    written = json.loads(phones.read_text(encoding="utf-8"))
    assert {p["role"] for p in written["phones"]} == {"patient", "doctor", "admin"}
    assert {p["number"] for p in written["phones"]} == {
        n["phone_number_id"] for n in written["numbers"]
    }


def test_seed_alone_makes_the_demo(empty: Stage) -> None:
    for options, said in (((), "are new"), (("--demo",), "there already")):
        result = runner(empty).invoke(args=["pulseops", "seed", *options])
        assert (result.exit_code, said in result.output) == (0, True)


def test_the_demo_clinics_are_on_plans_and_are_billed_in_a_month(empty: Stage) -> None:
    runner(empty).invoke(args=["pulseops", "seed", "--demo"])
    for name, plan, amount in (("city", "ENTERPRISE", 2 * 549), ("sunrise", "BASIC", 799)):
        work = empty.work()
        clinic = work.get(Clinic, f"clinic_demo_{name}")
        assert clinic is not None
        subscription = subscriptions.require_subscription(work, clinic.clinic_id)
        assert (subscription.plan, clinic.plan) == (plan, plan)
        assert subscription.status is SubscriptionStatus.ACTIVE
        assert subscriptions.monthly_amount(clinic, subscription) == amount
    empty.wait(31 * 24 * 60)
    assert len(subscriptions.list_invoices(empty.work(), "clinic_demo_sunrise", 5)) == 1


def test_money_is_added_up_clinics_and_our_own(stage: Stage, cast: Cast) -> None:
    pay(stage, billed(stage, cast))
    result = runner(stage).invoke(args=["pulseops", "check-money"])
    assert result.exit_code == 0
    assert "paid by clinics  ₹1,298" in result.output
    assert "1 payments add up." in result.output
    work = stage.work()
    work.put(invoices(stage)[0].but(capture_id="cap_9"))
    work.commit()
    result = runner(stage).invoke(args=["pulseops", "check-money"])
    assert result.exit_code == 1
    assert "cap_1" in result.output


def test_a_rebuilt_directory_finds_the_patients_of_every_clinic_and_doctor(
    stage: Stage, cast: Cast
) -> None:
    del cast
    owners = (Caller("clinic_city", None), Caller("clinic_city", "doc_meera"))
    work = stage.work()
    for owner in owners:
        entry = f"name{directory.SEPARATOR}zoë{directory.SEPARATOR}pat_gone"
        work.put(
            DirectoryEntry(
                owner=owner.owner,
                entry=entry,
                clinic_id=owner.clinic_id,
                doctor_id=owner.doctor_id,
                patient_id="pat_gone",
                name_key="zoë",
            )
        )
    work.commit()
    for said in ("2 entries of 5 directories were made anew.", "0 entries of 5 directories"):
        result = runner(stage).invoke(args=["pulseops", "rebuild-directory"])
        assert result.exit_code == 0, result.output
        assert said in result.output
    assert not stage.work().query(DirectoryEntry, "clinic_city").records


def test_a_second_seeding_keeps_what_is_there_and_opens_today(
    empty: Stage, clock: FixedClock
) -> None:
    args = ["pulseops", "seed", "--demo"]
    runner(empty).invoke(args=args)
    clock.advance(days=1, minutes=300)
    assert "there already" in runner(empty).invoke(args=args).output
    doctor = empty.work().get(Doctor, "clinic_demo_city", "doc_demo_city_1")
    assert doctor is not None
    assert doctor.start_time == "13:00"
    assert doctor.end_time == "21:00"


def test_the_demos_staff_sign_in_with_the_documented_password(empty: Stage) -> None:
    for _ in range(2):
        runner(empty).invoke(args=["pulseops", "seed", "--demo"])
    work = empty.work()
    users = [u for c in STAFF for u in work.query(User, c).records]
    assert len(users) == sum(len(members) for members in STAFF.values())
    for user in users:
        memory = empty.parts.rules.password_memory_kib
        assert passwords.is_right(DEMO_PASSWORD, user.password_hash, memory, "a test")


def test_seeding_again_leaves_a_changed_password(empty: Stage) -> None:
    runner(empty).invoke(args=["pulseops", "seed", "--demo"])
    work = empty.work()
    (admin, *_) = work.query(User, "clinic_demo_city").records
    work.put(admin.but(password_hash="theirs"))
    work.commit()
    runner(empty).invoke(args=["pulseops", "seed", "--demo"])
    assert stored(empty.records, admin).password_hash == "theirs"


def production(stage: Stage) -> Stage:
    stage.parts = replace(stage.parts, settings=replace(stage.parts.settings, production=True))
    return stage


def by_twilio(stage: Stage, *, number: str = "+918040009000") -> Stage:
    settings = replace(
        stage.parts.settings,
        whatsapp_provider="twilio",
        twilio_account_sid="AC1",
        twilio_auth_token="token",
        twilio_whatsapp_from=number,
        public_url="https://bot.example.in",
    )
    stage.parts = replace(stage.parts, settings=settings)
    return stage


def test_with_twilio_the_simulator_plays_twilio(empty: Stage, tmp_path: Path) -> None:
    phones = tmp_path / "simulator.json"
    stage = by_twilio(empty, number="+918040007000")
    runner(stage).invoke(args=["pulseops", "seed", "--phones", str(phones)])
    written = json.loads(phones.read_text(encoding="utf-8"))
    assert written["provider"] == "twilio"
    assert written["twilio"] == {"account_sid": "AC1", "auth_token": "token"}
    hook = "https://bot.example.in/api/v1/webhooks/twilio#rc=5&rp=all"
    assert written["webhook_url"] == hook
    numbers = [n["display_phone_number"] for n in written["numbers"]]
    assert numbers == ["918040001000", "918040007000"]


DEMO_SENDERS = ("100200300400500", "+918040001000")
"""City's sender at Meta, and at Twilio."""


def city(stage: Stage) -> Clinic:
    found = stage.work().get(Clinic, "clinic_demo_city")
    assert found is not None
    return found


def test_the_demos_clinic_goes_with_the_provider(empty: Stage) -> None:
    cloud = empty.parts
    twilio = by_twilio(empty).parts
    for parts, sender in ((cloud, 0), (twilio, 1), (cloud, 0)):
        empty.parts = parts
        runner(empty).invoke(args=["pulseops", "seed"])
        assert city(empty).phone_number_id == DEMO_SENDERS[sender]
        claimed = [empty.work().get(Claim, f"sender:{s}") is not None for s in DEMO_SENDERS]
        assert claimed == [sender == 0, sender == 1]


def test_a_sender_that_is_not_the_demos_stays(empty: Stage) -> None:
    runner(empty).invoke(args=["pulseops", "seed"])
    work = empty.work()
    work.put(city(empty).but(phone_number_id="777"))
    work.commit()
    runner(by_twilio(empty)).invoke(args=["pulseops", "seed"])
    assert city(empty).phone_number_id == "777"


def test_in_production_the_demos_staff_have_no_password(empty: Stage) -> None:
    runner(production(empty)).invoke(args=["pulseops", "seed", "--demo"])
    users = empty.work().query(User, "clinic_demo_city").records
    assert [u.password_hash for u in users] == [None] * 3


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ((), 200),
        (("--number", "+919876501002"), 403),
        (("--clinic", "clinic_demo_sunrise"), 200),
    ],
    ids=["an admin", "a doctor", "another clinic"],
)
def test_a_token_opens_the_api(empty: Stage, options: tuple[str, ...], status: int) -> None:
    runner(empty).invoke(args=["pulseops", "seed", "--demo"])
    printed = runner(empty).invoke(args=["pulseops", "token", *options])
    assert printed.exit_code == 0
    client = create_app(empty.parts).test_client()
    header = {"Authorization": f"Bearer {printed.output.strip()}"}
    assert client.get("/api/v1/users", headers=header).status_code == status


def test_no_token_for_nobody_and_none_in_production(empty: Stage) -> None:
    runner(empty).invoke(args=["pulseops", "seed", "--demo"])
    nobody = runner(empty).invoke(args=["pulseops", "token", "--number", "+919876509999"])
    assert nobody.exit_code == 1
    refused = runner(production(empty)).invoke(args=["pulseops", "token"])
    assert refused.exit_code == 1
    assert "sign in with a code" in refused.output
