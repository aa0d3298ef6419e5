"""Encryption of what the store must not hold in clear: AES-GCM, with keys that can be rotated."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.config.values import decode_key
from domain.errors import Unreadable

NONCE_BYTES = 12
KEY_ID_LENGTH = 8


class Sealer:
    """Encrypts with the newest key and decrypts with the key that was used."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take base64 keys of 32 bytes, newest first.

        Raises:
            ValueError: If there is none, or one is not 32 bytes.
        """
        if not keys:
            raise ValueError("DATA_KEY holds no key")
        self._keys: dict[str, AESGCM] = {}
        self._hashing = b""
        for text in keys:
            key = decode_key(text)
            self._keys.setdefault(hashlib.sha256(key).hexdigest()[:KEY_ID_LENGTH], AESGCM(key))
            self._hashing = self._hashing or hmac.digest(key, b"pulseops digest", hashlib.sha256)
        self._newest = next(iter(self._keys))

    def seal(self, text: str) -> str:
        """Return *text* encrypted, with the id of its key."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._keys[self._newest].encrypt(nonce, text.encode(), self._newest.encode())
        return f"{self._newest}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str) -> str:
        """Return the text that `seal` encrypted.

        Raises:
            Unreadable: If its key is not among the keys given, or it was changed since.
        """
        key_id, _, body = sealed.partition(".")
        if key_id not in self._keys:
            raise Unreadable("sealed with a key that is not given")
        try:
            raw = base64.urlsafe_b64decode(body)
            text = self._keys[key_id].decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], key_id.encode())
        except (InvalidTag, ValueError):
            raise Unreadable("changed since it was sealed") from None
        return text.decode()

    def seal_bytes(self, content: bytes, name: str) -> bytes:
        """Return *content* encrypted, with the id of its key; *name* is authenticated with it."""
        nonce = os.urandom(NONCE_BYTES)
        key_id = self._newest.encode()
        sealed = self._keys[self._newest].encrypt(nonce, content, key_id + name.encode())
        return key_id + nonce + sealed

    def open_bytes(self, sealed: bytes, name: str) -> bytes:
        """Return the content that `seal_bytes` encrypted under *name*.

        Raises:
            Unreadable: If its key is not among the keys given, or it was changed since.
        """
        key_id, rest = sealed[:KEY_ID_LENGTH], sealed[KEY_ID_LENGTH:]
        key = self._keys.get(key_id.decode("ascii", "replace"))
        if key is None:
            raise Unreadable("sealed with a key that is not given")
        try:
            return key.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], key_id + name.encode())
        except (InvalidTag, ValueError):
            raise Unreadable("changed since it was sealed") from None

    def digest(self, text: str) -> str:
        """Return a keyed hash of *text* under the newest key; another key gives another hash."""
        return hmac.new(self._hashing, text.encode(), hashlib.sha256).hexdigest()
