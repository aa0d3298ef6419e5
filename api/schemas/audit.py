"""The audit log: who looked at or changed patients' data."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from api.schemas.base import Data, Id, Instant, Paged


class AuditQuery(Paged):
    """Which entries: about a patient, of a user, of days; all that is given must fit."""

    patient_id: Id | None = None
    user_id: Id | None = None
    start_date: (
        Annotated[date, Field(description="The first day, in the clinic's zone.")] | None
    ) = None
    end_date: Annotated[date, Field(description="The last day, inclusive.")] | None = None


class AuditedCall(Data):
    """One call that touched patients' data."""

    at: Instant
    user_id: str
    user_name: str
    role: str
    action: Annotated[
        str,
        Field(
            description=(
                "The operation, as this document names it; `chat_` and the command on WhatsApp; or"
                " what became of an account: SIGN_IN, PASSWORD_RESET, PASSWORD_CHANGE,"
                " NUMBER_CHANGE, ACCOUNT_LOCK, SESSION_END."
            )
        ),
    ]
    outcome: Annotated[str, Field(description="DONE, or the code of the refusal.")]
    patient_id: Annotated[str | None, Field(description="The one patient concerned.")]
    patient_ids: Annotated[
        list[str], Field(description="All whom a list or a line showed, if they are several.")
    ]
    about: Annotated[
        dict[str, str],
        Field(description="Ids of other things concerned, and how was searched (name or phone)."),
    ]
    request_id: str | None


class AuditLog(Data):
    """Entries, newest first."""

    entries: list[AuditedCall]
    next_cursor: str | None
