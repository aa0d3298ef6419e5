"""Who acts: a member of staff, the clock, or a caller of the API, and what they may see."""

from __future__ import annotations

from dataclasses import dataclass

from domain.model.queues import Token
from domain.scopes import ClinicScope, DoctorScope
from domain.work import Work


@dataclass(frozen=True)
class Actor:
    """Who acts on a line; the clock acts as `system`."""

    user_id: str
    name: str


CLOCK = Actor("system", "PulseOps")


def person_of(token: Token) -> Actor:
    """Return the patient of *token* as the one who acts."""
    return Actor(token.contact_id, token.patient_name)


@dataclass(frozen=True)
class Remark:
    """Why a move is made, for the line's history."""

    reason: str | None = None
    notes: str | None = None


SILENT = Remark()


@dataclass(frozen=True)
class Caller:
    """Whose patients are looked at: the clinic's, or those of one doctor of it."""

    clinic_id: str
    doctor_id: str | None

    @property
    def owner(self) -> str:
        """The partition of the directory that is theirs."""
        return self.doctor_id or self.clinic_id


def caller_of(work: Work) -> Caller:
    """Return who asks, as the scope of *work* says.

    Raises:
        TypeError: If it is neither a clinic nor a doctor.
    """
    match work.scope:
        case ClinicScope(clinic_id):
            return Caller(clinic_id, None)
        case DoctorScope(clinic_id, doctor_id):
            return Caller(clinic_id, doctor_id)
        case _:
            raise TypeError("only a clinic or a doctor has patients")
