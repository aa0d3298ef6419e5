"""Sessions of staff: start, read, renew and end them.

Every call of the API reads its session, so that an end holds from the next call on. One write ends
all sessions of a user: it increments the user's era, and a session of an earlier era is over.
However often it is renewed, a session ends `LONGEST` after its start.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.actions.people.audit import log_account
from domain.errors import NotFound, NotSignedIn
from domain.model.accounts import AccountEvent, Session
from domain.model.clinics import StaffStatus, User
from domain.work import Work

OVER = "The session has ended; please sign in again."
REPEATED_WITHIN = timedelta(seconds=10)
"""How long a refresh token that was just replaced is answered with the token that replaced it.

Two tabs of a browser, or a client whose answer was lost on the way, use one token twice.
"""
LONGEST = timedelta(days=30)
PAGE = 200


def start_session(work: Work, user: User) -> Session:
    """Start a session of *user*."""
    return work.put(
        Session(
            session_id=work.ids.secret("ses_"),
            clinic_id=user.clinic_id,
            user_id=user.user_id,
            refresh_id=work.ids.secret(""),
            era=user.session_era,
            created_at=work.now,
            refreshed_at=work.now,
            ttl=_expiry(work, work.now),
        )
    )


def ends_at(session: Session) -> datetime:
    """Return when a session ends at the latest."""
    return session.created_at + LONGEST


def list_sessions(work: Work, user: User) -> list[Session]:
    """Return the valid sessions of *user*, the newest sign-in first."""
    work = work.system("list the sign-ins of an account")
    found: list[Session] = []
    after = None
    while True:
        page = work.query(
            Session,
            user.user_id,
            index="userId-createdAt-idx",
            limit=PAGE,
            after=after,
            descending=True,
        )
        found += [s for s in page.records if _is_valid(s, user, work.now)]
        after = page.after
        if after is None:
            return found


def read_session(work: Work, session_id: str, clinic_id: str, user_id: str) -> tuple[Session, User]:
    """Return a valid session and its active user.

    Reads consistently, so that a logout or a deactivation holds from the next call on.

    Raises:
        NotSignedIn: If the session has ended, or the account is not active.
    """
    session, user = work.fetch([(Session, (session_id,)), (User, (clinic_id, user_id))])
    if not isinstance(session, Session) or not isinstance(user, User):
        raise NotSignedIn(OVER)
    if session.user_id != user.user_id or not _is_valid(session, user, work.now):
        raise NotSignedIn(OVER)
    return session, user


def renew(work: Work, session_id: str, refresh_id: str) -> tuple[Session, User] | NotSignedIn:
    """Renew a session by its refresh token, which is replaced (refresh token rotation).

    The token before it changes nothing for ten seconds: the session is returned as its first use
    left it, so the caller gets the same tokens. Any other use of an old token means that it was
    stolen, so the whole session ends. That refusal is returned, not raised, since the end must be
    committed.

    Raises:
        NotSignedIn: If the session has ended, or the account is not active.
    """
    work = work.system("renew a session")
    session = work.get(Session, session_id)
    user = work.get(User, session.clinic_id, session.user_id) if session else None
    if session is None or user is None or not _is_valid(session, user, work.now):
        raise NotSignedIn(OVER)
    if session.refresh_id == refresh_id:
        return _rotate(work, session.but(replaced_id=refresh_id), user), user
    if session.replaced_id == refresh_id and work.now - session.refreshed_at <= REPEATED_WITHIN:
        return session, user
    end_session(work, session, "REFRESH_TOKEN_REUSED")
    return NotSignedIn(OVER)


def end_session(work: Work, session: Session, reason: str) -> None:
    """End a session. May be repeated: the first reason stays."""
    if session.ended_at is not None:
        return
    work.put(session.but(ended_at=work.now, end_reason=reason))
    user = work.system("whose session ends").get(User, session.clinic_id, session.user_id)
    if user is not None:
        log_account(work, user, AccountEvent.SESSION_END, reason=reason)


def end_by_id(work: Work, session_id: str, reason: str) -> None:
    """End the session of that id, if there is one."""
    session = work.system("end a session").get(Session, session_id)
    if session is not None:
        end_session(work, session, reason)


def end_chosen(work: Work, clinic_id: str, session_id: str, user_id: str | None) -> None:
    """End the session that somebody chose in the list. May be repeated.

    Raises:
        NotFound: If it is not of that clinic or, unless *user_id* is None, of that user.
    """
    session = work.system("end a session that was listed").get(Session, session_id)
    if session is None or session.clinic_id != clinic_id or user_id not in {None, session.user_id}:
        raise NotFound
    end_session(work, session, "ENDED_IN_LIST")


def end_all_sessions(work: Work, user: User, reason: str) -> User:
    """End every session of *user*; return the user as written, to change further."""
    log_account(work, user, AccountEvent.SESSION_END, reason=reason)
    return work.put(user.but(session_era=user.session_era + 1, updated_at=work.now))


def end_other_sessions(
    work: Work, user: User, session: Session, reason: str
) -> tuple[Session, User]:
    """End every session of *user* but this one, which gets new tokens; the old ones are over."""
    user = end_all_sessions(work, user, reason)
    return _rotate(work, session.but(wrong_passwords=0, replaced_id=None), user), user


def _is_valid(session: Session, user: User, now: datetime) -> bool:
    if now >= ends_at(session):
        return False
    has_ended = session.ended_at is not None or session.era != user.session_era
    return not has_ended and user.status is StaffStatus.ACTIVE


def _rotate(work: Work, session: Session, user: User) -> Session:
    return work.put(
        session.but(
            refresh_id=work.ids.secret(""),
            refreshed_at=work.now,
            era=user.session_era,
            ttl=_expiry(work, session.created_at),
        )
    )


def _expiry(work: Work, started_at: datetime) -> int:
    """Return when a session may be deleted, in seconds since 1970: its refresh token is over."""
    last = min(work.now + work.rules.session_lasts, started_at + LONGEST)
    return int(last.timestamp()) + 60
