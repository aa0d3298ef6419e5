"""Content resources: what an account may send beside plain text, each under a sid."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.store import Store

Payload = dict[str, Any]

TEXT, QUICK_REPLY, LIST_PICKER = "twilio/text", "twilio/quick-reply", "twilio/list-picker"
AUTHENTICATION = "whatsapp/authentication"
TYPES = (TEXT, QUICK_REPLY, LIST_PICKER, AUTHENTICATION)
VARIABLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


class Approval(msgspec.Struct):
    """What WhatsApp decided about a content that was submitted to it as a template."""

    name: str = ""
    category: str = ""
    content_type: str = ""
    status: str = "unsubmitted"
    rejection_reason: str = ""
    allow_category_change: bool = True


class Resource(msgspec.Struct):
    """A content in one language, of one type; `variables` are its samples by number."""

    sid: str
    friendly_name: str
    language: str
    variables: dict[str, str]
    types: dict[str, Payload]
    created: datetime
    approval: Approval = msgspec.field(default_factory=Approval)

    @property
    def kind(self) -> str:
        """Its type."""
        return next(iter(self.types))

    @property
    def definition(self) -> Payload:
        """What its type consists of."""
        return self.types[self.kind]

    @property
    def approved(self) -> bool:
        """Whether WhatsApp has approved it as a template."""
        return self.approval.status == "approved"

    def numbers(self) -> set[str]:
        """Return the numbers of its variables."""
        if self.kind == AUTHENTICATION:
            return {"1"}  # The text is WhatsApp's; the code is its only variable.
        return {name for text in texts(self.definition) for name in VARIABLE.findall(text)}


def texts(definition: object) -> Iterator[str]:
    """Yield every text of a content's definition."""
    if isinstance(definition, str):
        yield definition
    elif isinstance(definition, dict):
        for value in definition.values():
            yield from texts(value)
    elif isinstance(definition, list):
        for value in definition:
            yield from texts(value)


def new_sid(prefix: str) -> str:
    """Return a new sid: two letters for what it names, and 32 hex digits."""
    return prefix + secrets.token_hex(16)


class Contents:
    """The contents of the account. Call with the world's lock held."""

    def __init__(self, store: Store) -> None:
        """Begin with the contents in *store*."""
        self._store = store
        self._resources: dict[str, Resource] = {}
        for body in store.load("content"):
            resource = msgspec.json.decode(body, type=Resource)
            self._resources[resource.sid] = resource

    def add(self, name: str, language: str, variables: dict[str, str], types: Payload) -> Resource:
        """Keep a checked content under a new sid; there may be others of the same name."""
        resource = Resource(
            sid=new_sid("HX"),
            friendly_name=name,
            language=language,
            variables=variables,
            types=types,
            created=datetime.now(UTC).replace(microsecond=0),
        )
        self.save(resource)
        return resource

    def save(self, resource: Resource) -> None:
        """Keep a change to a content."""
        self._resources[resource.sid] = resource
        self._store.put("content", resource.sid, msgspec.json.encode(resource))

    def find(self, sid: str) -> Resource | None:
        """Return the content with that sid, if there is one."""
        return self._resources.get(sid)

    def remove(self, sid: str) -> bool:
        """Delete a content; return whether there was one."""
        if self._resources.pop(sid, None) is None:
            return False
        self._store.delete("content", sid)
        return True

    def all(self) -> list[Resource]:
        """Return all contents, the newest first."""
        return sorted(self._resources.values(), key=lambda r: (r.created, r.sid), reverse=True)
