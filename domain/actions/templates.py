"""What WhatsApp has decided about our message templates."""

from __future__ import annotations

from datetime import datetime

from domain.model.messages import Approval
from domain.work import Work

APPROVED = "APPROVED"
GONE = {"DELETED", "PENDING_DELETION"}


def reported(
    work: Work,
    account: str,
    name: str,
    language: str,
    at: datetime,
    *,
    status: str | None = None,
    reason: str | None = None,
    category: str | None = None,
    quality: str | None = None,
) -> None:
    """Keep what WhatsApp says of a template now; what it does not say stays as it was.

    Notices may come late and in any order: an older one changes nothing.
    """
    key = f"{name}#{language}"
    before = work.get(Approval, account, key)
    if before is not None and before.at > at:
        return
    known = before or Approval(account=account, template=key, name=name, language=language, at=at)
    work.put(
        known.but(
            status=status or known.status,
            reason=reason if status else known.reason,
            category=category or known.category,
            quality=quality or known.quality,
            at=at,
        )
    )


def approvals(work: Work, account: str) -> dict[tuple[str, str], Approval]:
    """Return what is known of each template of *account*, by name and language (BCP 47).

    What WhatsApp has not spoken of is missing, which says nothing of whether it may be sent. An
    account is the platform's or a clinic's own, and its templates name nobody.
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


def can_be_sent(approval: Approval | None) -> bool:
    """Return whether WhatsApp is known to let a template go out."""
    return approval is not None and approval.status in {None, APPROVED}
