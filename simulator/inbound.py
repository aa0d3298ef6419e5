"""What people do on their phones, and the webhooks that Meta sends about it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

from simulator import media
from simulator.model import Message, Option

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.config import Number, Phone
    from simulator.dialect import Dialect
    from simulator.rates import Rates
    from simulator.webhooks import Courier
    from simulator.world import World

Payload = dict[str, Any]
# What a tap on a template's quick reply brings as its payload: what the business set when it sent
# the template, the label as in the example of Meta's page, or nothing.
TapPayload = Literal["set", "label", "none"]
MediaKind = Literal[
    "audio", "sticker", "image", "document", "location", "contacts", "reaction", "unsupported"
]

# Where simulated people are unless they say otherwise: Cubbon Park, Bengaluru.
PLACE: Payload = {
    "latitude": 12.9763,
    "longitude": 77.5929,
    "name": "Cubbon Park",
    "address": "Kasturba Road, Bengaluru",
}
TEXT_MAX = 4096
LOCATION_TITLE = "Send location"
# Whose contact card people send unless they name another.
FRIEND = ("Dev", "+919876500099")
CONTACT_TITLE = "Share contact info"


class NothingToTapError(LookupError):
    """No message on the phone has that option. `available` lists the options that can be tapped."""

    def __init__(self, option: str, available: list[str]) -> None:
        """Describe the missing option and the available ones."""
        super().__init__(f"no message has the option {option!r}")
        self.available = available


class Inbound:
    """Lets people write, tap and send from their phones."""

    def __init__(self, world: World, courier: Courier, rates: Rates, dialect: Dialect) -> None:
        """Work on *world*, reporting through *courier* in *dialect*."""
        self._dialect = dialect
        self._world = world
        self._courier = courier
        self._rates = rates

    def text(self, phone: Phone, number: Number, text: str, reply_to: str | None) -> Message:
        """Write a text to a business number, perhaps quoting one of its messages.

        Raises:
            ValueError: If the text is empty or longer than WhatsApp allows.
        """
        if not text.strip() or len(text) > TEXT_MAX:
            raise ValueError(f"text must have 1 to {TEXT_MAX} characters")
        shown = {"type": "text", "text": text, "context": reply_to}
        return self._write(phone, number, shown, {"type": "text", "text": {"body": text}})

    def tap(
        self,
        phone: Phone,
        option: str,
        message_id: str | None,
        number: str | None,
        payload: TapPayload = "set",
    ) -> Payload:
        """Tap a button, a list row, a quick reply or a link.

        Args:
            phone: Whose phone.
            option: The option's id or its title; a link's label.
            message_id: The message that has it; without it, the newest one that does.
            number: Look only in the chat with this business number.
            payload: The payload that comes with a template's quick reply.

        Returns:
            `{"message": …}` with what was sent, or `{"url": …}` for a link, which sends nothing.

        Raises:
            NothingToTapError: If no message has it. One that failed was never on the phone.
            ValueError: If *payload* is not "set", and the option is no template's quick reply.
        """
        world = self._world
        with world.lock:
            available: list[str] = []
            for message in world.in_chat(phone.wa_id, number):
                if message.sender != "business" or message.has("failed"):
                    continue
                if message_id not in (None, message.id):
                    continue
                for link in message.links:
                    if link.label == option:
                        return {"url": link.url}
                # An id is more exact than a title, so ids are looked for first.
                for wanted in ("id", "title"):
                    for choice in message.options:
                        if getattr(choice, wanted) == option:
                            return {"message": self._choose(phone, message, choice, payload)}
                shared = self._share(phone, message, option)
                if shared is not None:
                    return {"message": shared}
                available += [f"{c.id} ({c.title})" for c in message.options]
                available += [link.label for link in message.links]
            raise NothingToTapError(option, available)

    def _share(self, phone: Phone, message: Message, option: str) -> Message | None:
        """Tap WhatsApp's button that shares the number; return None if *option* is another one.

        A person who has shared their number shows it from then on.
        """
        if message.asks_location and option == LOCATION_TITLE:
            there = self._chat_number(message)
            return self.send(phone, there, "location", {"reply_to": message.id})
        if not message.asks_contact or option != CONTACT_TITLE:
            return None
        own = {"name": phone.name, "phone": f"+{phone.wa_id}", "origin": "contact_request"}
        given = {"reply_to": message.id, **own}
        shared = self.send(phone, self._chat_number(message), "contacts", given)
        phone.send_phone = True
        self._world.save_phone(phone)
        return shared

    def _chat_number(self, message: Message) -> Number:
        number = self._world.config.number(message.number)
        if number is None:
            raise ValueError(f"the business number {message.number} is not configured any more")
        return number

    def _choose(
        self, phone: Phone, message: Message, choice: Option, payload: TapPayload
    ) -> Message:
        """Send the option back, in the form of its message's type (a template's differs)."""
        if message.option_kind == "quick_reply":
            given = {"set": {"payload": choice.id}, "label": {"payload": choice.title}, "none": {}}
            button = {**given[payload], "text": choice.title}
            webhook: Payload = {"type": "button", "button": button}
        elif payload != "set":
            raise ValueError("only a template's quick reply can come without its payload")
        else:
            reply = {"id": choice.id, "title": choice.title}
            if message.option_kind == "list_reply" and choice.description:
                reply["description"] = choice.description
            kind = message.option_kind
            webhook = {"type": "interactive", "interactive": {"type": kind, kind: reply}}
        text = choice.title
        if message.option_kind == "list_reply" and choice.description:
            text += "\n" + choice.description
        shown = {"type": webhook["type"], "text": text, "context": message.id}
        return self._write(phone, self._chat_number(message), shown, webhook)

    def send(self, phone: Phone, number: Number, kind: MediaKind, given: Payload) -> Message:
        """Send anything but a text.

        Args:
            phone: Whose phone.
            number: The business number it goes to.
            kind: What to send.
            given: `message_id` and `emoji` of a reaction (by default the newest message gets a
                thumb; an empty emoji takes the reaction away); `caption` of an image; `latitude`,
                `longitude`, `name` and `address` of a location; `name` and `phone` of a contact
                card; `reply_to` quotes a message.

        Raises:
            ValueError: If there is nothing to react to.
        """
        if kind == "reaction":
            return self._react(phone, number, given)
        shown, content = MAKERS[kind](given)
        shown = {"type": kind, "context": given.get("reply_to"), **shown}
        return self._write(phone, number, shown, {"type": kind, **content})

    def _react(self, phone: Phone, number: Number, given: Payload) -> Message:
        world = self._world
        emoji = str(given.get("emoji", "👍"))
        with world.lock:
            chat = world.in_chat(phone.wa_id, number.phone_number_id)
            target = next(
                (
                    m
                    for m in chat
                    if m.sender == "business" and given.get("message_id") in (None, m.id)
                ),
                None,
            )
            if target is None:
                raise ValueError("there is no message of the business to react to")
            target.reactions.pop("user", None)
            reaction = {"message_id": target.id}
            if emoji:
                target.reactions["user"] = emoji
                reaction["emoji"] = emoji
            world.save_message(target)
            identity = self._dialect.new_message_id()
            position = (number.phone_number_id, phone.wa_id, world.next_index(phone.wa_id) - 1)
            world.reactions[identity] = position
            self._deliver(phone, number, identity, {"type": "reaction", "reaction": reaction})
            return target

    def _write(self, phone: Phone, number: Number, shown: Payload, webhook: Payload) -> Message:
        """Put the person's message into the chat and send its webhook."""
        world = self._world
        with world.lock:
            quoted = world.by_id.get(shown.get("context") or "")
            if quoted is None:
                shown["context"] = None
            elif quoted.sender == "business":
                display = number.display_phone_number
                webhook = {**webhook, "context": {"from": display, "id": quoted.id}}
            else:
                webhook = {**webhook, "context": {"from": phone.wa_id, "id": quoted.id}}
            message = Message(
                **shown,
                index=world.next_index(phone.wa_id),
                id=self._dialect.new_message_id(),
                number=number.phone_number_id,
                wa_id=phone.wa_id,
                sender="user",
                timestamp=time.time(),
                tick="pending",
            )
            world.add_message(message)
            # A person who writes has the chat on screen.
            chat = world.chat(number.phone_number_id, phone.wa_id)
            chat.seen_index = message.index
            self._deliver(phone, number, message.id, webhook)
            return message

    def _deliver(self, phone: Phone, number: Number, identity: str, webhook: Payload) -> None:
        world, now = self._world, time.time()
        chat = world.chat(number.phone_number_id, phone.wa_id)
        chat.last_inbound = now
        world.save_chat(chat)
        self._rates.inbound(number.phone_number_id, time.monotonic())
        told = {"id": identity, "timestamp": str(int(now)), **webhook}
        self._courier.send(
            "message",
            f"phone/{phone.wa_id}",
            self._dialect.inbound(number, phone, told),
            ref=identity,
        )


