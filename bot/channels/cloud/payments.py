"""Looks up at Meta how orders inside WhatsApp were paid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from urllib.parse import quote

import requests
import structlog

from bot.channels.cloud.values import Node, identifier, node, nodes
from bot.channels.http import ANSWER_SECONDS, CONNECT_SECONDS
from domain.channel import SendFailed
from domain.gateway import GatewayRefused, GatewayUnavailable, PaymentAttempt

CURRENCY = "INR"
OFFSET = 100
"""Amounts are in hundredths of a rupee."""
SUCCESS = "success"
NO_SUCH_OBJECT = 100
"""Meta's code for an object that does not exist or that the token may not see."""
log = structlog.get_logger()


class CloudPayments:
    """Asks Graph about orders; implements `domain.gateway.Orders`.

    Args:
        base_url: Meta's address with the version.
        tokens: Returns a sender's access token, as for `CloudChannel`.
        session: From `new_session`, one for each process.
    """

    def __init__(
        self, base_url: str, tokens: Callable[[str], str], session: requests.Session
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens
        self._session = session

    def fetch_attempts(
        self, sender: str, configuration: str, reference: str
    ) -> tuple[PaymentAttempt, ...]:
        """Return every attempt to pay an order, as Meta's lookup tells; see `Orders`.

        Raises:
            GatewayUnavailable: If Meta did not answer, or failed; ask again later.
            GatewayRefused: If the sender's access token can no longer be read.
        """
        try:
            token = self._tokens(sender)
        except SendFailed as error:
            raise GatewayUnavailable("the store did not answer") from error
        except LookupError as error:
            raise GatewayRefused("the sender's access token cannot be read") from error
        where = "/".join(quote(part, safe="") for part in (configuration, reference))
        try:
            answer = self._session.get(
                f"{self._base_url}/{quote(sender, safe='')}/payments/{where}",
                headers={"Authorization": f"Bearer {token}"},
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                # Redirected, the token would go to another host.
                allow_redirects=False,
            )
            read = answer.json()
        except (requests.RequestException, UnicodeError) as error:
            raise GatewayUnavailable(type(error).__name__) from error
        if node(node(read).get("error")).get("code") == NO_SUCH_OBJECT:
            return ()  # The order never reached the phone.
        if answer.status_code != HTTPStatus.OK:
            log.warning("payments_lookup_failed", code=str(answer.status_code))
            raise GatewayUnavailable(str(answer.status_code))
        return tuple(_transactions(node(read), reference))


def _transactions(read: Node, reference: str) -> Iterator[PaymentAttempt]:
    for payment in nodes(read.get("payments"))[0]:
        if payment.get("reference_id") != reference or payment.get("currency") != CURRENCY:
            continue
        single = payment.get("transaction")
        told, _ = nodes(payment.get("transactions", single))
        told += [single] if isinstance(single, dict) else []
        for transaction in told:
            amount = paise(transaction.get("amount", payment.get("amount")))
            if amount is not None:
                yield PaymentAttempt(
                    order_id=identifier(transaction.get("id")),
                    capture_id=identifier(transaction.get("pg_transaction_id")),
                    amount_paise=amount,
                    succeeded=transaction.get("status") == SUCCESS,
                )


def paise(amount: object) -> int | None:
    """Return an amount of Meta's in paise, or None if it is none; its numbers may be texts."""
    given = node(amount)
    try:
        value, offset = int(str(given.get("value"))), int(str(given.get("offset")))
    except ValueError:
        return None
    return value if offset == OFFSET and value > 0 else None
