"""Times, days, money and plurals, as people read them."""

from datetime import UTC, date, datetime
from pathlib import Path

import jinja2
import pytest
from babel import Locale

from bot.rendering import formats
from tests.sendable import renderer

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
LANGUAGES = renderer().words.languages
ENVIRONMENT = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - no HTML
formats.install(ENVIRONMENT)
NOW = "2024-11-25T04:12:00+00:00"


def said(expression, language="en", now=NOW, zone=None, **values):
    template = ENVIRONMENT.from_string("{{ " + expression + " }}")
    scope = {"now": now, "_language": LANGUAGES[language], **values}
    if zone is not None:
        scope["zone"] = zone
    return template.render(scope)


@pytest.mark.parametrize(
    ("expression", "at", "language", "words"),
    [
        ("at|time", "2024-11-25T05:00:00+00:00", "en", "10:30 AM"),
        ("at|time", "2024-11-25T05:00:00Z", "hi", "10:30 AM"),
        ("at|time", "2024-11-25T05:00:00", "en", "10:30 AM"),
        ("at|time", "2024-11-25T08:30:00+00:00", "en", "2:00 PM"),
        ("at|time", "2024-11-25T18:30:00+00:00", "en", "12:00 AM"),
        ("at|time", datetime(2024, 11, 25, 6, 30, tzinfo=UTC), "en", "12:00 PM"),
        ("at|date", "2024-11-25", "en", "Mon 25 Nov"),
        ("at|date", "2024-11-25", "hi", "सोम 25 नवंबर"),
        ("at|date", "2024-11-25T18:29:00+00:00", "en", "Mon 25 Nov"),
        ("at|date", "2024-11-25T18:30:00+00:00", "en", "Tue 26 Nov"),
        ("at|date", date(2024, 11, 26), "en", "Tue 26 Nov"),
        ("at|day", "2024-11-25", "en", "today (Mon 25 Nov)"),
        ("at|day", "2024-11-26", "en", "tomorrow (Tue 26 Nov)"),
        ("at|day", "2024-11-26", "hi", "कल (मंगल 26 नवंबर)"),
        ("at|day", "2024-11-27", "en", "Wed 27 Nov"),
        ("at|day", "2024-11-24", "en", "Sun 24 Nov"),
        ("at|day|sentence", "2024-11-26", "en", "Tomorrow (Tue 26 Nov)"),
        ("at|when", "2024-11-25T05:00:00+00:00", "en", "10:30 AM"),
        ("at|when", "2024-11-26T05:00:00+00:00", "en", "tomorrow (Tue 26 Nov), 10:30 AM"),
        ("at is today", "2024-11-25", "en", "True"),
        ("at|when", "2024-11-25T22:29:00+00:00", "en", "tonight, 3:59 AM"),
        ("at|when", "2024-11-25T22:30:00+00:00", "en", "tomorrow (Tue 26 Nov), 4:00 AM"),
        ("at|when", "2024-11-26T18:45:00+00:00", "en", "Wed 27 Nov, 12:15 AM"),
        ("at|day", "2024-11-25T18:45:00+00:00", "hi", "आज रात (मंगल 26 नवंबर)"),
        ("at|night", "2024-11-24", "en", "tonight (Sun 24 Nov)"),
        ("at is tonight", "2024-11-26", "en", "False"),
        ("at is near", "2024-11-26", "en", "True"),
        ("at is near", "2024-11-27", "en", "False"),
        ("at is near", "2024-11-24", "en", "False"),
    ],
)
def test_days_and_times(expression, at, language, words):
    assert said(expression, language, at=at) == words


def test_times_are_the_clinics():
    at = "2024-11-25T18:45:00+00:00"
    assert said("at|when", zone="UTC", at=at) == "6:45 PM"
    assert said("at|when", zone="Asia/Kolkata", at=at) == "tonight, 12:15 AM"
    assert said("at|when", zone="", at=at) == said("at|when", zone="Asia/Kolkata", at=at)


def test_after_midnight_the_next_night_is_tomorrow():
    at = "2024-11-25T18:45:00+00:00"
    assert said("at|when", at=at, now="2024-11-25T18:35:00+00:00") == "12:15 AM"
    at = "2024-11-26T18:45:00+00:00"
    now = "2024-11-25T18:35:00+00:00"
    assert said("at|when", at=at, now=now) == "tomorrow (Wed 27 Nov), 12:15 AM"


def test_today_begins_at_the_clinics_midnight():
    before = "2024-11-25T18:29:59+00:00"
    after = "2024-11-25T18:30:00+00:00"
    assert said("d is today", now=before, d="2024-11-25") == "True"
    assert said("d is today", now=after, d="2024-11-25") == "False"


@pytest.mark.parametrize(
    ("paise", "words"),
    [
        (0, "₹0"),
        (5000, "₹50"),
        (5050, "₹50.50"),
        (5005, "₹50.05"),
        (100000, "₹1,000"),
        (12345600, "₹1,23,456"),
        (1234567800, "₹1,23,45,678"),
        (-5000, "-₹50"),
    ],
)
def test_money(paise, words):
    assert formats.money(paise) == words


def test_stars():
    assert said("4|stars") == "⭐⭐⭐⭐"


@pytest.mark.parametrize(("count", "words"), [(0, "few"), (1, "one"), (2, "few")])
def test_plurals_in_english(count, words):
    assert said("n|plural(one='one', other='few')", n=count) == words


def test_plurals_follow_the_language():
    assert Locale.parse("hi").plural_form(0) == "one"
    assert said("0|plural(one='one', other='few')", "hi") == "one"


@pytest.mark.parametrize(
    ("value", "words"),
    [("a\n\tb", "a b"), ("", "–"), (None, "–"), (8, "8"), ("W" * 200, "W" * 99 + "…")],
)
def test_parameters(value, words):
    assert formats.parameter(value) == words


def test_tidy_leaves_no_gaps():
    assert formats.tidy("\n a \n\n\n\nb  \n") == "a\n\nb"
