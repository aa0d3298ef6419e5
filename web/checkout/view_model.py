"""A request for payment as its page shows it: its state, its facts, its words.

What a clinic pays itself is in `web.checkout.bill`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
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

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "pages"
ENGLISH = "en"
STANDING = frozenset({TokenStatus.CONFIRMED, TokenStatus.ARRIVED, TokenStatus.CURRENT})
"""States of a token whose turn is ahead."""
Words = dict[str, Any]


class State(StrEnum):
    """What a request for payment looks like to the person it was sent to."""

    OPEN = "open"
    CHECKING = "checking"
    """The payer has just come back from the gateway, which has not told us yet."""
    PAID = "paid"
    CHANGED = "changed"
    """Paid, and what was paid for is over or has moved."""
    REFUNDED = "refunded"
    ENDED = "ended"
    """Its time ran out."""
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Way:
    """How it is paid, and what the reader has just done about it."""

    here: bool
    """Whether money is taken on this page: by the sandbox."""
    returned: bool = False
    """Whether the last press's money goes back."""
    came_back: bool = False
    """Whether they have just come back from the gateway's page."""


@dataclass(frozen=True)
class Checkout:
    """A request for payment with all that its page names."""

    payment: Payment
    token: Token
    clinic: Clinic
    doctor: Doctor
    language: str
    platform_number: str | None

    def state(self, now: datetime) -> State:
        """Return what the person can do about it at *now*."""
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
        """Return for how many more seconds the slot is kept."""
        until = self.payment.held_until
        return max(0, int((until - now).total_seconds())) if until else 0

    def whatsapp(self, *, booking: bool) -> str | None:
        """Return the address of the chat with the clinic, ready to book again if *booking*.

        None where people write to a shared number that is not known here.
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
        NotFound: If something of it is gone.
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
    """Return the language of pages for a reader's, such as hi for hi-IN."""
    tag = (tag or ENGLISH).replace("_", "-").lower()
    known = languages()
    return next((t for t in (tag, tag.partition("-")[0]) if t in known), ENGLISH)


def describe(checkout: Checkout, now: datetime, way: Way) -> dict[str, object]:
    """Return what the checkout page shows at *now*, in the words of its reader's language."""
    payment, token, returned = checkout.payment, checkout.token, way.returned
    words = words_in(checkout.language)
    state = checkout.state(now)
    if state is State.OPEN and way.came_back:
        state = State.CHECKING
    until = payment.held_until or now
    facts = {
        "amount": money(payment.amount_paise),
        "clinic": checkout.clinic.name,
        "time": _instant(until, words["format"]["time"], checkout),
    }
    said = {key: text.format(**facts) for key, text in words[state.value].items() if "{" in text}
    said = words[state.value] | said
    ending = state in {State.ENDED, State.CANCELLED}
    balance = token.amount_paise - payment.amount_paise
    lines = {
        State.PAID: (said.get("close"),),
        State.CHANGED: (words["paid"]["close"],),
        State.REFUNDED: (words["paid"]["close"],),
        State.ENDED: (said.get("late") if not returned else None, said.get("again")),
        State.CANCELLED: (words["ended"]["again"].format(**facts),),
    }.get(state, ())
    # The bar begins where the countdown is, not full, when the page is opened again.
    held = max(1.0, (until - payment.created_at).total_seconds())
    return {
        "words": words,
        "state": state.value,
        "here": way.here,
        "title": said["title"],
        "heading": said.get("heading"),
        "text": said.get("text"),
        "tone": TONES.get(state, "back"),
        "notice": _notice(checkout, state, words, facts, returned=returned),
        "lines": [line for line in lines if line],
        "clinic": checkout.clinic.name,
        "monogram": monogram(checkout.clinic.name),
        "number": token.number,
        "facts": [
            (words["open"]["person"], token.patient_name),
            (words["open"]["doctor"], checkout.doctor.name),
            (
                words["open"]["time"],
                _instant(token.estimated_time, words["format"]["when"], checkout),
            ),
        ],
        "label": words["open"]["label"],
        "amount": facts["amount"],
        "pay": said.get("pay"),
        "busy": words["open"]["busy" if way.here else "opening"],
        "note": words["open"]["note" if way.here else "leads_away"],
        "until": said.get("until"),
        "more": words["open"]["balance"].format(amount=money(balance))
        if balance > 0
        else words["open"]["nothing_more"],
        "seconds_left": checkout.seconds_left(now),
        "share_left": round(min(1.0, checkout.seconds_left(now) / held), 4),
        "whatsapp": checkout.whatsapp(booking=ending),
        "whatsapp_words": words["page"]["whatsapp_book" if ending else "whatsapp"],
        "made": made_with(checkout.clinic, words),
    }


def made_with(clinic: Clinic, words: Words) -> str | None:
    """Return our name for the foot of a page; None where the page is the clinic's alone."""
    return None if allows(clinic, Feature.BRANDING) else words["page"]["made"]


TONES = {
    State.PAID: "good",
    State.CHECKING: "clock",
    State.ENDED: "clock",
    State.CANCELLED: "bad",
}
"""The picture above a state's words; of the others it is an arrow that turns back."""


def _notice(
    checkout: Checkout, state: State, words: Words, facts: dict[str, str], *, returned: bool
) -> dict[str, str] | None:
    """Return what stands above the page's own news: the last press did not do what it was for."""
    if state is State.OPEN and checkout.token.payment_status is PaymentStatus.FAILED:
        said, tone = words["failed"], "bad"
    elif returned and state is State.PAID:
        said, tone = {"heading": words["paid"]["second"], "text": ""}, "back"
    elif returned and state in {State.ENDED, State.CANCELLED}:
        said, tone = words["returned"], "back"
    else:
        return None
    return {
        "tone": tone,
        "heading": said["heading"].format(**facts),
        "text": said["text"].format(**facts),
    }


def _instant(at: datetime, pattern: str, checkout: Checkout) -> str:
    locale = Locale.parse(words_in(checkout.language)["format"]["locale"])
    shown = format_datetime(at, pattern, tzinfo=checkout.clinic.zone, locale=locale)
    # Some locales write "am"; people and the specification write "AM".
    return shown.replace(" am", " AM").replace(" pm", " PM")


def monogram(name: str) -> str:
    """Return the first letters of a name's first two words."""
    return "".join(word[0] for word in name.split()[:2] if word[0].isalnum()).upper() or "+"


@cache
def languages() -> list[str]:
    """Return the languages there are pages in, English first."""
    found = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return sorted(found, key=lambda tag: tag != ENGLISH)


@cache
def words_in(language: str) -> Words:
    """Return the words of all pages in one of `languages()`."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
