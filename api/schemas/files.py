"""Files that patients sent for the doctor."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.base import Data, Path
from api.schemas.tokens import TokenPath


class FilePath(TokenPath):
    """A file kept with a booking."""

    file_id: str = Field(pattern="^file_[0-9A-Za-z]+$", max_length=64)


class FileLinkPath(Path):
    """A link to a file."""

    link: str = Field(max_length=600)


class FileData(Data):
    """A file that a patient sent."""

    file_id: str
    name: str = Field(description="A name for it on a computer; its ending tells its kind.")
    media_type: str
    size: int = Field(description="In bytes.")
    words: str | None = Field(description="What the patient wrote with it.")
    is_assigned: bool = Field(
        description="Whether it came with this booking; else it came before there was one."
    )
    created_at: datetime


class FilesData(Data):
    """The files for the doctor of a booking."""

    token_id: str
    files: list[FileData]
