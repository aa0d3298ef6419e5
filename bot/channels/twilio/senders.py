"""Sending numbers at Twilio, where a sender is the number itself."""

from __future__ import annotations


class TwilioSenders:
    """Knows the platform's numbers; implements `domain.channel.Senders`.

    A clinic's own number at Twilio belongs to the platform's account, so that no token of the
    clinic's own could ever prove it.
    """

    def number_of(self, sender: str, access_token: str | None = None) -> str | None:
        """Return *sender*, or None where a token of somebody's own is to prove it."""
        return None if access_token is not None else sender or None
