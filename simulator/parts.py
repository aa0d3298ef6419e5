"""The simulator's parts, put together once for a process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.inbound import Inbound
from simulator.media import Library
from simulator.orders import Orders
from simulator.rates import Rates
from simulator.sending import Sending
from simulator.store import Store
from simulator.templates import Registry
from simulator.webhooks import Courier
from simulator.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.config import Config


@dataclass(frozen=True)
class Parts:
    """What Meta's addresses, the control API and the page work on."""

    config: Config
    store: Store
    world: World
    courier: Courier
    templates: Registry
    library: Library
    rates: Rates
    orders: Orders
    sending: Sending
    inbound: Inbound

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
    courier = Courier(world)
    templates = Registry(store, config.templates)
    rates = Rates()
    library = Library(store)
    orders = Orders(world, courier)
    return Parts(
        config=config,
        store=store,
        world=world,
        courier=courier,
        templates=templates,
        library=library,
        rates=rates,
        orders=orders,
        sending=Sending(world, courier, templates, rates, library, orders),
        inbound=Inbound(world, courier, rates),
    )
