"""What staff say: a command and what follows it, or a sentence that may mean one.

A command moves a line of people, so it is taken only where the message is that command and no
more. A sentence that seems to mean one is a guess, which is asked about.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from flows.hearing.durations import bare_minutes, find_durations
from flows.hearing.lexicon import Lexicon, Word
from flows.hearing.meaning import DurationSaid, Meaning
from flows.hearing.numbers import find_numbers
from flows.hearing.rules import concepts_of, rules
from flows.hearing.spans import covered
from flows.hearing.text import Piece

LONGEST_COMMAND = 3
"""Words of the longest phrase that is a command."""
ALONE = frozenset({"next", "skip", "start", "undo", "resume", "close", "done"})
"""Commands that nothing follows but a doctor's name and courtesy."""
TIMED = frozenset({"pause", "emergency", "late"})
"""Commands that a length of time may follow, or come before."""
HEARD_INSTEAD = frozenset({"close", "is_here", "late", "list", "status"})
"""What a sentence may mean that begins with the word of a command: "done for today"."""
COURTESY = "say:polite"
AROUND = (COURTESY, "say:this_one")
"""Words that change nothing about a command."""
_SIGNS = " \t\r\n.,:;-–—()\"'“”*_`!…"
"""What people write between a command, a length and a reason."""
_QUOTES = frozenset("\"“”'*_`")

# fmt: off
RULES = rules(
    # trigger      a clause with one word of each group, none of those after a minus
    ("close",      "finish -not -if -ask -question"),
    ("is_here",    "present|arrived|come name|token question|ask -how_many"),
    ("late",       "late -ask -not -if -others -question"),
    ("list",       "who next|left|present|arrived|people|turn"),
    ("status",     "how_many left|people|done|question|ask"),
    ("status",     "people|token left question|ask"),
    ("status",     "serving"),
    ("resume",     "back_now -ask -not -if -question -length"),
    ("pause",      "break|pause -ask -not -if -question -day"),
    ("emergency",  "emergency -ask -not -if -question -day"),
    ("next",       "next send|calls -ask -not -if -question -day -length -clock -week"),
)
# fmt: on
GUESSED = frozenset({"close", "pause", "emergency", "next", "resume"})
"""What is asked about when a sentence seems to mean it; the rest changes nothing, or says all."""


