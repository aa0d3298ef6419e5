"""The one place where the concrete parts are picked and put together."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from bot.channels.cloud.channel import CloudChannel
from bot.channels.http import new_session
from bot.config import BadSetting, Settings, read_settings
from bot.logs import configure as set_up_logs
from bot.metrics import message_reached
from bot.outside import RedisBell, SystemClock, UlidIds, connect
from bot.payments.sandbox import SandboxGateway
from bot.rates import Rates
from bot.render import NoTemplate, Rendered, Renderer
from bot.sealing import Sealer
from domain.channel import Channel
from domain.gateway import Gateway
from domain.ports import Bell, Clock, Ids, Records
from domain.rules import Rules
from domain.scopes import Scope
from domain.work import Work
from flows.runner import Runner
from flows.words import Ears
from store import Store, open_records, open_store

__all__ = [
    "NoTemplate",
    "Parts",
    "Rendered",
    "build",
    "message_reached",
    "read_settings",
    "set_up_logs",
]
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


@dataclass(frozen=True)
class Parts:
    """What a process works with. Built once a process, after any fork."""

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
    gateway: Gateway
    renderer: Renderer
    sealer: Sealer

    def open_work(self, scope: Scope) -> Work:
        """Return a new unit of work that reads through *scope* and rings when committed."""
        now = self.clock.now()
        return Work(self.records, scope, now, self.ids, self.rules, self.bell, self.sealer)

    def new_capture_id(self) -> str:
        """Return a new id of a payment captured in the sandbox."""
        return f"sbx_{secrets.token_hex(12)}"

    def runner(self) -> Runner:
        """Return what answers inbound messages."""
        return Runner(
            records=self.records,
            clock=self.clock,
            ids=self.ids,
            rules=self.rules,
            phrases=self.renderer,
            ears=Ears(self.renderer.vocabularies()),
            bell=self.bell,
            seal=self.sealer,
        )


def build(settings: Settings) -> Parts:
    """Return the parts that *settings* ask for; connects to nothing before it is used.

    Raises:
        BadSetting: If a value cannot be used.
    """
    clock = SystemClock()
    redis = connect(settings.redis_url)
    store = open_store(settings.database_url, settings.table_prefix, clock)
    try:
        sealer = Sealer(settings.data_keys)
    except ValueError as error:
        raise BadSetting(str(error)) from None
    token = settings.whatsapp_access_token
    return Parts(
        settings=settings,
        rules=settings.rules,
        store=store,
        records=open_records(store),
        clock=clock,
        ids=UlidIds(),
        bell=RedisBell(redis),
        redis=redis,
        rates=Rates(redis, settings.send_rate),
        channel=CloudChannel(settings.whatsapp_api_url, lambda _sender: token, new_session()),
        gateway=SandboxGateway(),
        renderer=Renderer(TEMPLATES),
        sealer=sealer,
    )
