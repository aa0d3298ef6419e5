"""Sends accepted messages: window, rates, chat, statuses; the same for each provider."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from simulator.errors import GraphError, ProviderError
from simulator.fetching import fetch
from simulator.model import Message, Progress, Status
from simulator.orders import told_by

if TYPE_CHECKING:
    from simulator.config import Number, Phone
    from simulator.dialect import Dialect
    from simulator.media import Library
    from simulator.orders import Orders
    from simulator.rates import Rates
    from simulator.render import Content
    from simulator.webhooks import Courier
    from simulator.world import World

Payload = dict[str, Any]

# The wrong order, and the pause, in which statuses arrive when they are shuffled.
SHUFFLE_SECONDS = 0.15
# "Parameter value is not valid" (Meta, "Error codes").
REFUSED_FORM = 131009


@dataclass(frozen=True)
class Draft:
    """A checked call that sends a message.

    `wa_id` and `phone` are the recipient's; there is no phone if nobody has the number. `payload`
    is the call itself. `biz` is what comes back with each status: Meta's
    `biz_opaque_callback_data`, or the address that Twilio reports to. `failure` is why it fails
    after it was accepted, if the caller knows that already.
    """

    wa_id: str
    phone: Phone | None
    content: Content
    payload: Payload
    biz: str | None = None
    context: str | None = None
    by_user_id: bool = False
    failure: ProviderError | None = None


class Sending:
    """Sends accepted messages, shows them and reports their statuses."""

    def __init__(
        self,
        world: World,
        courier: Courier,
        rates: Rates,
        library: Library,
        orders: Orders,
        dialect: Dialect,
    ) -> None:
        """Work on *world*, reporting through *courier* in *dialect*, keeping files in *library*."""
        self._orders = orders
        self._world = world
        self._courier = courier
        self._rates = rates
        self._library = library
        self._dialect = dialect

    def refuse_forms(self, forms: set[str], *, at_once: bool = False) -> ProviderError | None:
        """Return the later failure of a message of *forms* that the settings refuse, else None.

        Raises:
            GraphError: If the settings refuse it at once, or *at_once* says that the message has no
                statuses.
        """
        settings = self._world.faults
        refused = sorted(forms & set(settings.refused_forms))
        if not refused:
            return None
        code = REFUSED_FORM if settings.refused_form_code is None else settings.refused_form_code
        failure = GraphError(code, f"An injected fault: {', '.join(refused)} is refused.")
        if settings.refused_forms_later and not at_once:
            return failure
        raise failure

    def send(self, number: Number, draft: Draft) -> Message:
        """Send *draft* from *number*; call with the world's lock held.

        Accepted does not mean delivered: a recipient who is not on WhatsApp (131026) and a closed
        service window (131047) are reported by a `failed` status. So are a document that cannot be
        fetched (131053), which happens later, and a status that an order does not take (2046,
        2047).

        Raises:
            GraphError: If a rate is exceeded, or the settings refuse at once what comes outside the
                window.
        """
        world, phone, content = self._world, draft.phone, draft.content
        closed = self._closed(number, phone, content)
        if closed is not None and world.faults.sync_131047:
            raise closed
        self._count(number, draft.wa_id)
        if phone is None and draft.wa_id and world.faults.unknown_recipients == "new_phone":
            named = f"+{draft.wa_id}"
            phone = world.add_phone(named, wa_id=draft.wa_id, number=number.phone_number_id)
            closed = self._closed(number, phone, content)
        message = Message(
            **{f: getattr(content, f) for f in content.__struct_fields__},
            index=world.next_index(draft.wa_id) if phone else 0,
            id=self._dialect.new_message_id(),
            number=number.phone_number_id,
            wa_id=draft.wa_id,
            sender="business",
            timestamp=time.time(),
            context=draft.context,
            biz=draft.biz,
            by_user_id=draft.by_user_id,
        )
        if phone is not None:
            self._into_chat(message)
        world.note_sent(message.id, number.phone_number_id, draft.wa_id, draft.payload)
        failure = draft.failure or closed
        if phone is None:
            failure = GraphError(131026, "Message undeliverable.")
        told = told_by(draft.payload)
        if failure is None and told is not None:
            failure = self._orders.follow(number, told)
        if failure is None and message.type == "document" and message.media.get("link"):
            fetching = (number, phone, message)
            threading.Thread(target=self._fetch, args=fetching, daemon=True).start()
        else:
            self._move_on(number, phone, message, failure)
        return message

    def report_sent(self, number: Number, phone: Phone, message: Message) -> None:
        """Report that a reaction, which is in no chat, was sent: it has no other status."""
        step = Status(status="sent", timestamp=time.time())
        webhook = self._dialect.status(number, phone, message, step)
        if webhook is not None:
            self._courier.send("status", f"status/{message.id}", webhook, about=message.id)

    def _closed(self, number: Number, phone: Phone | None, content: Content) -> GraphError | None:
        world = self._world
        if content.type == "template" or phone is None or not world.faults.window_enforced:
            return None
        if world.window_open(number.phone_number_id, phone.wa_id):
            return None
        return GraphError(
            131047,
            "Message failed to send because more than 24 hours have passed since the customer"
            " last replied to this number.",
        )

    def _count(self, number: Number, wa_id: str) -> None:
        settings, now = self._world.faults, time.monotonic()
        if settings.throughput_per_second is not None:
            self._rates.throughput(number.phone_number_id, settings.throughput_per_second, now)
        if settings.pair_rate:
            self._rates.pair(number.phone_number_id, wa_id, now)

    def _into_chat(self, message: Message) -> None:
        """Show the message on the phone, and end the typing indicator."""
        world = self._world
        world.add_message(message)
        chat = world.chat(message.number, message.wa_id)
        chat.typing_until = 0.0
        world.save_chat(chat)

    def _fetch(self, number: Number, phone: Phone | None, message: Message) -> None:
        """Fetch the document of a message, and report the message's statuses."""
        failure = None
        try:
            media = fetch(message.media["link"])
        except GraphError as error:
            failure = error
        world = self._world
        with world.lock:
            if world.stopping or world.by_id.get(message.id) is not message:
                return
            if failure is None:
                self._library.add(media)
                message.media |= {
                    "id": media.id,
                    "mime_type": media.mime_type,
                    "sha256": media.sha256,
                    "file_size": len(media.content),
                }
            self._move_on(number, phone, message, failure)

    def _move_on(
        self, number: Number, phone: Phone | None, message: Message, failure: ProviderError | None
    ) -> None:
        """Report the statuses of the message."""
        if failure is not None:
            errors = [self._dialect.translate(failure).as_status_error()]
            self._report(number, phone, message, [("failed", errors)])
            return
        steps: list[tuple[Progress, list[Payload]]] = [("sent", []), ("delivered", [])]
        if self._world.read_mode(message.wa_id) == "auto":
            if self._world.faults.skip_delivered:
                steps.pop()
            steps.append(("read", []))
        self._report(number, phone, message, steps)

    def _report(
        self,
        number: Number,
        phone: Phone | None,
        message: Message,
        steps: list[tuple[Progress, list[Payload]]],
    ) -> None:
        world, settings = self._world, self._world.faults
        webhooks = []
        for name, errors in steps:
            step = Status(status=name, timestamp=time.time(), errors=errors)
            webhooks.append(self._dialect.status(number, phone, message, step))
            if phone is not None:
                world.add_status(message, step)
            else:
                message.statuses.append(step)
        pause = settings.status_delay_ms / 1000
        told = [webhook for webhook in webhooks if webhook is not None]
        for position, webhook in enumerate(told):
            delay, lane = pause * (position + 1), f"status/{message.id}"
            if settings.shuffle_statuses:
                delay, lane = delay + (len(told) - 1 - position) * SHUFFLE_SECONDS, ""
            self._courier.send("status", lane, webhook, about=message.id, delay=delay)

    def seen(self, phone: Phone, number: Number, index: int) -> None:
        """Note that the person has messages up to *index* of a chat on screen.

        Phones whose read receipts follow the screen send them now.
        """
        world = self._world
        with world.lock:
            chat = world.chat(number.phone_number_id, phone.wa_id)
            last = world.next_index(phone.wa_id) - 1
            if index > chat.seen_index:
                chat.seen_index = min(index, last)
                world.save_chat(chat)
            if world.read_mode(phone.wa_id) != "viewed":
                return
            fresh = []
            for message in world.in_chat(phone.wa_id, number.phone_number_id):
                if message.sender == "business" and message.index <= index:
                    # Earlier messages count as read with this one.
                    if message.has("read"):
                        break
                    if not message.has("failed"):
                        fresh.append(message)
            for message in reversed(fresh):
                self._report(number, phone, message, [("read", [])])


def as_json(value: object) -> Payload:
    """Return a struct as plain JSON types."""
    plain: Payload = msgspec.to_builtins(value)
    return plain
