from __future__ import annotations

from datetime import timedelta

import pytest

from domain.actions.staff import sessions
from domain.errors import Conflict, NotSignedIn
from domain.model.accounts import AuditEntry, Session
from domain.model.clinics import StaffStatus, User
from tests.people import RULES, Cast, stored
from tests.stage import Stage


def begin(stage: Stage, user: User) -> Session:
    work = stage.work()
    session = sessions.start_session(work, stored(stage.records, user))
    work.commit()
    return stored(stage.records, session)


def goes_on(stage: Stage, session: Session) -> bool:
    try:
        sessions.read_session(stage.work(), session.session_id, session.clinic_id, session.user_id)
    except NotSignedIn:
        return False
    return True


def carry_on(stage: Stage, session: Session, refresh_id: str) -> Session | None:
    work = stage.work()
    carried_on = sessions.renew(work, session.session_id, refresh_id)
    work.commit()
    return None if isinstance(carried_on, NotSignedIn) else carried_on[0]


def test_a_session_is_its_users_and_nobody_elses(stage: Stage, cast: Cast) -> None:
    session = begin(stage, cast.farida)
    assert goes_on(stage, session)
    assert not goes_on(stage, session.but(user_id=cast.meera_user.user_id))
    assert not goes_on(stage, session.but(clinic_id="clinic_sunrise"))
    assert not goes_on(stage, session.but(session_id="ses_other"))


def test_each_refresh_token_is_good_once(stage: Stage, cast: Cast) -> None:
    first = begin(stage, cast.farida)
    second = carry_on(stage, first, first.refresh_id)
    assert second is not None
    third = carry_on(stage, second, second.refresh_id)
    assert third is not None
    assert len({first.refresh_id, second.refresh_id, third.refresh_id}) == 3
    assert goes_on(stage, third)


def test_one_used_again_ends_its_whole_session_and_no_other(stage: Stage, cast: Cast) -> None:
    first, other = begin(stage, cast.farida), begin(stage, cast.farida)
    second = carry_on(stage, first, first.refresh_id)
    assert second is not None
    stage.clock.advance(seconds=11)
    assert carry_on(stage, first, first.refresh_id) is None
    assert not goes_on(stage, first)
    assert stored(stage.records, first).end_reason == "REFRESH_TOKEN_REUSED"
    with pytest.raises(NotSignedIn):  # not even the newest gets anything now
        carry_on(stage, second, second.refresh_id)
    assert goes_on(stage, other)


def test_one_used_again_within_seconds_gives_what_its_first_use_gave(
    stage: Stage, cast: Cast
) -> None:
    first = begin(stage, cast.farida)
    second = carry_on(stage, first, first.refresh_id)
    assert second is not None
    stage.clock.advance(seconds=10)
    again = carry_on(stage, first, first.refresh_id)
    assert again is not None
    assert (again.refresh_id, again.refreshed_at) == (second.refresh_id, second.refreshed_at)
    assert goes_on(stage, second)
    assert carry_on(stage, again, again.refresh_id) is not None


def test_one_that_is_two_uses_old_ends_its_session_at_once(stage: Stage, cast: Cast) -> None:
    first = begin(stage, cast.farida)
    second = carry_on(stage, first, first.refresh_id)
    assert second is not None
    assert carry_on(stage, second, second.refresh_id) is not None
    assert carry_on(stage, first, first.refresh_id) is None
    assert not goes_on(stage, first)


@pytest.mark.parametrize("which", ["the newest", "the one before"])
def test_no_token_of_before_a_new_password_is_taken_for_a_repetition(
    stage: Stage, cast: Cast, which: str
) -> None:
    first = begin(stage, cast.farida)
    assert carry_on(stage, first, first.refresh_id) is not None
    second = stored(stage.records, first)
    work = stage.work()
    sessions.end_other_sessions(work, stored(stage.records, cast.farida), second, "TEST")
    work.commit()
    old = second if which == "the newest" else first
    assert carry_on(stage, old, old.refresh_id) is None
    assert not goes_on(stage, first)


def test_two_who_use_it_at_once_do_not_both_get_the_next(stage: Stage, cast: Cast) -> None:
    session = begin(stage, cast.farida)
    first, second = stage.work(), stage.work()
    for work in (first, second):
        sessions.renew(work, session.session_id, session.refresh_id)
    first.commit()
    with pytest.raises(Conflict):
        second.commit()


def test_all_sessions_end_in_one_write_however_many_there_are(stage: Stage, cast: Cast) -> None:
    many = [begin(stage, cast.farida) for _ in range(5)]
    others = begin(stage, cast.meera_user)
    work = stage.work()
    sessions.end_all_sessions(work, stored(stage.records, cast.farida), "TEST")
    assert [type(r) for r in work.changes().puts] == [AuditEntry, User]
    work.commit()
    assert not any(goes_on(stage, session) for session in many)
    assert goes_on(stage, others)
    assert goes_on(stage, begin(stage, cast.farida))


def test_a_session_of_somebody_who_left_ends(stage: Stage, cast: Cast) -> None:
    session = begin(stage, cast.farida)
    work = stage.work()
    work.put(cast.farida.but(status=StaffStatus.INACTIVE))
    work.commit()
    assert not goes_on(stage, session)
    with pytest.raises(NotSignedIn):
        carry_on(stage, session, session.refresh_id)


def test_ending_twice_keeps_the_first_reason(stage: Stage, cast: Cast) -> None:
    session = begin(stage, cast.farida)
    for reason in ("LOGOUT", "LATER"):
        work = stage.work()
        sessions.end_by_id(work, session.session_id, reason)
        work.commit()
    assert stored(stage.records, session).end_reason == "LOGOUT"


def test_a_session_is_forgotten_when_nobody_can_carry_it_on_any_more(
    stage: Stage, cast: Cast
) -> None:
    session = begin(stage, cast.farida)
    stage.clock.advance(days=6)
    session = carry_on(stage, session, session.refresh_id) or session
    assert session.ttl is not None
    end = stage.clock.now() + RULES.session_lasts
    assert end.timestamp() <= session.ttl <= (end + timedelta(minutes=2)).timestamp()
