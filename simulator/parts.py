"""The simulator's parts, put together once for a process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.accepting import Accepting
from simulator.calls import Calls
from simulator.cloud import Cloud
from simulator.echoes import Echoes
from simulator.inbound import Inbound
from simulator.media import Library
from simulator.orders import Orders
from simulator.rates import Rates
from simulator.sending import Sending
from simulator.store import Store
from simulator.templates import Registry
from simulator.twilio.contents import Contents
from simulator.twilio.dialect import Twilio
from simulator.webhooks import Courier
from simulator.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.config import Config
    from simulator.dialect import Dialect


@dataclass(frozen=True)
class Parts:
    """What Meta's addresses, the control API and the page work on."""

    config: Config
    store: Store
    dialect: Dialect
    world: World
    courier: Courier
    templates: Registry
    contents: Contents
    library: Library
    rates: Rates
    orders: Orders
    calls: Calls
    sending: Sending
    accepting: Accepting
    inbound: Inbound
    echoes: Echoes

    def start(self) -> None:
        """Begin to deliver webhooks."""
        self.courier.start()

    def stop(self) -> None:
        """End every wait, stop delivering, and write everything to disk."""
        self.world.stop()
        self.courier.stop()
        self.store.close()


def assemble(config: Config, state: Path | None) -> Parts:
    """Build the parts; with *state*, from the data of an earlier run in that directory."""
    store = Store(state)
    world = World(config, store)
    dialect: Dialect = Cloud(config) if config.twilio is None else Twilio(config.twilio)
    courier = Courier(world, dialect)
    templates = Registry(store, config.templates)
    rates = Rates()
    library = Library(store)
    orders = Orders(world, courier)
    sending = Sending(world, courier, rates, library, orders, dialect)
    return Parts(
        config=config,
        store=store,
        dialect=dialect,
        world=world,
        courier=courier,
        templates=templates,
        contents=Contents(store),
        library=library,
        rates=rates,
        orders=orders,
        calls=Calls(world, dialect),
        sending=sending,
        accepting=Accepting(world, sending, templates, orders, dialect),
        inbound=Inbound(world, courier, rates, dialect),
        echoes=Echoes(config, world, courier, dialect),
    )
