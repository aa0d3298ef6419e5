"""Where made documents are kept: a folder and a bucket behave alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from bot.documents.storage import open_files
from domain.ports import FileMissing, Files
from tests.stores import emulated

BUCKET = "pulseops-files"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Return the address of an S3 engine on loopback, with one bucket."""
    with emulated("s3") as endpoint:
        boto3.client(
            "s3", endpoint_url=endpoint, region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test",
        ).create_bucket(Bucket=BUCKET)  # fmt: skip
        yield endpoint


@pytest.fixture(params=["folder", "bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    if request.param == "folder":
        return open_files(f"file://{tmp_path / 'files'}")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", request.getfixturevalue("s3"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return open_files(f"s3://{BUCKET}/{tmp_path.name}")


def test_what_was_put_is_got(files):
    files.put("reports/c/report_1.pdf", b"\x00one", "application/pdf")
    assert files.get("reports/c/report_1.pdf") == b"\x00one"


def test_putting_again_replaces(files):
    files.put("a/b.csv", b"one", "text/csv")
    files.put("a/b.csv", b"two", "text/csv")
    assert files.get("a/b.csv") == b"two"


def test_what_is_not_there_is_missing(files):
    with pytest.raises(FileMissing):
        files.get("a/none.csv")


def test_what_was_deleted_is_missing_and_may_be_deleted_again(files):
    files.put("a/b.csv", b"one", "text/csv")
    files.delete("a/b.csv")
    files.delete("a/b.csv")
    with pytest.raises(FileMissing):
        files.get("a/b.csv")


def test_a_folder_never_shows_half_a_file(tmp_path):
    files = open_files(f"file://{tmp_path}")
    files.put("b.csv", b"x" * 100_000, "text/csv")
    assert [p.name for p in tmp_path.iterdir()] == ["b.csv"]


@pytest.mark.parametrize("url", ["ftp://x", "s3://", "/var/files"])
def test_another_address_is_refused(url):
    with pytest.raises(ValueError, match="neither"):
        open_files(url)
