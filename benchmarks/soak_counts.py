"""The counts of the soak's day: answers, messages at the provider, and where the money is."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from domain.actions.payments import ledger
from domain.model.conversations import Seen
from domain.model.messages import Message, MessageStatus
from domain.model.money import RefundStatus
from domain.model.queues import TokenStatus
from domain.scopes import ClinicScope
from tests.e2e.installation import Installation, Json

AFTER_SECONDS = 10.0
"""How long after an outage a call in may still take longer than on an ordinary day."""
KNOWN_SECONDS = 1.0
"""What the product learnt so shortly before a call it may not have been able to act upon."""
MOVES = {"line/called", "line/skipped"}
OVER = {
    TokenStatus.COMPLETED,
    TokenStatus.NO_SHOW,
    TokenStatus.CANCELLED,
    TokenStatus.EXPIRED,
}


@dataclass(frozen=True)
class Outage:
    """An outage of one part: from the kill until it worked again, Unix seconds."""

    name: str
    began: float
    ended: float


@dataclass
class Account:
    """The counts of a day."""

    seconds: float = 0.0
    inbound: int = 0
    unanswered: list[str] = field(default_factory=list)
    answered_twice: list[str] = field(default_factory=list)
    parked: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    not_ended: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    never_sent: list[str] = field(default_factory=list)
    """Messages that the product calls sent and the provider never saw."""
    avoidable: list[str] = field(default_factory=list)
    unavoidable: int = 0
    tokens: Counter[str] = field(default_factory=Counter)
    not_over: list[str] = field(default_factory=list)
    same_number: int = 0
    payments: int = 0
    captured: int = 0
    seated: int = 0
    refunded: int = 0
    money_lost: list[str] = field(default_factory=list)
    pressed: int = 0
    turned_away: int = 0
    first_calls: dict[str, list[float]] = field(default_factory=dict)
    """From a tap on "next" to the first call at the provider, by whether an outage was near."""
    accepted: dict[str, list[float]] = field(default_factory=dict)
    """The same to the call that was accepted."""
    uncalled: list[str] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def wrongs(self) -> list[str]:
        """Return the errors: what is lost, said twice or unaccounted for."""
        return [
            *(f"not answered: {one}" for one in self.unanswered),
            *(f"answered twice: {one}" for one in self.answered_twice),
            *(f"no end: {one}" for one in self.not_ended),
            *(f"never sent: {one}" for one in self.never_sent),
            *(f"sent twice: {one}" for one in self.avoidable),
            *(f"not over: {one}" for one in self.not_over),
            *(["a token number was sold twice"] if self.same_number else []),
            *(f"money: {one}" for one in self.money_lost),
            *(["messages were parked"] if self.parked else []),
            *self.troubles,
        ]

    def lines(self) -> list[str]:
        """Return the counts as people read them."""
        killed = Counter(o.name for o in self.outages)
        away = sum(o.ended - o.began for o in self.outages)
        said = {
            "took": f"{self.seconds:.0f} s with what was left after the day",
            "killed": f"{shown(killed)}; {away:.0f} s away in all",
            "messages in": f"{self.inbound}; not answered {len(self.unanswered)}, answered twice"
            f" {len(self.answered_twice)}, parked {self.parked}",
            "messages out": f"{sum(self.outcomes.values())}: {shown(self.outcomes)}; without an"
            f" end {len(self.not_ended)}",
            "ended unsent": shown(self.reasons),
            "calls": f"{sum(self.calls.values())}: {shown(self.calls)}; called sent and never"
            f" seen by the provider {len(self.never_sent)}",
            "sent twice": f"avoidable {len(self.avoidable)}, not avoidable {self.unavoidable}",
            "tokens": f"{shown(self.tokens)}; not over {len(self.not_over)}; found no slot"
            f" {self.turned_away}",
            "money": f"{self.payments} payments of ₹{self.captured / 100:g} = ₹"
            f"{self.seated / 100:g} in seats + ₹{self.refunded / 100:g} returned;"
            f" unaccounted for {len(self.money_lost)}",
        }
        return [
            *(f"{name:<14}{words}" for name, words in said.items()),
            *self._latencies(),
            *(f"WRONG: {wrong}" for wrong in self.wrongs()),
        ]

    def _latencies(self) -> list[str]:
        lines = [f"{'next → your turn':<30}{'calls in':>10}{'p50':>10}{'p99':>10}{'most':>10}"]
        for words, found in (("the call", self.first_calls), ("accepted", self.accepted)):
            for where in ("outside outages", "in or after", "from its end"):
                times = sorted(found.get(where, []))
                if times:
                    middle, late = times[len(times) // 2], times[int(len(times) * 0.99)]
                    cells = "".join(f"{t:>8.2f} s" for t in (middle, late, times[-1]))
                    lines.append(f"{words + ', ' + where:<30}{len(times):>10}{cells}")
        if self.uncalled:
            lines.append(f"{'':<14}never called in: {shown(Counter(self.uncalled))}")
        return lines


def shown(counts: Counter[str]) -> str:
    """Return counts in words, the largest first."""
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"


def account_of(town: Installation, outages: list[Outage], began: float) -> Account:
    """Return the counts of a day that is over and settled."""
    account = Account(seconds=time.time() - began, outages=outages)
    messages = [town.message(row["messageId"]) for row in town.rows("messages")]
    heard = {m["id"]: m for phone in phones(town) for m in said(town, phone)}
    _inbound(account, town, messages, heard)
    calls = everything(town, "calls")
    _outbound(account, messages, calls)
    _latency(account, messages, heard, calls)
    _tokens(account, town)
    _money(account, town)
    return account


def phones(town: Installation) -> list[str]:
    """Return everybody's number."""
    return [p["wa_id"] for p in town.control("GET", "/phones")["phones"]]


