"""Files of patients and staff: received, fetched, passed on, kept for the doctor, removed.

A message with a file only writes a record; a due item fetches the content from the provider, since
that is slow. Whoever sent what cannot be had is told so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from domain import due
from domain.actions.messages.outbox import Draft, send, sender_of
from domain.actions.staff import talks
from domain.actions.staff.alerts import Alert, alert_user, is_of_desk
from domain.due import OpenWork
from domain.errors import NotFound, Unreadable
from domain.media import MEDIA_TYPES, Media, MediaAway, MediaRefused, require_kept
from domain.model.clinics import Clinic, Role, User
from domain.model.due import Due
from domain.model.files import FilePurpose, FileState, PatientFile, owner_of
from domain.model.messages import Attachment, Option
from domain.model.queues import Token
from domain.model.talks import Talk
from domain.ports import FileMissing, Files
from domain.work import Work

MOST_ATTEMPTS = 7
"""How often a provider that does not answer is asked: for about a quarter of an hour."""
FIRST_PAUSE = timedelta(seconds=10)
KEPT_FOR = {FilePurpose.TALK: timedelta(days=30), FilePurpose.VISIT: timedelta(days=3 * 365)}
"""How long the content is kept: what is for the doctor as long as the visit's record."""
UNBOOKED_FOR = timedelta(days=3)
"""So long before a visit a file that was sent without a booking is taken to be for it."""
LINK_GOOD = timedelta(hours=1)
HELPS = timedelta(hours=24)
IMAGE_MAX = 5 * 1024 * 1024
"""WhatsApp shows larger pictures as documents only."""
SHOWN_AS_IMAGE = {"image/jpeg", "image/png"}
MOST_FILES = 50
MOST_A_DAY = 20
"""Files of one chat that are fetched within a day: a stranger may send any number."""
VOICE = "🎤"


@dataclass(frozen=True, kw_only=True)
class Received:
    """A file as a message names it."""

    sender: str
    """The number of ours that it was sent to."""
    message_id: str
    media: str
    """WhatsApp's kind: image, video, audio, document."""
    source: str
    """Where the provider has it."""
    words: str = ""
    name: str = ""


def receive(
    work: Work,
    clinic: Clinic,
    contact_id: str,
    received: Received,
    *,
    token: Token | None = None,
    purpose: FilePurpose = FilePurpose.TALK,
    user: User | None = None,
) -> PatientFile:
    """Record a file that a patient sent, or *user* sends to the patient, and have it fetched."""
    label = {"words": received.words, "name": received.name}
    file = work.put(
        PatientFile(
            owner=owner_of(clinic.clinic_id, contact_id),
            file_id=work.ids.new("file_"),
            clinic_id=clinic.clinic_id,
            contact_id=contact_id,
            sender=received.sender,
            purpose=purpose,
            token_id=token.token_id if token else None,
            user_id=user.user_id if user else None,
            media=received.media,
            label=work.seal.seal(json.dumps(label)),
            source=work.seal.seal(received.source),
            answers=received.message_id,
            created_at=work.now,
        )
    )
    _schedule(work, "fetch_file", file)
    return file


def are_too_many(work: Work, clinic: Clinic, contact_id: str) -> bool:
    """Return whether a contact's chat with a clinic had its share of files within a day."""
    owner = owner_of(clinic.clinic_id, contact_id)
    found = work.query(PatientFile, owner, limit=MOST_A_DAY, descending=True).records
    since = work.now - timedelta(days=1)
    return len(found) == MOST_A_DAY and found[-1].created_at > since


def _schedule(
    work: Work, kind: str, file: PatientFile, after: timedelta = timedelta(), to: str | None = None
) -> None:
    about = due.Subject(f"{file.file_id}{to or ''}", clinic_id=file.clinic_id)
    due.schedule(work, kind, work.now + after, about, owner=file.owner, file=file.file_id, to=to)


