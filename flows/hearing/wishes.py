"""What a patient's sentence wants, asks or tells: rules over the concepts of its clauses.

A rule names concepts of `wishes.toml`; each language has its own words for them. Adding a kind of
wish is a line in RULES, its words in each language's `wishes.toml`, and a row of a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from flows.hearing.lexicon import Word
from flows.hearing.rules import Mood, mood_of, rules


@dataclass(frozen=True)
class Clause:
    """A part of a sentence that is said in one mood, and the concepts of its words."""

    words: tuple[Word, ...]
    concepts: frozenset[str]
    mood: Mood


FACTS = frozenset(
    {"fee", "address", "phone", "hours", "doctor_in", "ahead", "refund", "prescription", "cash", "policy", "if_late"}
)  # fmt: skip
"""Wishes that are answered with a fact; several are answered together."""

# fmt: off
RULES = rules(
    # The first that holds in a clause counts, but facts, which add up.
    ("red_flag",      "red -not_red"),
    ("red_flag",      "chest hurt -not_red"),
    ("red_flag",      "breath not|hurt|cannot -not_red"),
    ("red_flag",      "blood not|hurt -report -not_red"),
    ("lang",          "spoken talk|write|cannot|not"),
    ("change_name",   "change_name"),
    ("policy",        "cancel|move|refund if"),
    ("if_late",       "late if -doctor -doctor_said"),
    ("if_late",       "late may_i|lose -doctor -doctor_said"),
    ("stop",          "stop messages -start"),
    ("stop",          "unsub"),
    ("no_messages",   "messages not send|want|calls -stop"),
    ("start",         "start messages"),
    ("prescription",  "prescription -visit -book"),
    ("prescription",  "prescription send|where"),
    ("prescription",  "medicine send -book -visit"),
    ("status",        "cancelled"),
    ("cancel",        "cancel -cancelled"),
    ("absent",        "not_coming -doctor_said -late -asked"),
    ("absent",        "cannot come -doctor_said -doctor -late -asked"),
    ("move",          "move -change_name"),
    ("other_doctor",  "other_doctor"),
    ("move",          "later may_i|booking|come|want -late"),
    ("move",          "instead day|clock"),
    ("move",          "booking day|clock do_it|want|see -when -ask"),
    ("shift",         "day|clock do_it -ask -doctor_said"),
    ("refund",        "refund"),
    ("refund",        "money when|where"),
    ("refund",        "money not -pay -want -necessary"),
    ("policy",        "refundable"),
    ("policy",        "lose -late"),
    ("policy",        "how_often move|cancel"),
    ("cash",          "necessary money|pay|fee"),
    ("pay",           "pay failed"),
    ("pay",           "money send|pay ask"),
    ("pay",           "link"),
    ("pay",           "paid"),
    ("cash",          "cash"),
    ("fee",           "fee"),
    ("fee",           "money takes"),
    ("fee",           "how_much visit|see|doctor_said|doctor|money|pay -people -ahead -late"),
    ("late",          "late length"),
    ("late",          "reaching length"),
    ("late",          "reaching clock -ask -day"),
    ("late",          "length come|takes -ask -not -want -day"),
    ("late",          "clock come|takes -ask -not -want -day -see"),
    ("late",          "late -doctor_said -doctor -ask -later -on_time"),
    ("ahead",         "how_many people|ahead"),
    ("ahead",         "people ahead"),
    ("ahead",         "queue_length"),
    ("address",       "address"),
    ("address",       "where clinic"),
    ("phone",         "phone -talk"),
    ("phone",         "calls num ask"),
    ("hours",         "hours -booking -for"),
    ("hours",         "when start"),
    ("hours",         "times when|ask|asked clinic|doctor_said -booking -want -day -clock"),
    ("hours",         "opens you|clinic day"),
    ("hours",         "opens_habit"),
    ("hours",         "sits when|ask|asked doctor|doctor_said|clinic"),
    ("hours",         "opens clinic|when|you|day|clock asked|when"),
    ("doctor_in",     "doctor|doctor_said present|late|not_coming asked -length"),
    ("doctor_in",     "doctor|doctor_said present|come tell"),
    ("doctor_in",     "doctor|doctor_said when present|late|come"),
    ("status",        "how_long"),
    ("status",        "turn when|asked"),
    ("status",        "serving -clinic"),
    ("status",        "when come -doctor -doctor_said -day"),
    ("address",       "address link"),
    ("status",        "may_i leave_home"),
    ("status",        "booking when|ask|where|asked"),
    ("no_bot",        "bot not|someone|talk|want"),
    ("human",         "talk someone|clinic|doctor|doctor_said|want|filler"),
    ("human",         "calls me -ask -not"),
    ("human",         "someone calls|want"),
    ("complain",      "angry"),
    ("here",          "arrived -asked -when -doctor -doctor_said -length -clock -day_ahead -home -wait_ok -not_here"),
    ("pay",           "pay -cash"),
    ("book",          "visit|book want|book|for|doctor_said|day|clock|see|may_i"),
    ("book",          "see want|doctor|doctor_said|day|clock|may_i"),
    ("book",          "doctor want|see|book"),
    ("book",          "want for"),
    ("book",          "want doctor_said"),
    ("symptom",       "symptom"),
    ("weak_book",     "visit"),
    ("weak_book",     "book"),
    ("help",          "help -not -stop -messages"),
    ("thanks",        "thanks -not -ask"),
    ("ok",            "ok|wait_ok|on_time|will_come -not -ask -want -if -late"),
)
# fmt: on


# fmt: off
SETTLED: tuple[tuple[str, str, str | None], ...] = (
    # What it seems to be, how it is said, and what it is then; the first that fits counts.
    ("red_flag",  "past",       "symptom"),
    ("red_flag",  "supposed",   None),
    ("absent",    "supposed",   "policy"),
    ("absent",    "others",     "lost"),
    ("absent",    "plain",      "cancel"),
    ("cancel",    "supposed",   "policy"),
    ("cancel",    "allowed",    "policy"),
    ("cancel",    "negated",    "keep"),
    ("cancel",    "wanted",     "cancel"),
    ("cancel",    "past",       "status"),
    ("cancel",    "others",     "status"),
    ("cancel",    "requested",  "cancel"),
    ("cancel",    "asked",      "policy"),
    ("move",      "negated",    "keep"),
    ("move",      "supposed",   "policy"),
    ("refund",    "supposed",   "policy"),
    ("stop",      "negated",    None),
    ("no_messages", "plain",    "stop"),
    ("here",      "negated",    None),
    ("here",      "supposed",   None),
    ("here",      "others",     None),
    ("late",      "asked",      "status"),
    ("late",      "negated",    None),
    ("late",      "supposed",   None),
    ("late",      "others",     None),
    ("late",      "past",       None),
    ("no_bot",    "plain",      "human"),
    ("human",     "negated",    None),
    ("weak_book", "negated",    None),
    ("weak_book", "supposed",   None),
    ("weak_book", "others",     None),
    ("weak_book", "plain",      "book"),
    ("book",      "negated",    None),
    ("book",      "supposed",   None),
)
# fmt: on


def wishes_in(clauses: Sequence[Clause]) -> list[str]:
    """Return what the clauses want, as triggers: what matters most first, then facts in order."""
    found: list[str] = []
    if any("machine" in clause.concepts for clause in clauses):
        return []
    for clause in clauses:
        said = [r.trigger for r in RULES if r.holds(clause.concepts)]
        if clause.concepts & {"day_ahead", "clock_exact"} and "doctor_said" in clause.concepts:
            # "Is Dr. Rao free on Monday at 5?" asks for a visit.
            said = [t for t in said if t not in {"doctor_in", "hours"}]
        facts = [t for t in _as_asked(clause) if t in said]
        acts = [t for t in said if t not in FACTS]
        if facts and acts and (acts[0] == "weak_book" or _only_asks(acts[0], clause)):
            acts = []  # "the charges for a consultation" asks for no consultation
        for trigger in [*acts[:1], *facts]:
            settled = settle(trigger, _mood_of_wish(trigger, clause))
            if settled is not None and settled not in found:
                found.append(settled)
    if not found and any(
        "doctor_said" in c.concepts and c.mood.asked and not c.concepts & {"day", "clock"}
        for c in clauses
    ):
        return ["doctor_in"]  # a question about a doctor that has no answer of its own
    if not found and len(clauses) > 1:
        words = tuple(w for c in clauses for w in c.words)
        concepts = frozenset[str]().union(*(c.concepts for c in clauses))
        return wishes_in([Clause(words, concepts, mood_of(concepts, question="asked" in concepts))])
    return _by_weight(_without_denied(found, clauses))


def _as_asked(clause: Clause) -> list[str]:
    """Return the facts that a clause asks for, in the order of the words that ask."""
    found: dict[str, int] = {}
    for rule in RULES:
        if rule.trigger in FACTS and rule.trigger not in found and rule.holds(clause.concepts):
            at = (
                i for i, w in enumerate(clause.words) if rule.needs[0].intersection(w.keys("say"))
            )
            found[rule.trigger] = next(at, len(clause.words))
    return sorted(found, key=lambda t: found[t])


def _only_asks(trigger: str, clause: Clause) -> bool:
    """Return whether a clause asks, and wants no visit."""
    return trigger == "book" and clause.mood.asked and not clause.mood.wanted


def _without_denied(found: list[str], clauses: Sequence[Clause]) -> list[str]:
    """Return what is left where one wish denies another: "do not move it, just cancel"."""
    concepts = frozenset[str]().union(*(c.concepts for c in clauses))
    others = {"move", "shift"} & set(found)
    if "keep" in found and (others or "cancel" in found):
        found = [t for t in found if t != "keep"]
    if others and "cancel" not in concepts:
        found = [t for t in found if t != "cancel"]  # who cannot come wants another time
    told_instead = {
        "if_late": "policy",
        "policy": "refund",
    }  # "what if I cancel, will I get it back?"
    for asked, beside in told_instead.items():
        if asked in found and beside in found and "if" in concepts:
            found = [t for t in found if t != beside]
    if "cancel" in found and "reaching" in clauses[-1].concepts and not clauses[-1].mood.negated:
        found = ["keep" if t == "cancel" else t for t in found]  # "wanted to, but am coming"
    return found


def settle(trigger: str, mood: Mood) -> str | None:
    """Return what *trigger* means in the clause's mood: "don't cancel" keeps, and so on."""
    for of, how, then in SETTLED:
        if of == trigger and getattr(mood, how):
            return then
    return trigger


def _mood_of_wish(trigger: str, clause: Clause) -> Mood:
    """Return the clause's mood; an emergency of minutes or hours ago is none of the past."""
    recent = "recent" in clause.concepts or any(
        w.has("unit:minute", "unit:hour") for w in clause.words
    )
    return replace(clause.mood, past=False) if trigger == "red_flag" and recent else clause.mood


_WEIGHT = {
    t: i
    for i, t in enumerate(
        ("red_flag", "complain", "change_name", "keep", "cancel", "move", "late", "here", "stop", "start", "human",
         "pay", "book", "status", "symptom", "help", "lang", "other_doctor", "thanks", "ok")
    )
}  # fmt: skip


def _by_weight(triggers: Iterable[str]) -> list[str]:
    """Order wishes: what must be done first stands first, facts last in the order they were asked."""
    return sorted(triggers, key=lambda t: _WEIGHT.get(t, len(_WEIGHT)))
