"""What staff say of one patient of a line: whom they mean, where to, how much was paid, and why.

A command names a patient by number or name and says nothing that is not understood; only where a
reason belongs may anything stand. So "call uma and ask" and "paid leave tomorrow" are no commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.names import clean_name
from flows.hearing.doctors import DoctorNames
from flows.hearing.lexicon import Lexicon, Word
from flows.hearing.names import LONG_SLIP, MOST_WORDS, Kind, kind_of
from flows.hearing.rules import concepts_of
from flows.hearing.spans import Span

CHECK_IN, CALL, CANCEL, MOVE = "check_in", "call", "cancel_for", "move_to"
PRIORITY, PAID, FIND, TODAY = "priority", "paid", "find", "today"
CANCEL_SURE = "cancel_sure"
"""The yes to "Cancel #5?", which nobody types."""
TRIGGERS = frozenset({CHECK_IN, CALL, CANCEL, MOVE, PRIORITY, PAID, FIND, TODAY})
"""The commands of this module, as `words.toml` has them."""
BEHIND = {
    "desk:here": CHECK_IN,
    "desk:call": CALL,
    "desk:cancel": CANCEL,
    "desk:move": MOVE,
    "desk:paid": PAID,
}
"""Verbs that may stand behind the patient: "5 ko bulao"."""
REASONED = frozenset({CALL, PRIORITY})
"""Commands that a reason may follow."""
METHODS = {"desk:cash": "CASH", "desk:upi": "UPI", "desk:due": "DUE"}
AROUND = ("say:polite", "say:this_one", "desk:rupees", "pick:token", "pick:number")
JOINED_BY = "say:of"
"""What stands between a patient and what is said of them: "5 ka", "Uma ko"."""
SEPARATORS = (",", "-", ":", ";", "–", "—", "(")
MOST_NUMBER = 999
MOST_AMOUNT = 99_999
NO_REASON = ("say:ask", "say:if", "say:not", "say:later", "say:after_this", "say:me", "say:aux")
NO_REASON_SECTIONS = (
    "unit",
    "part",
    "day",
    "weekday",
    "month",
    "clock",
    "counted",
    "link",
    "vague",
)
"""With words of these a number is no token's, or the command is for another time."""


@dataclass(frozen=True)
class Target:
    """A patient as they were named: by number, by name, or by both."""

    number: int | None = None
    name: str = ""


@dataclass(frozen=True)
class DeskSaid:
    """What follows a command about one patient; without a *target* nobody was named."""

    target: Target | None = None
    after: Target | None = None
    """Behind whom the patient is to stand."""
    last: bool = False
    amount: int | None = None
    """In whole rupees."""
    method: str | None = None
    """CASH, UPI or DUE."""
    why: str = ""


@dataclass
class _Item:
    """A patient, an amount, or a word with a meaning of its own, in the order of the sentence."""

    kind: str
    """number, name, key, of or other."""
    word: Word
    target: Target = Target()
    end: int = 0
    """The position after it, in characters."""


def read_desk(trigger: str, text: str, lexicon: Lexicon) -> DeskSaid | None:
    """Return what *text*, behind the command *trigger*, says; None if it is no such command."""
    if "?" in text:
        return None
    words = lexicon.words(text)
    items = _items(words)
    match trigger:
        case "today":
            return DeskSaid() if not items else None
        case "move_to":
            return _moved(items)
        case "paid":
            return _paid(items)
        case "find":
            return _sought(items, text)
    return _about_one(words, text, trigger)


def command_behind(words: Sequence[Word], text: str, lexicon: Lexicon) -> tuple[str, str] | None:
    """Return the command whose verb stands behind the patient, and the words without the verb.

    "5 ko bulao", "उमा आ गई", "5 का 450 नकद मिला". None if there is none, or the sentence asks,
    denies or supposes.
    """
    if "?" in text or concepts_of(words) & {"ask", "if", "not", "may_i", "past"}:
        return None
    if words and words[0].has("say:aux"):
        return None
    verbs = [(i, c) for i, w in enumerate(words) if not w.slip for c in BEHIND if w.has(c)]
    if len(verbs) != 1 or verbs[0][0] == 0:
        return None
    at, concept = verbs[0]
    before = at - 1 if at > 1 and words[at - 1].has("say:aux") else at  # "Uma is here"
    rest = f"{text[: words[before].start]} {text[words[at].end :]}".strip()
    said = read_desk(BEHIND[concept], rest, lexicon)
    return (BEHIND[concept], rest) if said is not None and said.target is not None else None


