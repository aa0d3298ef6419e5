"""What staff say: a command and what follows it, or a sentence that may mean one.

A command moves a line of people, so it is taken only where the message is that command and no
more. A sentence that seems to mean one is a guess, which is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from flows.hearing import desk
from flows.hearing.dates import find_days
from flows.hearing.doctors import DoctorNames
from flows.hearing.durations import bare_minutes, find_durations
from flows.hearing.known import Known
from flows.hearing.lexicon import Lexicon, Word
from flows.hearing.meaning import DurationSaid, Meaning
from flows.hearing.numbers import find_numbers
from flows.hearing.phones import find_phones
from flows.hearing.rules import concepts_of, rules
from flows.hearing.spans import Span, covered
from flows.hearing.text import Piece, fold

LONGEST_COMMAND = 3
"""Words of the longest phrase that is a command."""
MOST_BEHIND_READING = 3
"""Words behind a command that changes nothing; more of them tell of something else."""
ALONE = frozenset({"next", "skip", "start", "undo", "resume", "close", "done"})
"""Commands that nothing follows but a doctor's name and courtesy."""
TIMED = frozenset({"pause", "more", "emergency", "late"})
"""Commands that a length of time may follow, or come before."""
READ_ONLY = frozenset({"status", "list", "help", "help_desk", "doctors", "hi"})
HEARD_INSTEAD = frozenset({"close", "is_here", "late", "list", "status"})
"""What a sentence may mean that begins with the word of a command: "done for today"."""
UNSURE = "unsure"
"""A command's word in a sentence that denies it, asks, or names another one."""
COURTESY = "say:polite"
AROUND = (COURTESY, "say:this_one")
"""Words that change nothing about a command."""
BESIDE: Mapping[str, str] = {"skip": "say:absent", "undo": "say:mistake", "resume": "say:back_now"}
"""What may be said beside a command as its reason: "not here, skip"."""
TIME_WORDS = ("unit", "fraction", "vague", "day", "weekday", "part")
"""Sections of words that speak of time; without a length that can be read, one is asked for."""
_SIGNS = " \t\r\n.,:;-–—()\"'“”*_`!…"
"""What people write between a command, a length and a reason."""
_QUOTES = frozenset("\"“”'*_`")
_ENDS = frozenset(",.;!\n")

# fmt: off
RULES = rules(
    # trigger      a clause with one word of each group, none of those after a minus
    ("close",      "finish -not -if -ask -question"),
    ("is_here",    "present|arrived|come|where name|token question|ask -how_many"),
    ("late",       "late -ask -not -if -others -question -day -people -next -patient_named -patient_word"),
    ("late",       "reaching length -ask -not -if -question -day -patient_named"),
    ("list",       "who next|left|present|arrived|people|turn"),
    ("list",       "any present|arrived|come ask|question"),
    ("list",       "list_word -not"),
    ("status",     "how_many left|people|done|question|ask"),
    ("status",     "left any"),
    ("status",     "how_many people -if"),
    ("status",     "people|token left question|ask"),
    ("status",     "serving"),
    ("undo",       "by_mistake next|skip -not -ask -if -question"),
    ("pause",      "back_now length|digits -ask -not -question"),
    ("resume",     "back_now -ask -not -if -question -length -digits"),
    ("pause",      "break|pause -ask -not -if -question -day"),
    ("emergency",  "emergency -ask -not -if -question -day"),
    ("next",       "next send|calls -ask -not -if -question -day -length -clock -week"),
)
# fmt: on
GUESSED = frozenset({"close", "pause", "emergency", "next", "resume", "undo"})
"""What is asked about when a sentence seems to mean it; the rest changes nothing, or says all."""


