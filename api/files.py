"""Files that patients sent for the doctor: listed and downloaded, never shown in place."""

from __future__ import annotations

from flask import Response

from api.frame.calls import Answer, Call
from api.frame.routes import Resource
from api.schemas.files import FileData, FileLinkPath, FilePath, FilesData
from api.schemas.tokens import TokenPath
from domain.actions.booking import tokens
from domain.actions.visits import files as actions
from domain.errors import NotFound
from domain.model.files import PatientFile
from domain.model.queues import Token
from domain.permissions import EVERYBODY
from domain.ports import FileMissing
from domain.work import Work

BYTES = "application/octet-stream"
files = Resource("files", "Reports and old prescriptions that patients sent for the doctor.")


@files.get("/tokens/<tokenId>/files", needs=EVERYBODY, answers=FilesData, audits=True)
def list_files(work: Work, call: Call, path: TokenPath) -> Answer:
    """List the files for the doctor of a booking, the oldest first.

    Those that came from the same phone in the three days before, when there was no booking yet, are
    among them.
    """
    token = _token_of(work, call, path)
    found = actions.files_of(work, token)
    return Answer(FilesData(token_id=token.token_id, files=[_render(work, f) for f in found]))


@files.get("/tokens/<tokenId>/files/<fileId>", needs=EVERYBODY, answers=BYTES, audits=True)
def download_file(work: Work, call: Call, path: FilePath) -> Response:
    """Download a file for the doctor of a booking.

    It is to be saved, and is never shown from our own address.
    """
    token = _token_of(work, call, path)
    return _respond(work, call, actions.file_for(work, token, path.file_id))


@files.get("/files/<link>", needs=None, answers=BYTES)
def open_file(work: Work, call: Call, path: FileLinkPath) -> Response:
    """Return the file that a provider is to send, by the address that it was given for an hour."""
    across = work.system("give a provider a file to send")
    return _respond(across, call, actions.file_by_link(across, path.link))


def _token_of(work: Work, call: Call, path: TokenPath) -> Token:
    token, _ = tokens.find_token(work, path.token_id)
    call.patient_id = token.patient_id
    return token


def _respond(work: Work, call: Call, file: PatientFile) -> Response:
    try:
        content = call.services.patient_files.get(file.name)
    except FileMissing:
        raise NotFound from None
    answer = Response(content, mimetype=file.media_type or BYTES)
    name = actions.download_name(work, file)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _render(work: Work, file: PatientFile) -> FileData:
    return FileData(
        file_id=file.file_id,
        name=actions.download_name(work, file),
        media_type=file.media_type or BYTES,
        size=file.size,
        words=actions.words_of(work, file) or None,
        is_assigned=file.token_id is not None,
        created_at=file.created_at,
    )
