"""What a person tells of a patient with the name: age and sex, for the clinic's record of them.

There may be no such record before the booking is confirmed. Until then it waits with the token.
"""

from __future__ import annotations

from domain.actions.people import profile
from domain.model.people import BY_CHAT, ClinicPatient, Profile
from domain.model.queues import Token, TokenStatus
from domain.work import Work


def keep_told(work: Work, token: Token, told: Profile) -> Token:
    """Keep what was *told* of a booking's patient: with an unpaid token, else in the record.

    Of an unpaid booking, what is told later counts; in the record it only fills gaps.
    """
    if told == profile.EMPTY:
        return token
    if token.status is TokenStatus.PENDING:
        known = profile.fill_gaps(told, profile.unseal(work, token.told))
        return work.put(token.but(told=profile.seal(work, known)))
    fill_record(work, token, told)
    return token


def fill_record(work: Work, token: Token, told: Profile) -> None:
    """Fill the gaps of the clinic's record of a token's patient; what staff recorded stays."""
    across = work.system("what a clinic keeps of its patients is not shown to them")
    record = across.get(ClinicPatient, token.clinic_id, token.patient_id)
    if record is None:
        return
    before = profile.unseal(work, record.facts)
    after = profile.fill_gaps(before, told)
    if after != before:
        across.put(
            record.but(
                facts=profile.seal(work, after),
                author=record.author if record.author == BY_CHAT else None,
                updated_at=work.now.replace(microsecond=0),
            )
        )
