"""What the API is given by the process it runs in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from redis import Redis

from api.frame.hub import Hub
from api.frame.limits import Limits
from domain.channel import Senders
from domain.offers import OfferedTemplate
from domain.ports import Clock, Documents, Files, Ids, Seal
from domain.rules import Rules
from domain.scopes import Scope
from domain.work import Work


@dataclass(frozen=True)
class Services:
    """The concrete parts, chosen by `bot.wiring`; views use few of them."""

    open_work: Callable[[Scope], Work]
    """Returns a new unit of work that reads through a scope and rings when committed."""
    clock: Clock
    ids: Ids
    rules: Rules
    seal: Seal
    redis: Redis
    """For rate limits and live updates; may be unreachable at any moment."""
    secret: str
    """JWT_SECRET: signs tokens and cursors."""
    access_expiry: timedelta
    refresh_expiry: timedelta
    limits: Limits
    """The rate limits."""
    hub: Hub
    """The live pages of this process."""
    senders: Senders
    """Proves a clinic's own WhatsApp sender."""
    documents: Documents
    """Makes PDFs."""
    files: Files
    """Where made documents are kept."""
    patient_files: Files
    """Where files that patients sent are kept, encrypted."""
    template_account: str
    """The WhatsApp Business account that templates are submitted to."""
    offers: Sequence[OfferedTemplate]
    """The templates that staff may send."""
    pause: Callable[[float], None]
    """Sleeps, in seconds, while a call waits for the provider's answer."""
    otp_limit: str
    """OTPs for one number, such as 10 per hour; per network address ten times as much."""
    cors_origins: tuple[str, ...] = ()
    production: bool = False
