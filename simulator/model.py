"""What the simulator remembers: messages in chats, their statuses, calls it was sent, templates."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Sender = Literal["business", "user"]
Progress = Literal["sent", "delivered", "read", "failed"]
# What tapping one of a message's options sends back to the business.
OptionKind = Literal["", "button_reply", "list_reply", "quick_reply"]
Tick = Literal["", "pending", "accepted", "read", "dropped"]
Category = Literal["AUTHENTICATION", "MARKETING", "UTILITY"]
Format = Literal["POSITIONAL", "NAMED"]


class Option(msgspec.Struct):
    """A reply button, a list row, or a template's quick reply. `id` comes back when tapped."""

    id: str
    title: str
    description: str = ""
    section: str = ""


class Link(msgspec.Struct):
    """A button that opens an address."""

    label: str
    url: str


class Status(msgspec.Struct, omit_defaults=True):
    """One step of an outgoing message's life. `timestamp` is in Unix seconds."""

    status: Progress
    timestamp: float
    errors: list[dict[str, Any]] = []


class Message(msgspec.Struct, kw_only=True):
    """One message in a chat, as the person sees it.

    `index` counts the messages of one phone over all its chats, from 1. `tick` is what the sender's
    own bubble shows: a clock until the product accepted the webhook, then grey ticks, and blue ones
    when the business marked it read; `note` says why it is still waiting. `biz` is the business's
    `biz_opaque_callback_data`. `order` is the order that it shows, with the attempts to pay it and
    the status that the business gave it; or, with `of`, the status of such an order.
    """

    index: int
    id: str
    number: str
    wa_id: str
    sender: Sender = msgspec.field(name="from")
    type: str
    timestamp: float
    text: str = ""
    header: str = ""
    footer: str = ""
    option_kind: OptionKind = ""
    options: list[Option] = []
    list_label: str = ""
    links: list[Link] = []
    code: str = ""
    code_label: str = ""
    asks_location: bool = False
    order: dict[str, Any] = {}
    asks_contact: bool = False
    media: dict[str, Any] = {}
    category: str = "service"
    template: str = ""
    context: str | None = None
    biz: str | None = None
    by_user_id: bool = False
    reactions: dict[Sender, str] = {}
    statuses: list[Status] = []
    tick: Tick = ""
    note: str = ""

    def has(self, status: Progress) -> bool:
        """Return whether that status has been reached."""
        return any(step.status == status for step in self.statuses)


class Chat(msgspec.Struct):
    """What one phone and one business number share besides messages.

    `last_inbound` (Unix seconds) opens the service window. `seen_index` is the last message the
    person had on screen. `typing_until` is when the business's typing indicator goes.
    """

    number: str
    wa_id: str
    last_inbound: float | None = None
    seen_index: int = 0
    typing_until: float = 0.0


class SentCall(msgspec.Struct):
    """An outbound call that was accepted. `arrived` is in monotonic seconds, for rates."""

    index: int
    id: str
    number: str
    to: str
    arrived: float
    timestamp: float
    payload: dict[str, Any]


class Call(msgspec.Struct):
    """An outbound call, accepted or refused. Times are Unix seconds.

    Calls that are `hung` or `dropped` were accepted, but the product got no answer. `told` is when
    the product first accepted a status of the message (`id`): it then knows of the acceptance.
    """

    number: str
    to: str
    biz: str
    index: int = 0
    arrived: float = 0.0
    outcome: Literal["", "accepted", "refused", "hung", "dropped"] = ""
    code: int | None = None
    id: str = ""
    told: float | None = None


class Refusal(msgspec.Struct):
    """A call that the provider refused, of any kind; `code` is its own, if it has one."""

    index: int
    method: str
    path: str
    code: int | None
    message: str
    timestamp: float


class Delivery(msgspec.Struct):
    """A webhook on its way to the product. `due` and `created` are Unix seconds.

    Without `url` it goes to the configured address. `about` is the message that a status is about.
    """

    id: str
    seq: int
    lane: str
    kind: Literal["message", "status", "template"]
    body: str
    created: float
    due: float
    url: str = ""
    ref: str = ""
    about: str = ""
    attempts: int = 0
    last: str = ""


class Template(msgspec.Struct):
    """An approved template in one language; `components` are those of its creation."""

    id: str
    name: str
    language: str
    category: Category
    parameter_format: Format
    components: list[dict[str, Any]]
    status: str = "APPROVED"
    sub_category: str = ""

    def component(self, kind: str) -> dict[str, Any]:
        """Return the component of that type, or an empty one."""
        return next((c for c in self.components if kind_of(c) == kind), {})

    def buttons(self) -> list[dict[str, Any]]:
        """Return the button definitions, in order; a send call refers to them by index."""
        buttons = self.component("BUTTONS").get("buttons", [])
        return list(buttons)


def kind_of(component: dict[str, Any]) -> str:
    """Return the type of a component or a button, in capitals."""
    return str(component.get("type", "")).upper()
