"""Links that open one thing for a while, for browsers that send no token."""

from __future__ import annotations

from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from api.frame.services import Services
from domain.errors import NotSignedIn


def sign(services: Services, purpose: str, subject: str, now: datetime, lifetime: timedelta) -> str:
    """Return a signature that opens *subject* for *purpose*, for *lifetime* from *now*."""
    until = int((now + lifetime).timestamp())
    return str(_signer(services, purpose).dumps([subject, until]))


def unsign(services: Services, purpose: str, signature: str, now: datetime) -> str:
    """Return the subject that *signature* opens.

    Raises:
        NotSignedIn: If it is not ours, was made for something else, or its time is over.
    """
    try:
        subject, until = _signer(services, purpose).loads(signature)
    except (BadData, ValueError, TypeError):
        raise NotSignedIn("This link is not valid.") from None
    if until <= now.timestamp():
        raise NotSignedIn("This link has expired; please ask for a new one.")
    return str(subject)


def _signer(services: Services, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(services.secret, salt=f"link {purpose}")
