"""Messages and contents as Twilio's API lists them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import msgspec

from simulator.twilio import limits
from simulator.twilio.errors import TwilioError
from simulator.twilio.forms import API_VERSION, WHATSAPP, sender_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.model import Message
    from simulator.twilio.contents import Resource
    from simulator.world import World

Payload = dict[str, Any]

# A message that WhatsApp is asked for and that has reached nothing yet.
QUEUED = "queued"


def message_json(world: World, account: str, message: Message) -> Payload:
    """Return a message as Twilio describes it."""
    number = world.config.number(message.number)
    phone = world.phones.get(message.wa_id)
    person = WHATSAPP + (
        phone.user_id if phone is not None and message.by_user_id else f"+{message.wa_id}"
    )
    ours = sender_address(number) if number is not None else ""
    outbound = message.sender == "business"
    moment = format_datetime(datetime.fromtimestamp(message.timestamp, UTC))
    errors = message.statuses[-1].errors if message.statuses else []
    path = f"/{API_VERSION}/Accounts/{account}/Messages/{message.id}"
    state = message.statuses[-1].status if message.statuses else QUEUED
    return {
        "account_sid": account,
        "api_version": API_VERSION,
        "body": message.text,
        "date_created": moment,
        "date_sent": None if outbound and not message.has("sent") else moment,
        "date_updated": moment,
        "direction": "outbound-api" if outbound else "inbound",
        "error_code": errors[0]["code"] if errors else None,
        "error_message": errors[0]["message"] if errors else None,
        "from": ours if outbound else person,
        "messaging_service_sid": None,
        "num_media": "1" if message.media.get("id") or message.media.get("link") else "0",
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "sid": message.id,
        "status": state if outbound else "received",
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": person if outbound else ours,
        "uri": f"{path}.json",
    }


def content_json(account: str, resource: Resource) -> Payload:
    """Return a content as Twilio describes it, without its approval."""
    moment = resource.created.isoformat().replace("+00:00", "Z")
    return {
        "sid": resource.sid,
        "account_sid": account,
        "friendly_name": resource.friendly_name,
        "language": resource.language,
        "variables": resource.variables,
        "types": resource.types,
        "date_created": moment,
        "date_updated": moment,
    }


def approval_json(resource: Resource) -> Payload:
    """Return what WhatsApp decided about a content."""
    plain: Payload = msgspec.to_builtins(resource.approval)
    return plain


def find_messages(world: World, query: Mapping[str, str]) -> list[Message]:
    """Return the account's messages that *query* asks for, the newest first.

    Filters are `To`, `From`, and the moment of sending: `DateSent>` and `DateSent<`, inclusive.

    Raises:
        TwilioError: 20001, if a moment is not in ISO 8601.
    """
    since, until = _moment(query, "DateSent>"), _moment(query, "DateSent<")
    found = []
    for messages in world.messages.values():
        for message in messages:
            plain = message_json(world, "", message)
            wanted = all(query.get(f) in (None, plain[f.lower()]) for f in ("To", "From"))
            late = since is not None and message.timestamp < since
            early = until is not None and message.timestamp > until
            if wanted and not late and not early:
                found.append(message)
    return sorted(found, key=lambda m: m.timestamp, reverse=True)


def _moment(query: Mapping[str, str], name: str) -> float | None:
    given = query.get(name)
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise TwilioError(20001, f"{name}={given}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class Page:
    """A page of a list of *total* entries, as *query* asks for it.

    Raises:
        TwilioError: 20001, if size or number are no numbers.
    """

    def __init__(self, query: Mapping[str, str], total: int) -> None:
        """Find the page's place in the list."""
        try:
            size = int(query.get("PageSize", limits.PAGE_SIZE))
            self.number = int(query.get("Page", 0))
        except ValueError:
            raise TwilioError(20001, "PageSize and Page are numbers") from None
        if size < 1 or self.number < 0:
            raise TwilioError(20001, "PageSize and Page are positive")
        self.size = min(size, limits.PAGE_SIZE_MAX)
        self.start = self.number * self.size
        self.end = min(self.start + self.size, total)
        self.is_last = self.end >= total

    def query(self, number: int) -> str:
        """Return the query that asks for the page with *number*."""
        token = f"&PageToken=PT{number}" if number else ""
        return f"PageSize={self.size}&Page={number}{token}"