def bare_name(text: str, lexicon: Lexicon) -> str | None:
    """Return the name that is all of *text*, courtesy aside; None if a word of it is none."""
    items = _items(lexicon.words(text))
    names = [i for i in items if i.kind == "name"]
    if len(items) != 1 or len(names) != 1:
        return None
    return clean_name(names[0].target.name)


def _about_one(words: Sequence[Word], text: str, trigger: str) -> DeskSaid | None:
    """Read a patient, and why: "5", "uma", "5 old lady", "uma - old lady"."""
    items = [i for i in _items(words) if i.kind != "of"]
    if not items:
        return DeskSaid()
    first = items[0]
    if first.kind not in {"number", "name"} or not _is_token(first):
        return None
    who, end = first.target, first.end
    # Behind a number a word that could be a name begins the reason: "priority 5 high fever".
    is_reason = who.number is not None and (trigger == PRIORITY or len(items) > 1)
    if trigger in REASONED and is_reason:
        who, end = Target(who.number), first.word.end
    more = [
        w for w in words if w.start >= end and w.text[0].isalnum() and not w.has(JOINED_BY, *AROUND)
    ]
    if not more:
        return DeskSaid(who)
    rest = text[end:].lstrip()
    is_reason |= trigger == PRIORITY or rest.startswith(SEPARATORS) or more[0].has("desk:because")
    if trigger not in REASONED or not is_reason:
        return None
    if more[0].has(*NO_REASON) or any(map(more[0].keys, NO_REASON_SECTIONS)):
        return None
    if any(w.has("say:ask", "say:if", "say:later", "say:not") for w in more):
        return None
    return DeskSaid(who, why=rest.strip(" \t\n,-:;–—()."))


def _moved(items: Sequence[_Item]) -> DeskSaid | None:
    """Read "5 last", "5 after 7", "5 ko 7 ke baad"; the patient who moves is named first."""
    items = [i for i in items if i.kind != "of"]
    targets = [i for i in items if i.kind in {"number", "name"}]
    keys = [i for i in items if i.kind == "key"]
    if any(i.kind == "other" for i in items) or not all(map(_is_token, targets)):
        return None
    if not items:
        return DeskSaid()
    if len(keys) > 1 or not targets or items[0] is not targets[0]:
        return None
    is_last = bool(keys) and keys[0].word.has("desk:last", "pick:last")
    is_after = bool(keys) and keys[0].word.has("desk:after")
    if is_last and len(targets) == 1:
        return DeskSaid(targets[0].target, last=True)
    if is_after and len(targets) == 2:  # noqa: PLR2004 - who moves, and behind whom
        return DeskSaid(targets[0].target, targets[1].target)
    return DeskSaid(targets[0].target) if len(targets) == 1 and not keys else None


def _paid(items: Sequence[_Item]) -> DeskSaid | None:
    """Read "5 450 cash", "uma 450", "5 due": whom, how many rupees, how."""
    items = [i for i in items if i.kind != "of"]
    if not items:
        return DeskSaid()
    first, rest = items[0], items[1:]
    keys = [i for i in rest if i.kind == "key"]
    amounts = [i for i in rest if i.kind == "number" and not i.target.name]
    if not _is_token(first) or len(keys) > 1 or len(amounts) > 1:
        return None
    if first.kind not in {"number", "name"} or len(keys) + len(amounts) != len(rest):
        return None
    methods = [m for i in keys for c, m in METHODS.items() if i.word.has(c)]
    if len(methods) != len(keys):
        return None
    amount = amounts[0].target.number if amounts else None
    return DeskSaid(first.target, amount=amount, method=methods[0] if methods else None)


def _sought(items: Sequence[_Item], text: str) -> DeskSaid | None:
    """Read whom to find: a name, a number, or the digits of a phone."""
    digits = sum(c.isdecimal() for c in text)
    if not any(map(str.isalpha, text)) and digits:
        return DeskSaid(Target(name=text.strip()))
    if any(i.kind != "name" for i in items) or len(items) > 1:
        return None
    return DeskSaid(items[0].target if items else None)


def _is_token(item: _Item) -> bool:
    number = item.target.number
    return number is None or 0 < number <= MOST_NUMBER