class Commands:
    """Recognises the commands of staff in all languages at once."""

    def __init__(self, phrases: Mapping[str, tuple[str, str]], lexicon: Lexicon) -> None:
        """Take the *phrases* of all commands: folded words, each with its trigger and language."""
        self._phrases = phrases
        self._lexicon = lexicon

    def read(self, text: str, known: Known, doctors: DoctorNames | None = None) -> Meaning:
        """Return the command that *text* is, with its words behind it; else what it may mean.

        One of *doctors* may be named before the command, as admins do: "sharma ji ka next".
        """
        text = text.strip().lstrip("/")
        said = self._obey(text, known, doctors)
        if said is None or said.trigger in {UNSURE, *READ_ONLY}:
            said = self._obey_one_clause(text, known, doctors) or said
        if said is None and doctors is not None:
            ids, rest = self.without_doctor(text, doctors)
            said = self._obey(rest, known, None) if ids and rest else None
            said = said.but(doctor_ids=ids) if said else None
        if said is not None and said.trigger not in {UNSURE, *READ_ONLY}:
            return said
        words = self._lexicon.words(text, doctors.parts if doctors else ())
        other = self._guess(words, known, doctors)
        if said is None:
            return other
        if said.trigger in READ_ONLY:
            told = (
                len(self._lexicon.words(said.rest)) > MOST_BEHIND_READING and other.trigger is None
            )
            return (
                Meaning(None) if told else said.but(doctor_ids=other.doctor_ids or said.doctor_ids)
            )
        # "done for today" is not "done", and "next time" is not "next".
        if other.guess and other.trigger in HEARD_INSTEAD:
            return other
        return (
            other
            if other.trigger in HEARD_INSTEAD and other.trigger != said.rest.partition(" ")[0]
            else said
        )

    def _obey_one_clause(
        self, text: str, known: Known, doctors: DoctorNames | None
    ) -> Meaning | None:
        """Return the command that one clause is, where the others only say why.

        "He has gone out, skip him": nothing else in the sentence may name a command, or ask.
        """
        clauses = [c for c in re.split(r"[,.;!\n।]+", text) if c.strip()]
        if len(clauses) < 2 or "?" in text:  # noqa: PLR2004 - a reason and a command
            return None
        obeyed = [self._obey(c.strip(), known, doctors) for c in clauses]
        sure = [
            i
            for i, m in enumerate(obeyed)
            if m
            and m.trigger not in {UNSURE, *READ_ONLY}
            and (m.rest or m.trigger not in desk.TRIGGERS)
        ]
        if len(sure) != 1:
            return None
        found = obeyed[sure[0]]
        others = [w for i, c in enumerate(clauses) if i != sure[0] for w in self._lexicon.words(c)]
        if concepts_of(others) & {"if", "ask"} or any(
            self._commands_word(w, found) for w in others
        ):
            return None
        length = [s.value for s in find_durations(others, known.minute)]
        if found is not None and found.trigger in TIMED and found.duration is None and length:
            return found.but(duration=length[0])
        return found

    def _commands_word(self, word: Word, beside: Meaning | None) -> bool:
        """Return whether *word* alone is a command, other than as the reason for *beside*."""
        trigger = self._phrases.get(word.text, ("", ""))[0]
        reason = BESIDE.get(beside.trigger or "", "") if beside else ""
        return trigger in {*ALONE, *TIMED} and not word.has(reason)

    def adds_nothing(self, text: str, trigger: str | None = None) -> bool:
        """Return whether *text*, beside a command, changes nothing about it: "please", "him"."""
        return "?" not in text and self._is_beside(self._lexicon.words(text), trigger)

    def _is_beside(self, words: Sequence[Word], trigger: str | None) -> bool:
        if trigger == "done":  # "done today" is more than "done"
            return all(w.has(COURTESY) or not w.text[0].isalnum() for w in words)
        beside = (*AROUND, BESIDE.get(trigger or "", COURTESY))
        return all(w.has(*beside) or not w.text[0].isalnum() for w in words)

    def _obey(self, text: str, known: Known, doctors: DoctorNames | None) -> Meaning | None:
        """Return the command that the whole of *text* is; `UNSURE` if it only begins with one."""
        pieces = self._lexicon.pieces(text)
        found = self._command_in_front(pieces)
        words = self._lexicon.words(text)
        if found is None or (found[0] in READ_ONLY and found[2] < len(pieces)):
            behind = self._command_behind(words, text, known)
            if found is None or behind is not None:
                return behind
        trigger, language, end = found
        rest = text[pieces[end - 1].end :].strip(_SIGNS)
        said = Meaning(trigger, rest, language)
        if trigger in desk.TRIGGERS:
            return said if desk.readings(trigger, rest, self._lexicon, doctors) else None
        if doctors is not None:
            rest = self.without_doctor(rest, doctors)[1]
        if trigger in TIMED:
            duration, _ = self.length_and_reason(rest, known.minute)
            said = said.but(duration=duration)
            if not self._may_follow(rest, timed=duration is not None):
                return unsure(said)
            # An emergency alarms everybody: words that are no length may speak of something else.
            doubtful = trigger == "emergency" and duration is None and not self.adds_nothing(rest)
            return said.but(guess=doubtful)
        names_token = trigger == "skip" and self._is_token(rest)
        if trigger in ALONE and not (names_token or self.adds_nothing(rest, trigger)):
            return self._command_behind(words, text, known) or unsure(said)
        return said

    def _is_token(self, rest: str) -> bool:
        """Return whether *rest* is a token's number; whether it is the one inside is checked later."""
        words = self._lexicon.words(rest)
        explained = covered(find_numbers(words))
        return bool(explained) and self._is_beside(
            [w for i, w in enumerate(words) if i not in explained], None
        )

    def _may_follow(self, rest: str, *, timed: bool) -> bool:
        """Return whether *rest* can be the length and reason of a command, and no denial of it."""
        words = self._lexicon.words(rest)
        concepts = concepts_of(words)
        denied = any(w.has("say:not", "say:absent", "say:not_coming") for w in words)
        if "?" in rest or concepts & {"ask", "if", "after_this"} or (denied and not timed):
            return False
        others = (self._phrases.get(w.text, ("", ""))[0] for w in words)
        return not any(trigger in ALONE for trigger in others)

    def without_doctor(self, text: str, doctors: DoctorNames) -> tuple[tuple[str, ...], str]:
        """Return the one doctor (doctorId) whose name *text* begins with, and what follows it.

        A part of the name is enough, if only one doctor has it.
        """
        words = self._lexicon.words(text, doctors.parts)
        spans = [s for s in doctors.find(words) if len(s.value) == 1]
        if not spans and words and not words[0].has(*AROUND):
            fits = doctors.beginning(fold(words[0].raw))
            spans = [Span(0, 1, fits)] if len(fits) == 1 else []
        if not spans or not self._is_beside(words[: spans[0].start], None):
            return (), text
        end = spans[0].end
        while end < len(words) and words[end].has("say:of", COURTESY, "say:doctor"):
            end += 1
        return tuple(spans[0].value), text[words[end].start :] if end < len(words) else ""

    def length_and_reason(self, text: str, minute: int) -> tuple[DurationSaid | None, str]:
        """Return the length of time that *text* names, and the rest of its words.

        The length has no minutes if something looks like one and cannot be read.
        """
        words = [w for w in self._lexicon.words(text) if w.text not in _QUOTES]
        spans = find_durations(words, minute) or [s for s in [bare_minutes(words)] if s]
        if not spans and words and words[-1].text.isdecimal() and words[0].has("say:break"):
            spans = [Span(len(words) - 1, len(words), DurationSaid(int(words[-1].text)))]
        if not spans:
            doubtful = any(w.text.isdecimal() or any(map(w.keys, TIME_WORDS)) for w in words)
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

    def _command_behind(self, words: Sequence[Word], text: str, known: Known) -> Meaning | None:
        """Return the command that is left without courtesy, a length, and a reason beside it.

        "15 min break", "ok next", "not here, skip him", "Ravi ko add karo 98765 43210".
        """
        if any(w.text == "?" for w in words) or concepts_of(words) & {"if"}:
            return None
        added = self._added_behind(words, text, known)
        if added is not None:
            return added
        behind = desk.command_behind(words, text, self._lexicon)
        if behind is not None:
            return Meaning(*behind)
        spans = find_durations(words, known.minute)
        length = covered(spans)
        kept = [i for i, w in enumerate(words) if i not in length and w.text[0].isalnum()]
        for begin, end in _runs(len(kept)):
            run = kept[begin:end]
            found = self._phrases.get(" ".join(words[i].text for i in run))
            if found is None:
                continue
            trigger, language = found
            beside = [words[i] for i in kept if i not in run]
            if trigger == "more" and not spans and len(beside) == 1 and beside[0].text.isdecimal():
                return Meaning(trigger, beside[0].raw, language)  # "10 more"
            if trigger in TIMED and spans:
                # A length beside it leaves no doubt, so ordinary small words may stand around.
                if all(w.has(*AROUND, "say:filler", "say:of") for w in beside):
                    rest = " ".join(words[i].raw for i in sorted(length))
                    return Meaning(trigger, rest, language, duration=spans[0].value)
            elif trigger in {*ALONE, *TIMED} and not spans and self._is_beside(beside, trigger):
                return Meaning(trigger, "", language)
        return None

    def _added_behind(self, words: Sequence[Word], text: str, known: Known) -> Meaning | None:
        """Return the walk-in of "Ravi ko add karo 98765 43210": a number stands in the sentence."""
        if concepts_of(words) & {"not", "ask"}:
            return None
        if not find_phones(words, text, known.countries):
            return None
        for begin, end in _runs(len(words)):
            trigger, language = self._phrases.get(
                " ".join(w.text for w in words[begin:end]), ("", "")
            )
            if trigger == "add":
                beside = [
                    w.raw
                    for i, w in enumerate(words)
                    if not begin <= i < end and not w.has("say:of", "say:this_one", COURTESY)
                ]
                return Meaning("add", " ".join(beside), language)
        return None

    def _guess(self, words: Sequence[Word], known: Known, doctors: DoctorNames | None) -> Meaning:
        """Return what a sentence seems to mean, or nothing."""
        named = doctors.find(words) if doctors else []
        spans = find_durations(words, known.minute)
        numbers = find_numbers(words) or _whose_number(words)
        taken = covered(spans) | covered(numbers)
        name = _name_in(words, taken | covered(named)) or _name_in(words, taken)
        concepts = concepts_of(words)
        ahead = [s for s in find_days(words, known.today) if s.value.day != known.today]
        concepts |= {"length"} if spans else set()
        concepts |= {"day"} if ahead else set()
        concepts |= {"token"} if numbers else set()
        concepts |= {"name"} if name else set()
        others = [w for i, w in enumerate(words) if i not in covered(named)]
        concepts |= {"patient_named"} if any(w.keys("name") for w in others) else set()
        concepts |= {"question"} if any(w.text == "?" for w in words) else set()
        concepts |= {"question"} if words and words[0].has("say:aux") else set()
        concepts |= {"digits"} if any(w.text.isdecimal() for w in words) else set()
        trigger = next((r.trigger for r in RULES if r.holds(concepts)), None)
        length = spans[0].value if spans else None
        rest = " ".join(words[i].raw for i in sorted(covered(spans[:1])))
        return Meaning(
            trigger,
            (name or "") if trigger == "is_here" else rest if trigger else "",
            guess=trigger in GUESSED,
            duration=length,
            number=numbers[0].value if numbers else None,
            doctor_ids=tuple(named[0].value) if named and len(named[0].value) == 1 else (),
        )


def unsure(said: Meaning) -> Meaning:
    """Return that *said*'s command was heard, but that it may not be meant: it is the first word."""
    return said.but(trigger=UNSURE, rest=f"{said.trigger} {said.rest}".strip())


def _runs(length: int) -> list[tuple[int, int]]:
    """Return the runs of up to `LONGEST_COMMAND` of *length* words, the longest first."""
    return [
        (begin, begin + size)
        for size in range(min(LONGEST_COMMAND, length), 0, -1)
        for begin in range(length - size + 1)
    ]


def _whose_number(words: Sequence[Word]) -> list[Span[int]]:
    """Return the one bare number of a question who is here: "is 45 here?"."""
    at = [i for i, w in enumerate(words) if w.text.isdecimal()]
    if len(at) != 1 or "present" not in concepts_of(words):
        return []
    return [Span(at[0], at[0] + 1, int(words[at[0]].text))]


def _name_in(words: Sequence[Word], taken: frozenset[int]) -> str:
    """Return the words that nothing else explains, as a name has them."""
    kept = [
        w.raw
        for i, w in enumerate(words)
        if i not in taken and w.text[0].isalpha() and (not w.concepts or w.slip or w.keys("name"))
    ]
    return " ".join(kept)
