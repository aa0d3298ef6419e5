"""Request and record patients' ratings of a visit."""

from __future__ import annotations

from datetime import timedelta

from domain.actions.messages.notices import notice_values, push_question
from domain.actions.messages.outbox import Draft, send
from domain.due import OpenWork, context_of
from domain.errors import Refused
from domain.model.clinics import Clinic, Doctor
from domain.model.due import Due
from domain.model.messages import Consent, Guard, Message, Option, Urgency
from domain.model.people import ClinicPatient
from domain.model.queues import Token, TokenStatus
from domain.model.visits import Rating
from domain.rules import RATING_AFTER_SECONDS
from domain.work import Work

MAX_STARS = 5


def rate(work: Work, token: Token, stars: int) -> Rating:
    """Record a patient's rating of a visit, 1 to 5 stars; a later one replaces it.

    Raises:
        Refused: If *stars* is not 1 to 5.
    """
    if not 1 <= stars <= MAX_STARS:
        raise Refused("a rating has 1 to 5 stars")
    before = work.get(Rating, token.queue_id, token.token_id)
    return work.put(
        Rating(
            version=before.version if before else 0,
            queue_id=token.queue_id,
            token_id=token.token_id,
            clinic_id=token.clinic_id,
            doctor_id=token.doctor_id,
            contact_id=token.contact_id,
            patient_id=token.patient_id,
            stars=stars,
            at=work.now,
        )
    )


def request_rating(open_work: OpenWork, item: Due) -> None:
    """Ask a patient how the visit was, unless its completion was undone. May be repeated.

    Whoever has been erased is not asked.
    """
    work = open_work()
    work.delete(item)
    token = work.get(Token, item.queue_id or "", item.token_id or "")
    line = context_of(work, item)
    if token and line and _is_due(token, item) and _is_known(work, token):
        _send_request(work, line.clinic, line.doctor, token)
    work.commit()


def _is_due(token: Token, item: Due) -> bool:
    """Return whether *item* was scheduled by the completion that still stands."""
    return (
        token.status is TokenStatus.COMPLETED
        and token.completed_at is not None
        and token.completed_at + timedelta(seconds=RATING_AFTER_SECONDS) == item.at
    )


def _is_known(work: Work, token: Token) -> bool:
    """Return whether the clinic still knows the patient: they may have been erased meanwhile."""
    return work.get(ClinicPatient, token.clinic_id, token.patient_id) is not None


def _send_request(work: Work, clinic: Clinic, doctor: Doctor, token: Token) -> None:
    message_id = f"msg_rate_{token.token_id}"
    if work.get(Message, message_id) is not None:
        return
    options = [
        Option(id=f"rate:{token.token_id}:{n}", label="stars", values={"stars": n})
        for n in range(1, MAX_STARS + 1)
    ]
    send(
        work,
        Draft(
            "news/rate",
            to=token.contact_id,
            clinic=clinic,
            about=token,
            guard=Guard.COMPLETED,
            values=notice_values(token, doctor),
            options=options,
            urgency=Urgency.NEWS,
            consent=Consent.NEWS,
            helps_until=work.now + timedelta(hours=12),
            message_id=message_id,
        ),
    )
    push_question(work, clinic, token, "rating", options)
