"""The sandbox's checkout, on a real store."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
import structlog
from flask import Flask
from werkzeug.test import TestResponse

from bot.observability import logs
from bot.observability.logs import install
from bot.payments import sandbox
from bot.payments.sandbox import SandboxGateway
from domain.actions.booking import booking, rescheduling, seats
from domain.errors import Conflict, StoreUnavailable
from domain.gateway import Gateway
from domain.model.clinics import Clinic
from domain.model.money import Capture, Disposition, Payment, Refund, RequestStatus
from domain.model.people import Contact, Patient
from domain.model.queues import PaymentStatus, Token, TokenStatus
from domain.ports import Records
from domain.rules import Rules
from domain.scopes import Scope
from domain.work import Work
from tests import people
from tests.api.checkout import state_of
from tests.people import Cast, CountingIds, FixedClock, SilentBell
from tests.troubled import TroubledRecords
from web.checkout.views import SIMULATOR_FRAMES, PageMessage, message_page, pages
from web.pages import languages, words_in

DAY = date(2030, 11, 25)


@dataclass
class Town:
    """A clinic's desk, and the browser of a person who got a link."""

    records: Records
    clock: FixedClock
    cast: Cast
    ids: CountingIds = field(default_factory=lambda: CountingIds(1000))
    bell: SilentBell = field(default_factory=SilentBell)
    captures: list[str] = field(default_factory=list)
    conflicts: int = 0
    """How many of the next commits somebody else is faster than."""
    down: bool = False
    gateway: Gateway = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = SandboxGateway(self.work)
        self.client = self.app().test_client()

    def app(self, frames: str = "'none'") -> Flask:
        app = Flask("bot.app")
        install(app)
        app.register_blueprint(pages(self, frames=frames))
        app.add_url_rule(
            "/said/<said>", view_func=lambda said: message_page(PageMessage(said), 500)
        )
        return app

    def open_work(self, scope: Scope) -> Work:
        work = Faulty(self.records, scope, self.clock.now(), self.ids, people.RULES, self.bell)
        work.town = self
        return work

    def new_capture_id(self) -> str:
        self.captures.append(f"sbx_{len(self.captures) + 1}")
        return self.captures[-1]

    def take_sandbox_payment(
        self, work: Work, payment_id: str, capture_id: str, amount_paise: int
    ) -> None:
        sandbox.take_payment(work, payment_id, capture_id, amount_paise)

    def work(self) -> Work:
        return people.work_on(self.records, self.clock, self.ids)

    def hold(self, number: int = 7, patient: Patient | None = None, **contact: object) -> Token:
        """Hold a slot of Dr. Meera's: number 7 is at 10:30."""
        work = self.work()
        patient = patient or self.cast.asha
        who = people.stored(self.records, _contact(self.cast, patient))
        if contact:
            who = work.put(who.but(**contact))
        token = booking.hold(work, self.cast.clinic, self.cast.meera, who, patient, DAY, number)
        work.commit()
        return people.stored(self.records, token)

    def token(self, token: Token) -> Token:
        return people.stored(self.records, token)

    def payment(self, token: Token) -> Payment:
        found = self.work().get(Payment, token.payment_id or "")
        assert found is not None
        return found

    def capture(self, capture_id: str) -> Capture | None:
        return self.work().get(Capture, capture_id, "CAPTURE")

    def refund(self, capture_id: str) -> Refund | None:
        return self.work().get(Refund, capture_id, "REFUND")

    def expire(self, token: Token) -> None:
        work = self.work()
        seats.expire_hold(work, self.token(token))
        work.commit()

    def see(self, token: Token) -> str:
        answer = self.client.get(f"/pay/{token.payment_id}")
        assert answer.status_code == 200
        return answer.text

    def press(self, token: Token, outcome: str = "paid") -> TestResponse:
        return self.client.post(f"/pay/{token.payment_id}", data={"outcome": outcome})


class Faulty(Work):
    """A unit of work whose commit may lose, or find the store away."""

    town: Town

    def commit(self) -> None:
        if self.town.down:
            raise StoreUnavailable
        if self.town.conflicts:
            self.town.conflicts -= 1
            raise Conflict
        super().commit()


def _contact(cast: Cast, patient: Patient) -> Contact:
    return cast.asha_contact if patient.patient_id == cast.asha.patient_id else cast.ravi_contact


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    clock = FixedClock()
    store, records = people.new_records(tmp_path, clock)
    yield Town(records, clock, people.city(records, clock.now()))
    store.close()


