"""The control API: all that a person can do in the browser, and more, for tests and scripts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
import requests
from flask import Blueprint, request

from simulator import faults
from simulator.config import ReadMode, Role
from simulator.echoes import NoAppError
from simulator.inbound import MediaKind, NothingToTapError, TapPayload
from simulator.orders import CannotPayError, Outcome
from simulator.sending import as_json

if TYPE_CHECKING:
    from simulator.config import Number, Phone
    from simulator.model import Message
    from simulator.parts import Parts

Payload = dict[str, Any]
Answer = Payload | tuple[Payload, int]

# The longest a caller may wait for a message in one call. Each holds a thread.
WAIT_SECONDS_MAX = 30.0
WEBHOOK_SECONDS = 30.0


class RefusedError(Exception):
    """The control API refuses a call, with the HTTP *status* and a message."""

    def __init__(self, status: int, message: str, **more: object) -> None:
        """Say what is wrong."""
        super().__init__(message)
        self.status = status
        self.body = {"error": message, **more}


class TextCall(msgspec.Struct, forbid_unknown_fields=True):
    """A text to be written."""

    text: str
    number: str | None = None
    reply_to: str | None = None


class TapCall(msgspec.Struct, forbid_unknown_fields=True):
    """An option to be tapped."""

    option: str
    message_id: str | None = None
    number: str | None = None
    payload: TapPayload = "set"


class PayCall(msgspec.Struct, forbid_unknown_fields=True):
    """An order to be paid; `late` pays even one that is over, as a slow bank may."""

    message_id: str | None = None
    outcome: Outcome = "paid"
    late: bool = False


class MediaCall(msgspec.Struct, forbid_unknown_fields=True):
    """Something to be sent that is no text."""

    type: MediaKind
    number: str | None = None
    message_id: str | None = None
    emoji: str | None = None
    caption: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    name: str | None = None
    phone: str | None = None
    address: str | None = None
    reply_to: str | None = None


class PhoneCall(msgspec.Struct, forbid_unknown_fields=True):
    """A phone to be added."""

    name: str
    wa_id: str = ""
    role: Role = "patient"
    number: str = ""
    hint: str = ""
    send_phone: bool = True
    username: str = ""


class PhoneChange(msgspec.Struct, forbid_unknown_fields=True):
    """What may change about a phone; `read` null follows the setting for all phones."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    hint: str | msgspec.UnsetType = msgspec.UNSET
    send_phone: bool | msgspec.UnsetType = msgspec.UNSET
    read: ReadMode | msgspec.UnsetType | None = msgspec.UNSET


class SeenCall(msgspec.Struct, forbid_unknown_fields=True):
    """How far a chat was on screen."""

    number: str
    index: int


class AdvanceCall(msgspec.Struct, forbid_unknown_fields=True):
    """By how many hours to make people's last messages older."""

    hours: float


def describe(message: Message) -> Payload:
    """Return a message as the control API and the page show it.

    Every field of `simulator.model.Message`, and the first link as `url` and `url_label`.
    """
    plain = as_json(message)
    if message.links:
        plain["url"] = message.links[0].url
        plain["url_label"] = message.links[0].label
    return plain


def blueprint(parts: Parts) -> Blueprint:
    """Return the control API's addresses, working on *parts*."""
    control = Blueprint("control", __name__, url_prefix="/control")
    api = ControlApi(parts)

    @control.errorhandler(RefusedError)
    def refuse(error: RefusedError) -> tuple[Payload, int]:
        return error.body, error.status

    @control.errorhandler(msgspec.DecodeError)
    def misunderstand(error: msgspec.DecodeError) -> tuple[Payload, int]:
        return {"error": str(error)}, 400

    @control.errorhandler(ValueError)
    def reject(error: ValueError) -> tuple[Payload, int]:
        return {"error": str(error)}, 400

    control.get("/phones")(api.phones)
    control.post("/phones")(api.add_phone)
    control.patch("/phones/<wa_id>")(api.change_phone)
    control.post("/phones/<wa_id>/text")(api.text)
    control.post("/phones/<wa_id>/tap")(api.tap)
    control.post("/phones/<wa_id>/pay")(api.pay)
    control.post("/phones/<wa_id>/media")(api.media)
    control.post("/phones/<wa_id>/echo")(api.echo)
    control.post("/phones/<wa_id>/seen")(api.seen)
    control.get("/phones/<wa_id>/messages")(api.messages)
    control.get("/sent")(api.sent)
    control.get("/calls")(api.calls)
    control.get("/refusals")(api.refusals)
    control.get("/faults")(api.read_faults)
    control.post("/faults")(api.set_faults)
    control.delete("/faults")(api.reset_faults)
    control.post("/advance")(api.advance)
    control.post("/webhook")(api.webhook)
    control.get("/webhooks")(api.webhooks)
    control.post("/webhooks/flush")(api.flush)
    control.post("/handshake")(api.handshake)
    control.delete("/state")(api.wipe)
    return control


