"""What the rules ask of the outside: records, time, ids, words and bells."""

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
"""What to read: a kind of record and its key (partition, or partition and sort)."""


@dataclass(frozen=True)
class Query(Generic[R]):
    """Which records of one partition are read: those of *kind* whose partition key is *equals*."""

    kind: type[R]
    equals: str
    _: KW_ONLY
    index: str | None = None
    """Whose partition is read; None: the table's own."""
    between: tuple[str, str] | None = None
    """The sort keys read, both ends included; None: all."""
    limit: int = 100
    """The most records of a page, 1 to 1,000."""
    after: str | None = None
    """Where the page before ended."""
    descending: bool = False


@dataclass(frozen=True)
class Page(Generic[R]):
    """Records of a query in the order asked for; `after` continues it, None at the end."""

    records: list[R]
    after: str | None


@dataclass
class Changes:
    """What one transaction writes: all of it or nothing.

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
        """Read records by key, consistently, in the order asked; None for what is absent.

        What lies behind a wall for *scope* reads as absent too.

        Raises:
            StoreUnavailable: If the store does not answer in time.
        """

    def query(self, scope: Scope, query: Query[R]) -> Page[R]:
        """Read the records of one partition of a table or an index, in the order of its sort key.

        A table is read consistently; an index may lag. Rows behind a wall are left out before
        paging, so a page is full unless it is the last.

        Raises:
            StoreUnavailable: If the store does not answer in time.
        """

    def commit(self, changes: Changes) -> None:
        """Write all of *changes* or nothing.

        May be repeated only with the same object after StoreUnavailable: it then acts once.

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
        """Return a new id that begins with *prefix* and sorts by the time of its making."""

    def secret(self, prefix: str) -> str:
        """Return a new id of 128 random bits that tells nothing of its time."""


class Seal(Protocol):
    """Encryption of what must not lie in the store in clear: codes, passwords, clinical text."""

    def seal(self, text: str) -> str:
        """Return *text* encrypted, with the id of its key."""

    def open(self, sealed: str) -> str:
        """Return the text that was sealed.

        Raises:
            Unreadable: If its key is none of ours, or it was tampered with.
        """

    def digest(self, text: str) -> str:
        """Return a keyed hash of *text*, for comparing: from it alone nothing can be guessed."""


@dataclass(frozen=True, kw_only=True)
class PrescriptionPage:
    """What a prescription shows, for whoever makes a document of it."""

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
    """The whole prescription, where it was written in words alone."""
    notes: str | None
    written_at: datetime
    zone: str
    language: str
    branded: bool
    """Whether the page is the clinic's alone, without our name."""


class Documents(Protocol):
    """Makes documents that people open, save and print."""

    def prescription(self, page: PrescriptionPage) -> bytes:
        """Return a prescription as a PDF, its text selectable in every language we speak."""

    def report(self, page: ReportPage, as_format: ReportFormat) -> bytes:
        """Return a report as a PDF, a workbook, or text in UTF-8 with values between commas."""


class FileMissing(PulseOpsError):
    """There is no such file."""


class Files(Protocol):
    """Where made documents are kept: a folder, or a bucket that all processes share."""

    def put(self, name: str, content: bytes, media_type: str) -> None:
        """Keep *content* under *name*, in the place of what was there. May be repeated."""

    def get(self, name: str) -> bytes:
        """Return what is kept under *name*.

        Raises:
            FileMissing: If nothing is.
        """

    def delete(self, name: str) -> None:
        """Remove what is kept under *name*, if anything is."""


class Phrases(Protocol):
    """The words of choices, for flows that must recognise them when typed."""

    def title(self, language: str, name: str, option: Option) -> str:
        """Return the words on *option* of message *name* in *language*."""

    def languages(self) -> list[tuple[str, str]]:
        """Return the tag and own name of each language, English first."""


class Bell(Protocol):
    """Tells the workers that there is something to do; never a store."""

    @property
    def is_heard(self) -> bool:
        """Whether there is anybody to hear it, as far as was known when it was last rung."""

    def ring(self, job: str, shard: str) -> None:
        """Wake *job* for *shard*. Never raises, returns within a fraction of a second.

        `live` wakes the pages that watch what *shard* names instead: a doctor.
        """

    def mark_started(self, job: str, shard: str) -> None:
        """Note that *job* has begun for *shard*: a ring from now on wakes it anew."""
