"""One tree of errors: what the rules refuse, and what the outside could not do."""

from __future__ import annotations


class PulseOpsError(Exception):
    """Anything this product raises on purpose."""


class Refused(PulseOpsError):
    """A rule says no. `code` is stable and for programs; the text is for people."""

    code = "REFUSED"

    def __init__(self, message: str = "", **details: object) -> None:
        super().__init__(message or self.code)
        self.details = details


class NotFound(Refused):
    """The thing does not exist, or lies behind a wall; nobody can tell which."""

    code = "NOT_FOUND"


class NotAllowed(Refused):
    """This account may not do that (detail `field`, if it is about one field)."""

    code = "FORBIDDEN"


class PasswordChangeRequired(NotAllowed):
    """The account's password was set by somebody else and must be changed before all else."""

    code = "PASSWORD_CHANGE_REQUIRED"


class NotSignedIn(Refused):
    """Nobody, or nobody any more: the credentials are missing, wrong, expired or withdrawn."""

    code = "UNAUTHORIZED"


class TooMany(Refused):
    """Asked too often (detail `retry_after_seconds`)."""

    code = "RATE_LIMITED"


class Busy(Refused):
    """More is asked at this moment than can be done (detail `retry_after_seconds`)."""

    code = "UNAVAILABLE"


class Invalid(Refused):
    """What was given cannot be used; says of which field, by its name in the API."""

    code = "VALIDATION_ERROR"

    def __init__(self, field: str, message: str, **details: object) -> None:
        super().__init__(message, **details)
        self.field = field


class SlotTaken(Refused):
    """Someone else has the slot."""

    code = "SLOT_TAKEN"


class DayFull(Refused):
    """Every online booking of that day is sold."""

    code = "DAY_FULL"


class DayClosed(Refused):
    """The doctor does not see patients that day, or has finished."""

    code = "DAY_CLOSED"


class NotSelling(DayClosed):
    """The clinic sells nothing online while its subscription is suspended."""


class AlreadyBooked(Refused):
    """The patient already has a live token with that doctor that day (detail `token`)."""

    code = "ALREADY_BOOKED"


class TooManyHolds(Refused):
    """The contact already holds three unpaid slots."""

    code = "TOO_MANY_HOLDS"


class NotNow(Refused):
    """The state of the line or of the token does not allow it (detail `state`)."""

    code = "NOT_NOW"


class HasLiveToken(NotNow):
    """The patient still holds a booking, which must end first."""

    code = "HAS_LIVE_TOKEN"


class NobodyWaiting(NotNow):
    """Nobody is being served and nobody waits."""

    code = "NOBODY_WAITING"


class LineMoved(Refused):
    """The line has moved since (details `by_name`, `action`, `at`)."""

    code = "LINE_MOVED"


class NothingToUndo(NotNow):
    """There is no move that could still be taken back."""

    code = "NOTHING_TO_UNDO"


class ConfirmationNeeded(Refused):
    """It would take away booked days (detail `days`) and was not confirmed."""

    code = "CONFIRMATION_NEEDED"


class NumberTaken(Refused):
    """The number belongs to somebody else who works at the clinic."""

    code = "NUMBER_TAKEN"


class LastAdmin(Refused):
    """Nobody else runs the clinic."""

    code = "LAST_ADMIN"


class PlanRequired(Refused):
    """The feature is outside the clinic's plan (detail `plan`: the one that has it)."""

    code = "PLAN_REQUIRED"


class PlanLimit(Refused):
    """The clinic has as many doctors as its plan allows (detail `plan`: one that allows more)."""

    code = "PLAN_LIMIT"


class Conflict(PulseOpsError):
    """A conditional write lost; `items` are the (table, partition, sort) keys that had changed."""

    def __init__(self, items: tuple[tuple[str, str, str | None], ...] = ()) -> None:
        super().__init__(f"changed meanwhile: {sorted({table for table, _, _ in items})}")
        self.items = items


class Unreadable(PulseOpsError):
    """A sealed text was sealed with none of our keys, or was changed."""


class StoreUnavailable(PulseOpsError):
    """The store did not answer, or not in time; nothing is known of the write unless said."""


class StillConflicting(StoreUnavailable):
    """Others were faster each time it was tried; nothing was written, and it may be tried later."""
