"""A clinic's day in one process: real flows, rules, templates, workers and SQLite; time, ids, the
provider's side and the bell are the test's.

Every message goes through the store and back: the conversation is stored and read between turns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, TypeVar

from bot.config.settings import read_settings
from bot.payments.sandbox import SandboxGateway, take_payment
from bot.rendering.renderer import Renderer
from bot.runtime.encryption import Sealer
from bot.runtime.redis import connect
from bot.wiring import Parts
from domain.actions.booking.queues import current_line
from domain.actions.delivery import states
from domain.actions.messages import outbox
from domain.actions.messages.outbox import CALLS
from domain.actions.settlement import captures
from domain.channel import Outbound, SendFailed, SendUnknown
from domain.errors import Busy, Conflict, PulseOpsError, StoreUnavailable
from domain.media import Fetched
from domain.model.base import Record
from domain.model.clinics import Clinic, Doctor
from domain.model.due import SHARDS, Due
from domain.model.messages import Message, Outgoing
from domain.model.money import Payment
from domain.model.people import Address, Contact
from domain.model.queues import LiveBooking, Queue, Token
from domain.ports import FileMissing, Records
from domain.rules import Rules
from domain.work import Work
from flows.inbound import Inbound
from flows.runner import Runner
from store import Store
from tests import sendable
from tests.people import (
    CITY_SENDER,
    PLATFORM_NUMBER,
    PLATFORM_SENDER,
    RULES,
    TESTS,
    Cast,
    CountingIds,
    FixedClock,
    SilentBell,
)
from tests.troubled import TroubledRecords
from workers.deliver import Deliverer
from workers.due_runner import DueRunner

DUE_SHARDS = [f"{n:02d}" for n in range(SHARDS)]
OUTBOX_SHARDS = [f"{n:02d}" for n in range(outbox.SHARDS)]
R = TypeVar("R", bound=Record)
T = TypeVar("T")

PATIENCE_SECONDS = 60.0
"""A drain of a test sees the end of whatever it begins, on however busy a machine."""


@dataclass
class FakeChannel:
    """A provider that takes everything, or fails as told, and remembers what it was given."""

    can_react: bool = True
    sent: list[Outbound] = field(default_factory=list)
    failures: deque[SendFailed | SendUnknown | None] = field(default_factory=deque)
    read: list[str] = field(default_factory=list)
    typing: list[str] = field(default_factory=list)

    def send(self, message: Outbound) -> str:
        """Take *message*, or raise the next failure prepared (None: take it)."""
        failure = self.failures.popleft() if self.failures else None
        if isinstance(failure, SendFailed):
            raise failure
        self.sent.append(message)
        if isinstance(failure, SendUnknown):
            raise failure
        return f"wamid.{len(self.sent)}"

    def mark_read(self, sender: str, provider_id: str, *, typing: bool = False) -> None:
        """Remember what was read, and where we were seen typing."""
        del sender
        (self.typing if typing else self.read).append(provider_id)


PICTURE = b"\x89PNG\r\n\x1a\n a picture"


@dataclass
class FakeMedia:
    """The provider's files: a picture or a voice note, unless a test says otherwise."""

    found: dict[str, Fetched | PulseOpsError] = field(default_factory=dict)
    takes: bool = True
    """Whether it takes files to send; a provider that takes none fetches them from us."""
    offered: list[tuple[str, bytes, str, str]] = field(default_factory=list)

    def fetch(self, sender: str, source: str) -> Fetched:
        """Return the file under *source*, or raise what the test put there."""
        del sender
        voice = source.startswith("audio")
        usual = Fetched(b"OggS", "audio/ogg") if voice else Fetched(PICTURE, "image/png")
        found = self.found.get(source, usual)
        if isinstance(found, PulseOpsError):
            raise found
        return found

    def offer(self, sender: str, content: bytes, media_type: str, name: str) -> str | None:
        """Remember what is to be sent, and return an id for it."""
        self.offered.append((sender, content, media_type, name))
        return f"media_{len(self.offered)}" if self.takes else None


@dataclass
class FakeFiles:
    """Files in memory."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, content: bytes, media_type: str) -> None:
        """Keep *content*."""
        del media_type
        self.kept[name] = content

    def get(self, name: str) -> bytes:
        """Return what is kept under *name*."""
        if name not in self.kept:
            raise FileMissing(name)
        return self.kept[name]

    def delete(self, name: str) -> None:
        """Keep nothing under *name*."""
        self.kept.pop(name, None)


@dataclass
class FakeSenders:
    """Meta's knowledge of sending numbers: which token sees which, and the number behind it."""

    numbers: dict[str, str] = field(
        default_factory=lambda: {PLATFORM_SENDER: PLATFORM_NUMBER, CITY_SENDER: "+919876543001"}
    )
    tokens: dict[str, set[str]] = field(default_factory=dict)
    away: bool = False

    def number_of(self, sender: str, access_token: str | None = None) -> str | None:
        """Return the number behind *sender*, if the token sees it."""
        if self.away:
            raise Busy("WhatsApp could not be asked; please try again.")
        if access_token is not None and sender not in self.tokens.get(access_token, set()):
            return None
        return self.numbers.get(sender)


