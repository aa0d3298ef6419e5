"""The audit log of accesses to patients' data."""

from __future__ import annotations

from api.frame.calls import Answer, Call
from api.frame.routes import Resource
from api.schemas.audit import AuditedCall, AuditLog, AuditQuery
from domain.actions.people import audit as actions
from domain.model.accounts import AuditEntry
from domain.permissions import Permission
from domain.work import Work

audit = Resource("audit", "Who looked at or changed patients' data.")


@audit.get("/audit", needs=Permission.MANAGE_SETTINGS, answers=AuditLog)
def list_audit(work: Work, call: Call, query: AuditQuery) -> Answer:
    """List who looked at or changed patients' data, or used an account, newest first.

    Attempts at what is not there, or is not the caller's to see, are among them. With `patientId`
    also the lists in which the patient was shown. A page may be short while `nextCursor` leads on.
    """
    page = actions.list_entries(
        work,
        patient_id=query.patient_id,
        user_id=query.user_id,
        first=query.start_date,
        last=query.end_date,
        limit=query.limit,
        after=call.read_cursor(query.cursor),
    )
    return Answer(
        AuditLog(
            entries=[_render_entry(entry) for entry in page.entries],
            next_cursor=call.next_cursor(page.after),
        )
    )


def _render_entry(entry: AuditEntry) -> AuditedCall:
    return AuditedCall(
        at=entry.at,
        user_id=entry.user_id,
        user_name=entry.user_name,
        role=entry.role,
        action=entry.action,
        outcome=entry.outcome,
        patient_id=entry.patient_id,
        patient_ids=list(entry.patient_ids),
        about=entry.about,
        request_id=entry.request_id,
    )
