"""The simulated world: phones, chats and messages, and a stream of changes."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from simulator import faults, limits
from simulator.config import Phone, Role
from simulator.model import Chat, Message, Refusal, SentCall, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.config import Config
    from simulator.faults import Faults
    from simulator.model import Call
    from simulator.store import Store

Topic = Literal["message", "phone", "chat", "settings", "webhooks"]

# A page that missed more changes than this gets everything again.
CHANGES_KEPT = 20_000
# Calls remembered for the control API. Older ones are forgotten, so that a long load test does not
# fill the memory.
SENT_KEPT = 200_000
# Phones made while running get numbers from here on, in a range no configuration uses.
NEW_PHONES_FROM = 919_812_300_001


class World:
    """Everything the simulator knows, behind one lock.

    Every change gets the next revision and wakes the threads that wait for one. `epoch` identifies
    the revisions of this run: a page with a revision of another epoch must start over. Methods that
    change something take the lock themselves; it is re-entrant, so a caller may hold it over
    several calls.
    """

    def __init__(self, config: Config, store: Store) -> None:
        """Begin with the configured phones and the records in *store*."""
        self.config = config
        self.store = store
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.epoch = secrets.token_hex(4)
        self.revision = 0
        self.stopping = False
        self.faults = faults.initial(config)
        self.chance = faults.Chance()
        self.phones: dict[str, Phone] = {}
        self.messages: dict[str, list[Message]] = {}
        self.by_id: dict[str, Message] = {}
        self.chats: dict[tuple[str, str], Chat] = {}
        self.sent: deque[SentCall] = deque(maxlen=SENT_KEPT)
        self.sent_count = 0
        self.calls: deque[Call] = deque(maxlen=SENT_KEPT)
        self.calls_count = 0
        self.refusals: deque[Refusal] = deque(maxlen=SENT_KEPT)
        self.refusals_count = 0
        self._call_of: dict[str, Call] = {}
        self._told_early: dict[str, float] = {}
        # Reactions have ids, but no index of their own in a chat: (number, wa_id, index so far).
        self.reactions: dict[str, tuple[str, str, int]] = {}
        self._log: deque[tuple[int, Topic, str]] = deque(maxlen=CHANGES_KEPT)
        self._forgotten = 0
        self._remember()

    def _remember(self) -> None:
        for phone in self.config.phones:
            self.phones[phone.wa_id] = msgspec.structs.replace(phone)
        for body in self.store.load("phone"):
            phone = msgspec.json.decode(body, type=Phone)
            if self.config.number(phone.number) is not None:
                self.phones.setdefault(phone.wa_id, phone)
        for wa_id in self.phones:
            self.messages[wa_id] = []
        for body in self.store.load("message"):
            message = msgspec.json.decode(body, type=Message)
            if message.wa_id in self.phones:
                self.messages[message.wa_id].append(message)
                self.by_id[message.id] = message
        for kept in self.messages.values():
            kept.sort(key=lambda m: m.index)
        for body in self.store.load("chat"):
            chat = msgspec.json.decode(body, type=Chat)
            self.chats[chat.number, chat.wa_id] = chat

    # -- changes -----------------------------------------------------------------------------

    def touch(self, topic: Topic, key: str = "") -> None:
        """Note a change, and wake the threads that wait for one."""
        with self.lock:
            self.revision += 1
            if len(self._log) == CHANGES_KEPT:
                self._forgotten = self._log[0][0]
            self._log.append((self.revision, topic, key))
            self.changed.notify_all()

    def changes_since(self, revision: int) -> set[tuple[Topic, str]] | None:
        """Return the changes after *revision*, or None if it is too old."""
        with self.lock:
            if revision < self._forgotten or revision > self.revision:
                return None
            changed: set[tuple[Topic, str]] = set()
            for at, topic, key in reversed(self._log):
                if at <= revision:
                    break
                changed.add((topic, key))
            return changed

    def wait_for(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until *condition* holds, at most *timeout* seconds; return whether it does."""
        with self.changed:
            self.changed.wait_for(lambda: self.stopping or condition(), timeout)
            return condition()

    def stop(self) -> None:
        """End all waits."""
        with self.lock:
            self.stopping = True
            self.changed.notify_all()

    # -- phones and chats --------------------------------------------------------------------

    def phone_of(self, user_id: str) -> Phone | None:
        """Return the phone of the person with that business-scoped user id."""
        return next((p for p in self.phones.values() if p.user_id == user_id), None)

    def add_phone(
        self,
        name: str,
        *,
        wa_id: str = "",
        role: Role = "patient",
        number: str = "",
        hint: str = "",
        send_phone: bool = True,
        username: str = "",
    ) -> Phone:
        """Add a phone and store it.

        Raises:
            ValueError: If there is a phone with that number already, or a value is not valid.
        """
        with self.lock:
            taken = NEW_PHONES_FROM
            while not wa_id:
                wa_id = "" if str(taken) in self.phones else str(taken)
                taken += 1
            if wa_id in self.phones:
                raise ValueError(f"there is a phone {wa_id} already")
            number = number or self.config.numbers[0].phone_number_id
            if self.config.number(number) is None:
                raise ValueError(f"no business number {number}")
            phone = msgspec.convert(
                {
                    "wa_id": wa_id,
                    "user_id": f"IN.{secrets.randbelow(9 * 10**15) + 10**15}",
                    "name": name.strip(),
                    "role": role,
                    "number": number,
                    "hint": hint,
                    "send_phone": send_phone,
                    "username": username,
                },
                Phone,
            )
            self.phones[wa_id] = phone
            self.messages[wa_id] = []
            self.save_phone(phone)
            return phone

    def save_phone(self, phone: Phone) -> None:
        """Store a change to a phone."""
        self.store.put("phone", phone.wa_id, msgspec.json.encode(phone))
        self.touch("phone", phone.wa_id)

    def chat(self, number: str, wa_id: str) -> Chat:
        """Return the chat of a phone with a business number, created when first asked for."""
        with self.lock:
            return self.chats.setdefault((number, wa_id), Chat(number=number, wa_id=wa_id))

    def save_chat(self, chat: Chat) -> None:
        """Store a change to a chat."""
        key = f"{chat.number}/{chat.wa_id}"
        self.store.put("chat", key, msgspec.json.encode(chat))
        self.touch("chat", key)

    def window_open(self, number: str, wa_id: str) -> bool:
        """Return whether the person wrote to the number in the last 24 hours."""
        last = self.chat(number, wa_id).last_inbound
        return last is not None and time.time() - last < limits.WINDOW_SECONDS

    def advance(self, seconds: float) -> None:
        """Make every last message of a person *seconds* older, which closes windows."""
        with self.lock:
            for chat in self.chats.values():
                if chat.last_inbound is not None:
                    chat.last_inbound -= seconds
                    self.save_chat(chat)

    # -- messages ----------------------------------------------------------------------------

    def next_index(self, wa_id: str) -> int:
        """Return the index of the phone's next message."""
        messages = self.messages[wa_id]
        return messages[-1].index + 1 if messages else 1

    def add_message(self, message: Message) -> None:
        """Put a message at the end of its phone's chats."""
        with self.lock:
            self.messages[message.wa_id].append(message)
            self.by_id[message.id] = message
            self.save_message(message)

    def save_message(self, message: Message) -> None:
        """Store a change to a message."""
        key = f"{message.wa_id}/{message.index:09d}"
        self.store.put("message", key, msgspec.json.encode(message))
        self.touch("message", message.id)

    def add_status(self, message: Message, status: Status) -> None:
        """Add a step to an outgoing message's life."""
        with self.lock:
            message.statuses.append(status)
            self.save_message(message)

    def in_chat(self, wa_id: str, number: str | None) -> Iterator[Message]:
        """Yield the phone's messages, newest first, of one business number or of all."""
        return (m for m in reversed(self.messages[wa_id]) if number in (None, m.number))

    def note_sent(self, message_id: str, number: str, to: str, payload: dict[str, Any]) -> None:
        """Remember an accepted outbound call."""
        with self.lock:
            self.sent_count += 1
            self.sent.append(
                SentCall(
                    index=self.sent_count,
                    id=message_id,
                    number=number,
                    to=to,
                    arrived=time.monotonic(),
                    timestamp=time.time(),
                    payload=payload,
                )
            )

    def note_call(self, call: Call) -> None:
        """Remember that a call of the product has arrived."""
        with self.lock:
            self.calls_count += 1
            call.index, call.arrived = self.calls_count, time.time()
            if len(self.calls) == SENT_KEPT:
                self._call_of.pop(self.calls[0].id, None)
            self.calls.append(call)

    def note_accepted(self, call: Call, message_id: str) -> None:
        """Remember the message of an accepted call."""
        with self.lock:
            call.outcome, call.id = "accepted", message_id
            call.told = self._told_early.pop(message_id, None)
            self._call_of[message_id] = call

    def note_refusal(self, method: str, path: str, code: int | None, message: str) -> None:
        """Remember that the provider has refused a call, whatever it was about."""
        with self.lock:
            self.refusals_count += 1
            self.refusals.append(
                Refusal(self.refusals_count, method, path, code, message, time.time())
            )

    def note_told(self, message_id: str) -> None:
        """Remember that the product has accepted a status of a message."""
        with self.lock:
            call = self._call_of.get(message_id)
            if call is None:
                self._told_early.setdefault(message_id, time.time())
            elif call.told is None:
                call.told = time.time()

    # -- settings ----------------------------------------------------------------------------

    def set_faults(self, settings: Faults) -> None:
        """Change how the simulated Meta behaves."""
        with self.lock:
            self.faults = settings
            self.chance.seed(settings.seed)
            self.touch("settings")

    def read_mode(self, wa_id: str) -> str:
        """Return when that phone sends read receipts: auto, viewed or never."""
        phone = self.phones.get(wa_id)
        return (phone.read if phone else None) or self.faults.read

    def wipe(self) -> None:
        """Forget all chats and accepted calls, and every phone not in the configuration."""
        with self.lock:
            self.store.wipe("message", "chat", "phone")
            configured = {p.wa_id for p in self.config.phones}
            self.phones = {w: p for w, p in self.phones.items() if w in configured}
            self.messages = {wa_id: [] for wa_id in self.phones}
            self.by_id.clear()
            self.chats.clear()
            self.reactions.clear()
            self.sent.clear()
            self.sent_count = 0
            self.calls.clear()
            self.calls_count = 0
            self.refusals.clear()
            self.refusals_count = 0
            self._call_of.clear()
            self._told_early.clear()
            self._log.clear()
            self._forgotten = self.revision
            self.epoch = secrets.token_hex(4)
            self.touch("settings")