class NoRates:
    """A number without a limit."""

    def take(self, sender: str, longest: float = 0.0) -> float:
        """Let everything through at once."""
        del sender, longest
        return 0.0

    def give_back(self, sender: str) -> None:
        """Take back what was not used."""

    def take_pair(self, sender: str, contact_id: str) -> bool:
        """Let everything through."""
        del sender, contact_id
        return True


class NoRedis:
    """A Redis that is never there, of which nothing depends; whoever connects is refused."""

    connection_pool = connect("redis://127.0.0.1:1/0").connection_pool

    def set(self, *_args: object, **_kwargs: object) -> bool:
        """Grant every lease."""
        return True

    def delete(self, *_args: object) -> None:
        """Forget."""

    @contextmanager
    def pubsub(self, **_kwargs: object) -> Iterator[Silence]:
        """Let somebody listen who will hear nothing."""
        yield Silence()


class Silence:
    """What is heard of a Redis that is never there."""

    def psubscribe(self, *_patterns: str) -> None:
        """Take note of what to listen for."""

    def get_message(self, timeout: float) -> None:
        """Hear nothing for *timeout* seconds."""
        Event().wait(timeout)


def _renderer(clock: FixedClock) -> Renderer:
    renderer = copy(sendable.renderer())
    renderer._clock = clock.now
    return renderer


