"""Stories as text: what people do, and every word they are told.

A line is a step, or what was said because of the step above it:

    # a comment
    Asha: Hi                        types
    Asha taps: I'm here             taps an option of the newest message that has it
    Asha taps old: Dr. Meera        taps one of any earlier message
    Asha sends: voice note          voice note, sticker, photo, location
    Asha pays                       pays the advance of her newest unpaid booking
    Asha pays again                 pays what is paid for already
    Asha's payment fails
    wait 10 min                     time passes, the workers work (min or h)
    language Asha: hi               the language she chose earlier
    @1 min ago Dr. Meera: next      a message WhatsApp delivers late

What was said stands below, a `>` line naming the person and then the words, each behind `|`.
Buttons are shown as [Words], a list's rows as (Words), links as <Words>; `~` marks a template.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from domain.channel import Outbound
from domain.model.people import Contact
from domain.model.queues import TokenStatus
from tests.people import CITY_SENDER, PLATFORM_SENDER
from tests.stage import Stage

PEOPLE = {
    "Asha": "+919876543021",
    "Ravi": "+919876543022",
    "Lata": "+919876543023",
    "Imran": "+919876543024",
    "Dr. Meera": "+919876543011",
    "Dr. Khan": "+919876543012",
    "Dr. Rao": "+919876543013",
    "Farida": "+919876543010",
}
NAMES = {phone: name for name, phone in PEOPLE.items()}
MEDIA = {"voice note": "audio", "sticker": "sticker", "photo": "image"}
SHARED = {"Dr. Rao": PLATFORM_SENDER, "Imran": PLATFORM_SENDER}
"""Who writes to the number that clinics share; the others write to City Medical Center's own."""


@dataclass
class Story:
    """Plays a transcript on a stage and writes it down as it really went."""

    stage: Stage
    written: list[str] = field(default_factory=list)

    def play(self, path: Path) -> str:
        """Return the transcript of *path* with everything that was really said."""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith((">", "|")) or not line.strip():
                continue
            if self.written and not self.written[-1].startswith("#"):
                self.written.append("")
            self.written.append(line)
            if not line.startswith("#"):
                self.stage.clock.advance(seconds=3)
                self._say(self._step(line))
        return "\n".join(self.written) + "\n"

    def _step(self, line: str) -> list[Outbound]:
        for pattern, act in _STEPS:
            match = re.fullmatch(pattern, line)
            if match:
                sent: list[Outbound] = act(self, *match.groups()) or []
                return [*sent, *self.stage.settle()]
        raise ValueError(f"not a step: {line}")

    def _say(self, sent: list[Outbound]) -> None:
        for message in sent:
            phone = message.phone or ""
            template = f" ~{message.template.name}" if message.template else ""
            self.written.append(f"> {NAMES.get(phone, phone)}{template}")
            self.written += [f"| {line}".rstrip() for line in message.text.splitlines()]
            marks = "()" if message.choices_label else "[]"
            shown = [f"{marks[0]}{c.words}{marks[1]}" for c in message.choices]
            if message.url:
                shown.append(f"<{message.url_label}>")
            if shown:
                self.written.append("| " + " ".join(shown))

    def types(self, ago: str | None, name: str, text: str) -> None:
        """Let *name* type *text*, delivered *ago* minutes late."""
        at = self.stage.clock.now() - timedelta(minutes=int(ago or 0))
        self.stage.hear(PEOPLE[name], text, sent_at=at, name=name, sender=_sender(name))

    def taps(self, name: str, old: str | None, words: str) -> None:
        """Let *name* tap the option with *words* on the newest message that has it."""
        theirs = [m for m in self.stage.channel.sent if m.phone == PEOPLE[name]]
        order = theirs if old else reversed(theirs)
        choice = next(c for m in order for c in m.choices if words in c.words)
        self.stage.hear(
            PEOPLE[name],
            choice.words,
            kind="tap",
            choice=choice.id,
            name=name,
            sender=_sender(name),
        )

    def sends(self, name: str, what: str) -> None:
        """Let *name* send something that is not text."""
        kind = "location" if what == "location" else "media"
        self.stage.hear(
            PEOPLE[name], kind=kind, media=MEDIA.get(what), name=name, sender=_sender(name)
        )

    def pays(self, name: str, again: str | None) -> None:
        """Let *name* pay for the newest booking that wants it, or once more for a paid one."""
        tokens = self.stage.every_token(PEOPLE[name])
        unpaid = {TokenStatus.PENDING, TokenStatus.EXPIRED}
        fit = [t for t in tokens if t.payment_id and (again or t.status in unpaid)]
        self.stage.pay(fit[-1])

    def payment_fails(self, name: str) -> None:
        """Let *name*'s attempt to pay fail."""
        fit = [t for t in self.stage.tokens(PEOPLE[name]) if t.payment_id]
        self.stage.fail_payment(fit[-1])

    def waits(self, number: str, unit: str) -> list[Outbound]:
        """Let time pass."""
        return self.stage.wait(int(number) * (60 if unit == "h" else 1))

    def speaks(self, name: str, language: str) -> None:
        """Give *name* the language chosen earlier."""
        work = self.stage.work()
        contact = work.get(Contact, self.stage.contact_id(PEOPLE[name]))
        assert contact is not None
        work.put(contact.but(language=language))
        work.commit()


def _sender(name: str) -> str:
    return SHARED.get(name, CITY_SENDER)


_NAME = "|".join(sorted((re.escape(n) for n in PEOPLE), key=len, reverse=True))
_STEPS = (
    (rf"(?:@(\d+) min ago )?({_NAME}): (.*)", Story.types),
    (rf"({_NAME}) taps( old)?: (.*)", Story.taps),
    (rf"({_NAME}) sends: (.*)", Story.sends),
    (rf"({_NAME}) pays( again)?", Story.pays),
    (rf"({_NAME})'s payment fails", Story.payment_fails),
    (r"wait (\d+) (min|h)", Story.waits),
    (rf"language ({_NAME}): (\w+)", Story.speaks),
)
