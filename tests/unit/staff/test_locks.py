"""An account is locked from its owner's phone, and only a code, or an admin, opens it again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.actions.staff import locks, notices, numbers, sessions, sign_in
from domain.errors import AccountLocked, NotSignedIn
from domain.model.accounts import AuditEntry
from domain.model.clinics import User
from domain.model.people import Contact
from tests.accounts import ADDRESS, NEW_PASSWORD, PASSWORD, code_sent, give_password
from tests.people import Cast, stored
from tests.stage import Stage

NEW_NUMBER = "+919876543299"


@pytest.fixture
def meera(stage: Stage, cast: Cast) -> User:
    return give_password(stage, cast.meera_user)


def try_sign_in(stage: Stage, user: User, password: str = PASSWORD) -> object:
    """Sign in with a new code and *password*; return the result or the refusal."""
    work = stage.work()
    asked = sign_in.request_sign_in_code(work, user.whatsapp_number, user.clinic_id, ADDRESS)
    work.commit()
    code = code_sent(stage, user.whatsapp_number)
    work = stage.work()
    found = sign_in.sign_in(work, asked.request_id, code, password, ADDRESS)
    work.commit()
    return found


def reset(stage: Stage, user: User) -> object:
    work = stage.work()
    asked = sign_in.request_reset_code(work, user.whatsapp_number, user.clinic_id, ADDRESS)
    work.commit()
    code = code_sent(stage, user.whatsapp_number)
    work = stage.work()
    found = sign_in.reset_password(work, asked.request_id, code, NEW_PASSWORD, ADDRESS)
    work.commit()
    return found


def move(stage: Stage, cast: Cast, user: User, number: str = NEW_NUMBER) -> User:
    """Give *user* another number; return them as stored."""
    work = stage.work()
    changed = numbers.change_number(work, cast.clinic, stored(stage.records, user), number)
    work.put(changed)
    work.commit()
    return stored(stage.records, user)


def events(stage: Stage, user_id: str) -> list[tuple[str, str, str]]:
    """Return event, outcome and reason of a user's entries in the log, oldest first."""
    page = stage.work().query(AuditEntry, user_id, index="userId-entry-idx")
    return [(e.action, e.outcome, e.about.get("reason", "")) for e in page.records]


def said(stage: Stage, phone: str) -> list[str]:
    contact_id = stage.contact_id(phone)
    return [m.name for m in stage.messages() if m.contact_id == contact_id]


def test_lock_ends_every_session_and_only_a_reset_lets_anybody_in(
    stage: Stage, meera: User
) -> None:
    signed_in = try_sign_in(stage, meera)
    assert isinstance(signed_in, sign_in.SignInResult)
    stage.clock.advance(seconds=5)
    stage.hear(meera.whatsapp_number, "lock")
    stage.settle()
    assert said(stage, meera.whatsapp_number)[-1] == "account/locked"
    session = signed_in.session
    with pytest.raises(NotSignedIn):
        sessions.read_session(stage.work(), session.session_id, "clinic_city", meera.user_id)
    assert isinstance(try_sign_in(stage, meera), AccountLocked)
    assert isinstance(reset(stage, meera), User)
    assert isinstance(try_sign_in(stage, meera, NEW_PASSWORD), sign_in.SignInResult)


def test_that_it_is_locked_is_told_to_nobody_without_the_password(
    stage: Stage, meera: User
) -> None:
    stage.hear(meera.whatsapp_number, "lock")
    found = try_sign_in(stage, meera, "wrongPassword123")
    assert isinstance(found, NotSignedIn)
    assert not isinstance(found, AccountLocked)
    assert str(found) == str(try_sign_in(stage, meera, "wrongPassword1234"))


def test_every_step_is_in_the_audit_log(stage: Stage, meera: User) -> None:
    try_sign_in(stage, meera, "wrongPassword123")
    stage.clock.advance(seconds=1)
    try_sign_in(stage, meera)
    stage.clock.advance(seconds=1)
    stage.hear(meera.whatsapp_number, "lock")
    stage.clock.advance(seconds=1)
    try_sign_in(stage, meera)
    stage.clock.advance(seconds=1)
    reset(stage, meera)
    found = events(stage, meera.user_id)
    assert [f for f in found if f[0] != "SESSION_END"] == [
        ("SIGN_IN", "UNAUTHORIZED", ""),
        ("SIGN_IN", "DONE", ""),
        ("ACCOUNT_LOCK", "DONE", ""),
        ("SIGN_IN", "ACCOUNT_LOCKED", ""),
        ("PASSWORD_RESET", "DONE", ""),
    ]
    ends = [reason for event, _, reason in found if event == "SESSION_END"]
    assert ends == ["LOCKED", "PASSWORD_RESET"]


