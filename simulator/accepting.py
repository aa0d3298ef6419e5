"""Accepts what the product sends to Meta: recipient, content, reactions, read receipts."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from simulator import limits, render, validate
from simulator.errors import GraphError
from simulator.model import Message
from simulator.sending import Draft

if TYPE_CHECKING:
    from simulator.config import Number, Phone
    from simulator.dialect import Dialect
    from simulator.orders import Orders
    from simulator.sending import Sending
    from simulator.templates import Registry
    from simulator.world import World

Payload = dict[str, Any]

# A country code has one to three digits (ITU-T E.164).
COUNTRY_CODE_LENGTHS = (1, 2, 3)


class Accepting:
    """Accepts calls to Meta's `/messages`."""

    def __init__(
        self,
        world: World,
        sending: Sending,
        templates: Registry,
        orders: Orders,
        dialect: Dialect,
    ) -> None:
        """Work on *world*, and hand what is accepted to *sending*."""
        self._world = world
        self._sending = sending
        self._templates = templates
        self._orders = orders
        self._dialect = dialect

    def accept(self, number: Number, call: object) -> tuple[str, Payload]:
        """Accept a call to `/messages`; return the message's id and Meta's answer.

        What is accepted may still fail, see `Sending.send`; so does, later, a form that the
        settings refuse later.

        Raises:
            GraphError: If Meta would refuse the call.
        """
        payload = validate.message(call)
        with self._world.lock:
            wa_id, phone = self._recipient(number, payload)
            is_reaction = payload.get("type") == "reaction"
            refused = self._sending.refuse_forms(validate.forms(payload), at_once=is_reaction)
            if is_reaction:
                return self._react(number, phone, payload)
            content = self._content(payload)
            self._orders.check(number, payload)
            if "to" not in payload and content.category == "authentication":
                raise GraphError(131062, "Authentication templates cannot be sent to a user id.")
            draft = Draft(
                wa_id=wa_id,
                phone=phone,
                content=content,
                payload=payload,
                biz=payload.get("biz_opaque_callback_data"),
                context=(payload.get("context") or {}).get("message_id"),
                by_user_id="to" not in payload,
                failure=refused,
            )
            message = self._sending.send(number, draft)
            return message.id, self._answer(payload, wa_id, message.id)

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

    def _content(self, payload: Payload) -> render.Content:
        if payload.get("type") != "template":
            return render.free_form(payload)
        named = payload["template"]
        known = self._templates.find(named["name"], named["language"]["code"])
        return render.template(known, payload)

    def _react(self, number: Number, phone: Phone | None, payload: Payload) -> tuple[str, Payload]:
        """Put the business's reaction on a message; an empty emoji removes it."""
        world = self._world
        target = world.by_id.get(payload["reaction"]["message_id"])
        if target is None or phone is None or target.wa_id != phone.wa_id:
            raise GraphError(131009, "reaction.message_id is not a message of this chat.")
        target.reactions.pop("business", None)
        if payload["reaction"]["emoji"]:
            target.reactions["business"] = payload["reaction"]["emoji"]
        world.save_message(target)
        message_id = self._dialect.new_message_id()
        world.note_sent(message_id, number.phone_number_id, phone.wa_id, payload)
        reaction = Message(
            index=0,
            id=message_id,
            number=number.phone_number_id,
            wa_id=phone.wa_id,
            sender="business",
            type="reaction",
            timestamp=time.time(),
            biz=payload.get("biz_opaque_callback_data"),
            by_user_id="to" not in payload,
        )
        self._sending.report_sent(number, phone, reaction)
        return message_id, self._answer(payload, phone.wa_id, message_id)

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
