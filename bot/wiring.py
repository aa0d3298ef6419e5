"""The one place where the concrete parts are chosen and wired."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from redis import Redis
from requests import Session
from twilio.rest import Client

from bot.channels.cloud.channel import CloudChannel
from bot.channels.cloud.media import CloudMedia
from bot.channels.cloud.payments import CloudPayments
from bot.channels.cloud.senders import CloudSenders, sender_tokens
from bot.channels.http import new_session
from bot.channels.rates import Rates
from bot.channels.twilio import missed
from bot.channels.twilio.channel import TwilioChannel, TwilioSenders, TwilioSms
from bot.channels.twilio.client import new_client
from bot.channels.twilio.contents import Contents
from bot.channels.twilio.media import TwilioMedia
from bot.config.settings import Settings, exit_on_bad_setting, read_settings
from bot.documents.maker import Maker
from bot.documents.sealed import SealedFiles
from bot.documents.storage import open_files
from bot.observability.logs import configure as set_up_logs
from bot.observability.metrics import count_message_status
from bot.observability.operator import Operator
from bot.observability.overdue import overdue_probe
from bot.observability.probes import reachability_probe, redis_probe, store_probe
from bot.observability.refusals import report_refused_form
from bot.payments import sandbox
from bot.payments.razorpay.client import RazorpayClient
from bot.payments.razorpay.gateway import RazorpayGateway
from bot.payments.sandbox import SandboxGateway
from bot.rendering.rendered import NoTemplate, Rendered
from bot.rendering.renderer import Renderer
from bot.runtime.clock_and_ids import SystemClock, UlidIds
from bot.runtime.encryption import Sealer
from bot.runtime.redis import RedisBell, connect
from domain.channel import Channel, Senders, Sms
from domain.gateway import Gateway, Orders
from domain.media import Media
from domain.ports import Bell, Clock, Documents, Files, Ids, Records
from domain.rules import Rules
from domain.scopes import Scope, SystemScope
from domain.work import Work
from flows.inbound import Inbound
from flows.runner import Runner
from store import Store, open_records, open_store
from store.looks import look_at_tables

__all__ = [
    "NoTemplate",
    "Parts",
    "Rendered",
    "build",
    "count_message_status",
    "exit_on_bad_setting",
    "read_settings",
    "report_refused_form",
    "set_up_logs",
]
TWILIO_API_URL = "https://api.twilio.com"
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


@dataclass(frozen=True)
class Parts:
    """The parts of a process, built once in each, after any fork."""

    settings: Settings
    rules: Rules
    store: Store
    records: Records
    clock: Clock
    ids: Ids
    bell: Bell
    redis: Redis
    rates: Rates
    channel: Channel
    media: Media
    senders: Senders
    gateway: Gateway
    renderer: Renderer
    sealer: Sealer
    sms: Sms | None = None
    documents: Documents = field(default_factory=Maker)
    files: Files = field(default_factory=lambda: open_files("file://var/files"))
    fetch_missed: Callable[[datetime, datetime], list[Inbound]] | None = None
    """Returns the messages that came between two instants; None if the provider keeps none."""

    @property
    def patient_files(self) -> Files:
        """Where files of patients are kept, encrypted."""
        return SealedFiles(self.files, self.sealer)

    def open_work(self, scope: Scope) -> Work:
        """Return a new unit of work that reads through *scope*, and rings when it commits."""
        now = self.clock.now()
        return Work(self.records, scope, now, self.ids, self.rules, self.bell, self.sealer)

    def look_at_tables(self) -> Iterator[tuple[str, str | None]]:
        """Yield each table's name and what is wrong with it: see `store.looks`."""
        return look_at_tables(self.store)

    def probes(self) -> dict[str, Callable[[], None]]:
        """Return what shows whether the product works, by the names that /health uses.

        Each raises if its dependency does not work. Made once a process: they remember answers.
        """
        look = partial(self.open_work, SystemScope("see whether work is overdue"))
        return {
            "database": store_probe(self.records),
            "redis": redis_probe(self.redis, self.clock),
            "whatsapp": reachability_probe(_provider_url(self.settings)),
            "workers": overdue_probe(look),
        }

    def operator(self) -> Operator:
        """Return who tells the operator, for one process; see `bot.observability.operator`."""
        settings = self.settings
        return Operator(
            settings.operator_webhook_url,
            settings.public_url,
            self.probes(),
            self.clock,
            new_session(1).post,
        )

    def new_capture_id(self) -> str:
        """Return a new capture id of the sandbox gateway."""
        return f"sbx_{secrets.token_hex(12)}"

    def take_sandbox_payment(
        self, work: Work, payment_id: str, capture_id: str, amount_paise: int
    ) -> None:
        """Record a payment at the sandbox gateway, in *work*; under one id it counts once."""
        sandbox.take_payment(work, payment_id, capture_id, amount_paise)

    def runner(self) -> Runner:
        """Return a runner, which answers inbound messages."""
        return Runner(
            records=self.records,
            clock=self.clock,
            ids=self.ids,
            rules=self.rules,
            phrases=self.renderer,
            ear=self.renderer.ear(),
            bell=self.bell,
            seal=self.sealer,
        )


