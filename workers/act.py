"""Doing what is due: each item's handler, and refunds, which ask the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.wiring import Parts
from domain.actions import after, payments
from domain.errors import Conflict, StoreUnavailable
from domain.gateway import GatewayRefused, GatewayUnavailable, RefundAnswer
from domain.model.base import stamp
from domain.model.due import Due
from domain.model.money import Refund, RefundStatus
from domain.scopes import SystemScope
from domain.work import Work

PASS = 100
"""Items taken in one pass; what is left rings again."""
TRIES = 8
MOST_ATTEMPTS = 20
LONGEST_BACKOFF_SECONDS = 600
log = structlog.get_logger()


@dataclass
class Doer:
    """Does what is due in a shard. Any number of them may run; each item acts once."""

    parts: Parts

    def run(self, shard: str) -> int:
        """Do everything due in *shard* now, at most PASS items; return how many were done."""
        work = self._work()
        items = work.query(Due, shard, between=("", f"{stamp(work.now)}~"), limit=PASS).records
        for item in items:
            self._do(item)
        if len(items) == PASS:
            self.parts.bell.ring("act", shard)
        return len(items)

    def _do(self, item: Due) -> None:
        for _ in range(TRIES):
            try:
                if item.kind == "refund":
                    self._refund(item)
                else:
                    after.HANDLERS[item.kind](self._work, item)
            except Conflict:
                if self._work().get(Due, item.shard, item.due) is None:
                    return  # another worker has done it
                continue
            except StoreUnavailable:
                return
            except Exception as error:
                log.exception("due_failed", job=item.kind, error=type(error).__name__)
                break
            else:
                return
        self._again(item)

    def _again(self, item: Due) -> None:
        """Put an item that failed back for later, so that what is due behind it goes on."""
        work = self._work()
        current = work.get(Due, item.shard, item.due)
        if current is None:
            return
        attempts = current.attempts + 1
        work.delete(current)
        seconds = min(LONGEST_BACKOFF_SECONDS, 2**attempts)
        at = work.now + timedelta(seconds=seconds)
        again = current.but(version=0, attempts=attempts, due=f"{stamp(at)}#{_name(current)}")
        work.put(again)
        try:
            work.commit()
        except (Conflict, StoreUnavailable):
            return

    def _refund(self, item: Due) -> None:
        """Ask the gateway to return a captured payment, until it says yes or no."""
        work = self._work()
        refund = work.get(Refund, item.capture_id or "", "REFUND")
        if refund is None or refund.status in {RefundStatus.PROCESSED, RefundStatus.FAILED}:
            work.delete(item)
            work.commit()
            return
        try:
            answer = self.parts.gateway.refund(refund.capture_id, refund.amount_paise)
        except GatewayRefused:
            answer = RefundAnswer("", RefundStatus.FAILED)
            log.warning("refund_refused")
        except GatewayUnavailable:
            self._again(item)
            return
        work = self._work()
        refund = work.get(Refund, item.capture_id or "", "REFUND")
        if refund is not None:
            payments.refund_answered(work, refund, answer.status, answer.gateway_refund_id)
        work.delete(item)
        work.commit()

    def _work(self) -> Work:
        return self.parts.open_work(SystemScope("do what is due"))


def _name(item: Due) -> str:
    """Return kind and subject of an item, which its key ends with."""
    return item.due.split("#", 1)[1]
