"""Short answers to a question that stands: a number, yes or no, more, whoever or whatever."""

from __future__ import annotations

from flows.hearing.lexicon import Lexicon
from flows.hearing.numbers import choice_number
from flows.hearing.rules import concepts_of

ANSWERS = (
    "say:polite", "say:cancel", "say:book", "say:want", "filler:courtesy", "say:this_one",
    "say:beside_yes",
)  # fmt: skip
"""What may stand beside a yes or no."""
SHORT_ANSWER = 6
"""Words of a short answer to a question."""


class Answers:
    """Reads answers in all languages at once. Safe to share between threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def asks_for_more(self, text: str) -> bool:
        """Return whether *text* asks for more of what is listed: "aur time dikhao", "more doctors"."""
        concepts = concepts_of(self._lexicon.words(text))
        return (
            "more" in concepts
            and bool(concepts & {"times", "doctor", "ask", "send", "who"})
            and "not" not in concepts
        )

    def without_no(self, text: str) -> str:
        """Return *text* without a no at its beginning: "no no, 10 min late" is "10 min late"."""
        words = self._lexicon.words(text)
        at = 0
        while at < len(words) and words[at].has("say:no", "say:not", "say:polite", "say:keep"):
            at += 1
        denies = any(w.has("say:no", "say:not") for w in words[:at])
        if at < len(words) and words[at].has("say:cancel", "say:move", "say:stop"):
            return text  # "not cancel, move it"
        return text[words[at].start :] if denies and at < len(words) else text

    def says_plainly(self, text: str) -> bool:
        """Return whether *text* is short, and neither denies, asks nor names several people."""
        words = [w for w in self._lexicon.words(text) if w.text[0].isalnum()]
        concepts = concepts_of(words)
        named = sum(bool(w.keys("kin")) for w in words)
        return (
            len(words) <= SHORT_ANSWER and named <= 1 and not concepts & {"not", "no", "ask", "if"}
        )

    def place(self, text: str) -> int | None:
        """Return 1 or -1 if *text* speaks of the first or the last of what is listed; else None."""
        concepts = concepts_of(self._lexicon.words(text))
        if concepts & {"not", "no", "ask", "if"}:
            return None
        ends = [place for key, place in (("first_row", 1), ("last_row", -1)) if key in concepts]
        return ends[0] if len(ends) == 1 else None

    def refuses_all(self, text: str) -> bool:
        """Return whether *text* says that none of what is listed will do."""
        return "none_listed" in concepts_of(self._lexicon.words(text))

    def chooses(self, text: str) -> bool:
        """Return whether *text* says to take what it names, and neither asks nor denies."""
        concepts = concepts_of(self._lexicon.words(text))
        return bool(concepts & {"yes", "ok", "book", "want", "do_it", "suits"}) and not (
            concepts & {"not", "no", "ask", "if", "others"}
        )

    def wants_earliest(self, text: str) -> bool:
        """Return whether *text* asks for the first day that is free."""
        return "earliest" in concepts_of(self._lexicon.words(text))

    def asks_for_later(self, text: str) -> bool:
        """Return whether *text* asks for an earlier or a later time than the one shown."""
        concepts = concepts_of(self._lexicon.words(text))
        return "later" in concepts and not concepts & {"not", "late", "if", "cash", "pay"}

    def comes_after_all(self, text: str) -> bool:
        """Return whether *text* says that its writer comes, or pressed cancel by mistake."""
        concepts = concepts_of(self._lexicon.words(text))
        against = {"not", "cannot", "not_coming", "late", "if", "move", "cancel", "yes", "refund"}
        return bool(concepts & {"will_come", "by_mistake", "keep"}) and not concepts & against

    def will_wait(self, text: str) -> bool:
        """Return whether *text* says that its writer waits."""
        concepts = concepts_of(self._lexicon.words(text))
        return bool(concepts & {"wait_ok", "stay"}) and not concepts & {
            "not",
            "cannot",
            "ask",
            "if",
        }

    def names_nobody_listed(self, text: str) -> bool:
        """Return whether *text* says that the visit is for somebody who is not listed."""
        return "other_person" in concepts_of(self._lexicon.words(text))

    def choice(self, text: str) -> int | None:
        """Return the number of the option that the whole *text* picks ("1", "option 1", "pehla").

        -1 is the last one. None if anything else is said.
        """
        words = self._lexicon.words(text)
        names_token = any(w.text == "#" or w.has("pick:token", "say:token_number") for w in words)
        number = None if names_token else choice_number(words)
        corrected = [w for w in words if w.text.isdecimal()][1:] and words[-2].has("say:not")
        if corrected and choice_number(words[-1:]):
            number = int(words[-1].text)  # "1 nahi 2"
        points = any(w.text in {"that", "this", "the"} for w in words)
        counted = any(w.text.isdecimal() or set(w.keys("pick")) - {"one", "the"} for w in words)
        return None if points and not counted else number  # "that one" is no number

    def yes_or_no(self, text: str, *beside: str) -> str | None:
        """Return "yes" or "no" if all words of *text* say that, or nothing beside it.

        Concepts *beside* it say the same again where the question is about them: "yes, cancel it".
        """
        words = [w for w in self._lexicon.words(text) if w.text[0].isalnum()]
        if "?" in text or not words:
            return None
        first = [w for w in words if w.end <= len(text.split(",", maxsplit=1)[0])] or words
        more = {"move", "late", "cancel", "book", "arrived"}.difference(beside)
        if concepts_of(words[len(first) :]) & more:
            return None  # there is more to it than that
        said_no = ("say:not", "say:no", "say:keep")
        if first[0].has(*said_no) and all(w.has(*said_no, *ANSWERS) for w in first):
            return "no"
        again = [f"say:{b}" for b in beside]
        says_again = any(w.has("say:ok") for w in words) and any(w.has(*again) for w in words)
        if (says_again or any(w.has("say:yes") for w in words)) and all(
            w.has("say:yes", "say:ok", "say:suits", *ANSWERS, *again) for w in words
        ):
            return "yes"
        return None