def said(town: Installation, wa_id: str) -> list[Json]:
    """Return what a person wrote."""
    return town.control("GET", f"/phones/{wa_id}/messages?from=user")["messages"]


def everything(town: Installation, what: str) -> list[Json]:
    """Return all that the simulator remembers of *what* (calls)."""
    found: list[Json] = []
    while True:
        after = found[-1]["index"] if found else 0
        page = town.control("GET", f"/{what}?after={after}")[what]
        if not page:
            return found
        found += page


def _inbound(
    account: Account, town: Installation, messages: list[Message], heard: dict[str, Json]
) -> None:
    answers = Counter(m.reply_to for m in messages if m.reply_to)
    account.inbound = len(heard)
    account.parked = len(town.rows("parked"))
    for identity, message in heard.items():
        name = f"{message['wa_id']} {message['text'][:20]!r} ({message['tick']})"
        if answers[identity] == 0 or town.work().get(Seen, identity) is None:
            account.unanswered.append(name)
        elif answers[identity] > 1:
            account.answered_twice.append(name)


def _outbound(account: Account, messages: list[Message], calls: list[Json]) -> None:
    account.calls = Counter(c["outcome"] or "under way" for c in calls)
    taken: dict[str, list[Json]] = {}
    for call in calls:
        if call["id"]:
            taken.setdefault(call["biz"], []).append(call)
    for message in messages:
        account.outcomes[message.status.value.lower()] += 1
        name = f"{message.name} {message.message_id}"
        if message.status in {MessageStatus.FAILED, MessageStatus.DROPPED}:
            account.reasons[f"{message.status.value.lower()}: {message.failure}"] += 1
            if not message.failure:
                account.not_ended.append(name)
        elif message.status in {MessageStatus.QUEUED, MessageStatus.SENDING}:
            account.not_ended.append(f"{name} is {message.status.value}")
        elif message.message_id not in taken:
            account.never_sent.append(name)
    _doubles(account, taken)


