"""Who is asking. Every read carries one of these; there is no read without."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClinicScope:
    """The clinic's admins: what belongs to that clinic."""

    clinic_id: str


@dataclass(frozen=True)
class DoctorScope:
    """One doctor: what belongs to that doctor, and what belongs to the clinic and to no doctor."""

    clinic_id: str
    doctor_id: str


@dataclass(frozen=True)
class ContactScope:
    """A person writing to a clinic: their own things, and what the clinic shows to anybody."""

    contact_id: str
    clinic_id: str | None


@dataclass(frozen=True)
class SystemScope:
    """The product itself, across clinics; says what for, so that uses can be found and judged."""

    purpose: str


Scope = ClinicScope | DoctorScope | ContactScope | SystemScope
