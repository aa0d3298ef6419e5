"""Accounts of a clinic's staff."""

from __future__ import annotations

from api.frame.calls import Answer, Call
from api.frame.routes import Resource
from api.schemas.base import Paged
from api.schemas.users import (
    Invitation,
    UserDeactivated,
    UserInfo,
    UserInvited,
    UserList,
    UserPath,
)
from domain.actions.staff import accounts
from domain.model.clinics import User
from domain.permissions import Permission
from domain.work import Work

users = Resource("users", "The accounts of the clinic's staff.")


@users.get("/users", needs=Permission.MANAGE_SETTINGS, answers=UserList)
def list_users(work: Work, call: Call, query: Paged) -> Answer:
    """List the clinic's accounts, admins and doctors, those who left too."""
    page = accounts.list_users(
        work, call.caller.clinic_id, query.limit, call.read_cursor(query.cursor)
    )
    return Answer(
        UserList(
            users=[_render_user(user) for user in page.records],
            next_cursor=call.next_cursor(page.after),
        )
    )


@users.post("/users", needs=Permission.MANAGE_SETTINGS, answers=UserInvited, status=201)
def invite_user(work: Work, call: Call, body: Invitation) -> Answer:
    """Invite another admin.

    They are sent a temporary password on WhatsApp, which they must change at their first sign-in.
    More than one admin is not in every plan.
    """
    user = accounts.invite(
        work,
        call.caller.clinic_id,
        name=body.name,
        number=body.whatsapp_number,
        initial_password=body.initial_password,
    )
    return Answer(
        UserInvited(user=_render_user(user)),
        "Admin invited successfully. Login credentials sent via WhatsApp.",
    )


@users.delete("/users/<userId>", needs=Permission.MANAGE_SETTINGS, answers=UserDeactivated)
def deactivate_user(work: Work, call: Call, path: UserPath) -> Answer:
    """End an admin's account; all its sessions end with it.

    The last admin stays. A doctor is removed with `DELETE /doctors/{doctorId}`.
    """
    user = accounts.deactivate(work, call.caller.clinic_id, path.user_id)
    return Answer(
        UserDeactivated(user_id=user.user_id, status=user.status.value),
        "User deactivated successfully",
    )


def _render_user(user: User) -> UserInfo:
    return UserInfo(
        user_id=user.user_id,
        name=user.name,
        whatsapp_number=user.whatsapp_number,
        role=user.role.value,
        doctor_id=user.doctor_id,
        status=user.status.value,
        must_change_password=user.must_change_password,
        number_proven=user.proven,
        last_login=user.last_login,
        created_at=user.created_at,
    )
