"""A flow is a table of rows, run by one `transitions` machine for all conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from transitions import Machine

from domain.errors import Refused
from flows.turn import SAYS, Turn

ANYWHERE = "*"


class Row(NamedTuple):
    """What happens *on* a trigger *at* a state.

    *when* is a condition without effects; *do* calls one action, which is rolled back if it
    refuses; *say* names the message (None: the action's own notice is the answer); *then* is the
    next state (None: stay). The first row that holds wins.
    """

    on: str
    at: str | tuple[str, ...]
    when: Callable[[Turn], bool] | None
    do: Callable[[Turn], None] | None
    say: str | None
    then: str | None


class Refusal(NamedTuple):
    """The message to *say* when an action refuses, and the state it leads to *then*."""

    say: str
    then: str = "idle"


class Table:
    """The rows of one conversation, and what is said when an action refuses."""

    def __init__(self, rows: Iterable[Row], refusals: Mapping[type[Refused], Refusal]) -> None:
        self.rows = tuple(rows)
        self.refusals = dict(refusals)
        states = {s for r in self.rows for s in _states(r)} | {"idle"}
        states |= {r.then for r in self.refusals.values()}
        self.machine = Machine(
            model=None,
            states=sorted(states),
            initial=None,
            auto_transitions=False,
            send_event=True,
        )
        for row in self.rows:
            self.machine.add_transition(
                row.on,
                list(row.at) if isinstance(row.at, tuple) else row.at,
                row.then or "=",
                conditions=[_condition(row.when)] if row.when else None,
                before=[_action(row.do)] if row.do else None,
                after=[_reply(row.say)] if row.say else None,
            )

    def fire(self, trigger: str, turn: Turn) -> None:
        """Answer *turn* by the first row that holds for *trigger* at its state.

        A trigger without a row at that state is `lost`, for which every table has a row.

        Raises:
            Refused: If the action refuses, and the table has no message for that.
        """
        if turn.state not in self.machine.states:
            turn.state = "idle"
        if not self._takes(trigger, turn):
            trigger = "lost"
        turn.set_savepoint()
        try:
            self.machine.events[trigger].trigger(turn)
        except Refused as refused:
            refusal = next(
                (self.refusals[k] for k in type(refused).__mro__ if k in self.refusals), None
            )
            if refusal is None:
                raise
            turn.roll_back(refused)
            turn.state = refusal.then
            turn.say(refusal.say, SAYS[refusal.say](turn))
        if turn.said is None:
            turn.close_question()
        turn.remember(state=turn.state)

    def _takes(self, trigger: str, turn: Turn) -> bool:
        event = self.machine.events.get(trigger)
        return event is not None and turn.state in event.transitions


def _states(row: Row) -> set[str]:
    at = set(row.at) if isinstance(row.at, tuple) else {row.at} - {ANYWHERE}
    return at | ({row.then} if row.then else set())


def _condition(when: Callable[[Turn], bool]) -> Callable[[Any], bool]:
    return lambda event: when(event.model)


def _action(do: Callable[[Turn], None]) -> Callable[[Any], None]:
    return lambda event: do(event.model)


def _reply(name: str) -> Callable[[Any], None]:
    return lambda event: event.model.say(name, SAYS[name](event.model))
