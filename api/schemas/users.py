"""Accounts of a clinic's staff."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.auth import MustChange, NewPassword
from api.schemas.base import Body, Data, Id, Instant, Name, Path, Phone


class UserPath(Path):
    """One account."""

    user_id: Id


class Invitation(Body):
    """An admin to be invited."""

    name: Name
    whatsapp_number: Phone
    role: Literal["ADMIN"] = Field(
        default="ADMIN", description="Doctors are added with `POST /doctors`."
    )
    initial_password: NewPassword | None = Field(
        default=None, description="Made for them if it is left out; they must change it either way."
    )


class UserInfo(Data):
    """One account."""

    user_id: str
    name: str
    whatsapp_number: str
    role: str
    doctor_id: str | None
    status: str
    must_change_password: MustChange
    number_proven: Annotated[
        bool, Field(description="Until then WhatsApp hears this number as a patient.")
    ]
    last_login: Instant | None
    created_at: Instant


class UserList(Data):
    """A page of the clinic's accounts."""

    users: list[UserInfo]
    next_cursor: str | None


class UserInvited(Data):
    """An account that is new."""

    user: UserInfo


class UserDeactivated(Data):
    """An account that has ended."""

    user_id: str
    status: str
