"""Accepts messages of the business: recipient, window, chat, statuses."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec

from simulator import envelope, limits, render, validate
from simulator.errors import GraphError
from simulator.fetching import fetch
from simulator.model import Message, Progress, Status
from simulator.orders import told_by
from simulator.world import new_message_id

if TYPE_CHECKING:
    from simulator.config import Number, Phone
    from simulator.media import Library
    from simulator.orders import Orders
    from simulator.rates import Rates
    from simulator.templates import Registry
    from simulator.webhooks import Courier
    from simulator.world import World

Payload = dict[str, Any]

# A country code has one to three digits (ITU-T E.164).
COUNTRY_CODE_LENGTHS = (1, 2, 3)
# The wrong order, and the pause, in which statuses arrive when they are shuffled.
SHUFFLE_SECONDS = 0.15
# "Parameter value is not valid" (Meta, "Error codes").
REFUSED_FORM = 131009


class Sending:
    """Accepts outgoing messages, shows them and reports their statuses."""

    def __init__(
        self,
        world: World,
        courier: Courier,
        templates: Registry,
        rates: Rates,
        library: Library,
        orders: Orders,
    ) -> None:
        """Work on *world*, reporting through *courier*, keeping files in *library*."""
        self._orders = orders
        self._world = world
        self._courier = courier
        self._templates = templates
        self._rates = rates
        self._library = library

    def accept(self, number: Number, call: object) -> Payload:
        """Accept a call to `/messages` and return Meta's answer to it.

        Accepted does not mean delivered: a recipient who is not on WhatsApp (131026) and a closed
        service window (131047) are reported by a `failed` status. So are a document that cannot be
        fetched (131053), which happens after the answer, a status that an order does not take
        (2046, 2047), and a form that the settings refuse later.

        Raises:
            GraphError: If Meta would refuse the call.
        """
        world = self._world
        payload = validate.message(call)
        with world.lock:
            wa_id, phone = self._recipient(number, payload)
            refused = self._refused(payload)
            if payload.get("type") == "reaction":
                return self._react(number, phone, payload)
            content = self._content(payload)
            self._orders.check(number, payload)
            if "to" not in payload and content.category == "authentication":
                raise GraphError(131062, "Authentication templates cannot be sent to a user id.")
            closed = self._closed(number, phone, content)
            if closed is not None and world.faults.sync_131047:
                raise closed
            self._count(number, wa_id)
            if phone is None and wa_id and world.faults.unknown_recipients == "new_phone":
                phone = world.add_phone(f"+{wa_id}", wa_id=wa_id, number=number.phone_number_id)
                closed = self._closed(number, phone, content)
            message = Message(
                **{f: getattr(content, f) for f in content.__struct_fields__},
                index=world.next_index(wa_id) if phone else 0,
                id=new_message_id(),
                number=number.phone_number_id,
                wa_id=wa_id,
                sender="business",
                timestamp=time.time(),
                context=(payload.get("context") or {}).get("message_id"),
                biz=payload.get("biz_opaque_callback_data"),
                by_user_id="to" not in payload,
            )
            if phone is not None:
                self._into_chat(message)
            world.note_sent(message.id, number.phone_number_id, wa_id, payload)
            failure = refused or closed
            if phone is None:
                failure = GraphError(131026, "Message undeliverable.")
            told = told_by(payload)
            if failure is None and told is not None:
                failure = self._orders.follow(number, told)
            if failure is None and message.type == "document" and message.media.get("link"):
                fetching = (number, phone, message)
                threading.Thread(target=self._fetch, args=fetching, daemon=True).start()
            else:
                self._move_on(number, phone, message, failure)
            return self._answer(payload, wa_id, message.id)

    def _recipient(self, number: Number, payload: Payload) -> tuple[str, Phone | None]:
        """Return the recipient's id and phone, None if nobody has it. `to` wins over `recipient`.

        Without a `+` Meta may take the business's country code to be missing.
        """
        world = self._world
        if "to" not in payload:
            phone = world.phone_of(payload["recipient"])
            return (phone.wa_id if phone else ""), phone
        digits = re.sub(r"[^0-9]", "", payload["to"])
        if digits == number.display_phone_number:
            raise GraphError(131021, "Sender and recipient are the same.")
        candidates = [digits]
        if not payload["to"].strip().startswith("+"):
            own = number.display_phone_number
            candidates += [own[:length] + digits for length in COUNTRY_CODE_LENGTHS]
        wa_id = next((c for c in candidates if c in world.phones), digits)
        return wa_id, world.phones.get(wa_id)

    def _refused(self, payload: Payload) -> GraphError | None:
        """Return the later failure of a message whose form the settings refuse, else None.

        Raises:
            GraphError: If the settings refuse it at once.
        """
        settings = self._world.faults
        forms = sorted(validate.forms(payload) & set(settings.refused_forms))
        if not forms:
            return None
        code = REFUSED_FORM if settings.refused_form_code is None else settings.refused_form_code
        refused = GraphError(code, f"An injected fault: {', '.join(forms)} is refused.")
        # A reaction has no statuses.
        if settings.refused_forms_later and payload.get("type") != "reaction":
            return refused
        raise refused

    def _content(self, payload: Payload) -> render.Content:
        if payload.get("type") != "template":
            return render.free_form(payload)
        named = payload["template"]
        known = self._templates.find(named["name"], named["language"]["code"])
        return render.template(known, payload)

    def _closed(
        self, number: Number, phone: Phone | None, content: render.Content
    ) -> GraphError | None:
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
        self, number: Number, phone: Phone | None, message: Message, failure: GraphError | None
    ) -> None:
        """Report the statuses of the message."""
        if failure is not None:
            errors = [failure.as_status_error()]
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
        bodies = []
        for name, errors in steps:
            step = Status(status=name, timestamp=time.time(), errors=errors)
            bodies.append(envelope.status(world.config, number, phone, message, step))
            if phone is not None:
                world.add_status(message, step)
            else:
                message.statuses.append(step)
        pause = settings.status_delay_ms / 1000
        for position, body in enumerate(bodies):
            delay, lane = pause * (position + 1), f"status/{message.id}"
            if settings.shuffle_statuses:
                delay, lane = delay + (len(bodies) - 1 - position) * SHUFFLE_SECONDS, ""
            self._courier.send("status", lane, body, about=message.id, delay=delay)

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

    def _react(self, number: Number, phone: Phone | None, payload: Payload) -> Payload:
        """Put the business's reaction on a message; an empty emoji removes it."""
        world = self._world
        target = world.by_id.get(payload["reaction"]["message_id"])
        if target is None or phone is None or target.wa_id != phone.wa_id:
            raise GraphError(131009, "reaction.message_id is not a message of this chat.")
        target.reactions.pop("business", None)
        if payload["reaction"]["emoji"]:
            target.reactions["business"] = payload["reaction"]["emoji"]
        world.save_message(target)
        message_id = new_message_id()
        world.note_sent(message_id, number.phone_number_id, phone.wa_id, payload)
        return self._answer(payload, phone.wa_id, message_id)

    def _answer(self, payload: Payload, wa_id: str, message_id: str) -> Payload:
        contact = (
            {"input": payload["to"], "wa_id": wa_id}
            if "to" in payload
            else {"input": payload["recipient"], "user_id": payload["recipient"]}
        )
        message = {"id": message_id}
        if payload.get("type") == "template":
            message["message_status"] = "accepted"
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}

    def _inbound_index(self, identity: str) -> tuple[str, str, int]:
        """Return the number, phone and index of a person's message; empty if it is unknown."""
        message = self._world.by_id.get(identity)
        if message is not None and message.sender == "user":
            return message.number, message.wa_id, message.index
        return self._world.reactions.get(identity, ("", "", 0))

    def mark_read(self, number: Number, payload: Payload) -> None:
        """Note the business's read receipt, and its typing indicator if there is one.

        All earlier messages of the chat count as read too.

        Raises:
            GraphError: 100 or 131009, if the message is not one of a person to this number.
        """
        world = self._world
        identity = payload.get("message_id")
        with world.lock:
            number_id, wa_id, index = self._inbound_index(str(identity))
            if number_id != number.phone_number_id:
                raise GraphError(100, f"Message with id {identity} does not exist.")
            indicator = payload.get("typing_indicator")
            if indicator is not None and (
                not isinstance(indicator, dict) or indicator.get("type") != "text"
            ):
                raise GraphError(131009, "typing_indicator.type must be 'text'.")
            for message in world.in_chat(wa_id, number_id):
                if message.sender == "user" and message.index <= index:
                    if message.tick == "read":
                        break
                    message.tick = "read"
                    world.save_message(message)
            if indicator is not None:
                chat = world.chat(number_id, wa_id)
                chat.typing_until = time.time() + limits.TYPING_SECONDS
                world.save_chat(chat)


def as_json(value: object) -> Payload:
    """Return a struct as plain JSON types."""
    plain: Payload = msgspec.to_builtins(value)
    return plain
