"""Scopes: who reads. Every read carries one."""

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
    """A person writing to a clinic: their own records, and what the clinic shows to anybody."""

    contact_id: str
    clinic_id: str | None


@dataclass(frozen=True)
class SystemScope:
    """The product itself, across clinics. *purpose* says why, so that each use can be reviewed."""

    purpose: str


Scope = ClinicScope | DoctorScope | ContactScope | SystemScope
