"""What a consultation leaves behind."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from domain.model.base import Record


class Visit(Record, frozen=True, kw_only=True):
    """The record of one consultation. Key: doctorId, visitId."""

    TABLE: ClassVar[str] = "visits"
    KEY: ClassVar[tuple[str, ...]] = ("doctor_id", "visit_id")

    doctor_id: str
    visit_id: str
    clinic_id: str
    patient_id: str
    patient_name: str
    patient_phone: str | None = None
    visit_date: str
    token_id: str | None = None
    queue_id: str | None = None
    status: str = "OPEN"
    created_at: datetime
    updated_at: datetime


class Rating(Record, frozen=True, kw_only=True):
    """What a patient thought of a visit, 1 to 5. Key: queueId, tokenId."""

    TABLE: ClassVar[str] = "ratings"
    KEY: ClassVar[tuple[str, ...]] = ("queue_id", "token_id")

    queue_id: str
    token_id: str
    clinic_id: str
    doctor_id: str
    contact_id: str
    patient_id: str
    stars: int
    at: datetime
