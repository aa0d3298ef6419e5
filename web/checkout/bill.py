"""What the page of a request for a clinic's bill shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from babel import Locale
from babel.dates import format_date

from bot.rendering.formats import money
from domain.errors import NotFound
from domain.model.clinics import Clinic
from domain.model.money import Payment, RequestStatus
from domain.model.subscriptions import Invoice, InvoiceStatus
from domain.work import Work
from web.checkout.view_model import TONES, Payer, State, monogram
from web.pages import Words, words_in

PAISE = 100


@dataclass(frozen=True)
class BillCheckout:
    """A request for a clinic's bill, with all that its page names."""

    payment: Payment
    invoice: Invoice
    clinic: Clinic
    platform_number: str | None

    @property
    def successor(self) -> str | None:
        """The request that replaced this one, if this one has ended and the bill is still open."""
        is_over = self.payment.status is RequestStatus.ENDED
        return self.invoice.payment_id if is_over and self.state is State.OPEN else None

    @property
    def state(self) -> State:
        """The state that the page shows: open until the bill is paid."""
        return State.PAID if self.invoice.status is InvoiceStatus.PAID else State.OPEN


def read_bill(work: Work, payment: Payment) -> BillCheckout:
    """Return a request for a clinic's bill with all that its page names.

    Raises:
        NotFound: If its clinic or invoice is gone.
    """
    clinic = work.get(Clinic, payment.clinic_id)
    invoice = work.get(Invoice, payment.clinic_id, payment.invoice_id or "")
    if clinic is None or invoice is None:
        raise NotFound
    return BillCheckout(payment, invoice, clinic, work.rules.platform_number)


def describe_bill(bill: BillCheckout, payer: Payer, language: str) -> dict[str, object]:
    """Return what the page of a bill shows, in the words of *language*."""
    words, number = words_in(language), bill.platform_number
    state = bill.state
    if state is State.OPEN and payer.back_from_gateway:
        state = State.CHECKING
    values = {"amount": money(bill.payment.amount_paise), "clinic": bill.clinic.name}
    said = {
        name: text.format(**values)
        for name, text in words[_WORDS[state]].items()
        if name in {"title", "heading", "text"}
    }
    return {
        "words": words,
        "state": state.value,
        "here": payer.pays_here,
        "title": said["title"],
        "heading": said.get("heading"),
        "text": said.get("text"),
        "tone": TONES.get(state, "back"),
        "notice": _notice(bill, state, words, values, money_goes_back=payer.money_goes_back),
        "lines": [words["paid"]["close"]] if state is State.PAID else [],
        "clinic": bill.clinic.name,
        "monogram": monogram(bill.clinic.name),
        "number": None,
        "rows": _rows(bill.invoice, words),
        "label": words["bill"]["label"],
        "amount": values["amount"],
        "pay": words["open"]["pay"].format(**values),
        "busy": words["open"]["busy" if payer.pays_here else "opening"],
        "note": words["open"]["note" if payer.pays_here else "leads_away"],
        "until": None,
        "more": None,
        "seconds_left": None,
        "share_left": None,
        "whatsapp": f"https://wa.me/{number.lstrip('+')}" if number else None,
        "whatsapp_words": words["page"]["whatsapp"],
        "made": words["page"]["made"],
    }


_WORDS = {State.OPEN: "bill", State.CHECKING: "checking", State.PAID: "bill_paid"}


def _rows(invoice: Invoice, words: Words) -> list[tuple[str, str]]:
    """Return the labelled rows: what the bill is for and, while it is owed, its due date."""
    said, price = words["bill"], money(invoice.price_per_doctor * PAISE)
    counted = said["doctor" if invoice.doctors == 1 else "doctors_counted"]
    first, last, due = (
        _day(day, words) for day in (invoice.period_start, invoice.period_end, invoice.due_date)
    )
    rows = [
        (said["plan"], said["plan_named"].format(plan=invoice.plan.title())),
        (said["doctors"], counted.format(count=invoice.doctors, price=price)),
        (said["period"], said["period_days"].format(first=first, last=last)),
    ]
    if invoice.status is InvoiceStatus.OPEN:
        rows.append((said["due"], said["due_day"].format(due=due)))
    return rows


def _notice(
    bill: BillCheckout, state: State, words: Words, values: dict[str, str], *, money_goes_back: bool
) -> dict[str, str] | None:
    """Return the notice above the page's text if the last press did not pay; else None."""
    if state is State.OPEN and bill.payment.failed_attempts:
        return {"tone": "bad", **words["bill_failed"]}
    if state is State.PAID and money_goes_back:
        return {"tone": "back", "heading": words["paid"]["second"].format(**values), "text": ""}
    return None


def _day(day: date, words: Words) -> str:
    return format_date(day, words["format"]["day"], locale=Locale.parse(words["format"]["locale"]))
