"""What WhatsApp has decided about our message templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.errors import NotNow
from domain.model.messages import Approval
from domain.offers import OfferedTemplate
from domain.work import Work

APPROVED = "APPROVED"
SENDABLE = {APPROVED, "REINSTATED", "FLAGGED"}
"""REINSTATED: allowed again. FLAGGED: of low quality, but still sent."""
GONE = {"DELETED", "PENDING_DELETION"}
ENGLISH = "en"
MARKETING = "MARKETING"


class NotApproved(NotNow):
    """WhatsApp does not let the template go out (detail `state`: its status)."""

    code = "TEMPLATE_NOT_APPROVED"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What WhatsApp says of a template at one time, in its own words; None: it says nothing."""

    status: str | None = None
    """APPROVED, PENDING, REJECTED, PAUSED, DISABLED, …"""
    reason: str | None = None
    """Why it has that status."""
    category: str | None = None
    quality: str | None = None


def record_template_state(
    work: Work,
    account: str,
    name: str,
    language: str,
    at: datetime,
    said: Verdict,
) -> None:
    """Record what WhatsApp has *said* of a template *at* an instant; what is None stays as it was.

    May be repeated, and in any order: an older notice changes nothing.
    """
    key = f"{name}#{language}"
    before = work.get(Approval, account, key)
    if before is not None and before.at > at:
        return
    known = before or Approval(account=account, template=key, name=name, language=language, at=at)
    work.put(
        known.but(
            status=said.status or known.status,
            reason=said.reason if said.status else known.reason,
            category=said.category or known.category,
            quality=said.quality or known.quality,
            at=at,
        )
    )


def approvals(work: Work, account: str) -> dict[tuple[str, str], Approval]:
    """Return what is known of each template of *account*, by name and language (BCP 47).

    A missing template is one WhatsApp has said nothing of; it may be sendable. Read across clinics:
    templates name nobody.
    """
    across = work.system("what WhatsApp says of message templates")
    found: dict[tuple[str, str], Approval] = {}
    after = None
    while True:
        page = across.query(Approval, account, limit=500, after=after)
        found |= {(a.name, a.language): a for a in page.records if a.status not in GONE}
        after = page.after
        if after is None:
            return found


def approval_of(work: Work, account: str, name: str, language: str) -> Approval | None:
    """Return what is known of one template of *account* in a language (BCP 47)."""
    across = work.system("what WhatsApp says of a message template")
    return across.get(Approval, account, f"{name}#{language}")


def can_be_sent(approval: Approval | None) -> bool:
    """Return whether WhatsApp is known to let a template go out."""
    return approval is not None and approval.status in {None, *SENDABLE}


def is_held_back(approval: Approval | None) -> bool:
    """Return whether WhatsApp is known to hold a template back; an unknown one may be tried."""
    return approval is not None and not can_be_sent(approval)


def require_approved(
    work: Work, account: str, template: OfferedTemplate, language: str = ENGLISH
) -> None:
    """Raise `NotApproved` unless *template* may go out in *language*, or else in English.

    Raises:
        NotApproved: If WhatsApp is known to hold both back.
    """
    known = None
    for each in (language, ENGLISH):
        known = approval_of(work, account, template.provider_name, each)
        if not is_held_back(known):
            return
    if known is not None:
        raise NotApproved(explain_hold(template.name, known), state=known.status)


def explain_hold(name: str, known: Approval) -> str:
    """Say in words for people that WhatsApp holds template *name* back, and why."""
    why = f" ({known.reason})" if known.reason else ""
    return f"WhatsApp does not let the template {name} go out now: it is {known.status}{why}."


def is_marketing(work: Work, account: str, template: OfferedTemplate) -> bool:
    """Return whether WhatsApp counts *template* as marketing, whatever it was submitted as."""
    known = approval_of(work, account, template.provider_name, template.language)
    return ((known.category if known else None) or template.category) == MARKETING