class Commands:
    """Recognises the commands of staff in all languages at once."""

    def __init__(self, phrases: Mapping[str, tuple[str, str]], lexicon: Lexicon) -> None:
        """Take the *phrases* of all commands: folded words, each with its trigger and language."""
        self._phrases = phrases
        self._lexicon = lexicon

    def read(self, text: str, minute: int, names: Container[str] = ()) -> Meaning:
        """Return the command that *text* is, with its words behind it; else what it may mean.

        *minute* is now, counted from midnight by the clinic's clock; *names* are the folded words
        of doctors' names.
        """
        text = text.strip().lstrip("/")
        pieces = self._lexicon.pieces(text, names)
        found = self._command_in_front(pieces)
        if found is not None:
            trigger, language, end = found
            rest = text[pieces[end - 1].end :].strip(_SIGNS)
            said = self._with_length(Meaning(trigger, rest, language), minute)
            if trigger not in ALONE or self.adds_nothing(rest):
                return said
            # "done for today" is not "done", and "next time" is not "next".
            other = self._guess(self._lexicon.words(text, names), minute)
            return other if other.trigger in HEARD_INSTEAD else said
        words = self._lexicon.words(text, names)
        return self._command_behind(words, minute) or self._guess(words, minute)

    def adds_nothing(self, text: str) -> bool:
        """Return whether *text*, behind a command, changes nothing about it: "please", "him"."""
        words = self._lexicon.words(text)
        return "?" not in text and all(w.has(*AROUND) or not w.text[0].isalnum() for w in words)

    def length_and_reason(self, text: str, minute: int) -> tuple[DurationSaid | None, str]:
        """Return the length of time that *text* names, and the rest of its words.

        The length has no minutes if something looks like one and cannot be read.
        """
        words = [w for w in self._lexicon.words(text) if w.text not in _QUOTES]
        spans = find_durations(words, minute) or [s for s in [bare_minutes(words)] if s]
        if not spans:
            doubtful = any(
                (w.number is not None and w.text.isdecimal()) or w.keys("unit") for w in words
            )
            return (DurationSaid(None) if doubtful else None), text.strip(_SIGNS)
        span = spans[0]
        before, after = words[: span.start], words[span.end :]
        if any(w.text.isdecimal() for w in (*before, *after)):
            return DurationSaid(None), ""
        kept = [text[part[0].start : part[-1].end] for part in (before, after) if part]
        reason = " ".join(k.strip(_SIGNS) for k in kept).strip()
        return span.value, reason if not all(
            w.has("say:filler", *AROUND) for w in (*before, *after)
        ) else ""

    def _command_in_front(self, pieces: Sequence[Piece]) -> tuple[str, str, int] | None:
        """Return trigger and language of the command that *pieces* begin with, and where it ends."""
        first = 0
        while first < len(pieces) and self._is_courtesy(pieces[first]):
            first += 1
        letters = [i for i in range(first, len(pieces)) if pieces[i].text[0].isalnum()]
        for begin in (letters[:1] and letters[0], 0):
            here = (
                [i for i in letters if i >= begin]
                if begin
                else [i for i in range(len(pieces)) if pieces[i].text[0].isalnum()]
            )
            for size in range(min(LONGEST_COMMAND, len(here)), 0, -1):
                key = " ".join(pieces[i].text for i in here[:size])
                if key in self._phrases:
                    trigger, language = self._phrases[key]
                    return trigger, language, here[size - 1] + 1
        return None

    def _is_courtesy(self, piece: Piece) -> bool:
        return not piece.text[0].isalnum() or COURTESY in self._lexicon.concepts(piece.text)

    def _with_length(self, meaning: Meaning, minute: int) -> Meaning:
        """Read the length of time behind a command that takes one, and what is left as a reason."""
        if meaning.trigger not in TIMED:
            return meaning
        duration, _ = self.length_and_reason(meaning.rest, minute)
        return meaning.but(duration=duration)

    def _command_behind(self, words: Sequence[Word], minute: int) -> Meaning | None:
        """Return the command that is left without courtesy and a length: "15 min break", "ok next"."""
        spans = find_durations(words, minute)
        length = covered(spans)
        kept = [
            w
            for i, w in enumerate(words)
            if i not in length and w.text[0].isalnum() and not w.has(*AROUND)
        ]
        found = self._phrases.get(" ".join(w.text for w in kept))
        if found is None or any(w.text == "?" for w in words):
            return None
        trigger, language = found
        if spans and trigger not in TIMED:
            return None
        rest = " ".join(words[i].raw for i in sorted(length))
        return Meaning(trigger, rest, language, duration=spans[0].value if spans else None)

    def _guess(self, words: Sequence[Word], minute: int) -> Meaning:
        """Return what a sentence seems to mean, or nothing."""
        spans = find_durations(words, minute)
        numbers = find_numbers(words)
        name = _name_in(words, covered(spans) | covered(numbers))
        concepts = concepts_of(words)
        concepts |= {"length"} if spans else set()
        concepts |= {"token"} if numbers else set()
        concepts |= {"name"} if name else set()
        concepts |= {"question"} if any(w.text == "?" for w in words) else set()
        trigger = next((r.trigger for r in RULES if r.holds(concepts)), None)
        if trigger is None:
            return Meaning(None)
        length = spans[0].value if spans else None
        rest = " ".join(words[i].raw for i in sorted(covered(spans[:1])))
        return Meaning(
            trigger,
            name or "" if trigger == "is_here" else rest,
            guess=trigger in GUESSED,
            duration=length,
            number=numbers[0].value if numbers else None,
        )


def _name_in(words: Sequence[Word], taken: frozenset[int]) -> str:
    """Return the words that nothing else explains, as a name has them."""
    kept = [
        w.raw
        for i, w in enumerate(words)
        if i not in taken and w.text[0].isalpha() and (not w.concepts or w.slip or w.keys("name"))
    ]
    return " ".join(kept)
