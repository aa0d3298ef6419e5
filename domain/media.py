"""The port to files that people send on WhatsApp, and which of them are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from domain.errors import PulseOpsError

LARGEST_BYTES = 16 * 1024 * 1024
"""WhatsApp takes more of documents alone; what is larger hardly opens on a phone."""
MEDIA_TYPES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "video/3gpp": "3gp",
    "video/mp4": "mp4",
    "application/pdf": "pdf",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "text/plain": "txt",
}
"""What is kept, and how such a file's name ends. Nothing here is run by a browser."""
_BEGINNINGS = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/webp": b"RIFF",
    "audio/ogg": b"OggS",
    "application/pdf": b"%PDF-",
}
"""What these begin with; the others are believed, as nothing is shown from our own address."""


class MediaAway(PulseOpsError):
    """The provider does not give the file, or take it, now; it may later."""


class MediaRefused(PulseOpsError):
    """The file is gone, too large, or of a kind that is not kept."""


@dataclass(frozen=True)
class Fetched:
    """A file as the provider gave it."""

    content: bytes
    media_type: str
    """In lower case, without parameters."""


class Media(Protocol):
    """What a WhatsApp provider does with files."""

    def fetch(self, sender: str, source: str) -> Fetched:
        """Return the file that a person sent to *sender*; *source* is what the message named.

        Raises:
            MediaAway: If the provider does not answer.
            MediaRefused: If there is no such file any more, or it is too large.
        """

    def offer(self, sender: str, content: bytes, media_type: str, name: str) -> str | None:
        """Give the provider a file to send from *sender*; return the provider's id of it.

        None: it takes files by their address only. May be repeated.

        Raises:
            MediaAway: If the provider does not answer.
            MediaRefused: If it does not take the file.
        """


def require_kept(found: Fetched) -> None:
    """Check that a file is of a kind that is kept, and begins as its kind does.

    Raises:
        MediaRefused: If not.
    """
    if not found.content or found.media_type not in MEDIA_TYPES:
        raise MediaRefused("This kind of file is not kept.")
    if len(found.content) > LARGEST_BYTES:
        raise MediaRefused("The file is too large.")
    if not found.content.startswith(_BEGINNINGS.get(found.media_type, b"")):
        raise MediaRefused("The file is not of the kind that it says.")


def plain_type(written: str) -> str:
    """Return a media type in lower case, without parameters: `audio/ogg; codecs=opus`."""
    return written.partition(";")[0].strip().lower()
