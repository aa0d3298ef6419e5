"""Messages that came to the account while nobody answered Twilio's webhooks.

Twilio repeats a webhook for some seconds only. It keeps less of a message than it posts: of a tap
only the words on the button, which choose the same option.
"""

from __future__ import annotations

from datetime import UTC, datetime

from twilio.rest import Client

from bot.channels.twilio.client import call_twilio
from bot.channels.twilio.parse import parse_inbound
from flows.inbound import Inbound

PAGE = 1000


def fetch_missed(client: Client, since: datetime, until: datetime) -> list[Inbound]:
    """Return the WhatsApp messages that came from *since* until *until*, oldest first.

    Raises:
        SendFailed, SendUnknown: If Twilio could not be asked.
    """
    listed = call_twilio(lambda: client.messages.list(date_sent_after=since, page_size=PAGE))
    found = []
    for message in listed:
        at = message.date_sent or message.date_created
        if message.direction != "inbound" or at is None or not since <= at <= until:
            continue
        form = {
            "MessageSid": message.sid or "",
            "From": message.from_ or "",
            "To": message.to or "",
            "Body": message.body or "",
            "NumMedia": message.num_media or "0",
        }
        inbound = parse_inbound(form, at.astimezone(UTC))
        if inbound is not None:
            found.append(inbound)
    return sorted(found, key=lambda inbound: inbound.sent_at)