def fetch_file(open_work: OpenWork, media: Media, files: Files, item: Due) -> None:
    """Fetch a file from the provider and keep it; in a talk it is passed on.

    A provider that does not answer is asked again. What cannot be had, or is not kept, is told to
    its sender. May be killed and run again.
    """
    work = open_work()
    file = _file_of(work, item)
    if file is None or file.state is not FileState.FETCHING:
        due.finish(open_work, item)
        return
    try:
        found = media.fetch(file.sender, work.seal.open(file.source or ""))
        require_kept(found)
    except MediaAway:
        if item.attempts + 1 < MOST_ATTEMPTS:
            _again(open_work, item)
        else:
            _lose(open_work, item)
        return
    except (MediaRefused, Unreadable):
        _lose(open_work, item)
        return
    files.put(file.name, found.content, found.media_type)
    work = open_work()
    file = _file_of(work, item)
    work.delete(item)
    if file is not None:
        kept = work.put(
            file.but(
                state=FileState.KEPT,
                media_type=found.media_type,
                size=len(found.content),
                source=None,
            )
        )
        _schedule(work, "remove_file", kept, KEPT_FOR[kept.purpose])
        if kept.purpose is FilePurpose.TALK:
            _schedule(work, "pass_file", kept)
    work.commit()
    if file is None:  # erased meanwhile
        files.delete(_name_of(item))


def _again(open_work: OpenWork, item: Due) -> None:
    work = open_work()
    due.reschedule(work, item, FIRST_PAUSE * 2**item.attempts)
    work.commit()


def _lose(open_work: OpenWork, item: Due) -> None:
    """Record that a file cannot be had, and tell who sent it."""
    work = open_work()
    work.delete(item)
    file = _file_of(work, item)
    clinic = work.get(Clinic, item.clinic_id or "")
    if file is not None and clinic is not None:
        work.put(file.but(state=FileState.LOST, source=None))
        if file.user_id is None:
            send(
                work,
                Draft(
                    "talk/file_lost",
                    to=file.contact_id,
                    clinic=clinic,
                    sender=file.sender,
                    reply_to=file.answers,
                    helps_until=work.now + HELPS,
                ),
            )
        else:
            lost = Alert(
                name="desk/file_lost",
                secrets={"person": talks.name_of(work, file.contact_id)},
                shows=[file.contact_id],
                helps_for=HELPS,
            )
            alert_user(work, clinic, file.user_id, lost)
    work.commit()


def pass_file(open_work: OpenWork, media: Media, files: Files, item: Due) -> None:
    """Send a file on: to the patient, to whoever answers them, or to one who asked for it.

    `to` of the item is the contact of who asked. A provider that does not take it is asked again,
    and in the end it is only said that there is a file. May be killed and run again: at worst the
    file is given to the provider twice, and sent once.
    """
    work = open_work()
    file, clinic = _file_of(work, item), work.get(Clinic, item.clinic_id or "")
    work.delete(item)
    if file is None or clinic is None or file.state is not FileState.KEPT:
        work.commit()
        return
    to = item.values.get("to")
    talk = work.get(Talk, file.clinic_id, file.contact_id)
    to_patient = file.user_id is not None and to in {None, file.contact_id}
    sender = file.sender if to is not None or talk is None else talk.sender
    if not to_patient:
        sender = sender_of(work, clinic)
    try:
        carried = _attachment(work, media, files, file, sender)
    except MediaAway:
        if item.attempts + 1 < MOST_ATTEMPTS:
            _again(open_work, item)
            return
        carried = None
    if to_patient:
        _send_to_patient(work, clinic, file, sender, carried)
    elif to is not None:
        _send_to_who_asked(work, clinic, file, str(to), carried)
    else:
        _send_to_desk(work, clinic, file, talk, carried)
    work.commit()


