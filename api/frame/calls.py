"""One call of the API: who makes it, and what it is answered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from flask import g, request

from api.frame import jwts
from api.frame.services import Services
from api.schemas.base import Data
from domain.actions.people.audit import Access, log_access
from domain.actions.staff import sessions
from domain.actors import Actor
from domain.errors import (
    Invalid,
    NotAllowed,
    NotSignedIn,
    PasswordChangeRequired,
    Refused,
    Unreadable,
)
from domain.model.accounts import Session
from domain.model.clinics import Role, User
from domain.permissions import OF_ROLE, Permission
from domain.scopes import ClinicScope, DoctorScope, Scope, SystemScope
from domain.work import Work

BEARER = "Bearer "
PAGING = frozenset({"limit", "cursor"})
"""What may change from page to page of one list."""


@dataclass(frozen=True)
class CallingUser:
    """A signed-in member of staff."""

    user: User
    session: Session
    expires_at: int
    """When the access token ends, seconds since 1970."""

    @property
    def is_admin(self) -> bool:
        """Whether this account sees the whole clinic."""
        return self.user.role is Role.ADMIN

    @property
    def clinic_id(self) -> str:
        """The one clinic this account belongs to."""
        return self.user.clinic_id

    @property
    def scope(self) -> Scope:
        """What this account may see (invariant I7)."""
        if self.is_admin:
            return ClinicScope(self.user.clinic_id)
        return DoctorScope(self.user.clinic_id, self.user.doctor_id or "nobody")

    @property
    def actor(self) -> Actor:
        """Who acts, as the line's history names them."""
        return Actor(self.user.user_id, self.user.name)


@dataclass(frozen=True)
class Answer:
    """What a view answers; with `refusal` the call is refused, and what was written is kept."""

    data: Data | None = None
    message: str | None = None
    status: int | None = None
    """None: the route's own."""
    refusal: Refused | None = None
    then: Callable[[], Answer] | None = None
    """Called after the commit; its answer replaces this one, such as once the outcome is known.

    A call repeated with its Idempotency-Key meanwhile gets this answer.
    """

    @classmethod
    def refused(cls, error: Refused) -> Answer:
        """Return a refusal that keeps what the view wrote, such as a counted attempt."""
        return cls(refusal=error)


@dataclass
class Call:
    """One request being answered."""

    services: Services
    operation: str
    now: datetime
    known: CallingUser | None = None
    patient_id: str | None = None
    """Whose data this call is about, for the audit log; views set it when the path does not."""
    shown: list[str] = field(default_factory=list)
    """The ids of all patients whom the answer shows beside, for the audit log."""
    about: dict[str, str] = field(default_factory=dict)
    """Ids of other things concerned, for the audit log."""
    then: Callable[[], Answer] | None = None
    """Called after the commit for the final answer, if the view named it."""

    @property
    def caller(self) -> CallingUser:
        """Who makes this call.

        Raises:
            NotSignedIn: On a public route without a token.
        """
        if self.known is None:
            raise NotSignedIn
        return self.known

    @property
    def scope(self) -> Scope:
        """What this call may read."""
        return self.known.scope if self.known else SystemScope(f"answer {self.operation}")

    @property
    def address(self) -> str:
        """The network address the call comes from, as trusted proxies tell it."""
        return request.remote_addr or "unknown"

    @property
    def request_id(self) -> str:
        """The id under which this request is logged."""
        value: str = g.get("request_id", "")
        return value

    def sign_in(
        self, needs: tuple[Permission, ...], *, before_password_change: bool = False
    ) -> None:
        """Identify the caller and check that they may call this address.

        Args:
            needs: The caller must have any one of these; if empty, every account may call it.
            before_password_change: Whether an account that must change its password may call it.

        Raises:
            NotSignedIn: If the token is missing, wrong, expired or withdrawn.
            NotAllowed: If the role has none of *needs*, or the password must be changed first.
            TooMany: If the user has called too often.
        """
        header = request.headers.get("Authorization", "")
        if header[: len(BEARER)].casefold() != BEARER.casefold():
            raise NotSignedIn
        self.known = self.identify(header[len(BEARER) :].strip())
        user = self.known.user
        structlog.contextvars.bind_contextvars(userId=user.user_id, clinicId=user.clinic_id)
        may = OF_ROLE[user.role]
        if needs and not any(p in may for p in needs):
            raise NotAllowed
        self.services.limits.count_user(user.user_id)
        if user.must_change_password and not before_password_change:
            raise PasswordChangeRequired("Please change your password first.")

    def identify(self, token: str) -> CallingUser:
        """Return the user whom an access token belongs to.

        Raises:
            NotSignedIn: If it is wrong, expired or withdrawn.
        """
        claims = jwts.read_access(self.services, token, self.now)
        work = self.services.open_work(SystemScope("see whose session a token names"))
        session, user = sessions.read_session(
            work, claims.session_id, claims.clinic_id, claims.user_id
        )
        return CallingUser(user, session, claims.expires_at)

    def read_cursor(self, text: str | None) -> str | None:
        """Return the key after which a list continues, from a cursor given to this account.

        Raises:
            Invalid: If the cursor is of another list or account, or none at all.
        """
        if text is None:
            return None
        try:
            of, _, after = self.services.seal.open(text).partition("\n")
        except (Unreadable, ValueError):
            of, after = "", ""
        if of != self._list_hash():
            raise Invalid("cursor", "This is not a cursor of this list.")
        return after

    def next_cursor(self, after: str | None) -> str | None:
        """Return the cursor that continues after the key *after*; None at the end."""
        if after is None:
            return None
        return self.services.seal.seal(f"{self._list_hash()}\n{after}")

    def audit(self, work: Work, outcome: str) -> None:
        """Write into *work* that the caller accessed a patient's data (invariant I11)."""
        named = [self.patient_id] if self.patient_id else []
        access = Access(
            self.operation, outcome, [*named, *self.shown], self.about, self.request_id or None
        )
        log_access(work, self.caller.user, access)

    def _list_hash(self) -> str:
        """Return a hash of whose list this is: its operation, address and filters, and the user.

        A cursor is sealed, not only signed: it stands in addresses, and a sort key may be a name.
        """
        filters = sorted((k, v) for k, v in request.args.items(multi=True) if k not in PAGING)
        of = (self.operation, request.path, filters, self.caller.user.user_id)
        return hashlib.sha256(repr(of).encode()).hexdigest()[:32]