def _file(kind: str, file: media.Media, **more: object) -> Payload:
    return {kind: {"id": file.id, "mime_type": file.mime_type, "sha256": file.sha256, **more}}


def _audio(_: Payload) -> tuple[Payload, Payload]:
    shown = {"media": {"kind": "audio", "seconds": 4}}
    return shown, _file("audio", media.VOICE, voice=True)


def _sticker(_: Payload) -> tuple[Payload, Payload]:
    return {"media": {"kind": "sticker"}}, _file("sticker", media.STICKER, animated=False)


def _image(given: Payload) -> tuple[Payload, Payload]:
    caption = str(given.get("caption", ""))
    more = {"caption": caption} if caption else {}
    shown = {"media": {"kind": "image", "id": media.PHOTO.id}, "text": caption}
    return shown, _file("image", media.PHOTO, **more)


def _document(given: Payload) -> tuple[Payload, Payload]:
    caption = str(given.get("caption", ""))
    more = {"caption": caption} if caption else {}
    shown = {"kind": "document", "id": media.REPORT.id, "filename": "report.pdf"}
    return {"media": shown, "text": caption}, _file(
        "document", media.REPORT, filename="report.pdf", **more
    )


def _location(given: Payload) -> tuple[Payload, Payload]:
    place = dict(PLACE)
    if "latitude" in given and "longitude" in given:
        place = {"latitude": float(given["latitude"]), "longitude": float(given["longitude"])}
        place |= {name: str(given[name]) for name in ("name", "address") if given.get(name)}
    return {"media": {"kind": "location", **place}}, {"location": place}


def _contacts(given: Payload) -> tuple[Payload, Payload]:
    """Return a contact card: of a friend, unless another person is given."""
    name, number = str(given.get("name", FRIEND[0])), str(given.get("phone", FRIEND[1]))
    own = {"wa_id": number.lstrip("+"), "type": "MOBILE"}
    card = {
        "name": {"formatted_name": name, "first_name": name},
        "phones": [{"phone": number, **own}],
        "origin": str(given.get("origin", "other")),
    }
    return {"media": {"kind": "contacts", "name": name, "phone": number}}, {"contacts": [card]}


def _unsupported(_: Payload) -> tuple[Payload, Payload]:
    problem = {
        "code": 131051,
        "title": "Message type unknown",
        "message": "Message type unknown",
        "error_data": {"details": "Message type is currently not supported."},
    }
    shown = {"media": {"kind": "poll"}}
    return shown, {"errors": [problem], "unsupported": {"type": "poll"}}


MAKERS: dict[str, Callable[[Payload], tuple[Payload, Payload]]] = {
    "audio": _audio,
    "sticker": _sticker,
    "image": _image,
    "document": _document,
    "location": _location,
    "contacts": _contacts,
    "unsupported": _unsupported,
}
