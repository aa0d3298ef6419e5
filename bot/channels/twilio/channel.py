"""Twilio as a `Channel`, and as an `Sms`."""

from __future__ import annotations

from collections.abc import Callable

from twilio.rest import Client

from bot.channels.fit import cut
from bot.channels.numbers import e164
from bot.channels.twilio.client import call_twilio
from bot.channels.twilio.compose import Contents, compose
from bot.channels.twilio.errors import classify, reason
from bot.channels.twilio.signature import callback_url
from domain.channel import ErrorClass, Outbound, SendFailed, SendUnknown

WHATSAPP = "whatsapp:"
SMS_MAX = 1600
REFUSED = frozenset({"failed", "undelivered", "canceled"})


class TwilioChannel:
    """Sends WhatsApp messages through one Twilio account, from any of its numbers.

    Safe to share between threads. `sender` is the number itself, E.164 with the plus sign.

    Args:
        client: From `client.new_client`.
        contents: Returns the sid of a content resource by name and language.
        public_url: PUBLIC_URL, where Twilio reports the status of a message.
    """

    can_react = False
    """Twilio tells of people's reactions, but has no call to give one."""

    def __init__(self, client: Client, contents: Contents, public_url: str) -> None:
        self._client = client
        self._contents = contents
        self._public_url = public_url

    def send(self, message: Outbound) -> str:
        """Hand *message* to Twilio and return Twilio's id for it (the sid).

        The id means accepted, not delivered. Not to be repeated blindly: Twilio has no
        idempotency key.

        Raises:
            SendFailed: If Twilio refused it or could not be reached; `kind` says what to do.
            SendUnknown: If no answer, or one without an id, came after the request was written.
        """
        if not message.sender.startswith("+"):
            raise SendFailed(ErrorClass.STOP, None, "The sending number is not a phone number.")
        if message.reacts_to is not None:
            raise SendFailed(ErrorClass.NEVER, None, "Twilio cannot react to a message.")
        # A person known by a user id alone is answered at the address they wrote from.
        person = e164(message.phone) or message.wa_user_id
        if person is None:
            raise SendFailed(ErrorClass.NEVER, None, "The person has no address to write to.")
        if message.template is not None and message.template.code is not None and not message.phone:
            said = "A login code can only go to a phone number, and WhatsApp hides this one."
            raise SendFailed(ErrorClass.NEVER, None, said)
        return _create(
            self._client,
            from_=WHATSAPP + message.sender,
            to=WHATSAPP + person,
            status_callback=callback_url(self._public_url, message.message_id),
            **compose(message, self._contents),
        )

    def mark_read(self, sender: str, provider_id: str, *, typing: bool = False) -> None:
        """Do nothing: Twilio has no way to show a person that their message was read."""


class TwilioSms:
    """Sends text messages from one number of a Twilio account.

    Args:
        client: From `client.new_client`.
        sender: TWILIO_SMS_FROM, E.164.
        public_url: PUBLIC_URL.
    """

    def __init__(self, client: Client, sender: str, public_url: str) -> None:
        self._client = client
        self._sender = sender
        self._public_url = public_url

    def send(self, to: str, text: str, our_id: str) -> str:
        """Hand *text* to Twilio; see `domain.channel.Sms`."""
        return _create(
            self._client,
            from_=self._sender,
            to=to,
            body=cut(text, SMS_MAX),
            status_callback=callback_url(self._public_url, our_id),
        )


def _create(client: Client, **arguments: str | list[str]) -> str:
    create: Callable[..., object] = client.messages.create
    made = call_twilio(lambda: create(**arguments))
    code = getattr(made, "error_code", None)
    if getattr(made, "status", None) in REFUSED and code is not None:
        raise SendFailed(classify(code), code, reason(code))
    sid = getattr(made, "sid", None)
    if not isinstance(sid, str) or not sid:
        raise SendUnknown("Twilio took the message but gave no id for it.")
    return sid


class TwilioSenders:
    """Knows the platform's numbers; implements `domain.channel.Senders`.

    A clinic's own number at Twilio belongs to the platform's account, so a clinic has no access
    token that could prove it.
    """

    def number_of(self, sender: str, access_token: str | None = None) -> str | None:
        """Return *sender*, which is the number; None if a clinic's access token is to prove it."""
        return None if access_token is not None else sender or None
