"""What patients think of a visit."""

from __future__ import annotations

from domain.errors import Refused
from domain.model.queues import Token
from domain.model.visits import Rating
from domain.work import Work

MOST_STARS = 5


def rate(work: Work, token: Token, stars: int) -> Rating:
    """Keep a patient's 1 to 5 stars for a visit; a later answer takes the place of an earlier.

    Raises:
        Refused: If the number is not one of stars.
    """
    if not 1 <= stars <= MOST_STARS:
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
