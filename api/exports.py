"""A clinic's patients as a file to download, written as they are read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Literal

from api.schemas.patients import ExportedPatient
from domain.actions.people.patients import KnownPatient
from domain.spreadsheets import BYTE_ORDER_MARK, csv_row, escape_formula

Format = Literal["CSV", "JSON"]
NUMBERS = {"phone", "emergencyContact"}
"""Columns of checked phone numbers, whose plus sign no spreadsheet takes for a formula."""


def patients_file(
    everybody: Iterable[KnownPatient], file_format: Format, *, phones: bool
) -> Iterator[str]:
    """Yield a file of *everybody* in parts; with *phones*, phone numbers are in it."""
    rows = (_render_row(known, phones=phones) for known in everybody)
    return _csv(rows) if file_format == "CSV" else _json(rows)


def _render_row(known: KnownPatient, *, phones: bool) -> ExportedPatient:
    profile, consent = known.profile, known.consent
    return ExportedPatient(
        patient_id=known.patient_id,
        name=known.name,
        phone=known.phone if phones else None,
        date_of_birth=profile.date_of_birth,
        age=known.age,
        gender=profile.gender,
        address=profile.address,
        emergency_contact=profile.emergency_contact if phones else None,
        blood_group=profile.blood_group,
        allergies=list(profile.allergies or ()),
        chronic_conditions=list(profile.chronic_conditions or ()),
        current_medications=list(profile.current_medications or ()),
        opted_in=consent.is_in if consent else None,
        opted_in_at=consent.at if consent else None,
        opted_in_way=consent.way if consent and consent.at else None,
        opted_out_at=consent.out_at if consent else None,
        total_visits=known.total_visits,
        last_visit_date=known.last_visit,
        created_at=known.created_at,
        updated_at=known.updated_at,
        complaints=list(known.complaints),
        files=list(known.files),
        talked_at=known.talked_at,
    )


def _csv(rows: Iterable[ExportedPatient]) -> Iterator[str]:
    names = [field.alias or name for name, field in ExportedPatient.model_fields.items()]
    yield BYTE_ORDER_MARK + csv_row(names)
    for row in rows:
        shown = row.model_dump(mode="json", by_alias=True)
        yield csv_row([_render_cell(name, shown[name]) for name in names])


def _render_cell(name: str, value: object) -> str:
    if value is None:
        return ""
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if name in NUMBERS else escape_formula(text)


def _json(rows: Iterable[ExportedPatient]) -> Iterator[str]:
    yield '{"success": true, "data": {"patients": ['
    count = 0
    for row in rows:
        yield (",\n" if count else "\n") + json.dumps(row.model_dump(mode="json", by_alias=True))
        count += 1
    yield f'\n], "totalCount": {count}}}}}\n'
