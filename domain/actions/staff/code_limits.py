"""How many one-time codes may be requested, so that nobody is flooded and nobody locked out.

Counted by number, purpose and network: who asks for codes of somebody else's number uses up their
own share of it. Over all networks a number gets a few times as many; a network from which its owner
has proven it lately is left out of that sum, so that no stranger can use up the owner's codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.errors import CodesUsedUp, TooMany
from domain.model.accounts import OtpLimit, OtpType
from domain.networks import site_network
from domain.work import Work

STAFF_ONLY = frozenset({OtpType.LOGIN, OtpType.PASSWORD_RESET})
"""Codes that are sent only to a number of the clinic's staff; the others go to any number."""
PER_NETWORK = 10
"""The limit of a network, as a multiple of a number's: many people may share it."""
ALL_NETWORKS = {True: 6, False: 2}
"""The limit of a number over all networks, as a multiple: of codes for staff only, and of others,
which reach people who may not have asked for them."""
KNOWN_FOR = timedelta(days=90)
"""How long a network stays known after somebody proved a number from there."""
CEILING_SHARDS = 8
"""The whole installation's count is spread, so that requests do not wait for each other."""
COUNTED_FOR_LIVE = timedelta(minutes=5)
"""How long a count outlives its span: as long as a code that it names is good."""


@dataclass(frozen=True)
class _Count:
    """Something that is counted, and how much of it is allowed in a span."""

    subject: str
    most: int
    span: timedelta
    refusal: type[TooMany] = TooMany


def count_request(work: Work, kind: OtpType, number: str, address: str) -> OtpLimit:
    """Count one request of a code for *number* from *address*; return the number's own count.

    It also holds which codes of the number are live; the caller writes it again with the new one.

    Raises:
        TooMany: If it is one too many (detail `retry_after_seconds`); nothing is written then.
        CodesUsedUp: If the whole installation has sent as many as it may.
    """
    amount, seconds = work.rules.otp_limit
    span = timedelta(seconds=seconds)
    network = work.seal.digest(site_network(address))
    of_number = _number_subject(kind, number)
    known = _known_subject(work, number, address)
    counts = [
        _Count(f"net:{network}", amount * PER_NETWORK, span),
        _Count(f"{of_number}#{network}", amount, span),
    ]
    if kind not in STAFF_ONLY:
        counts.append(_ceiling(work))
    subjects = [*(c.subject for c in counts), of_number, known]
    work.fetch([(OtpLimit, (subject,)) for subject in subjects])
    is_known = work.get(OtpLimit, known) is not None and kind in STAFF_ONLY
    over_all = _Count(of_number, amount * ALL_NETWORKS[kind in STAFF_ONLY], span)
    _require_room(work, counts if is_known else [*counts, over_all])
    for count in counts:
        _count_one(work, count)
    if is_known:
        return work.get(OtpLimit, of_number) or _fresh(work, over_all, 0)
    return _count_one(work, over_all)


def remember_network(work: Work, number: str, address: str) -> None:
    """Remember that the owner of *number* has proven it from *address*. May be repeated."""
    work = work.system("remember a network")
    subject = _known_subject(work, number, address)
    ttl = int((work.now + KNOWN_FOR).timestamp())
    known = work.get(OtpLimit, subject) or OtpLimit(subject=subject, since=work.now, count=0)
    work.put(known.but(ttl=ttl))


def _ceiling(work: Work) -> _Count:
    amount, seconds = work.rules.otp_ceiling
    shard = int(work.ids.secret("")[-8:], 16) % CEILING_SHARDS
    most = max(1, amount // CEILING_SHARDS)
    return _Count(f"all:{shard}", most, timedelta(seconds=seconds), CodesUsedUp)


def _require_room(work: Work, counts: Sequence[_Count]) -> None:
    for count in counts:
        known = work.get(OtpLimit, count.subject)
        if known is None or work.now >= known.since + count.span or known.count < count.most:
            continue
        wait = _whole_seconds(known.since + count.span, work.now)
        raise count.refusal("Too many codes were asked for; please wait.", retry_after_seconds=wait)


def _count_one(work: Work, count: _Count) -> OtpLimit:
    known = work.get(OtpLimit, count.subject)
    if known is None or work.now >= known.since + count.span:
        fresh = _fresh(work, count, 1)
        return work.put(
            fresh if known is None else known.but(since=fresh.since, count=1, ttl=fresh.ttl)
        )
    return work.put(known.but(count=known.count + 1))


def _fresh(work: Work, count: _Count, already: int) -> OtpLimit:
    ends = work.now + count.span + COUNTED_FOR_LIVE
    return OtpLimit(subject=count.subject, since=work.now, count=already, ttl=int(ends.timestamp()))


def _number_subject(kind: OtpType, number: str) -> str:
    return f"tel:{number}#{kind.value}"


def _known_subject(work: Work, number: str, address: str) -> str:
    return f"known:{work.seal.digest(f'{number} {site_network(address)}')}"


def _whole_seconds(until: datetime, now: datetime) -> int:
    return max(1, -int(-(until - now).total_seconds() // 1))
