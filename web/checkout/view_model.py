"""What the page of a request for an advance shows: its state, its rows, its words.

The page of a clinic's bill is in `web.checkout.bill`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from babel import Locale
from babel.dates import format_datetime

from bot.rendering.formats import money
from domain.errors import NotFound
from domain.model.clinics import Clinic, Doctor
from domain.model.money import Payment, RequestStatus
from domain.model.people import Contact
from domain.model.queues import PaymentStatus, Token, TokenStatus
from domain.plans import Feature, allows
from domain.work import Work
from web.pages import ENGLISH, Words, languages, words_in

STANDING = frozenset({TokenStatus.CONFIRMED, TokenStatus.ARRIVED, TokenStatus.CURRENT})
"""States of a token whose turn is ahead."""


class State(StrEnum):
    """The state of a request for payment, as its reader sees it."""

    OPEN = "open"
    CHECKING = "checking"
    """The payer is back from the gateway's page, whose notice has not arrived yet."""
    PAID = "paid"
    CHANGED = "changed"
    """Paid; the booking has ended or was rescheduled."""
    REFUNDED = "refunded"
    ENDED = "ended"
    """The hold ran out."""
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Payer:
    """How the reader of a page pays, and what they have just done."""

    pays_here: bool
    """Whether they pay on this page, in the sandbox; else on the gateway's."""
    money_goes_back: bool = False
    """Whether what they have just paid here is refunded."""
    back_from_gateway: bool = False
    """Whether the gateway's page has just sent them back."""


@dataclass(frozen=True)
class Checkout:
    """A request for an advance with all that its page names."""

    payment: Payment
    token: Token
    clinic: Clinic
    doctor: Doctor
    language: str
    platform_number: str | None

    def state(self, now: datetime) -> State:
        """Return the state that the page shows at *now*."""
        if self.payment.status is RequestStatus.PAID:
            if self.token.payment_status is PaymentStatus.REFUNDED:
                return State.REFUNDED
            return State.PAID if self.token.status in STANDING else State.CHANGED
        is_asked = self.payment.status is RequestStatus.OPEN
        is_held = self.token.status is TokenStatus.PENDING and self.seconds_left(now) > 0
        if is_asked and is_held:
            return State.OPEN
        over = self.token.status in {TokenStatus.PENDING, TokenStatus.EXPIRED}
        return State.ENDED if over else State.CANCELLED

    def seconds_left(self, now: datetime) -> int:
        """Return for how many more seconds the slot is held; never negative."""
        until = self.payment.held_until
        return max(0, int((until - now).total_seconds())) if until else 0

    def whatsapp(self, *, booking: bool) -> str | None:
        """Return the address of the chat with the clinic; with *booking*, one that books again.

        None if people write to the shared number and it is not configured.
        """
        shared = self.clinic.phone_number_id is None
        number = self.platform_number if shared else self.clinic.whatsapp_number
        if number is None:
            return None
        code = self.clinic.join_code
        words = f"JOIN {code}" if shared and code else "book"
        text = f"?text={quote(words)}" if booking else ""
        return f"https://wa.me/{number.lstrip('+')}{text}"


def read_request(work: Work, payment_id: str) -> Payment:
    """Return a request for payment.

    Raises:
        NotFound: If there is none.
    """
    return work.require(Payment, payment_id)


def read_checkout(work: Work, payment: Payment) -> Checkout:
    """Return a request for an advance with all that its page names.

    Raises:
        NotFound: If its token, clinic or doctor is gone.
    """
    token, clinic, doctor, contact = work.fetch(
        [
            (Token, (payment.queue_id, payment.token_id)),
            (Clinic, (payment.clinic_id,)),
            (Doctor, (payment.clinic_id, payment.doctor_id)),
            (Contact, (payment.contact_id,)),
        ]
    )
    if not (isinstance(token, Token) and isinstance(clinic, Clinic) and isinstance(doctor, Doctor)):
        raise NotFound
    chosen = contact.language if isinstance(contact, Contact) else None
    return Checkout(
        payment=payment,
        token=token,
        clinic=clinic,
        doctor=doctor,
        language=_nearest(chosen),
        platform_number=work.rules.platform_number,
    )


def _nearest(tag: str | None) -> str:
    """Return the language of pages nearest to a reader's, such as hi for hi-IN."""
    tag = (tag or ENGLISH).replace("_", "-").lower()
    known = languages()
    return next((t for t in (tag, tag.partition("-")[0]) if t in known), ENGLISH)


