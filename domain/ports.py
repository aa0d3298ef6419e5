"""The ports of the rules: records, time, ids, encryption, documents, words, and the bell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from domain.errors import PulseOpsError
from domain.model.base import Record
from domain.model.messages import Option
from domain.model.reports import ReportFormat, ReportPage
from domain.model.visits import Medication
from domain.scopes import Scope

R = TypeVar("R", bound=Record)

Ref = tuple[type[Record], tuple[str, ...]]
"""A kind of record, and its key (partition, or partition and sort)."""


@dataclass(frozen=True)
class Query(Generic[R]):
    """Reads records of *kind* of one partition: those whose partition key is *equals*."""

    kind: type[R]
    equals: str
    _: KW_ONLY
    index: str | None = None
    """The index that is read; None: the table."""
    between: tuple[str, str] | None = None
    """The range of sort keys, both ends included; None: all."""
    limit: int = 100
    """The most records in a page, 1 to 1,000."""
    after: str | None = None
    """The `after` of the page before."""
    descending: bool = False


@dataclass(frozen=True)
class Page(Generic[R]):
    """A page of a query's records, in order; `after` continues it, None at the end."""

    records: list[R]
    after: str | None


@dataclass
class Changes:
    """What one transaction writes, all or nothing.

    `puts` are whole records, each conditional on its version (0: must be absent); `deletes` are
    conditional on the version read; `checks` are records that must still be as read, and `absent`
    keys that must not exist. A record appears once.
    """

    puts: list[Record] = field(default_factory=list)
    deletes: list[Record] = field(default_factory=list)
    checks: list[Record] = field(default_factory=list)
    absent: list[Ref] = field(default_factory=list)


class Records(Protocol):
    """The store, as the rules see it."""

    def get(self, scope: Scope, refs: Sequence[Ref]) -> list[Record | None]:
        """Read records by key, consistently, in order; None for one that is absent.

        A record that *scope* may not see reads as absent.

        Raises:
            StoreUnavailable: If the store does not answer in time.
        """

    def query(self, scope: Scope, query: Query[R]) -> Page[R]:
        """Read one partition of a table or an index, ordered by sort key.

        A table is read consistently; an index may lag. Records that *scope* may not see are left
        out before paging, so a page is full unless it is the last.

        Raises:
            StoreUnavailable: If the store does not answer in time.
        """

    def commit(self, changes: Changes) -> None:
        """Write all of *changes* or nothing.

        After StoreUnavailable it may be repeated with the same object, and acts once.

        Raises:
            Conflict: If a condition did not hold; nothing was written.
            ValueError: If the transaction is larger than the store takes.
            StoreUnavailable: If the store does not answer in time.
        """


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""


class Ids(Protocol):
    """Where ids and chance come from."""

    def new(self, prefix: str) -> str:
        """Return a new id that begins with *prefix* and sorts by the time it was made."""

    def secret(self, prefix: str) -> str:
        """Return a new id of *prefix* and 128 random bits, which does not reveal its time."""


class Seal(Protocol):
    """Encryption of what must not be stored in clear: codes, passwords, clinical text."""

    def seal(self, text: str) -> str:
        """Encrypt *text*; the ciphertext names its key."""

    def open(self, sealed: str) -> str:
        """Decrypt what `seal` returned.

        Raises:
            Unreadable: If its key is none of ours, or it was tampered with.
        """

    def digest(self, text: str) -> str:
        """Return a keyed hash of *text*, for comparing; *text* cannot be guessed from it."""


@dataclass(frozen=True, kw_only=True)
class PrescriptionPage:
    """What the document of a prescription shows."""

    clinic: str
    address: str
    phone: str
    doctor: str
    specialization: str
    patient: str
    age: int | None
    gender: str | None
    day: date
    """Of the visit, in the clinic's zone."""
    diagnosis: str | None
    medications: tuple[Medication, ...]
    words: str | None
    """The whole prescription, where it is free text."""
    notes: str | None
    written_at: datetime
    zone: str
    language: str
    branded: bool
    """Whether it bears the clinic's name alone, without ours."""


class Documents(Protocol):
    """Makes documents that people open, save and print."""

    def prescription(self, page: PrescriptionPage) -> bytes:
        """Return a prescription as a PDF with selectable text, in any of our languages."""

    def report(self, page: ReportPage, as_format: ReportFormat) -> bytes:
        """Return a report as a PDF, a workbook, or CSV in UTF-8."""


class FileMissing(PulseOpsError):
    """There is no such file."""


class Files(Protocol):
    """Stores generated documents: a folder, or a bucket, that all processes share."""

    def put(self, name: str, content: bytes, media_type: str) -> None:
        """Store *content* under *name*, replacing what was there. May be repeated."""

    def get(self, name: str) -> bytes:
        """Return the content stored under *name*.

        Raises:
            FileMissing: If there is none.
        """

    def delete(self, name: str) -> None:
        """Remove the file *name*, if there is one."""


class Phrases(Protocol):
    """The words on options, for flows that must recognise them when typed."""

    def title(self, language: str, name: str, option: Option) -> str:
        """Return the words on *option* of message *name* in *language*."""

    def every_title(self, name: str, option: Option) -> set[str]:
        """Return the words that *option* of message *name* may be shown with, in all languages.

        Those on a template's button are among them.
        """

    def languages(self) -> list[tuple[str, str]]:
        """Return the tag and own name of each language, English first."""


class Bell(Protocol):
    """Wakes workers, and live pages; stores nothing, so a lost ring only delays."""

    @property
    def is_heard(self) -> bool:
        """Whether a ring reached anybody, as far as was known when it was last rung."""

    def ring(self, job: str, shard: str) -> None:
        """Wake *job* for *shard*. Never raises, and returns within a fraction of a second.

        The job `live` wakes the pages that watch a doctor, whose id *shard* then is.
        """

    def mark_started(self, job: str, shard: str) -> None:
        """Record that *job* has started for *shard*: a ring from now on wakes it again."""
