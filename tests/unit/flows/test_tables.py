"""The tables of the conversations, walked: no dead rows, no dead ends, nothing without words."""

from itertools import product
from typing import Any

import pytest

from domain.errors import Refused, SlotTaken
from flows import patient, staff
from flows.table import ANYWHERE, Refusal, Row, Table
from flows.turn import SAYS
from tests.people import CITY_SENDER

TABLES = {"patient": patient.TABLE, "staff": staff.TABLE}
ASHA, KHAN = "+919876543021", "+919876543012"


def rows_at(table, trigger, state):
    """Return the rows of *trigger* that apply at *state*, in order."""
    return [r for r in table.rows if r.on == trigger and (r.at == ANYWHERE or state in places(r))]


def places(row):
    return row.at if isinstance(row.at, tuple) else (row.at,)


def states(table):
    return sorted(table.machine.states)


def triggers(table):
    return list(dict.fromkeys(r.on for r in table.rows))


def leads_to(table, state):
    """Return the states that one step from *state* may reach, refusals included."""
    steps = {r.then or state for t in triggers(table) for r in rows_at(table, t, state)}
    return steps | {r.then for r in table.refusals.values()}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_last_row_of_a_trigger_always_holds_and_the_others_can_be_reached(table):
    for trigger, state in product(triggers(table), states(table)):
        rows = rows_at(table, trigger, state)
        if rows:
            assert rows[-1].when is None, (trigger, state)
            assert all(r.when is not None for r in rows[:-1]), (trigger, state)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_what_no_row_takes_is_lost_everywhere(table):
    for state in states(table):
        assert rows_at(table, "lost", state)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_state_can_be_reached(table):
    found, fresh = set(), {"idle"}
    while fresh:
        found |= fresh
        fresh = set().union(*(leads_to(table, s) for s in fresh)) - found
    assert found == set(states(table))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_state_has_a_way_out(table):
    for state in states(table):
        out = [
            t
            for t in triggers(table)
            if any(r.when is None and r.then not in {None, state} for r in rows_at(table, t, state))
        ]
        assert out, state


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_everything_said_has_a_builder(table):
    said = {r.say for r in table.rows} | {r.say for r in table.refusals.values()}
    assert said - {None} <= SAYS.keys()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_row_that_says_nothing_does_something(table):
    assert all(r.do is not None for r in table.rows if r.say is None)


def test_words_only_staff_have_are_commands_of_their_table():
    assert set(triggers(staff.TABLE)) >= staff.ONLY_STAFF


class FakeTurn:
    """What a table needs of a turn."""

    def __init__(self, state="idle"):
        self.state = state
        self.said = None
        self.saved = False
        self.rolled_back = None
        self.open_question = True

    def set_savepoint(self):
        self.saved = True

    def roll_back(self, refused):
        self.rolled_back = refused

    def say(self, name, said):
        self.said = (name, said)

    def close_question(self):
        self.open_question = False

    def remember(self, **changes):
        self.remembered = changes


@pytest.fixture
def words(monkeypatch):
    """Give the tables of these tests their words."""
    for name in ("a", "b", "lost", "refused"):
        monkeypatch.setitem(SAYS, name, lambda turn: turn.state)


def a_table(*rows, refusals=None):
    return Table([*rows, Row("lost", ANYWHERE, None, None, "lost", None)], refusals or {})


@pytest.mark.usefixtures("words")
def test_the_first_row_that_holds_wins():
    table = a_table(
        Row("go", ANYWHERE, lambda turn: turn.state == "there", None, "a", "there"),
        Row("go", ANYWHERE, None, None, "b", "there"),
    )
    turn = FakeTurn()
    table.fire("go", turn)
    assert (turn.said, turn.remembered) == (("b", "there"), {"state": "there"})
    table.fire("go", turn)
    assert turn.said == ("a", "there")


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize("trigger", ["unheard_of", "only_there"])
def test_an_unknown_trigger_and_one_of_another_state_are_lost(trigger):
    table = a_table(Row("only_there", "there", None, None, "a", "idle"))
    turn = FakeTurn()
    table.fire(trigger, turn)
    assert turn.said == ("lost", "idle")


@pytest.mark.usefixtures("words")
def test_a_state_of_an_older_table_is_idle():
    turn = FakeTurn("long_gone")
    a_table().fire("lost", turn)
    assert turn.remembered == {"state": "idle"}


@pytest.mark.usefixtures("words")
def test_a_refusal_is_taken_back_said_and_leads_on():
    def refuse(_turn):
        raise SlotTaken

    table = a_table(
        Row("go", ANYWHERE, None, refuse, "a", "there"),
        refusals={Refused: Refusal("b"), SlotTaken: Refusal("refused", "again")},
    )
    turn = FakeTurn()
    table.fire("go", turn)
    assert turn.saved
    assert isinstance(turn.rolled_back, SlotTaken)
    assert (turn.said, turn.remembered) == (("refused", "again"), {"state": "again"})


@pytest.mark.usefixtures("words")
def test_a_refusal_nobody_foresaw_is_our_own_fault():
    def refuse(_turn):
        raise SlotTaken

    with pytest.raises(SlotTaken):
        a_table(Row("go", ANYWHERE, None, refuse, "a", None)).fire("go", FakeTurn())


@pytest.mark.usefixtures("words")
def test_where_a_notice_is_the_answer_no_question_stands_any_more():
    done: list[Any] = []
    table = a_table(Row("go", ANYWHERE, None, done.append, None, "idle"))
    turn = FakeTurn()
    table.fire("go", turn)
    assert (done, turn.said, turn.open_question) == ([turn], None, False)


@pytest.mark.slow
@pytest.mark.parametrize(("who", "table"), [(ASHA, patient.TABLE), (KHAN, staff.TABLE)])
@pytest.mark.parametrize("choice", ["nonsense", "slot", "slot:doc_gone:x:y", "cancel:TKN_no", ":"])
def test_every_choice_however_broken_gets_an_answer(stage, who, table, choice):
    broken = [choice, *(f"{t}:{choice}" for t in triggers(table)), *triggers(table)]
    for each in broken:
        stage.clock.advance(seconds=1)
        stage.hear(who, "words", kind="tap", choice=each, sender=CITY_SENDER)
        assert stage.settle(), each
        assert stage.messages()[-1].name != "route/parked", each