class ControlApi:
    """Answers the control API."""

    def __init__(self, parts: Parts) -> None:
        """Work on *parts*."""
        self._parts = parts
        self._world = parts.world

    def _phone(self, wa_id: str) -> Phone:
        phone = self._world.phones.get(wa_id)
        if phone is None:
            raise RefusedError(404, f"no phone {wa_id}")
        return phone

    def _number(self, phone: Phone, number: str | None) -> Number:
        found = self._parts.config.number(number or phone.number)
        if found is None:
            raise RefusedError(404, f"no business number {number}")
        return found

    # -- phones ------------------------------------------------------------------------------

    def phones(self) -> Payload:
        """List all phones."""
        with self._world.lock:
            return {"phones": [as_json(phone) for phone in self._world.phones.values()]}

    def add_phone(self) -> Answer:
        """Add a phone; without `wa_id` it gets a number of its own."""
        call = msgspec.json.decode(request.get_data(), type=PhoneCall)
        return as_json(self._world.add_phone(**as_json(call))), 201

    def change_phone(self, wa_id: str) -> Answer:
        """Change a phone's name, hint, read receipts, or whether its number is told."""
        phone = self._phone(wa_id)
        call = msgspec.json.decode(request.get_data(), type=PhoneChange)
        with self._world.lock:
            for field, value in as_json(call).items():
                setattr(phone, field, value)
            self._world.save_phone(phone)
        return as_json(phone)

    def text(self, wa_id: str) -> Answer:
        """Write a text."""
        phone = self._phone(wa_id)
        call = msgspec.json.decode(request.get_data(), type=TextCall)
        number = self._number(phone, call.number)
        return describe(self._parts.inbound.text(phone, number, call.text, call.reply_to)), 201

    def tap(self, wa_id: str) -> Answer:
        """Tap an option; a link's address comes back as `url` and nothing is sent."""
        phone = self._phone(wa_id)
        call = msgspec.json.decode(request.get_data(), type=TapCall)
        try:
            done = self._parts.inbound.tap(phone, **as_json(call))
        except NothingToTapError as error:
            raise RefusedError(409, str(error), available=error.available) from error
        if "url" in done:
            return done
        return describe(done["message"]), 201

    def pay(self, wa_id: str) -> Answer:
        """Pay an order, or fail to; return the attempt as Meta reports it."""
        phone = self._phone(wa_id)
        call = msgspec.json.decode(request.get_data() or b"{}", type=PayCall)
        try:
            return self._parts.orders.pay(phone, call.message_id, call.outcome, late=call.late), 201
        except CannotPayError as error:
            raise RefusedError(409, str(error)) from error

    def media(self, wa_id: str) -> Answer:
        """Send a voice note, sticker, photo, location, reaction or something unsupported."""
        phone = self._phone(wa_id)
        call = msgspec.json.decode(request.get_data(), type=MediaCall)
        number = self._number(phone, call.number)
        given = {name: value for name, value in as_json(call).items() if value is not None}
        return describe(self._parts.inbound.send(phone, number, call.type, given)), 201

    def echo(self, wa_id: str) -> Answer:
        """Let somebody of the business write to this phone in the Business app."""
        phone = self._phone(wa_id)
        call = msgspec.json.decode(request.get_data(), type=TextCall)
        try:
            written = self._parts.echoes.write(phone, self._number(phone, call.number), call.text)
        except NoAppError as error:
            raise RefusedError(409, str(error)) from error
        return describe(written), 201

    def seen(self, wa_id: str) -> Answer:
        """Note how far a chat was on screen, as the page does."""
        phone = self._phone(wa_id)
        call = msgspec.json.decode(request.get_data(), type=SeenCall)
        self._parts.sending.seen(phone, self._number(phone, call.number), call.index)
        return {"ok": True}

    def messages(self, wa_id: str) -> Answer:
        """List a phone's messages in order: of one `number`, `after` an index, `from` one side.

        `wait` seconds for the first one to come, if there is none yet.
        """
        phone = self._phone(wa_id)
        number = request.args.get("number")
        sender = request.args.get("from")
        after = request.args.get("after", 0, type=int)
        wait = min(request.args.get("wait", 0.0, type=float), WAIT_SECONDS_MAX)

        def found() -> list[Message]:
            newer = []
            for message in self._world.in_chat(phone.wa_id, number):
                if message.index <= after:
                    break
                if sender in (None, message.sender):
                    newer.append(message)
            return newer[::-1]

        self._world.wait_for(lambda: bool(found()), wait)
        with self._world.lock:
            return {"messages": [describe(message) for message in found()]}

    # -- Meta's side -------------------------------------------------------------------------

    def sent(self) -> Payload:
        """List the accepted outbound calls of all numbers in order, `after` an index."""
        after = request.args.get("after", 0, type=int)
        limit = request.args.get("limit", 10_000, type=int)
        with self._world.lock:
            calls = [call for call in self._world.sent if call.index > after][:limit]
            return {"count": self._world.sent_count, "sent": [as_json(call) for call in calls]}

    def calls(self) -> Payload:
        """List the outbound calls of all numbers in order, refused ones too, `after` an index."""
        after = request.args.get("after", 0, type=int)
        limit = request.args.get("limit", 10_000, type=int)
        with self._world.lock:
            calls = [call for call in self._world.calls if call.index > after][:limit]
            return {"count": self._world.calls_count, "calls": [as_json(call) for call in calls]}

    def refusals(self) -> Payload:
        """List the calls of any kind that the provider refused, in order, `after` an index."""
        after = request.args.get("after", 0, type=int)
        with self._world.lock:
            refused = [each for each in self._world.refusals if each.index > after]
            count = self._world.refusals_count
            return {"count": count, "refusals": [as_json(each) for each in refused]}

    def read_faults(self) -> Payload:
        """Return the settings."""
        return as_json(self._world.faults)

    def set_faults(self) -> Payload:
        """Change some settings and return all."""
        changes = msgspec.json.decode(request.get_data(), type=dict[str, Any])
        with self._world.lock:
            return self._apply(faults.merge(self._world.faults, changes))

    def reset_faults(self) -> Payload:
        """Go back to the settings the simulator started with."""
        return self._apply(faults.initial(self._parts.config))

    def _apply(self, settings: faults.Faults) -> Payload:
        with self._world.lock:
            self._world.set_faults(settings)
            self._parts.rates.reset()
            self._parts.courier.wake()
        return as_json(settings)

    def advance(self) -> Payload:
        """Make everybody's last message older, to close service windows."""
        call = msgspec.json.decode(request.get_data(), type=AdvanceCall)
        self._world.advance(call.hours * 3600)
        return {"ok": True}

    def webhook(self) -> Payload:
        """Post the given bytes to the product once, signed; return what it answered.

        The bytes go as they are. `?signature=wrong` and `?signature=none` sign badly.
        """
        url, body = self._parts.config.webhook_url, request.get_data()
        dialect = self._parts.dialect
        kind = request.args.get("signature", "right")
        secret = dialect.secret if kind == "right" else dialect.secret + "?"
        headers = dialect.headers(url, body, None if kind == "none" else secret)
        began = time.monotonic()
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(
                    url,
                    data=body,
                    headers=headers,
                    timeout=WEBHOOK_SECONDS,
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            raise RefusedError(
                502, f"the product did not answer: {type(error).__name__}"
            ) from error
        seconds = time.monotonic() - began
        return {"status_code": answer.status_code, "body": answer.text, "seconds": seconds}

    def webhooks(self) -> Payload:
        """Return the state of delivery, after up to `wait` seconds for it to be done."""
        wait = min(request.args.get("wait", 0.0, type=float), WAIT_SECONDS_MAX)
        courier = self._parts.courier
        if wait:
            self._world.wait_for(lambda: courier.idle, wait)
        return {**courier.summary(), "waiting": [as_json(d) for d in courier.pending()[:200]]}

    def flush(self) -> Payload:
        """Retry everything undelivered now."""
        return {"pending": self._parts.courier.flush()}

    def handshake(self) -> Payload:
        """Repeat the handshake with the product, where the provider has one."""
        if not self._parts.config.shakes_hands:
            raise RefusedError(409, "there is no handshake")
        return {"handshake": self._parts.courier.handshake()}

    def wipe(self) -> Payload:
        """Forget all chats, accepted calls, undelivered webhooks and added phones."""
        with self._world.lock:
            self._parts.courier.forget()
            self._parts.rates.reset()
            self._world.wipe()
        return {"ok": True}
