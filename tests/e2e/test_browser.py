"""The whole visit with taps alone, in the simulator's page: at a desk and on a phone's screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.e2e.conftest import running
from tests.e2e.installation import Installation, Person

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.xdist_group("e2e 1")]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 20_000
RATING_PATIENCE = 60_000
DESK = {"width": 1280, "height": 900}
POCKET = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("browser")) as installation:
        yield installation


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("morning"), patients=6) as installation:
        yield installation


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Screen:
    """The simulator's page in a window; one after another, people take the phone in their hands."""

    def __init__(self, browser: Browser, town: Installation, size: dict[str, int]) -> None:
        self.context = browser.new_context(viewport=size)  # type: ignore[arg-type]
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console", lambda said: self.errors.append(said.text) if said.type == "error" else None
        )
        self.page.goto(town.meta_url)

    def phone(self, who: Person) -> Locator:
        """Return somebody's phone, brought to the screen if it is not there."""
        phone = self.page.get_by_test_id(f"phone-{who.wa_id}")
        expect(self.page.get_by_test_id(f"phone-chip-{who.wa_id}")).to_be_visible()
        if not phone.is_visible():
            self.page.get_by_test_id(f"phone-chip-{who.wa_id}").click()
        expect(phone).to_be_visible()
        return phone

    def sees(self, who: Person, words: str, timeout: int = PATIENCE) -> Locator:
        """Return the newest bubble with *words*, once it is there."""
        bubble = self.phone(who).get_by_test_id("bubble").filter(has_text=words).last
        expect(bubble).to_be_visible(timeout=timeout)
        return bubble

    def says(self, who: Person, words: str) -> None:
        """Write a message."""
        field = self.phone(who).get_by_test_id("composer-input")
        field.fill(words)
        field.press("Enter")

    def picks(self, who: Person, bubble: Locator, words: str) -> None:
        """Tap a button of a message, or a row of its list."""
        if bubble.get_by_test_id("list-open").count():
            bubble.get_by_test_id("list-open").click()
            self.phone(who).get_by_test_id("list-row").filter(has_text=words).first.click()
        else:
            bubble.get_by_test_id("option").filter(has_text=words).first.click()


@pytest.fixture
def screens(
    browser: Browser, town: Installation, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[dict[str, Screen]]:
    """Give two windows; pictures of both are kept where the test fails."""
    both = {
        name: Screen(browser, town, size) for name, size in (("desk", DESK), ("pocket", POCKET))
    }
    failed = request.session.testsfailed
    yield both
    for name, screen in both.items():
        if request.session.testsfailed > failed:
            screen.page.screenshot(path=tmp_path / f"{name}.png")
            print(f"A picture is in {tmp_path / name}.png; the page said {screen.errors}")  # noqa: T201
        screen.context.close()


def a_visit(screen: Screen, patient: Person, doctor: Person) -> None:
    """Book, pay, be called in and be done."""
    screen.says(patient, "Hi")
    screen.picks(patient, screen.sees(patient, "select doctor"), doctor.name)
    screen.picks(patient, screen.sees(patient, "Available slots"), "Token #")
    screen.sees(patient, "Tap to pay").get_by_test_id("link-button").click()
    page = screen.phone(patient).get_by_test_id("browser-frame").content_frame
    page.get_by_role("button", name="Pay ₹50").click()
    expect(page.locator("[data-state=paid]")).to_be_visible()
    screen.phone(patient).get_by_test_id("close-browser").click()
    screen.sees(patient, "Booking confirmed")
    screen.says(doctor, "start")
    screen.picks(doctor, screen.sees(doctor, "Started"), "Next")
    called = screen.sees(doctor, "Now serving")
    expect(called).to_contain_text(patient.name)
    screen.sees(patient, "It is your turn")
    screen.picks(doctor, screen.sees(doctor, "Now serving"), "Next")
    screen.sees(doctor, "Completed")


def test_a_visit_from_hi_to_the_stars_at_a_desk_and_on_a_phone(town, screens):
    desk, pocket = screens["desk"], screens["pocket"]
    asha, ravi = town.patients[:2]
    meera, _, bose = town.doctors
    a_visit(desk, asha, meera)
    a_visit(pocket, ravi, bose)
    for screen, patient in ((desk, asha), (pocket, ravi)):
        question = screen.sees(patient, "How was the visit", RATING_PATIENCE)
        screen.picks(patient, question, "Excellent")
        screen.sees(patient, "Thank you")
        wide = screen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        assert screen.errors == []
    town.settle()
    assert sorted(rating["stars"] for rating in town.rows("ratings")) == [5, 5]


def test_a_morning_at_the_desk_from_one_phone(practice, browser):
    """Eight patients: two without phones, one late, one moved, one refunded; a close by mistake."""
    doctor, people = practice.doctors[0], practice.patients
    for n, person in enumerate(people):
        person.books("Dr. Meera", n)
    screen = Screen(browser, practice, POCKET)

    def writes(words: str, answer: str) -> Locator:
        screen.says(doctor, words)
        return screen.sees(doctor, answer)

    writes("add Gopal", "Added Gopal")
    writes("add Uma", "Added Uma")
    writes("start", "Started")
    lata, imran = people[2:4]
    writes("here asha", "Asha")
    screen.says(lata, "10 min late")
    screen.sees(lata, "about 10 min late")
    writes("call asha", "Called #")
    expect(writes("move ravi last", "Ravi")).to_contain_text("last")
    asked = writes("cancel imran", "Cancel #")
    screen.picks(doctor, asked, "Yes, cancel")
    expect(screen.sees(doctor, "Cancelled: #")).to_contain_text("Imran")
    screen.sees(imran, "is on its way back to you")
    asked = writes("done for today", "still wait")
    screen.picks(doctor, asked, "Close and tell them")
    closed = screen.sees(doctor, "The line is closed")
    screen.picks(doctor, closed, "Reopen")
    expect(screen.sees(doctor, "open again")).to_contain_text("Asha")
    listed = writes("list", "Gopal")
    for name in ("Ravi", "Lata", "Uma"):
        expect(listed).to_contain_text(name)
    expect(listed).not_to_contain_text("Imran")
    assert not [m for p in people for m in p.chat("&from=business") if "cannot see" in m["text"]]
    assert screen.errors == []
    screen.context.close()
