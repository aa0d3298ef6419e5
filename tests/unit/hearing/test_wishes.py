"""What clauses want: the first rule that holds, settled by how the clause is said."""

import pytest

from flows.hearing.rules import Mood, concepts_of, mood_of, rules
from flows.hearing.wishes import FACTS, RULES, SETTLED, Clause, settle, wishes_in
from tests.ears import the_ear

LEXICON = the_ear().lexicon


def clause(concepts: str, *, question: bool = False) -> Clause:
    """Return a clause with *concepts*, a list with spaces."""
    kept = frozenset(concepts.split())
    mood = mood_of(kept, question=question)
    return Clause((), kept | ({"asked"} if mood.asked else set()), mood)


def wishes(*concepts: str, question: bool = False) -> list[str]:
    return wishes_in([clause(c, question=question) for c in concepts])


# Rules


def test_a_rule_needs_one_concept_of_each_group_and_none_after_a_minus():
    (rule,) = rules(("fee", "how_much visit|see -late"))
    assert rule.holds(frozenset({"how_much", "see"}))
    assert rule.holds(frozenset({"how_much", "visit", "other"}))
    assert not rule.holds(frozenset({"how_much"}))
    assert not rule.holds(frozenset({"how_much", "see", "late"}))


def test_concepts_are_the_keys_under_say_and_a_language_is_spoken():
    assert "cancel" in concepts_of(LEXICON.words("cancel"))
    assert "spoken" in concepts_of(LEXICON.words("hindi"))
    assert concepts_of(LEXICON.words("zzyzx")) == frozenset()


def test_a_mood_is_read_from_concepts_and_the_sign_behind():
    assert mood_of(frozenset(), question=False) == Mood()
    assert mood_of(frozenset({"not", "past"}), question=True) == Mood(
        asked=True, negated=True, past=True
    )
    may_i = mood_of(frozenset({"may_i"}), question=False)
    assert may_i.asked
    assert may_i.allowed
    assert Mood().plain


# How it is said


@pytest.mark.parametrize(
    ("trigger", "mood", "then"),
    [
        ("cancel", Mood(), "cancel"),
        ("cancel", Mood(negated=True), "keep"),
        ("cancel", Mood(asked=True), "policy"),
        ("cancel", Mood(asked=True, allowed=True), "policy"),
        ("cancel", Mood(asked=True, requested=True), "cancel"),
        ("cancel", Mood(supposed=True), "policy"),
        ("refund", Mood(supposed=True), "policy"),
        ("cancel", Mood(past=True), "status"),
        ("cancel", Mood(others=True), "status"),
        ("cancel", Mood(wanted=True, past=True), "cancel"),
        ("absent", Mood(), "cancel"),
        ("absent", Mood(others=True), "lost"),
        ("move", Mood(), "move"),
        ("move", Mood(negated=True), "keep"),
        ("move", Mood(supposed=True), "policy"),
        ("red_flag", Mood(), "red_flag"),
        ("red_flag", Mood(asked=True), "red_flag"),
        ("red_flag", Mood(past=True), "symptom"),
        ("red_flag", Mood(supposed=True), None),
        ("stop", Mood(negated=True), None),
        ("no_messages", Mood(negated=True), "stop"),
        ("here", Mood(), "here"),
        ("here", Mood(negated=True), None),
        ("here", Mood(others=True), None),
        ("late", Mood(), "late"),
        ("late", Mood(asked=True), "status"),
        ("late", Mood(past=True), None),
        ("human", Mood(negated=True), None),
        ("book", Mood(asked=True), "book"),
        ("book", Mood(negated=True), None),
        ("book", Mood(supposed=True), None),
        ("fee", Mood(negated=True, past=True), "fee"),
    ],
)
def test_a_wish_is_settled_by_its_mood(trigger, mood, then):
    assert settle(trigger, mood) == then


def test_only_what_a_rule_finds_is_settled():
    assert {of for of, _, _ in SETTLED} <= {r.trigger for r in RULES}


# Clauses


def test_of_wishes_the_first_rule_counts_and_facts_add_up():
    assert wishes("cancel late length") == ["cancel"]
    assert wishes("fee address") == ["fee", "address"]
    assert wishes("cancel", "fee") == ["cancel", "fee"]


def test_what_matters_most_stands_first_and_facts_last_in_their_order():
    assert wishes("thanks", "fee", "red") == ["red_flag", "thanks", "fee"]
    assert wishes("address", "fee") == ["address", "fee"]
    assert wishes("book", "cancel") == ["cancel", "book"]


def test_each_wish_is_named_once():
    assert wishes("fee", "fee", "cancel", "cancel") == ["cancel", "fee"]


def test_clauses_that_mean_nothing_alone_may_mean_something_together():
    assert wishes("money", "when") == ["refund"]


def test_a_machines_words_mean_nothing():
    assert wishes("machine", "cancel") == []


def test_a_doctor_asked_about_with_a_time_is_wanted_and_without_asked_after():
    assert wishes("doctor_said present", question=True) == ["doctor_in"]
    assert wishes("doctor_said", question=True) == ["doctor_in"]
    assert "doctor_in" not in wishes("doctor_said present day_ahead day", question=True)


def test_no_clause_means_nothing():
    assert wishes() == []
    assert wishes("") == []


def test_every_fact_has_a_rule_or_a_settlement():
    found = {r.trigger for r in RULES} | {then for _, _, then in SETTLED}
    assert found >= FACTS