def _items(words: Sequence[Word]) -> list[_Item]:
    found: list[_Item] = []
    joined = False
    for word in words:
        if not word.text[0].isalnum():
            joined = joined and word.text == "."
            continue
        item = _item(word)
        if item is None:
            joined = False
            continue
        if joined and item.kind == "name" and _joins(found[-1]):
            before = found[-1]
            name = f"{before.target.name} {item.target.name}".strip()
            found[-1] = _Item(
                before.kind, before.word, Target(before.target.number, name), word.end
            )
        else:
            found.append(item)
        joined = True
    return found


def _joins(item: _Item) -> bool:
    """Return whether a name may go on behind *item*: "5 Uma", "Ravi Kumar"."""
    return item.kind in {"number", "name"} and len(item.target.name.split()) < MOST_WORDS


def _item(word: Word) -> _Item | None:
    """Return what *word* is; None if it changes nothing."""
    if word.text.isdecimal():
        number = int(word.text) if len(word.text) <= len(str(MOST_AMOUNT)) else MOST_AMOUNT + 1
        kind = "number" if number <= MOST_AMOUNT else "other"
        return _Item(kind, word, Target(number), word.end)
    if word.has("desk:last", "pick:last", "desk:after", *METHODS):
        return _Item("key", word)
    kind_of_name = kind_of(_unslipped(word))
    if kind_of_name in {Kind.NAME, Kind.BOTH}:
        return _Item("name", word, Target(name=word.raw), word.end)
    if word.has(*AROUND):
        return None
    if word.has(JOINED_BY):
        return _Item("of", word)
    if kind_of_name in {Kind.INITIAL, Kind.ADDRESS}:
        return _Item("name", word, Target(name=word.raw), word.end)
    return _Item("other", word)


def _unslipped(word: Word) -> Word:
    """Return *word* as it stands if it only resembles a known one, and is more likely a name."""
    if not word.slip or (len(word.text) >= LONG_SLIP and not word.raw[:1].isupper()):
        return word
    return Word(word.raw.casefold(), word.raw, word.start, word.end, word.glued)


@dataclass(frozen=True)
class DeskReading:
    """One way to read what follows a command: the doctor who is named, and the rest."""

    said: DeskSaid
    doctor_ids: tuple[str, ...] = ()


def readings(
    trigger: str, text: str, lexicon: Lexicon, doctors: DoctorNames | None
) -> list[DeskReading]:
    """Return the ways to read *text* behind the command *trigger*, the likeliest first.

    A doctor may be named before or after the patient, as admins do: "sharma 5", "5 sharma".
    """
    named: list[tuple[tuple[str, ...], str]] = []
    if doctors is not None:
        named = [*_doctor_first(text, lexicon, doctors), *_doctor_last(text, lexicon, doctors)]
    found = [(read_desk(trigger, rest, lexicon), ids) for ids, rest in (*named, ((), text))]
    read = [DeskReading(said, ids) for said, ids in found if said is not None]
    return sorted(read, key=lambda r: r.said.target is None and not r.doctor_ids)


def _doctor_first(
    text: str, lexicon: Lexicon, doctors: DoctorNames
) -> list[tuple[tuple[str, ...], str]]:
    words = lexicon.words(text, doctors.parts)
    span = next((s for s in doctors.find(words) if _is_name(s)), None)
    if span is None or not all(w.has(*AROUND, JOINED_BY) for w in words[: span.start]):
        return []
    end = span.end
    while end < len(words) and words[end].has(JOINED_BY, "say:polite", "say:doctor"):
        end += 1
    return [(tuple(span.value), text[words[end].start :] if end < len(words) else "")]


def _doctor_last(
    text: str, lexicon: Lexicon, doctors: DoctorNames
) -> list[tuple[tuple[str, ...], str]]:
    words = lexicon.words(text, doctors.parts)
    spans = [s for s in doctors.find(words) if _is_name(s)]
    if not spans or spans[-1].start == 0:
        return []
    if not all(w.has(*AROUND) or not w.text[0].isalnum() for w in words[spans[-1].end :]):
        return []
    return [(tuple(spans[-1].value), text[: words[spans[-1].start].start].strip())]


def _is_name(span: Span[frozenset[str]]) -> bool:
    """Return whether *span* names one doctor, by name and not by what they treat."""
    return len(span.value) == 1 and span.weight >= 1
