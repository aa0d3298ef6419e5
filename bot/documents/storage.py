"""Where documents are stored (FILES_URL): a folder of this machine, or an S3 bucket."""

from __future__ import annotations

import secrets
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from domain.ports import FileMissing, Files

if TYPE_CHECKING:
    from botocore.client import BaseClient

FOLDER_SCHEME = "file://"
BUCKET_SCHEME = "s3://"
MISSING = frozenset({"NoSuchKey", "404"})


class FolderFiles:
    """Stores files in a folder; several processes of one machine may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: bytes, media_type: str) -> None:
        """Store *content*; a reader sees the file whole or not at all."""
        del media_type  # A folder does not store it.
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        unfinished.write_bytes(content)
        unfinished.replace(path)

    def get(self, name: str) -> bytes:
        """Return what is kept under *name*; see `Files.get`."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            raise FileMissing(name) from None

    def delete(self, name: str) -> None:
        """Remove what is kept under *name*, if anything is."""
        (self._folder / name).unlink(missing_ok=True)


class BucketFiles:
    """Stores files in an S3 bucket; credentials and endpoint are boto3's own settings."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    def put(self, name: str, content: bytes, media_type: str) -> None:
        """Store *content* under *name*."""
        self._client.put_object(
            Bucket=self._bucket, Key=self._prefix + name, Body=content, ContentType=media_type
        )

    def get(self, name: str) -> bytes:
        """Return what is kept under *name*; see `Files.get`."""
        import botocore.exceptions  # noqa: PLC0415 - see _client

        try:
            found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                raise FileMissing(name) from None
            raise
        content: bytes = found["Body"].read()
        return content

    def delete(self, name: str) -> None:
        """Remove what is kept under *name*, if anything is."""
        self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    @cached_property
    def _client(self) -> BaseClient:
        import boto3  # noqa: PLC0415 - takes 0.2 s to load, and a folder needs none of it

        return boto3.client("s3")


def open_files(url: str) -> Files:
    """Return the storage at *url*: `file://folder` or `s3://bucket/prefix`.

    Raises:
        ValueError: If it is neither.
    """
    if url.startswith(FOLDER_SCHEME):
        return FolderFiles(Path(url.removeprefix(FOLDER_SCHEME)))
    if url.startswith(BUCKET_SCHEME):
        bucket, _, prefix = url.removeprefix(BUCKET_SCHEME).partition("/")
        if bucket:
            return BucketFiles(bucket, prefix.strip("/"))
    raise ValueError(f"{url!r} is neither file://FOLDER nor s3://BUCKET/PREFIX")