class Stage:
    """Drives the product as WhatsApp, the payment page and the workers would."""

    def __init__(
        self, store: Store, records: Records, clock: FixedClock, rules: Rules = RULES
    ) -> None:
        self.clock = clock
        self.records = records
        self.trouble = TroubledRecords(records)
        """What the product sees of *records*: a test may let commits and queries fail."""
        self.ids = CountingIds(1_000_000)
        self.channel = FakeChannel()
        self.senders = FakeSenders()
        self.media = FakeMedia()
        self.files = FakeFiles()
        self.bell = SilentBell()
        settings = replace(
            read_settings({}), whatsapp_phone_number_id=rules.platform_sender, send_rate=1000
        )
        self.parts = Parts(
            settings=settings,
            rules=rules,
            store=store,
            records=self.trouble,
            clock=clock,
            ids=self.ids,
            bell=self.bell,
            redis=NoRedis(),  # type: ignore[arg-type]
            rates=NoRates(),  # type: ignore[arg-type]
            channel=self.channel,
            media=self.media,
            senders=self.senders,
            files=self.files,
            gateway=SandboxGateway(self.work),
            renderer=_renderer(clock),
            sealer=Sealer(settings.data_keys),
        )
        self.runner: Runner = self.parts.runner()
        self.deliverer = Deliverer(
            self.parts,
            ThreadPoolExecutor(1),  # one order, every time
            slice_seconds=PATIENCE_SECONDS,
        )
        self.due_runner = DueRunner(self.parts)
        self.made = 0
        self.phones_on = True
        """Whether what calls people in arrives on their phones as soon as it is sent."""
        self.cast: Cast | None = None

    def work(self) -> Work:
        """Return a unit of work that sees everything."""
        return self.parts.open_work(TESTS)

    def hear(
        self,
        phone: str,
        text: str = "",
        *,
        kind: str = "text",
        sender: str = CITY_SENDER,
        name: str | None = None,
        sent_at: datetime | None = None,
        message_id: str | None = None,
        **parts: Any,
    ) -> str:
        """Let a person's message come in, with more *parts* of an `Inbound`; return its id."""
        self.made += 1
        message_id = message_id or f"wamid.IN{self.made}"
        at = (sent_at or self.clock.now()).replace(microsecond=0)
        self.runner.handle(
            Inbound(
                message_id=message_id,
                sender=sender,
                kind=kind,
                sent_at=at,
                phone=phone or None,
                profile_name=name,
                text=text,
                **{"display_number": None, **parts},
            )
        )
        return message_id

    def settle(self) -> list[Outbound]:
        """Let the workers do and send everything that is due now; return what was sent."""
        before = len(self.channel.sent)
        for _ in range(200):
            acted = sum(self.due_runner.run(shard) for shard in DUE_SHARDS)
            sent = sum(self.deliverer.drain(s) for s in OUTBOX_SHARDS if self._holds_mail(s))
            if not acted and not sent:
                break
        else:
            raise AssertionError("the workers never come to rest")
        if self.phones_on:
            self._arrive(self.channel.sent[before:])
        return self.channel.sent[before:]

    def _holds_mail(self, shard: str) -> bool:
        """Return whether anything is in *shard*, sooner than a drain would look everywhere."""
        return bool(self.work().query(Outgoing, shard, limit=1).records)

    def _arrive(self, sent: list[Outbound]) -> None:
        for outbound in sent:
            for _ in range(5):
                work = self.work()
                message = work.get(Message, outbound.message_id)
                if message is None or message.name not in CALLS or message.provider_id is None:
                    break
                states.apply_status(work, message.message_id, "delivered", message.provider_id)
                try:
                    work.commit()
                except (Conflict, StoreUnavailable):
                    continue
                break

    def wait(self, minutes: float) -> list[Outbound]:
        """Let time pass, with the workers doing what is due at its own moment."""
        end = self.clock.now() + timedelta(minutes=minutes)
        sent = self.settle()
        while True:
            moment = self._next_moment(end)
            self.clock.instant = max(self.clock.now(), moment)
            sent += self.settle()
            if moment >= end:
                return sent

    def _next_moment(self, end: datetime) -> datetime:
        moments = [end]
        work = self.work()
        for shard in DUE_SHARDS:
            page = work.query(Due, shard, limit=1)
            moments += [r.at for r in page.records]
        for shard in filter(self._holds_mail, OUTBOX_SHARDS):
            for urgency in "123":
                page_out = work.query(
                    Outgoing, shard, between=(f"{urgency}#", f"{urgency}#~"), limit=1
                )
                moments += [
                    datetime.strptime(r.place.split("#")[1], "%Y-%m-%dT%H:%M:%S.%fZ").replace(
                        tzinfo=UTC
                    )
                    for r in page_out.records
                ]
        return min(m for m in moments if m > self.clock.now() or m == end)

    def on_line(self, action: Callable[..., T], clinic: Clinic, doctor: Doctor, *args: object) -> T:
        """Do *action* upon the doctor's current line and commit it; return what it returns."""
        work = self.work()
        result = action(current_line(work, clinic, doctor), *args)
        work.commit()
        self.clock.advance(seconds=0.001)  # two events of one line never share an instant
        return result

    def contact_id(self, phone: str) -> str:
        """Return the contact reached at *phone*."""
        address = self.work().get(Address, f"tel:{phone}")
        assert address is not None
        return address.contact_id

    def tokens(self, phone: str) -> list[Token]:
        """Return the live bookings of a phone, in the order of their ids."""
        work = self.work()
        bookings = work.query(LiveBooking, self.contact_id(phone)).records
        found = [work.get(Token, b.queue_id, b.token_id) for b in bookings]
        return sorted((t for t in found if t is not None), key=lambda t: t.token_id)

    def every_token(self, phone: str) -> list[Token]:
        """Return all bookings ever made from a phone for its patients, oldest first."""
        work = self.work()
        contact = work.get(Contact, self.contact_id(phone))
        assert contact is not None
        found = [
            t
            for patient_id in contact.patient_ids
            for t in work.query(Token, patient_id, index="patientId-date-idx").records
        ]
        return sorted(found, key=lambda t: t.token_id)

    def fail_payment(self, token: Token) -> None:
        """Let an attempt to pay for a token fail."""
        work = self.work()
        captures.record_failed_attempt(work, token.payment_id or "")
        work.commit()

    def token(self, token: Token) -> Token:
        """Return *token* as it is stored now."""
        found = self.work().get(Token, token.queue_id, token.token_id)
        assert found is not None
        return found

    def queue(self, doctor_id: str, day: str) -> Queue:
        """Return a doctor's line as it is stored now."""
        found = self.work().get(Queue, doctor_id, day)
        assert found is not None
        return found

    def pay(self, token: Token, capture_id: str | None = None, *, amount: int | None = None) -> str:
        """Pay for a token as the gateway's notice does; return the capture's id."""
        payment = self.work().get(Payment, token.payment_id or "")
        assert payment is not None
        capture_id = capture_id or self.ids.new("sbx_")
        for _ in range(5):
            work = self.work()
            paid = amount or payment.amount_paise
            take_payment(work, payment.payment_id, capture_id, paid)
            captures.record_capture(work, payment.payment_id, capture_id, paid)
            try:
                work.commit()
            except Conflict:
                continue
            break
        return capture_id

    def messages(self) -> list[Message]:
        """Return every message the provider was given, as stored, in the order of sending."""
        work = self.work()
        found = [work.get(Message, o.message_id) for o in self.channel.sent]
        return [m for m in found if m is not None]
