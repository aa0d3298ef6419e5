"""An item that is due and fails: it is put back, and stops nobody."""

from __future__ import annotations

import pytest

from domain.model.due import Due
from tests.bookings import crowd, hold
from tests.due import due_items
from tests.lines import move, start
from tests.outbox import names_to
from tests.people import Cast
from tests.stage import Stage
from workers.handlers import HANDLERS


def test_an_item_that_fails_is_put_back_and_stops_nobody(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(stage, cast, 5)
    stage.clock.advance(10)
    asked = []

    def broken(_open: object, item: Due) -> None:
        asked.append(item)
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setitem(HANDLERS, "hold_ends", broken)
        stage.settle()
        assert len(asked) == 1
        stage.clock.advance(seconds=2)
        stage.settle()
    assert len(asked) == 2
    stage.clock.advance(seconds=4)
    stage.settle()
    assert stage.tokens("+919876543021") == []
    assert due_items(stage, "hold_ends") == []


def test_an_item_that_was_put_back_still_knows_what_it_was_written_for(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_open: object, _item: Due) -> None:
        raise ZeroDivisionError

    tokens = crowd(stage, cast, 2)
    start(stage, cast)
    move(stage, cast)
    move(stage, cast)
    (written,) = due_items(stage, "ask_rating")
    with monkeypatch.context() as patched:
        patched.setitem(HANDLERS, "ask_rating", broken)
        stage.wait(1)
        (put_back,) = due_items(stage, "ask_rating")
    assert (put_back.at, put_back.due > written.due) == (written.at, True)
    stage.wait(5)
    assert names_to(stage, tokens[0]).count("news/rate") == 1