def _attachment(
    work: Work, media: Media, files: Files, file: PatientFile, sender: str
) -> Attachment | None:
    """Give the file to the provider; None if it cannot be shown in WhatsApp."""
    kind = file.media_type or ""
    name = download_name(work, file)
    try:
        reference = media.offer(sender, files.get(file.name), kind, name)
    except (FileMissing, MediaRefused):
        return None
    form, _, _ = kind.partition("/")
    if form not in {"audio", "video"} and (kind not in SHOWN_AS_IMAGE or file.size > IMAGE_MAX):
        form = "document"
    link = None if reference is not None else link_to(work, file)
    return Attachment(kind=form, reference=reference, link=link, name=name)


def _send_to_patient(
    work: Work, clinic: Clinic, file: PatientFile, sender: str, carried: Attachment | None
) -> None:
    user = work.get(User, file.clinic_id, file.user_id or "")
    values = {
        "name": user.name if user else clinic.name,
        "desk": user is not None and user.role is Role.ADMIN,
    }
    if carried is not None and carried.kind == "audio":
        # WhatsApp shows no words below a voice note, so who speaks is said before it.
        send(
            work,
            Draft(
                "talk/answer",
                to=file.contact_id,
                clinic=clinic,
                sender=sender,
                values={**values, "reopened": False},
                secrets={"text": VOICE},
                helps_until=work.now + HELPS,
            ),
        )
    send(
        work,
        Draft(
            "talk/file",
            to=file.contact_id,
            clinic=clinic,
            sender=sender,
            values={**values, "shown": carried is not None},
            secrets={"text": _label(work, file)["words"]},
            options=[_button(file)],
            attachment=carried,
            helps_until=work.now + HELPS,
            order=1,
        ),
    )


def _send_to_who_asked(
    work: Work, clinic: Clinic, file: PatientFile, to: str, carried: Attachment | None
) -> None:
    send(
        work,
        Draft(
            "desk/file",
            to=to,
            clinic=clinic,
            values={"shown": carried is not None},
            secrets=_told(work, file),
            options=[*talks.buttons_of(file.contact_id)[:1], _button(file)],
            attachment=carried,
            shows=[file.contact_id],
            helps_until=work.now + HELPS,
        ),
    )


def _send_to_desk(
    work: Work,
    clinic: Clinic,
    file: PatientFile,
    talk: Talk | None,
    carried: Attachment | None,
) -> None:
    alert = Alert(
        name="desk/file",
        values={"shown": carried is not None},
        secrets=_told(work, file),
        options=[*talks.buttons_of(file.contact_id)[:1], _button(file)],
        attachment=carried,
        shows=[file.contact_id],
        helps_for=HELPS,
    )
    if talk is not None:
        talks.alert_answering(work, clinic, talk, alert)


def _told(work: Work, file: PatientFile) -> dict[str, str]:
    return {
        "person": talks.name_of(work, file.contact_id),
        "text": _label(work, file)["words"],
    }


def _button(file: PatientFile) -> Option:
    return Option(id=f"file:{file.contact_id}:{file.file_id}", label="file_button")


def ask_for(work: Work, clinic: Clinic, contact_id: str, file_id: str, *, to: str) -> PatientFile:
    """Have a file sent to the contact *to*; the caller has checked that they may have it.

    Raises:
        NotFound: If it is not, or no longer, kept.
    """
    across = work.system("send somebody a file that they may have")
    file = across.get(PatientFile, owner_of(clinic.clinic_id, contact_id), file_id)
    if file is None or file.state is not FileState.KEPT:
        raise NotFound
    _schedule(work, "pass_file", file, to=to)
    return file


def may_have(work: Work, clinic: Clinic, user: User, contact_id: str, file_id: str) -> bool:
    """Return whether a member of staff may have a file: the desk, or the doctor it is for."""
    if user.role is Role.ADMIN:
        return True
    across = work.system("see for whom a file is")
    file = across.get(PatientFile, owner_of(clinic.clinic_id, contact_id), file_id)
    if file is None:
        return False
    if file.purpose is FilePurpose.TALK:
        talk = across.get(Talk, clinic.clinic_id, contact_id)
        answers = talk is not None and talk.user_id == user.user_id
        return answers or is_of_desk(work, clinic, user)
    tokens = across.query(Token, user.doctor_id or "", index="doctorId-date-idx", descending=True)
    return any(t.contact_id == contact_id and is_for(file, t) for t in tokens.records)


