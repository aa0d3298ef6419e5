"""X-Twilio-Signature: the proof that a webhook comes from Twilio, and the addresses it signs.

Twilio signs the address it was given, not the one that arrives here: a proxy may have changed
scheme, host and port. So the address is built from PUBLIC_URL.
"""

from __future__ import annotations

from urllib.parse import quote

from twilio.request_validator import RequestValidator, get_signature_algorithm
from werkzeug.datastructures import MultiDict

PATH = "/api/v1/webhooks/twilio"
OUR_ID = "message"
"""The query parameter of a status callback that holds the id of our message."""
RETRIES = "#rc=5&rp=all"
"""Five retries after every kind of failure. Twilio reads this from the address, and retries nothing
without it (Twilio, "Connection Overrides")."""


def callback_url(public_url: str, message_id: str) -> str:
    """Return the address at which Twilio reports the statuses of our message *message_id*."""
    return f"{public_url}{PATH}?{OUR_ID}={quote(message_id, safe='')}{RETRIES}"


def is_signed(
    public_url: str,
    query: str,
    form: MultiDict[str, str],
    signature: str | None,
    settings: str | None,
    auth_token: str,
) -> bool:
    """Return whether *signature* signs the *form* posted to our webhook.

    Args:
        public_url: PUBLIC_URL, with which the webhook's address was given to Twilio.
        query: The query string as it came.
        form: Every field of the body, as it came.
        signature: `X-Twilio-Signature`, or None if there was none.
        settings: `X-Twilio-Webhooks-Signature-Settings`, which may name another algorithm.
        auth_token: The account's primary token; an empty one signs nothing.

    Source: Twilio, "Webhooks Security".
    """
    if not signature or not auth_token:
        return False
    url = f"{public_url}{PATH}" + (f"?{query}" if query else "")
    validator = RequestValidator(auth_token)
    algorithm = get_signature_algorithm(settings)
    # Whether the part after # is signed too is not documented; either signature proves the sender.
    return any(
        bool(validator.validate(address, form, signature, algorithm))
        for address in (url, url + RETRIES)
    )
