"""Storage of what patients send: as other files, but encrypted."""

from __future__ import annotations

from bot.runtime.encryption import Sealer
from domain.errors import Unreadable
from domain.ports import FileMissing, Files

SEALED = "application/octet-stream"


class SealedFiles:
    """Stores files encrypted, in the storage for other files; implements `domain.ports.Files`."""

    def __init__(self, files: Files, sealer: Sealer) -> None:
        self._files = files
        self._sealer = sealer

    def put(self, name: str, content: bytes, media_type: str) -> None:
        """Store *content* under *name*, encrypted; its name is part of what is authenticated."""
        del media_type  # The record has it.
        self._files.put(name, self._sealer.seal_bytes(content, name), SEALED)

    def get(self, name: str) -> bytes:
        """Return what is kept under *name*.

        Raises:
            FileMissing: If there is nothing, or its key is gone.
        """
        try:
            return self._sealer.open_bytes(self._files.get(name), name)
        except Unreadable:
            raise FileMissing(name) from None

    def delete(self, name: str) -> None:
        """Remove what is kept under *name*, if anything is."""
        self._files.delete(name)