def describe_checkout(checkout: Checkout, now: datetime, payer: Payer) -> dict[str, object]:
    """Return what the page of an advance shows at *now*, in the words of its reader's language."""
    words = words_in(checkout.language)
    state = checkout.state(now)
    if state is State.OPEN and payer.back_from_gateway:
        state = State.CHECKING
    values = _values(checkout, now, words)
    said = _filled(words[state.value], values)
    ending = state in {State.ENDED, State.CANCELLED}
    return {
        "words": words,
        "state": state.value,
        "here": payer.pays_here,
        "title": said["title"],
        "heading": said.get("heading"),
        "text": said.get("text"),
        "tone": TONES.get(state, "back"),
        "notice": _notice(checkout, state, words, values, money_goes_back=payer.money_goes_back),
        "lines": _closing_texts(state, words, values, said, money_goes_back=payer.money_goes_back),
        **_booking(checkout, words),
        "amount": values["amount"],
        "pay": said.get("pay"),
        "busy": words["open"]["busy" if payer.pays_here else "opening"],
        "note": words["open"]["note" if payer.pays_here else "leads_away"],
        "until": said.get("until"),
        **_countdown(checkout, now),
        "whatsapp": checkout.whatsapp(booking=ending),
        "whatsapp_words": words["page"]["whatsapp_book" if ending else "whatsapp"],
        "made": made_with(checkout.clinic, words),
    }


def _values(checkout: Checkout, now: datetime, words: Words) -> dict[str, str]:
    """Return what the words of an advance's page are filled with."""
    until = checkout.payment.held_until or now
    return {
        "amount": money(checkout.payment.amount_paise),
        "clinic": checkout.clinic.name,
        "time": _instant(until, words["format"]["time"], checkout),
    }


def _filled(texts: dict[str, str], values: dict[str, str]) -> dict[str, str]:
    return {name: text.format(**values) if "{" in text else text for name, text in texts.items()}


def _closing_texts(
    state: State,
    words: Words,
    values: dict[str, str],
    said: dict[str, str],
    *,
    money_goes_back: bool,
) -> list[str]:
    """Return what a payer reads below the booking once nothing is to be paid any more."""
    match state:
        case State.PAID:
            texts = [said.get("close")]
        case State.CHANGED | State.REFUNDED:
            texts = [words["paid"]["close"]]
        case State.ENDED:
            texts = [None if money_goes_back else said.get("late"), said.get("again")]
        case State.CANCELLED:
            texts = [words["ended"]["again"].format(**values)]
        case _:
            texts = []
    return [text for text in texts if text]


def _booking(checkout: Checkout, words: Words) -> dict[str, object]:
    """Return what the page says of the booking, and of what is paid later at the clinic."""
    token, said = checkout.token, words["open"]
    when = _instant(token.estimated_time, words["format"]["when"], checkout)
    balance = token.amount_paise - checkout.payment.amount_paise
    later = said["balance"].format(amount=money(balance)) if balance > 0 else said["nothing_more"]
    return {
        "clinic": checkout.clinic.name,
        "monogram": monogram(checkout.clinic.name),
        "number": token.number,
        "rows": [
            (said["person"], token.patient_name),
            (said["doctor"], checkout.doctor.name),
            (said["time"], when),
        ],
        "label": said["label"],
        "more": later,
    }


def _countdown(checkout: Checkout, now: datetime) -> dict[str, object]:
    """Return how long the slot is still kept: in seconds, and as a share of the whole hold.

    The share is not 1 when the page is opened again, so the bar begins where the countdown is.
    """
    left, until = checkout.seconds_left(now), checkout.payment.held_until or now
    held = max(1.0, (until - checkout.payment.created_at).total_seconds())
    return {"seconds_left": left, "share_left": round(min(1.0, left / held), 4)}


def made_with(clinic: Clinic, words: Words) -> str | None:
    """Return the product's name for the foot of a page; None if the clinic's plan leaves it out."""
    return None if allows(clinic, Feature.BRANDING) else words["page"]["made"]


TONES = {
    State.PAID: "good",
    State.CHECKING: "clock",
    State.ENDED: "clock",
    State.CANCELLED: "bad",
}
"""The icon above a state's words; other states show an arrow that turns back."""


def _notice(
    checkout: Checkout, state: State, words: Words, values: dict[str, str], *, money_goes_back: bool
) -> dict[str, str] | None:
    """Return the notice above the page's text if the last press did not pay; else None."""
    if state is State.OPEN and checkout.token.payment_status is PaymentStatus.FAILED:
        said, tone = words["failed"], "bad"
    elif money_goes_back and state is State.PAID:
        said, tone = {"heading": words["paid"]["second"], "text": ""}, "back"
    elif money_goes_back and state in {State.ENDED, State.CANCELLED}:
        said, tone = words["returned"], "back"
    else:
        return None
    return {
        "tone": tone,
        "heading": said["heading"].format(**values),
        "text": said["text"].format(**values),
    }


def _instant(at: datetime, pattern: str, checkout: Checkout) -> str:
    locale = Locale.parse(words_in(checkout.language)["format"]["locale"])
    shown = format_datetime(at, pattern, tzinfo=checkout.clinic.zone, locale=locale)
    # Some locales write "am"; people and the specification write "AM".
    return shown.replace(" am", " AM").replace(" pm", " PM")


def monogram(name: str) -> str:
    """Return the first letters of a name's first two words."""
    return "".join(word[0] for word in name.split()[:2] if word[0].isalnum()).upper() or "+"
