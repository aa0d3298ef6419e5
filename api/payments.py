"""What patients have paid online, and where the money is."""

from __future__ import annotations

from datetime import date

from api.frame.calls import Answer, Call
from api.frame.days import day_of
from api.frame.routes import Resource
from api.schemas.base import rupees
from api.schemas.payments import DayOfMoney, ListedPayment, PaymentList, PaymentsQuery
from domain.actions.payments import ledger
from domain.actions.payments.ledger import LedgerEntry, Statement
from domain.model.clinics import Clinic
from domain.permissions import Permission
from domain.work import Work

payments = Resource("payments", "What patients have paid online, and where the money is.")


@payments.get("/payments", needs=Permission.MANAGE_PAYMENTS, answers=PaymentList, audits=True)
def list_payments(work: Work, call: Call, query: PaymentsQuery) -> Answer:
    """List the payments captured on some days, newest first, and what each day adds up to.

    What the clinic itself pays for its plan is with its subscription.
    """
    clinic = work.require(Clinic, call.caller.clinic_id)
    found = ledger.list_daily_payments(
        work,
        clinic,
        day_of(query.start_date, "startDate"),
        day_of(query.end_date, "endDate"),
        limit=query.limit,
        after=call.read_cursor(query.cursor),
    )
    call.shown += [p.capture.patient_id for p in found.page.payments if p.capture.patient_id]
    return Answer(
        PaymentList(
            payments=[_render_payment(paid) for paid in found.page.payments],
            statement=[_render_day(day, money) for day, money in found.statements.items()],
            next_cursor=call.next_cursor(found.page.after),
        )
    )


def _render_payment(paid: LedgerEntry) -> ListedPayment:
    capture, token, doctor, refund = paid.capture, paid.token, paid.doctor, paid.refund
    return ListedPayment(
        capture_id=capture.capture_id,
        payment_id=capture.payment_id,
        token_id=capture.token_id,
        token_number=token.token_number if token else None,
        date=token.date if token else None,
        patient_id=capture.patient_id,
        patient_name=token.patient_name if token else None,
        doctor_id=capture.doctor_id,
        doctor_name=doctor.name if doctor else None,
        amount=rupees(capture.amount_paise),
        captured_at=capture.at,
        place=capture.disposition.value,
        refund_status=refund.status.value if refund else None,
        refund_reason=refund.reason if refund else None,
        refunded_at=refund.at if refund else None,
        returned_by_hand=rupees(capture.returned_paise),
    )


def _render_day(day: date, money: Statement) -> DayOfMoney:
    return DayOfMoney(
        date=day,
        payments=money.payments,
        captured=rupees(money.captured),
        seated=rupees(money.seated),
        waiting=rupees(money.waiting),
        refunded=rupees(money.refunded),
        returned_by_hand=rupees(money.by_hand),
        sent_back=rupees(money.sent_back),
        failed=rupees(money.failed),
        difference=rupees(money.difference),
        collected=rupees(money.collected),
        cash=rupees(money.cash),
        upi=rupees(money.upi),
        due=rupees(money.due),
    )