def test_a_lock_repeated_changes_nothing(stage: Stage, meera: User) -> None:
    for _ in range(3):
        stage.hear(meera.whatsapp_number, "lock")
    stage.settle()
    assert stored(stage.records, meera).session_era == meera.session_era + 1
    assert [e[0] for e in events(stage, meera.user_id)].count("ACCOUNT_LOCK") == 1


def test_the_former_number_freezes_the_account_until_an_admin_sets_it_again(
    stage: Stage, cast: Cast, meera: User
) -> None:
    old = meera.whatsapp_number
    moved = move(stage, cast, meera)
    stage.hear(old, "lock")
    stage.settle()
    assert "desk/account_frozen" in said(stage, cast.farida.whatsapp_number)
    assert isinstance(reset(stage, moved), AccountLocked)
    back = move(stage, cast, meera, old)
    assert isinstance(try_sign_in(stage, back), AccountLocked)
    assert isinstance(reset(stage, back), User)
    assert isinstance(try_sign_in(stage, back, NEW_PASSWORD), sign_in.SignInResult)


def test_the_former_number_can_lock_for_a_week_only(stage: Stage, cast: Cast, meera: User) -> None:
    old = meera.whatsapp_number
    move(stage, cast, meera)
    stage.clock.advance(days=7)
    stage.hear(old, "lock")
    stage.settle()
    assert said(stage, old)[-1] == "settings/lost" or said(stage, old)[-1].startswith("booking/")
    assert stored(stage.records, meera).locked_at is None


def test_the_new_number_locks_nothing_before_it_is_proven(
    stage: Stage, cast: Cast, meera: User
) -> None:
    move(stage, cast, meera)
    stage.hear(NEW_NUMBER, "lock")
    assert stored(stage.records, meera).locked_at is None


def test_a_number_that_is_hidden_or_only_claimed_locks_nothing(stage: Stage, cast: Cast) -> None:
    work = stage.work()
    contact = numbers.ensure_contact(work, cast.meera_user.whatsapp_number, None)
    claimed = contact.but(verified_phone=False)
    assert locks.account_to_lock(work, claimed, "clinic_city") is None
    hidden = Contact(contact_id="con_x", created_at=work.now)
    assert locks.account_to_lock(work, hidden, "clinic_city") is None


def test_a_lock_at_one_clinic_is_no_lock_at_another(stage: Stage, cast: Cast, meera: User) -> None:
    stage.hear(meera.whatsapp_number, "lock")
    stage.settle()
    contact = numbers.ensure_contact(stage.work(), meera.whatsapp_number, None)
    assert locks.account_to_lock(stage.work(), contact, "clinic_sunrise") is None
    assert stored(stage.records, cast.farida).locked_at is None


def test_sign_ins_within_minutes_are_told_at_once_and_then_together(
    stage: Stage, meera: User
) -> None:
    phone = meera.whatsapp_number
    for _ in range(6):
        try_sign_in(stage, meera)
        stage.clock.advance(seconds=20)
    assert said(stage, phone).count("account/new_sign_in") == 1
    stage.wait(20)
    told = [m for m in stage.messages() if m.name == "account/new_sign_in"]
    assert [m.values["count"] for m in told] == [1, 5]
    stage.wait(60)
    assert len([m for m in stage.messages() if m.name == "account/new_sign_in"]) == 2


def test_whoever_left_meanwhile_is_told_nothing(stage: Stage, cast: Cast, meera: User) -> None:
    work = stage.work()
    user = stored(stage.records, meera)
    for _ in range(2):
        user = notices.tell_sign_in(work, cast.clinic, user)
    work.put(user.but(status="INACTIVE"))
    work.commit()
    stage.wait(20)
    assert said(stage, meera.whatsapp_number) == ["account/new_sign_in"]


def test_a_session_ends_thirty_days_after_its_start_however_often_it_is_renewed(
    stage: Stage, cast: Cast
) -> None:
    work = stage.work()
    session = sessions.start_session(work, cast.farida)
    work.commit()
    end = stage.clock.now() + sessions.LONGEST
    while stage.clock.now() + timedelta(days=5) < end:
        stage.clock.advance(days=5)
        work = stage.work()
        renewed = sessions.renew(work, session.session_id, session.refresh_id)
        assert not isinstance(renewed, NotSignedIn)
        session = renewed[0]
        work.commit()
    assert session.ttl == int(end.timestamp()) + 60
    stage.clock.instant = end
    with pytest.raises(NotSignedIn):
        sessions.renew(stage.work(), session.session_id, session.refresh_id)
    with pytest.raises(NotSignedIn):
        sessions.read_session(stage.work(), session.session_id, "clinic_city", "usr_farida")
