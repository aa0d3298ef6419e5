"""One table, from each kind of due item to its handler.

The handlers are functions of the rules. Here they get one signature, with what they need beside
the item in one value. What happens without an answer of the gateway is decided here too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

import structlog

from domain.actions.booking import holds, reminders
from domain.actions.broadcasts import broadcasts, counts
from domain.actions.clinics import billing
from domain.actions.delivery import sms_fallback
from domain.actions.line import day_end, fan_out, lifecycle, reopening, schedule_changes
from domain.actions.payments import orders, refunds
from domain.actions.people import erasure, merge, patient_changes, phone_changes, rights
from domain.actions.reports import figures, reports
from domain.actions.reports.pages import compose
from domain.actions.settlement import polling
from domain.actions.staff import handover, notices, otps, talks
from domain.actions.visits import files as patient_files
from domain.actions.visits import ratings
from domain.due import OpenWork
from domain.gateway import Gateway, GatewayRefused, GatewayUnavailable
from domain.media import Media
from domain.model.due import Due
from domain.ports import Documents, Files

log = structlog.get_logger()


@dataclass(frozen=True)
class HandlerContext:
    """What handlers need beside the item."""

    open_work: OpenWork
    gateway: Gateway
    documents: Documents
    files: Files
    media: Media
    patient_files: Files
    """Encrypted."""


Handler = Callable[[HandlerContext, Due], None]
"""Does an item in small commits, the last of which deletes it; may be repeated."""


def _with_work(handle: Callable[[OpenWork, Due], None]) -> Handler:
    """Return the handler of a kind that needs the store alone."""

    @wraps(handle)
    def run(context: HandlerContext, item: Due) -> None:
        handle(context.open_work, item)

    return run


def _with_gateway(handle: Callable[[OpenWork, Gateway, Due], None]) -> Handler:
    """Return the handler of a kind that calls the payment gateway.

    It reschedules its item before the call, so without an answer the item comes again.
    """

    @wraps(handle)
    def run(context: HandlerContext, item: Due) -> None:
        try:
            handle(context.open_work, context.gateway, item)
        except GatewayUnavailable:
            log.warning("gateway_away", job=item.kind, attempts=item.attempts)
        except GatewayRefused:
            log.exception("gateway_refused", job=item.kind, attempts=item.attempts)

    return run


def _make_report(context: HandlerContext, item: Due) -> None:
    reports.make_report(context.open_work, context.documents, context.files, compose, item)


def _clean_report(context: HandlerContext, item: Due) -> None:
    reports.remove_expired(context.open_work, context.files, item)


def _with_media(handle: Callable[[OpenWork, Media, Files, Due], None]) -> Handler:
    """Return the handler of a kind that fetches files from the provider, or gives it some."""

    @wraps(handle)
    def run(context: HandlerContext, item: Due) -> None:
        handle(context.open_work, context.media, context.patient_files, item)

    return run


def _remove_file(context: HandlerContext, item: Due) -> None:
    patient_files.remove_file(context.open_work, context.patient_files, item)


HANDLERS: dict[str, Handler] = {
    # Bookings
    "hold_ends": _with_work(holds.end_hold),
    "remind": _with_work(reminders.remind),
    "ask_rating": _with_work(ratings.request_rating),
    # A line, and everybody in it
    "moved": _with_work(fan_out.notify_line_moved),
    "pause": _with_work(fan_out.notify_paused),
    "emergency": _with_work(fan_out.notify_emergency),
    "ask_resume": _with_work(lifecycle.ask_resume),
    "auto_close": _with_work(lifecycle.auto_close),
    "closed": _with_work(day_end.settle_closed_day),
    "closed_again": _with_work(day_end.settle_closed_day),
    "reopened": _with_work(reopening.take_back_close),
    "follow_schedule": _with_work(schedule_changes.update_sold_days),
    "figures": _with_work(figures.update_figures),
    # Money
    "watch_payment": _with_gateway(polling.poll_payment),
    "look_payment": _with_gateway(polling.check_payment),
    "find_capture": _with_gateway(polling.look_up_capture),
    "refund": _with_gateway(polling.carry_out_refund),
    "refund_waiting": _with_work(refunds.refund_unclaimed),
    "close_orders": _with_work(orders.close_orders),
    # People
    "erase": _with_work(erasure.continue_erasure),
    "erase_own": _with_work(rights.erase_person),
    "erase_account": _with_work(rights.erase_account),
    "renamed": _with_work(patient_changes.propagate_name),
    "renumbered": _with_work(phone_changes.continue_propagation),
    "merged": _with_work(merge.continue_merge),
    # Messages
    "unheard": _with_work(sms_fallback.escalate_undelivered),
    "tell_parked": _with_work(handover.alert_desk_of_parked),
    "tell_bundle": _with_work(handover.tell_bundle),
    "talk_quiet": _with_work(talks.ask_if_over),
    "fetch_file": _with_media(patient_files.fetch_file),
    "pass_file": _with_media(patient_files.pass_file),
    "remove_file": _remove_file,
    "broadcast": _with_work(broadcasts.expand),
    "broadcast_count": _with_work(counts.count_outcomes),
    # Staff and clinics
    "send_code": _with_work(otps.send_code),
    "tell_sign_ins": _with_work(notices.tell_untold_sign_ins),
    "code_ends": _with_work(otps.expire_code),
    "bill": _with_work(billing.bill_clinic),
    "overdue": _with_work(billing.mark_past_due),
    "suspend": _with_work(billing.suspend_clinic),
    "plan_change": _with_work(billing.change_plan_when_due),
    "report": _make_report,
    "report_clean": _clean_report,
}
"""Every kind of due item that is scheduled. `domain.model.due.GATEWAY_KINDS` and `SLOW_KINDS` say
which are done aside."""
