"""What happens at a clinic on an ordinary day, from the first Hi to the stars."""

from __future__ import annotations

from domain.model.messages import MessageStatus
from domain.model.visits import Rating
from tests.e2e.installation import Installation

RATING_SECONDS = 60.0
"""The question comes half a minute after the visit."""


def a_day(town: Installation) -> None:
    """Let two patients book; one is seen and rates the visit, one asks how the line stands."""
    asha, ravi = town.patients[:2]
    meera = town.doctors[0]
    assert "Token #" in asha.books()
    ravi.books(place=1)
    meera.says("start")
    assert "2 waiting" in meera.hears("Started")["text"]
    asha.hears("You are next")
    meera.taps("Next")
    assert "Asha" in meera.hears("Now serving")["text"]
    asha.hears("It is your turn")
    ravi.says("status")
    assert "Currently serving" in ravi.hears("Time: ")["text"]
    meera.taps("Next")
    assert "Ravi" in meera.hears("Now serving")["text"]
    ravi.hears("It is your turn")
    meera.taps("Next")
    meera.hears("Completed")
    question = asha.hears("How was the visit", seconds=RATING_SECONDS)
    asha.taps(next(o["id"] for o in question["options"] if o["id"].endswith(":5")))
    asha.hears("Thank you")
    ravi.hears("How was the visit")
    town.settle()
    town.until(lambda: not town.due(), "everything due is done")
    sent = town.sent()
    del sent[""]  # a reaction of ours would bear no id
    assert set(sent.values()) == {1}
    messages = [town.message(message_id) for message_id in sent]
    assert {m.status for m in messages} == {MessageStatus.READ}
    visit = next(m for m in messages if m.name == "news/rate" and m.about == asha_token(town))
    rating = town.work().get(Rating, visit.queue_id or "", visit.about or "")
    assert rating is not None
    assert rating.stars == 5


def a_call_after_a_silent_day(town: Installation) -> None:
    """Let a patient be called in who has written nothing for a day: only a template may go."""
    lata, khan = town.patients[2], town.doctors[1]
    lata.books("Dr. Khan")
    khan.says("start")
    khan.hears("Started")
    lata.hears("You are next")
    town.control("POST", "/advance", {"hours": 25})
    town.forget_windows()
    khan.says("next")
    khan.hears("Now serving")
    called = lata.hears("It is the turn of")
    assert called["template"]
    assert called["category"] == "utility"


def asha_token(town: Installation) -> str:
    """Return the token of the first patient, who was called in first."""
    confirmed = next(
        m
        for m in (town.message(message_id) for message_id in town.sent())
        if m.name == "news/your_turn"
    )
    return confirmed.about or ""