def is_for(file: PatientFile, token: Token) -> bool:
    """Return whether a file is for the doctor of a booking of the same contact.

    One that was sent without a booking is for those of the next days.
    """
    if file.purpose is not FilePurpose.VISIT or file.state is not FileState.KEPT:
        return False
    if file.token_id is not None:
        return file.token_id == token.token_id
    return timedelta(days=-1) < token.estimated_time - file.created_at < UNBOOKED_FOR


def files_of(work: Work, token: Token) -> list[PatientFile]:
    """Return the files for the doctor of a booking, oldest first; *work* may see it."""
    across = work.system("the files of a booking that the caller may see")
    owner = owner_of(token.clinic_id, token.contact_id)
    found = across.query(PatientFile, owner, limit=MOST_FILES, descending=True).records
    return [f for f in reversed(found) if is_for(f, token)]


def assign(work: Work, clinic: Clinic, contact_id: str, file_id: str, token: Token | None) -> None:
    """Keep a file with a booking; without one it is for the clinic's people, who get it.

    Raises:
        NotFound: If there is no such file.
    """
    file = work.require(PatientFile, owner_of(clinic.clinic_id, contact_id), file_id)
    if token is not None:
        work.put(file.but(token_id=token.token_id))
        return
    file = work.put(file.but(purpose=FilePurpose.TALK))
    if file.state is FileState.KEPT:
        _schedule(work, "pass_file", file)


def remove_file(open_work: OpenWork, files: Files, item: Due) -> None:
    """Remove a file whose time is over, or whose patient is erased. May be repeated."""
    files.delete(_name_of(item))
    work = open_work()
    file = _file_of(work, item)
    if file is not None:
        work.delete(file)
    work.delete(item)
    work.commit()


def _file_of(work: Work, item: Due) -> PatientFile | None:
    return work.get(PatientFile, str(item.values["owner"]), str(item.values["file"]))


def _name_of(item: Due) -> str:
    return f"files/{item.clinic_id}/{item.values['file']}"


def _label(work: Work, file: PatientFile) -> dict[str, str]:
    if file.label is None:
        return {"words": "", "name": ""}
    told: dict[str, str] = json.loads(work.seal.open(file.label))
    return told


def download_name(work: Work, file: PatientFile) -> str:
    """Return a harmless name for a file, which ends as its kind does."""
    said = _label(work, file)["name"].rpartition(".")[0]
    kept = "".join(c for c in said if c.isalnum() or c in " -_")[:60].strip()
    ending = MEDIA_TYPES.get(file.media_type or "", "bin")
    return f"{kept or file.media}.{ending}"


def words_of(work: Work, file: PatientFile) -> str:
    """Return the words that came with a file."""
    return _label(work, file)["words"]


def link_to(work: Work, file: PatientFile) -> str:
    """Return an address from which the provider fetches a file, for an hour."""
    until = int((work.now + LINK_GOOD).timestamp())
    sealed = work.seal.seal(json.dumps([file.owner, file.file_id, until]))
    return f"{work.rules.public_url}/api/v1/files/{sealed}"


def file_by_link(work: Work, link: str) -> PatientFile:
    """Return the file behind a link.

    Raises:
        NotFound: If it is no link of ours, has ended, or its file is gone.
    """
    try:
        owner, file_id, until = json.loads(work.seal.open(link))
    except (Unreadable, ValueError, TypeError):
        raise NotFound from None
    file = work.require(PatientFile, str(owner), str(file_id))
    if file.state is not FileState.KEPT or until <= work.now.timestamp():
        raise NotFound
    return file


def file_for(work: Work, token: Token, file_id: str) -> PatientFile:
    """Return a file for the doctor of a booking.

    Raises:
        NotFound: If it is not one of theirs.
    """
    for file in files_of(work, token):
        if file.file_id == file_id:
            return file
    raise NotFound
