"""The people of the soak: patients who book, pay, come, cancel or forget, and doctors at work.

Nobody here looks into the product: all only read the messages on their phones and answer them.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

from tests.e2e.installation import Installation, Json, Person

HANDS = 32
"""How many actions of all people run at once."""
LISTEN_SECONDS = 0.1
PATIENCE_SECONDS = 12.0
"""After this long without an answer a doctor presses again."""
PAYING_SECONDS = 90.0
ALARM = "⚠️"
"""How a notice to the desk begins, which answers nothing."""
LOOKS_AT_NOBODY = 2
"""How often a doctor hears that nobody waits before they look at the clock."""


@dataclass(frozen=True)
class Heard:
    """A message as it stands on a phone: its words, the ids that can be tapped, a link."""

    text: str
    options: tuple[str, ...]
    url: str | None


def read(payload: Json) -> Heard:
    """Return what the phone shows of a call to Meta."""
    content = payload.get("interactive") or {}
    action = content.get("action") or {}
    rows = [row for section in action.get("sections", ()) for row in section["rows"]]
    buttons = [button["reply"] for button in action.get("buttons", ())]
    text = (content.get("body") or {}).get("text") or (payload.get("text") or {}).get("body", "")
    url = (action.get("parameters") or {}).get("url")
    return Heard(text, tuple(option["id"] for option in (*rows, *buttons)), url)


class Stage:
    """Runs the actions of all people at their times, and gives each their messages."""

    def __init__(self, town: Installation) -> None:
        self.town = town
        self.failures: list[str] = []
        self._ears: dict[str, Callable[[Heard], None]] = {}
        self._hands = ThreadPoolExecutor(HANDS, thread_name_prefix="hands")
        self._plans: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=run, daemon=True) for run in (self._listen, self._keep_time)
        ]

    def begin(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop all actions."""
        self._ended.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._hands.shutdown(wait=True, cancel_futures=True)

    def hears(self, person: Person, ear: Callable[[Heard], None]) -> None:
        """Call *ear* with each message for *person*."""
        self._ears[person.wa_id] = ear

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Run *act* after *seconds*."""
        with self._changed:
            at = time.monotonic() + seconds
            heapq.heappush(self._plans, (at, next(self._count), act))
            self._changed.notify()

    def _keep_time(self) -> None:
        while not self._ended.is_set():
            with self._changed:
                wait = self._plans[0][0] - time.monotonic() if self._plans else 1.0
                if wait > 0:
                    self._changed.wait(min(wait, 1.0))
                    continue
                act = heapq.heappop(self._plans)[2]
            self._hands.submit(self._do, act)

    def _do(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - told at the end, with what else went wrong
            self.failures.append(f"{type(error).__name__}: {error}")

    def _listen(self) -> None:
        after, known = 0, set()
        while not self._ended.wait(LISTEN_SECONDS):
            for call in self.town.control("GET", f"/sent?after={after}")["sent"]:
                after = call["index"]
                ours = call["payload"].get("biz_opaque_callback_data")
                ear = self._ears.get(call["to"])
                if ear is not None and ours not in known:
                    known.add(ours)
                    ear(read(call["payload"]))


@dataclass
class Counts:
    """Counts of what people did that the store does not show."""

    pressed: int = 0
    """Payments that were pressed, and taken."""
    turned_away: int = 0
    """Who found no slot."""


@dataclass
class Patient:
    """Somebody who wants to see a doctor, with habits of their own."""

    person: Person
    doctor_id: str
    chance: random.Random
    stage: Stage
    counts: Counts
    state: str = "home"
    slow: float = 1.0
    """Seconds until they answer, at the most."""
    seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.habit = self.chance.choices(
            ("pays", "pays twice", "pays late", "never pays", "cancels"), (78, 7, 5, 5, 5)
        )[0]
        self.stage.hears(self.person, self.hear)

    def come(self) -> None:
        """Write for the first time."""
        self.state = "asked"
        self.person.says("Hi")

    def hear(self, heard: Heard) -> None:
        """Answer a message, after a moment, if it asks for something."""
        act = self._answer(heard)
        if act is not None:
            self.stage.later(self.chance.uniform(0.1, 1) * self.slow, act)

    def _answer(self, heard: Heard) -> Callable[[], None] | None:
        text, options = heard.text, heard.options
        slots = [o for o in options if o.startswith("slot:")]
        if "elect doctor" in text:
            return self._tap(f"doc:{self.doctor_id}") if self._first("doctor") else None
        if slots:
            return self._tap(self.chance.choice(slots))
        if "no free slot" in text or "no other in the coming days" in text:
            self.counts.turned_away += 1
        if "Tap to pay" in text and heard.url:
            self._plan_to_pay(heard.url)
        if "Booking confirmed" in text and self._first("confirmed"):
            return self._is_booked()
        return self._react(text, options)

    def _react(self, text: str, options: tuple[str, ...]) -> Callable[[], None] | None:
        def tap(kind: str, share: float) -> Callable[[], None] | None:
            found = [o for o in options if o.startswith(kind)]
            wants = found and self.chance.random() < share and self._first(found[0])
            return self._tap(self.chance.choice(found)) if wants else None

        if "Cancel Token #" in text:
            return tap("yes_cancel", 1.0)
        if "You are next" in text:
            return tap("here:", 0.5)
        if "you were not there" in text:
            return tap("here:", 0.7)
        if "How was the visit" in text:
            return tap("rate:", 0.3)
        if "was not paid in time" in text:
            return tap("doc:", 0.3)
        return None

    def _first(self, what: str) -> bool:
        fresh = what not in self.seen
        self.seen.add(what)
        return fresh

    def _tap(self, option: str) -> Callable[[], None]:
        return lambda: void(self.person.taps(option))

    def _says(self, text: str) -> Callable[[], None]:
        return lambda: void(self.person.says(text))

    def _is_booked(self) -> Callable[[], None] | None:
        self.state = "booked"
        if self.habit == "cancels":
            return self._says("cancel")
        if self.chance.random() < 0.25:
            self.stage.later(self.chance.uniform(3, 30), self._says("status"))
        if self.chance.random() < 0.4:
            self.stage.later(self.chance.uniform(5, 40), self._says("here"))
        return None

    def _plan_to_pay(self, url: str) -> None:
        if self.habit == "never pays" or not self._first(url):
            return
        wait = self.chance.uniform(1, 5)
        if self.habit == "pays late":
            wait = self.chance.uniform(62, 75)  # the hold has ended by then
        for _ in range(2 if self.habit == "pays twice" else 1):
            self.stage.later(wait, lambda: self._pay(url))

    def _pay(self, url: str) -> None:
        """Press the button; without an answer look whether it was taken, then press again."""
        deadline = time.monotonic() + PAYING_SECONDS
        with requests.Session() as browser:
            browser.trust_env = False
            while time.monotonic() < deadline:
                with contextlib.suppress(requests.RequestException):
                    if browser.post(url, data={"outcome": "paid"}, timeout=8).ok:
                        self.counts.pressed += 1
                        return
                time.sleep(0.5)
                with contextlib.suppress(requests.RequestException):
                    page = browser.get(url, timeout=8)
                    if page.ok and 'data-state="open"' not in page.text:
                        return
        raise TimeoutError(f"{self.person.name} could not pay")


def void(_answer: object) -> None:
    """Ignore the answer of a call."""


class Doctor:
    """A doctor at work: starts, calls in, skips who does not come, pauses once, and closes."""

    def __init__(
        self,
        person: Person,
        chance: random.Random,
        stage: Stage,
        pace: float,
        everybody_came: Callable[[], bool],
    ) -> None:
        self.person, self.chance, self.stage, self.pace = person, chance, stage, pace
        self._everybody_came = everybody_came
        self._answers: queue.Queue[Heard] = queue.Queue()
        self.moves = 0
        self.closed = False
        stage.hears(person, self._hear)

    def _hear(self, heard: Heard) -> None:
        if not heard.text.startswith(ALARM):
            self._answers.put(heard)

    def work(self) -> None:
        """Work until everybody who came was called in, then close."""
        self._ask(lambda: self.person.says("start"))
        nobody, pauses_at = 0, self.chance.randint(3, 6)
        while nobody < LOOKS_AT_NOBODY or not self._everybody_came():
            time.sleep(self.chance.uniform(0.6, 1.4) * self.pace)
            if self.moves == pauses_at:
                pauses_at = -1
                self._pause()
            answer = self._move()
            nobody = (
                nobody + 1 if "obody" in answer.text and "Now serving" not in answer.text else 0
            )
        if "Close the line" in self._ask(lambda: self.person.says("close")).text:
            self._ask(lambda: self.person.says("1"))
        self.closed = True

    def _move(self) -> Heard:
        self.moves += 1
        luck = self.chance.random()
        if luck < 0.08:
            return self._ask(self._skip)
        if luck < 0.25:
            return self._mean_it(self._ask(lambda: self.person.says("next")))
        return self._mean_it(self._ask(self._tap_next))

    def _mean_it(self, answer: Heard) -> Heard:
        """Say yes if *answer* asks whether a "next" typed soon after another is meant."""
        if "Next again?" not in answer.text:
            return answer
        return self._ask(lambda: self.person.taps("Yes, next"))

    def _tap_next(self) -> Json:
        try:
            return self.person.taps("Next")
        except AssertionError:  # no button of that name stands in the chat yet
            return self.person.says("next")

    def _skip(self) -> Json:
        try:
            return self.person.taps("Skip")
        except AssertionError:
            return self.person.says("skip")

    def _pause(self) -> None:
        self._ask(lambda: self.person.says("pause 5 tea"))
        time.sleep(self.pace)
        self._ask(lambda: self.person.says("resume"))

    def _ask(self, act: Callable[[], Json]) -> Heard:
        """Do *act*, again after a while without an answer; return the answer."""
        while not self._answers.empty():
            self._answers.get_nowait()
        while True:
            act()
            with contextlib.suppress(queue.Empty):
                return self._answers.get(timeout=PATIENCE_SECONDS)