@pytest.mark.parametrize(("plan", "is_ours"), [("BASIC", True), ("ENTERPRISE", False)])
@pytest.mark.parametrize("language", ["en", "hi"])
def test_the_page_carries_our_name_unless_the_plan_makes_it_the_clinics_alone(
    town, plan, is_ours, language
):
    clinic = people.stored(town.records, town.cast.clinic)
    people.store(town.records, clinic.but(subscription_plan=plan, plan=plan))
    page = town.see(town.hold(language=language))
    assert ("PulseOps" in page) is is_ours
    assert town.cast.clinic.name in page


def test_an_open_request_shows_what_is_paid_for_and_how_long(town):
    token = town.hold()
    town.clock.advance(minutes=4)
    page = town.see(token)
    assert state_of(page) == "open"
    for words in (
        "City Medical Center", "Asha", "#7", "Dr. Meera", "10:30 AM, Mon 25 Nov", "₹50",
        "Pay ₹50", "₹450 more is paid at the clinic.", "Kept for you until 8:40 AM",
        "Sandbox – no real money",
    ):  # fmt: skip
        assert words in page
    assert 'data-seconds="360"' in page
    assert '<meta http-equiv="refresh" content="361">' in page
    assert page.count('name="outcome"') == 2


def test_paying_confirms_the_token_and_the_button_is_gone(town):
    token = town.hold()
    answer = town.press(token)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/pay/{token.payment_id}"
    paid = town.token(token)
    assert (paid.status, paid.payment_status) == (TokenStatus.CONFIRMED, PaymentStatus.PAID)
    assert paid.paid_paise == 5000
    assert paid.capture_id == "sbx_1"
    assert town.bell.rung
    page = town.see(token)
    assert state_of(page) == "paid"
    assert "<form" not in page
    assert "second payment" not in page
    assert "You have paid ₹50" in page
    assert 'href="https://wa.me/919876543001"' in page


def test_a_second_payment_is_a_capture_of_its_own_and_goes_back(town):
    token = town.hold()
    town.press(token)
    town.press(token)
    assert town.captures == ["sbx_1", "sbx_2"]
    first, second = town.capture("sbx_1"), town.capture("sbx_2")
    assert first is not None
    assert second is not None
    assert (first.disposition, second.disposition) == (Disposition.SEAT, Disposition.REFUND)
    assert town.refund("sbx_1") is None
    refund = town.refund("sbx_2")
    assert refund is not None
    assert refund.amount_paise == 5000
    page = town.see(token)
    assert state_of(page) == "paid"
    assert "A second payment of ₹50 reached us." in page


def test_a_failed_attempt_says_so_and_the_next_one_pays(town):
    token = town.hold()
    assert town.press(token, "failed").status_code == 303
    page = town.see(token)
    assert state_of(page) == "open"
    assert "The payment did not go through" in page
    assert "try again until 8:40 AM" in page
    town.press(token)
    page = town.see(token)
    assert state_of(page) == "paid"
    assert "did not go through" not in page


def test_after_the_hold_the_page_explains_and_offers_to_book_again(town):
    token = town.hold()
    town.clock.advance(minutes=10)
    for _ in range(2):
        page = town.see(token)
        assert state_of(page) == "ended"
        assert "<form" not in page
        assert "Did you pay in the meantime?" in page
        assert 'href="https://wa.me/919876543001?text=book"' in page
        town.expire(token)


def test_late_money_takes_the_slot_if_it_is_still_free(town):
    token = town.hold()
    town.clock.advance(minutes=11)
    town.expire(token)
    town.press(token)
    assert town.token(token).status is TokenStatus.CONFIRMED
    assert state_of(town.see(token)) == "paid"


def test_late_money_for_a_slot_sold_meanwhile_goes_back_and_the_page_says_so(town):
    token = town.hold()
    town.clock.advance(minutes=11)
    town.expire(token)
    other = town.hold(patient=town.cast.ravi)
    town.press(other)
    assert town.press(token).status_code == 303
    assert town.refund("sbx_2") is not None
    assert town.token(token).status is TokenStatus.EXPIRED
    assert town.token(other).status is TokenStatus.CONFIRMED
    page = town.see(token)
    assert state_of(page) == "ended"
    assert "₹50 goes back to you" in page
    assert "Did you pay in the meantime?" not in page


