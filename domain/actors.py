"""Who acts (staff, patient, clock), why, and whose patients a caller may see."""

from __future__ import annotations

from dataclasses import dataclass

from domain.model.queues import Token
from domain.scopes import ClinicScope, DoctorScope
from domain.work import Work


@dataclass(frozen=True)
class Actor:
    """The one who acts on a line: a user, a contact, or the clock as `system`."""

    user_id: str
    name: str


CLOCK = Actor("system", "PulseOps")


def person_of(token: Token) -> Actor:
    """Return the patient of *token* as the actor."""
    return Actor(token.contact_id, token.patient_name)


@dataclass(frozen=True)
class Remark:
    """What staff say of an action, for the line's history."""

    reason: str | None = None
    notes: str | None = None


SILENT = Remark()


@dataclass(frozen=True)
class Caller:
    """Whose patients a call may see: the clinic's, or those of one doctor."""

    clinic_id: str
    doctor_id: str | None

    @property
    def owner(self) -> str:
        """The partition of the directory that holds them."""
        return self.doctor_id or self.clinic_id


def caller_of(work: Work) -> Caller:
    """Return the caller that the scope of *work* names.

    Raises:
        TypeError: If the scope is neither a clinic's nor a doctor's.
    """
    match work.scope:
        case ClinicScope(clinic_id):
            return Caller(clinic_id, None)
        case DoctorScope(clinic_id, doctor_id):
            return Caller(clinic_id, doctor_id)
        case _:
            raise TypeError("only a clinic or a doctor has patients")