def build(settings: Settings) -> Parts:
    """Build the parts that *settings* choose; nothing is connected before it is used."""
    clock = SystemClock()
    redis = connect(settings.redis_url)
    store = open_store(settings.database_url, settings.table_prefix, clock)
    sealer = Sealer(settings.data_keys)
    records = open_records(store)
    session = new_session()
    tokens = sender_tokens(records, sealer, settings.whatsapp_access_token)
    paid_inside: Orders | None = None
    if settings.takes_orders:
        paid_inside = CloudPayments(settings.whatsapp_api_url, tokens, session)
    channel: Channel = CloudChannel(settings.whatsapp_api_url, tokens, session)
    media: Media = CloudMedia(settings.whatsapp_api_url, tokens, session)
    senders: Senders = CloudSenders(
        settings.whatsapp_api_url, settings.whatsapp_access_token, session
    )
    fetch_missed = None
    twilio = _twilio_client(settings, session)
    if twilio is not None and settings.whatsapp_provider == "twilio":
        channel = TwilioChannel(twilio, Contents(twilio), settings.public_url)
        sid, token = settings.twilio_account_sid, settings.twilio_auth_token
        media = TwilioMedia(sid, token, settings.twilio_api_url, session)
        senders = TwilioSenders()
        fetch_missed = partial(missed.fetch_missed, twilio)
    return Parts(
        settings=settings,
        rules=settings.rules,
        store=store,
        records=records,
        clock=clock,
        ids=UlidIds(),
        bell=RedisBell(redis),
        redis=redis,
        rates=Rates(redis, settings.send_rate),
        channel=channel,
        media=media,
        senders=senders,
        gateway=_gateway(settings, records, clock, session, paid_inside),
        renderer=Renderer(TEMPLATES),
        sealer=sealer,
        files=open_files(settings.files_url),
        sms=_sms(settings, twilio),
        fetch_missed=fetch_missed,
    )


def _provider_url(settings: Settings) -> str:
    """Return the address that messages go to."""
    if settings.whatsapp_provider == "twilio":
        return settings.twilio_api_url or TWILIO_API_URL
    return settings.whatsapp_api_url


def _twilio_client(settings: Settings, session: Session) -> Client | None:
    if "twilio" not in {settings.whatsapp_provider, settings.sms_provider}:
        return None
    sid, token = settings.twilio_account_sid, settings.twilio_auth_token
    return new_client(sid, token, settings.twilio_api_url, session)


def _sms(settings: Settings, twilio: Client | None) -> Sms | None:
    if twilio is None or settings.sms_provider == "none":
        return None
    return TwilioSms(twilio, settings.twilio_sms_from or "", settings.public_url)


def _gateway(
    settings: Settings,
    records: Records,
    clock: Clock,
    session: Session,
    paid_inside: Orders | None,
) -> Gateway:
    if settings.payment_provider == "razorpay":
        client = RazorpayClient(
            settings.razorpay_api_url,
            settings.razorpay_key_id,
            settings.razorpay_key_secret,
            session,
        )
        return RazorpayGateway(client, settings.razorpay_key_secret, clock.now, paid_inside)
    books = SystemScope("keep the sandbox's books")

    def open_books() -> Work:
        return Work(records, books, clock.now(), UlidIds(), settings.rules)

    return SandboxGateway(open_books, paid_inside)
