"""Notices about a token, and questions that an event asks (pushes)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.actions.messages.outbox import Draft, sender_of
from domain.model.clinics import Clinic, Doctor
from domain.model.conversations import Push
from domain.model.messages import Consent, Guard, Option
from domain.model.queues import Token
from domain.work import Work


def notice_values(token: Token, doctor: Doctor) -> dict[str, str | int]:
    """Return the values every notice about a token carries: person, doctor, number, time."""
    return {
        "person": token.patient_name,
        "doctor": doctor.name,
        "number": token.number,
        "at": token.estimated_time.isoformat(),
    }


def notice_about(
    name: str,
    token: Token,
    clinic: Clinic,
    doctor: Doctor,
    *,
    guard: Guard | None = None,
    values: Mapping[str, Any] | None = None,
    options: Sequence[Option] = (),
) -> Draft:
    """Return the notice *name* to the contact of *token*, for `send`.

    It carries `notice_values`, and *values* beside them. A contact who opted out still gets it,
    until they stop the notices of live tokens too.
    """
    return Draft(
        name,
        to=token.contact_id,
        clinic=clinic,
        about=token,
        guard=guard,
        values={**notice_values(token, doctor), **(values or {})},
        options=options,
        consent=Consent.TOKEN,
    )


def push_question(
    work: Work, clinic: Clinic, token: Token, question: str, options: Sequence[Option]
) -> None:
    """Record a question that an event asks a token's contact, so that a digit can answer it.

    It replaces the push before it; the question itself is a message of its own.
    """
    conversation = f"{sender_of(work, clinic)}#{token.contact_id}"
    before = work.get(Push, conversation)
    work.put(
        Push(
            version=before.version if before else 0,
            conversation=conversation,
            contact_id=token.contact_id,
            clinic_id=token.clinic_id,
            question=question,
            token_id=token.token_id,
            queue_id=token.queue_id,
            offered=tuple(o.id for o in options),
            at=work.now,
        )
    )
