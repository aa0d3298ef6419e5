"""The access token that a sending number sends with."""

from __future__ import annotations

from collections.abc import Callable

from domain.channel import ErrorClass, SendFailed
from domain.errors import StoreUnavailable, Unreadable
from domain.model.clinics import Sender
from domain.ports import Records, Seal
from domain.scopes import SystemScope


def sender_tokens(records: Records, seal: Seal, access_token: str) -> Callable[[str], str]:
    """Return what gives a sender's access token: the clinic's own, else *access_token*.

    What it gives raises LookupError for a token that can no longer be read, and SendFailed while
    the store does not answer.
    """

    def token_of(sender: str) -> str:
        scope = SystemScope("the token a clinic's own sender sends with")
        try:
            found = records.get(scope, [(Sender, (sender,))])[0]
        except StoreUnavailable:
            raise SendFailed(ErrorClass.LATER, None, "The store did not answer.") from None
        if not isinstance(found, Sender):
            return access_token
        try:
            return seal.open(found.access_token)
        except Unreadable:
            raise LookupError(sender) from None

    return token_of
