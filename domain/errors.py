"""Errors: refusals by the rules, and failures of the outside."""

from __future__ import annotations


class PulseOpsError(Exception):
    """Base of every error that the product raises on purpose."""


class Refused(PulseOpsError):
    """A rule refuses. `code` and `details` are stable, for programs; the text is for people."""

    code = "REFUSED"

    def __init__(self, message: str = "", **details: object) -> None:
        super().__init__(message or self.code)
        self.details = details

    @property
    def patients(self) -> list[str]:
        """The patients (patientId) whom it names, for the audit log."""
        listed = self.details.get("affected")
        named = listed if isinstance(listed, list) else []
        return list(dict.fromkeys(str(a["patient_id"]) for a in named))


class NotFound(Refused):
    """The record does not exist, or is outside the caller's scope; the answer is the same."""

    code = "NOT_FOUND"


class NotAllowed(Refused):
    """This account may not do that (detail `field`, if it is about one field)."""

    code = "FORBIDDEN"


class PasswordChangeRequired(NotAllowed):
    """The account's password was set by somebody else; it must be changed first."""

    code = "PASSWORD_CHANGE_REQUIRED"


class NotSignedIn(Refused):
    """The credentials are missing, wrong, expired or withdrawn."""

    code = "UNAUTHORIZED"


class AccountLocked(NotSignedIn):
    """The account's owner has locked it; a reset by code unlocks it."""

    code = "ACCOUNT_LOCKED"


class TooMany(Refused):
    """A rate limit was exceeded (detail `retry_after_seconds`)."""

    code = "RATE_LIMITED"


class CodesUsedUp(TooMany):
    """The whole installation has sent as many one-time codes to strangers as it may in this time.

    Somebody asks from many networks: the operator is told.
    """


class Busy(Refused):
    """Capacity is used up at this moment (detail `retry_after_seconds`)."""

    code = "UNAVAILABLE"


class Invalid(Refused):
    """A value is not valid; `field` is its name in the API."""

    code = "VALIDATION_ERROR"

    def __init__(self, field: str, message: str, **details: object) -> None:
        super().__init__(message, **details)
        self.field = field


class SlotTaken(Refused):
    """The slot is sold to somebody else."""

    code = "SLOT_TAKEN"


class DayFull(Refused):
    """All online bookings of that day are sold."""

    code = "DAY_FULL"


class DayClosed(Refused):
    """The doctor does not see patients that day, or has finished."""

    code = "DAY_CLOSED"


class NotSelling(DayClosed):
    """The clinic sells nothing online while its subscription is suspended."""


class AlreadyBooked(Refused):
    """The patient has a live token with that doctor on that day (detail `token`)."""

    code = "ALREADY_BOOKED"


class StaffBookingRefused(Refused):
    """What staff asked to book by a sentence cannot be booked (detail `why`: a code)."""


class TooManyHolds(Refused):
    """The contact already holds three unpaid slots."""

    code = "TOO_MANY_HOLDS"


class TooManyBookings(TooManyHolds):
    """The contact has as many bookings of that doctor's day as it may (detail `most`)."""


class TooOften(TooManyHolds):
    """The contact has held, or cancelled and been repaid, as often lately as it may."""


class NotNow(Refused):
    """The state of the line, token or other record does not allow it (detail `state`)."""

    code = "NOT_NOW"


class HasLiveToken(NotNow):
    """The patient has a live booking, which must end first."""

    code = "HAS_LIVE_TOKEN"


class NobodyWaiting(NotNow):
    """Nobody is being served and nobody waits."""

    code = "NOBODY_WAITING"


class LineMoved(Refused):
    """The line moved since the caller saw it (details `by_name`, `action`, `at`)."""

    code = "LINE_MOVED"


class CalledJustNow(LineMoved):
    """The caller called somebody in a moment ago, and has not said that they mean it twice."""


class CalledOutOfTurnJustNow(CalledJustNow):
    """As `CalledJustNow`, where one patient is to be called by name (detail `token`)."""


class NothingToUndo(NotNow):
    """There is no move that can still be undone."""

    code = "NOTHING_TO_UNDO"


class ConfirmationNeeded(Refused):
    """It would end bookings (detail `affected`; `days` are taken away) and was not confirmed."""

    code = "CONFIRMATION_NEEDED"


class NumberTaken(Refused):
    """The number belongs to another member of the clinic's staff."""

    code = "NUMBER_TAKEN"


class LastAdmin(Refused):
    """The clinic has no other admin with a proven number."""

    code = "LAST_ADMIN"


class PlanRequired(Refused):
    """The clinic's plan does not include the feature (detail `plan`: one that does)."""

    code = "PLAN_REQUIRED"


class PlanLimit(Refused):
    """The clinic has as many doctors as its plan allows (detail `plan`: one that allows more)."""

    code = "PLAN_LIMIT"


class Conflict(PulseOpsError):
    """A conditional write failed; `items` are the (table, partition, sort) keys that changed."""

    def __init__(self, items: tuple[tuple[str, str, str | None], ...] = ()) -> None:
        super().__init__(f"changed meanwhile: {sorted({table for table, _, _ in items})}")
        self.items = items


class Unreadable(PulseOpsError):
    """An encrypted text was encrypted with an unknown key, or changed."""


class StoreUnavailable(PulseOpsError):
    """The store did not answer in time; a write may or may not have happened."""


class StillConflicting(StoreUnavailable):
    """A conditional write failed at every try; nothing was written. It may be tried again."""