def test_a_booking_given_up_asks_for_nothing(town):
    token = town.hold()
    work = town.work()
    booking.cancel_keeping_money(work, town.token(token), "GIVEN_UP")
    work.commit()
    page = town.see(token)
    assert state_of(page) == "cancelled"
    assert "There is nothing to pay any more." in page


def test_a_cancelled_booking_shows_that_its_money_goes_back(town):
    token = town.hold()
    town.press(token)
    work = town.work()
    booking.cancel(work, town.token(token), by="con_asha", by_name="Asha", reason="PATIENT")
    work.commit()
    page = town.see(token)
    assert state_of(page) == "refunded"
    assert "₹50 goes back to you" in page


def test_a_booking_that_moved_leaves_its_news_to_the_chat(town):
    token = town.hold()
    town.press(token)
    work = town.work()
    rescheduling.reschedule(work, town.cast.clinic, town.cast.meera, town.token(token), DAY, 9)
    work.commit()
    assert state_of(town.see(token)) == "changed"


@pytest.mark.parametrize("outcome", ["paid", "failed"])
def test_an_unknown_request_is_a_page_in_plain_words(town, outcome):
    for answer in (
        town.client.get("/pay/payr_0"),
        town.client.post("/pay/payr_0", data={"outcome": outcome}),
        town.client.get("/pay/" + "x" * 3000),
    ):
        assert answer.status_code == 404
        assert "This page is not here" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "form", [{}, {"outcome": "PAID"}, {"outcome": ["paid", "failed"]}, {"outcome": ["paid"] * 2}]
)
def test_any_other_outcome_is_refused_and_nothing_is_done(town, form):
    token = town.hold()
    answer = town.client.post(f"/pay/{token.payment_id}", data=form)
    assert answer.status_code == 422
    assert "That did not work" in answer.text
    assert not town.captures
    assert town.payment(token).status is RequestStatus.OPEN


def test_a_form_that_is_too_large_is_refused(town):
    token = town.hold()
    answer = town.client.post(f"/pay/{token.payment_id}", data={"outcome": "x" * 5000})
    assert answer.status_code == 413
    assert "That did not work" in answer.text


def test_a_press_is_replayed_with_the_same_capture_while_others_are_faster(town):
    token = town.hold()
    town.conflicts = 9
    assert town.press(token).status_code == 303
    assert town.captures == ["sbx_1"]
    assert town.token(token).capture_id == "sbx_1"


def test_a_press_gives_up_after_ten_tries(town):
    token = town.hold()
    town.conflicts = 10
    answer = town.press(token)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert town.token(token).status is TokenStatus.PENDING


def test_a_press_whose_write_was_done_but_not_answered_pays_once(town):
    token = town.hold()
    lost: list[int] = []

    def unanswered() -> None:
        if not lost:
            lost.append(1)
            raise Conflict

    town.records = TroubledRecords(town.records, after_commit=unanswered)
    assert town.press(token).status_code == 303
    assert town.captures == ["sbx_1"]
    assert town.refund("sbx_1") is None
    assert state_of(town.see(token)) == "paid"


def test_a_store_that_is_away_is_told_in_plain_words(town):
    token = town.hold()
    town.down = True
    answer = town.press(token)
    assert answer.status_code == 503
    assert "One moment, please" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_names_are_text_and_never_markup(town):
    evil = '<script>alert("x")</script>{{ 7*7 }}'
    clinic = people.stored(town.records, town.cast.clinic).but(name=f'{evil}"><img src=x>')
    people.store(town.records, clinic, town.cast.asha.but(name=evil))
    town.cast = _recast(town, clinic)
    token = town.hold()
    for outcome in ("failed", "paid"):
        town.press(token, outcome)
        page = town.see(token)
        assert page.count("<script") == 1
        assert "<img" not in page
        assert "&lt;script&gt;alert(" in page
        assert "{{ 7*7 }}" in page


def _recast(town: Town, clinic: Clinic) -> Cast:
    cast = town.cast
    return Cast(
        **{
            **vars(cast),
            "clinic": people.stored(town.records, clinic),
            "asha": people.stored(town.records, cast.asha),
        }
    )


