"""Pictures, voice notes and stickers that people send or the business uploads."""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from simulator.store import Store


class Media(msgspec.Struct):
    """A stored file."""

    id: str
    mime_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The SHA-256 of the content, in hex."""
        return hashlib.sha256(self.content).hexdigest()


def _png(width: int, height: int) -> bytes:
    """Return a soft green gradient as a PNG: the photo every simulated person takes."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            shade = 60 * (x + y) // (width + height)
            rows += bytes((150 + shade, 205 + shade // 2, 185 + shade))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(rows), 9))
        + chunk(b"IEND", b"")
    )


# The files behind what people send: always the same ones, under ids that do not expire.
PHOTO = Media("7001001001001", "image/png", _png(320, 200))
STICKER = Media("7001001001002", "image/webp", b"RIFF\x1a\x00\x00\x00WEBPVP8L\r\x00\x00\x00/" * 2)
REPORT = Media("7001001001004", "application/pdf", b"%PDF-1.4\n% A blood test\n%%EOF\n")
VOICE = Media("7001001001003", "audio/ogg; codecs=opus", b"OggS\x00\x02" + bytes(64))


class Library:
    """The files stored at Meta. Call with the world's lock held."""

    def __init__(self, store: Store) -> None:
        """Begin with the built-in files and the uploads in *store*."""
        self._store = store
        self._media = {m.id: m for m in (PHOTO, STICKER, VOICE, REPORT)}
        for body in store.load("media"):
            media = msgspec.json.decode(body, type=Media)
            self._media[media.id] = media

    def add(self, media: Media) -> None:
        """Store an upload."""
        self._media[media.id] = media
        self._store.put("media", media.id, msgspec.json.encode(media))

    def find(self, media_id: str) -> Media | None:
        """Return the file with that id, if there is one."""
        return self._media.get(media_id)
