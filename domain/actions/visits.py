"""The record of a consultation: opened when the patient is called in, completed with the token."""

from __future__ import annotations

from domain.model.queues import Locator, Token
from domain.model.visits import Visit
from domain.work import Work


def open_visit(work: Work, token: Token) -> Token:
    """Open the record of *token*'s consultation and return the token naming it."""
    visit = work.put(
        Visit(
            doctor_id=token.doctor_id,
            visit_id=work.ids.new("visit_"),
            clinic_id=token.clinic_id,
            patient_id=token.patient_id,
            patient_name=token.patient_name,
            patient_phone=token.patient_phone,
            visit_date=token.date,
            token_id=token.token_id,
            queue_id=token.queue_id,
            created_at=work.now,
            updated_at=work.now,
        )
    )
    work.put(
        Locator(
            id=visit.visit_id,
            kind="visit",
            clinic_id=token.clinic_id,
            doctor_id=token.doctor_id,
            partition=token.doctor_id,
            sort=visit.visit_id,
        )
    )
    return token.but(visit_id=visit.visit_id)


def complete(work: Work, token: Token) -> None:
    """Mark the consultation's record complete."""
    _set_status(work, token, "COMPLETED")


def reopen(work: Work, token: Token) -> None:
    """Take back the completion of the consultation's record."""
    _set_status(work, token, "OPEN")


def undo_open(work: Work, token: Token) -> None:
    """Remove the record opened by calling *token* in, as nobody has come or the call was undone."""
    if token.visit_id is None:
        return
    visit = work.get(Visit, token.doctor_id, token.visit_id)
    locator = work.get(Locator, token.visit_id)
    if visit is not None:
        work.delete(visit)
    if locator is not None:
        work.delete(locator)


def _set_status(work: Work, token: Token, status: str) -> None:
    visit = work.get(Visit, token.doctor_id, token.visit_id) if token.visit_id else None
    if visit is not None:
        work.put(visit.but(status=status, updated_at=work.now))