def test_pages_are_private_and_run_only_their_own_script(town):
    token = town.hold()
    answer = town.client.get(f"/pay/{token.payment_id}")
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([^']+)'", policy)
    assert nonce is not None
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert policy.endswith("frame-ancestors 'none'")
    tags = re.findall(r"<(?:script|style)[^>]*>", answer.text)
    assert len(tags) == 2
    assert all(f'nonce="{nonce.group(1)}"' in tag for tag in tags)
    assert not re.search(r"<[^>]+\s(?:style|on\w+)=", answer.text)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert nonce.group(1) not in town.client.get(f"/pay/{token.payment_id}").text


def test_the_simulator_may_show_the_page_in_a_phone(town):
    token = town.hold()
    client = town.app(SIMULATOR_FRAMES).test_client()
    answer = client.get(f"/pay/{token.payment_id}")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self' http://localhost:* http://127.0.0.1:*")
    assert "X-Frame-Options" not in answer.headers


def test_what_is_remembered_of_a_press_stays_with_its_page(town):
    token = town.hold()
    assert "Set-Cookie" not in town.press(token).headers
    cookie = town.press(token).headers["Set-Cookie"]
    assert f"Path=/pay/{token.payment_id}" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("tag", ["hi", "hi-IN"])
def test_the_page_speaks_the_readers_language(town, tag):
    token = town.hold(language=tag)
    page = town.see(token)
    assert '<html lang="hi"' in page
    assert "₹50 का भुगतान करें" in page
    assert "सोम 25 नव॰, 10:30 AM" in page


def test_a_language_without_pages_is_answered_in_english(town):
    assert '<html lang="en"' in town.see(town.hold(language="ta"))


@pytest.mark.parametrize(("number", "expected"), [(None, None), ("+919876543000", "JOIN%20SUN77")])
def test_on_a_shared_number_people_join_the_clinic_again(town, monkeypatch, number, expected):
    rules = Rules(platform_sender=people.PLATFORM_SENDER, platform_number=number)
    monkeypatch.setattr(people, "RULES", rules)
    work = town.work()
    cast = town.cast
    token = booking.hold(work, cast.sunrise, cast.rao, cast.asha_contact, cast.asha, DAY, 7)
    work.commit()
    town.clock.advance(minutes=10)
    page = town.see(token)
    assert "Sunrise Clinic" in page
    link = re.search(r'href="https://wa\.me/(\d+)\?text=([^"]+)"', page)
    assert (link and link.group(2)) == expected


@pytest.mark.parametrize("said", list(PageMessage))
@pytest.mark.parametrize("language", languages())
def test_errors_are_told_in_the_browsers_language(town, said, language):
    answer = town.client.get(f"/said/{said}", headers={"Accept-Language": f"{language},en;q=0.5"})
    assert answer.status_code == 500
    assert words_in(language)["message"][said.value]["text"] in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def _shape(words: dict) -> dict:
    return {
        key: _shape(value)
        if isinstance(value, dict)
        else {name for _, name, _, _ in string.Formatter().parse(value) if name}
        for key, value in words.items()
    }


@pytest.mark.parametrize("language", languages())
def test_every_language_has_all_words_and_fills_in_the_same(language):
    assert _shape(words_in(language)) == _shape(words_in("en"))


@pytest.mark.parametrize("language", languages())
def test_words_of_ours_have_typographic_apostrophes(language):
    assert not any("'" in text for part in words_in(language).values() for text in part.values())


def test_a_name_is_shown_with_a_typographic_apostrophe(town):
    clinic = people.stored(town.records, town.cast.clinic).but(name="Children's Clinic")
    people.store(town.records, clinic, town.cast.asha.but(name="Asha O'Brien"))
    town.cast = _recast(town, clinic)
    page = town.see(town.hold())
    assert "<bdi>Children’s Clinic</bdi>" in page
    assert "<bdi>Asha O’Brien</bdi>" in page
    assert "&#39;" not in page


def test_the_log_of_a_visit_to_the_page_names_nobody(town, capsys):
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, *logs._finish()])
    try:
        token = town.hold()
        town.see(token)
        town.press(token)
    finally:
        structlog.reset_defaults()
    out = capsys.readouterr().out
    assert "sandbox_pressed" in out
    assert "/pay/<payment_id>" in out
    for secret in ("Asha", "City", "Meera", "98765", str(token.payment_id)):
        assert secret not in out
