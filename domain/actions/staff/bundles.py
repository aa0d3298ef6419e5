"""What one person writes to the desk, bundled: the desk hears at once, then every half minute.

Whoever writes sixty messages would else make the desk's phone ring sixty times, in between those of
others. What waits is kept encrypted, for half a minute. Once the desk has answered, the next
message is passed on at once again.
"""

from __future__ import annotations

from datetime import timedelta

from domain import due
from domain.model.clinics import Clinic
from domain.model.due import Due
from domain.model.talks import Bundle
from domain.work import Work

EVERY = timedelta(seconds=30)
"""How often the desk hears of one person who goes on writing."""
MOST_WORDS = 1400
"""Characters of a bundle that are passed on, three messages; beyond, messages are only counted."""
KIND = "tell_bundle"


def hold(work: Work, clinic: Clinic, contact_id: str, words: str) -> bool:
    """Keep *words* for the next bundle; return False if the desk hears them at once."""
    before = work.get(Bundle, clinic.clinic_id, contact_id)
    if before is None or (not before.count and work.now - before.told_at >= EVERY):
        bundle = Bundle(clinic_id=clinic.clinic_id, contact_id=contact_id, told_at=work.now)
        _put(work, before, bundle)
        return False
    if not before.count:
        about = due.Subject(f"{clinic.clinic_id}#{contact_id}", clinic_id=clinic.clinic_id)
        due.schedule(work, KIND, before.told_at + EVERY, about, contact=contact_id)
    kept = work.seal.open(before.words) if before.words else ""
    both = f"{kept}\n{words}" if kept else words
    if len(both) > MOST_WORDS:
        both = kept if kept.endswith("…") else f"{both[:MOST_WORDS]}…"
    _put(work, before, before.but(words=work.seal.seal(both), count=before.count + 1))
    return True


def take(work: Work, item: Due) -> tuple[str, int]:
    """Return what waits in the bundle that *item* is about, and how many messages; empty it."""
    contact_id = str(item.values.get("contact") or "")
    bundle = work.get(Bundle, item.clinic_id or "", contact_id)
    if bundle is None or not bundle.count:
        return "", 0
    words = work.seal.open(bundle.words or "")
    _put(work, bundle, bundle.but(words=None, count=0, told_at=work.now))
    return words, bundle.count


def hear_at_once(work: Work, clinic_id: str, contact_id: str) -> None:
    """Pass the person's next message on at once, since the desk has answered them."""
    bundle = work.get(Bundle, clinic_id, contact_id)
    if bundle is not None and not bundle.count:
        work.delete(bundle)


def _put(work: Work, before: Bundle | None, bundle: Bundle) -> None:
    ends = work.now + timedelta(hours=12)
    work.put(bundle.but(version=before.version if before else 0, ttl=int(ends.timestamp())))
