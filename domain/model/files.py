"""Files that patients and staff send each other: pictures, documents, films, voice notes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from domain.model.base import Record


class FileState(StrEnum):
    """Where a file is."""

    FETCHING = "FETCHING"
    """It is being fetched from WhatsApp's provider."""
    KEPT = "KEPT"
    LOST = "LOST"
    """It could not be had, or is of a kind or size that is not kept; its sender was told."""


class FilePurpose(StrEnum):
    """What a file was sent for."""

    TALK = "TALK"
    """It belongs to a talk between a patient and the clinic's people."""
    VISIT = "VISIT"
    """It is for the doctor: a report, an old prescription."""


class PatientFile(Record, frozen=True, kw_only=True):
    """A file of one patient's chat with one clinic. Key: owner, fileId.

    The content lies encrypted under an id, apart from the store.
    """

    TABLE: ClassVar[str] = "files"
    KEY: ClassVar[tuple[str, ...]] = ("owner", "file_id")

    owner: str
    """clinicId#contactId."""
    file_id: str
    clinic_id: str
    contact_id: str
    sender: str
    """The number of ours that it was sent to."""
    purpose: FilePurpose
    token_id: str | None = None
    """The booking it is kept with; None until there is one."""
    user_id: str | None = None
    """The member of staff who sent it; None: the patient."""
    media: str
    """WhatsApp's kind: image, video, audio, document, sticker."""
    label: str | None = None
    """Ciphertext of the words and the name that came with it (a JSON object)."""
    source: str | None = None
    """Ciphertext of where the provider has it, until it is fetched."""
    media_type: str | None = None
    size: int = 0
    state: FileState = FileState.FETCHING
    answers: str | None = None
    """The provider's id of the message that it came with."""
    created_at: datetime

    @property
    def name(self) -> str:
        """The name under which its content is kept, made of ids only."""
        return f"files/{self.clinic_id}/{self.file_id}"


def owner_of(clinic_id: str, contact_id: str) -> str:
    """Return the partition with the files of a contact's chat with a clinic."""
    return f"{clinic_id}#{contact_id}"
