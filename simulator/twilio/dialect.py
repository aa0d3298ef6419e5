"""Twilio as a `Dialect`."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urldefrag, urlencode, urlsplit

from simulator.dialect import Webhook
from simulator.errors import BAD_REQUEST, TITLES
from simulator.twilio import forms
from simulator.twilio.contents import new_sid
from simulator.twilio.errors import FROM_META, TwilioError

if TYPE_CHECKING:
    from simulator.config import Number, Phone, TwilioAccount
    from simulator.errors import ProviderError
    from simulator.model import Message, Status


class Twilio:
    """Writes forms, signed together with the address that they go to."""

    def __init__(self, account: TwilioAccount) -> None:
        """Speak for *account*."""
        self._account = account

    @property
    def secret(self) -> str:
        """The account's primary token."""
        return self._account.auth_token

    def new_message_id(self) -> str:
        """Return a new sid of a message."""
        return new_sid("SM")

    def translate(self, error: ProviderError) -> ProviderError:
        """Return *error* as Twilio reports what WhatsApp has told it."""
        if isinstance(error, TwilioError):
            return error
        usual, _ = TITLES.get(error.code, (BAD_REQUEST, ""))
        # A status that a fault asks for is kept; others go with the code.
        asked = None if error.http_status == usual else error.http_status
        code = FROM_META.get(error.code, error.code)
        return TwilioError(code, error.details, http_status=asked)

    def inbound(self, number: Number, phone: Phone, message: dict[str, Any]) -> Webhook:
        """Return the webhook of a person's message."""
        return Webhook(urlencode(forms.inbound(self._account.account_sid, number, phone, message)))

    def status(
        self, number: Number, phone: Phone | None, message: Message, step: Status
    ) -> Webhook | None:
        """Return the webhook of a status, for the message's StatusCallback if it has one."""
        if not message.biz:
            return None
        by_id = phone is not None and message.by_user_id
        to = forms.WHATSAPP + (phone.user_id if phone and by_id else f"+{message.wa_id}")
        form = forms.status(self._account.account_sid, number, to, message, step)
        return Webhook(urlencode(form), message.biz)

    def headers(self, url: str, body: bytes, secret: str | None) -> dict[str, str]:
        """Return the headers of a webhook; what stands after # in *url* is not signed."""
        fields = parse_qsl(body.decode(), keep_blank_values=True)
        signed = {}
        if secret is not None:
            signed["X-Twilio-Signature"] = signature(secret, urldefrag(url).url, fields)
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "TwilioProxy/1.1",
            **signed,
        }

    def retries(self, url: str) -> bool:
        """Return whether *url* asks for retries: `#rc=…` does, and nothing else.

        Twilio then repeats at most five times within seconds; here a webhook is repeated as long as
        Meta's is, so that a product that was down for a while need not ask for what it missed.
        """
        count = parse_qs(urlsplit(url).fragment).get("rc", ["0"])[0]
        return count.isdecimal() and int(count) > 0


def signature(token: str, url: str, fields: list[tuple[str, str]]) -> str:
    """Return the `X-Twilio-Signature` of *fields* posted to *url*: HMAC-SHA1 under the token.

    Source: Twilio, "Webhooks Security".
    """
    signed = url + "".join(name + value for name, value in sorted(fields))
    return b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