def _doubles(account: Account, taken: dict[str, list[Json]]) -> None:
    """Judge each message that the provider accepted more than once.

    It was avoidable if the product knew of the first, or sent both at once; with neither an answer
    nor a status the product could not know.
    """
    for message_id, accepted in taken.items():
        told = min((c["told"] for c in accepted if c["told"]), default=None)
        for before, again in pairwise(accepted):
            if told is not None and told + KNOWN_SECONDS < again["arrived"]:
                late = again["arrived"] - told
                account.avoidable.append(f"{message_id}, {late:.1f} s after its status was known")
            elif again["arrived"] - before["arrived"] < KNOWN_SECONDS:
                account.avoidable.append(f"{message_id}, by two at once")
            else:
                account.unavoidable += 1


def _latency(
    account: Account, messages: list[Message], heard: dict[str, Json], calls: list[Json]
) -> None:
    turns = {
        (m.created_at, m.values.get("doctor")): m for m in messages if m.name == "news/your_turn"
    }
    arrived: dict[str, list[Json]] = {}
    for call in calls:
        arrived.setdefault(call["biz"], []).append(call)
    for answer in messages:
        asked = heard.get(answer.reply_to or "")
        turn = turns.get((answer.created_at, answer.values.get("doctor")))
        if answer.name not in MOVES or asked is None or turn is None:
            continue
        found = arrived.get(turn.message_id, [])
        if not found:
            account.uncalled.append(turn.failure or "no reason")
            continue
        first = found[0]["arrived"]
        taken = next((c["arrived"] for c in found if c["id"]), None)
        begun = asked["timestamp"]
        for times, at in ((account.first_calls, first), (account.accepted, taken)):
            if at is not None:
                _place(account.outages, times, begun, at)


def _place(outages: list[Outage], times: dict[str, list[float]], begun: float, at: float) -> None:
    """Count what took from *begun* to *at* where it belongs; after outages also from their end."""
    near = [o for o in outages if o.began <= at and begun <= o.ended + AFTER_SECONDS]
    times.setdefault("in or after" if near else "outside outages", []).append(at - begun)
    ended = [o.ended for o in near if o.ended <= at]
    if ended:
        times.setdefault("from its end", []).append(at - max(begun, *ended))


def _tokens(account: Account, town: Installation) -> None:
    tokens = town.rows("tokens")
    account.tokens = Counter(t["status"].lower() for t in tokens)
    account.not_over = [
        f"token {t['tokenNumber']} of {t['doctorId']} is {t['status']}"
        for t in tokens
        if t["status"] not in OVER
    ]
    sold = Counter(
        (t["queueId"], t["number"])
        for t in tokens
        if t["status"] in {TokenStatus.COMPLETED, TokenStatus.NO_SHOW}
    )
    account.same_number = sum(count > 1 for count in sold.values())


def _money(account: Account, town: Installation) -> None:
    """Compare the ledger with itself, with its tokens and with the books of the gateway."""
    clinic = town.clinic
    work = town.parts.open_work(ClinicScope(clinic.clinic_id))
    day = datetime.now(UTC).astimezone(clinic.zone).date()
    found = ledger.statement_of(work, clinic, day)
    account.payments, account.captured = found.payments, found.captured
    account.seated, account.refunded = found.seated, found.refunded
    if found.difference or found.waiting:
        account.money_lost.append(f"₹{found.difference / 100:g} nowhere, {found.waiting} waiting")
    account.money_lost += [
        f"{key} adds not up" for key in ledger.find_discrepancies(work, clinic, day)
    ]
    rows = town.rows("ledger")
    known = {r["captureId"] for r in rows if r["row"] == "CAPTURE"}
    taken = {
        r["row"].partition("#")[2]
        for r in town.rows("sandbox")
        if r["subject"].startswith("payr_") and r["row"].startswith("PAID#")
    }
    account.money_lost += [f"{key} was taken and is unknown" for key in taken - known]
    account.money_lost += [f"{key} was never taken" for key in known - taken]
    account.money_lost += [
        f"the refund of {r['captureId']} is {r.get('status')}"
        for r in rows
        if r["row"] == "REFUND" and r.get("status") != RefundStatus.PROCESSED
    ]
