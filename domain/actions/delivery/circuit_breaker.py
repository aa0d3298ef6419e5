"""The circuit breaker of each sending number.

Most refusals concern one message. An expired access token or a blocked account concerns them all:
then the number is down, one message at a time probes it, and the clinic is told.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.actions.staff.alerts import Alert, alert_admins
from domain.channel import SendFailed
from domain.model.clinics import Claim, Clinic
from domain.model.messages import Message, SenderHealth, Urgency
from domain.work import Work

FIRST_PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 300
LOOK_AGAIN_SECONDS = 30
"""How often a message, unless it is in bulk, checks whether its number can send again."""
SMS = "sms"
"""The key of the number that SMS leave by."""


def sender_key_of(message: Message) -> str:
    """Return the key of the sending number that *message* goes by: its sender, or SMS."""
    return SMS if message.by_sms else message.sender


def is_down(health: SenderHealth | None) -> bool:
    """Return whether a number is known to be unable to send."""
    return health is not None and health.down_since is not None


def wait_until(message: Message, health: SenderHealth | None, now: datetime) -> datetime | None:
    """Return when *message* may be tried again, or None if it may be tried now."""
    if health is None or health.down_since is None or health.retry_at is None:
        return None
    if health.retry_at <= now:
        return None
    if message.urgency is Urgency.BULK:
        return health.retry_at
    return min(health.retry_at, now + timedelta(seconds=LOOK_AGAIN_SECONDS))


def probe(work: Work, health: SenderHealth) -> None:
    """Postpone the next try of a number that is down, so that only one message probes it now."""
    work.put(health.but(retry_at=work.now + _pause(health.refusals), updated_at=work.now))


def trip(work: Work, sender: str, failure: SendFailed) -> None:
    """Record that a number cannot send; alert its clinic's admins when that begins."""
    before = work.get(SenderHealth, sender)
    health = before or SenderHealth(sender=sender, updated_at=work.now)
    refusals = health.refusals + 1
    work.put(
        health.but(
            down_since=health.down_since or work.now,
            reason=failure.reason,
            code=failure.code,
            refusals=refusals,
            retry_at=work.now + _pause(refusals - 1),
            updated_at=work.now,
        )
    )
    clinic = _owner(work, sender)
    if health.down_since is None and clinic is not None:
        alert_admins(
            work,
            clinic,
            Alert(
                name="desk/number_down",
                values={"reason": failure.reason},
                # The clinic's own number is down.
                sender=work.rules.platform_sender,
                helps_for=timedelta(hours=12),
            ),
        )


def reset(work: Work, sender: str) -> None:
    """Record that a number can send again, if it was down."""
    health = work.get(SenderHealth, sender)
    if health is not None and health.down_since is not None:
        work.put(
            health.but(
                down_since=None,
                reason=None,
                code=None,
                retry_at=None,
                refusals=0,
                updated_at=work.now,
            )
        )


def health_of(work: Work, sender: str) -> SenderHealth | None:
    """Return the health of a sending number, or None if nothing is known of it.

    Read across clinics: a number is a clinic's own or shared, and its health names nobody.
    """
    return work.system("how a sending number fares").get(SenderHealth, sender)


def record_quality(work: Work, number: str, quality: str | None, limit: str | None) -> None:
    """Record what WhatsApp says of a *number* (E.164): its quality and its messaging limit."""
    sender = _sender_of(work, number)
    health = work.get(SenderHealth, sender) or SenderHealth(sender=sender, updated_at=work.now)
    work.put(
        health.but(
            quality=quality or health.quality,
            limit=limit or health.limit,
            updated_at=work.now,
        )
    )


def _sender_of(work: Work, number: str) -> str:
    """Return the sender behind *number*; the number itself where none is known."""
    if number == work.rules.platform_number:
        return work.rules.platform_sender
    claim = work.get(Claim, f"number:{number}")
    clinic = work.get(Clinic, claim.clinic_id) if claim else None
    return (clinic.phone_number_id if clinic else None) or number


def _owner(work: Work, sender: str) -> Clinic | None:
    claim = work.get(Claim, f"sender:{sender}")
    return work.get(Clinic, claim.clinic_id) if claim else None


def _pause(refusals: int) -> timedelta:
    return timedelta(
        seconds=min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(refusals, 8))
    )
