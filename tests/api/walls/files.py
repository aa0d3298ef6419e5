"""Who gets the files that a patient sent for Dr. Meera."""

from __future__ import annotations

from datetime import timedelta

from domain.actions.booking.tokens import find_token
from domain.model.files import FilePurpose, FileState, PatientFile, owner_of
from tests.api.office import Office
from tests.api.walls.table import Row
from tests.api.walls.tokens import a_token


def a_file(office: Office) -> dict[str, str]:
    """Let Patient A, who waits for Dr. Meera, have sent a report."""
    ids = a_token(office)
    work = office.stage.work()
    token, _ = find_token(work, ids["tokenId"])
    file = work.put(
        PatientFile(
            owner=owner_of(token.clinic_id, token.contact_id),
            file_id="file_0001",
            clinic_id=token.clinic_id,
            contact_id=token.contact_id,
            sender="100",
            purpose=FilePurpose.VISIT,
            token_id=token.token_id,
            media="document",
            media_type="application/pdf",
            size=9,
            state=FileState.KEPT,
            created_at=work.now - timedelta(hours=1),
        )
    )
    work.commit()
    office.stage.parts.patient_files.put(file.name, b"%PDF-1.7\n", "application/pdf")
    return {**ids, "fileId": file.file_id}


ROWS = (
    Row("GET /tokens/{tokenId}/files", 200, 404, 404, given=a_file),
    Row("GET /tokens/{tokenId}/files/{fileId}", 200, 404, 404, given=a_file),
    Row("GET /files/{link}", 404, 404, 404, public=True),
)
