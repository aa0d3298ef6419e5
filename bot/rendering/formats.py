"""How times, money and names look in a message, in the reader's language and the clinic's zone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from bot.channels.fit import FIRST_STRONG, POP, SKIN_TONES, VIRAMA, ZERO_WIDTH_JOINER, cut
from bot.channels.text import one_line
from bot.channels.text import parameter as parameter_text

DEFAULT_ZONE = "Asia/Kolkata"
SMALL_HOURS = timedelta(hours=4)
"""Until when after midnight a time is called "tonight" in the evening before."""
PARAMETER_MAX = 100
"""A template's body holds 1024 characters with its parameters; names have up to 100."""
VALUE_MAX = 700
"""The longest value, so that none leaves no room for the words around it in a body of 1024."""
MARKS = str.maketrans({"*": None, "~": None, "`": None, "_": " "})
"""WhatsApp's marks for bold, strikethrough, monospace and italic."""
NON_JOINER = "\u200c"
EMOJI_STYLE = "\ufe0f"
CODES = frozenset({"state", "line", "did", "undone", "wanted", "word", "question", "fact", "zone"})
"""Values that the product sets, which templates test and never show."""
EXACT = frozenset({"link", "password", "payment"})
"""Values that must arrive unchanged: an address, a secret (shown in monospace), a provider's id."""
EXTRA = re.compile(r"\n{3,}")
GROUPS = re.compile(r"(?<=\d)(?=(?:\d\d)*\d{3}$)")


@dataclass(frozen=True)
class Language:
    """A language of the templates: its name, script and formats."""

    tag: str
    name: str
    """The language's own name for itself."""
    script: str | None
    """Unicode's name of the script, if no other language here uses it."""
    locale: Locale
    fallback: str | None
    """The language used where this one has no words."""
    time: str
    date: str
    """Patterns of CLDR (Unicode Technical Standard 35)."""
    today: str
    tonight: str
    tomorrow: str


def typographic(text: str) -> str:
    """Return *text* with ’ for each ASCII apostrophe.

    It reads better, and Twilio is said to refuse the other in a content variable (error 21656).
    """
    return text.replace("'", "’")


def plain(text: str) -> str:
    """Return *text* as harmless words on one line, to be put into any sentence.

    Removes WhatsApp's marks, line breaks, control characters, invisible letters and direction
    overrides; isolates right-to-left text from the words around it; makes apostrophes typographic.
    """
    text = typographic(text)
    if text.isascii() and text.isprintable():
        return cut(one_line(text.translate(MARKS)), VALUE_MAX)
    kept: list[str] = []
    for char, following in pairwise(f"{text} "):
        kind = unicodedata.category(char)
        if kind[0] in "CZ":
            if kept and _has_meaning(char, kept[-1], following):
                kept.append(char)
            elif kind != "Cf":
                kept.append(" ")
        else:
            kept.append(char)
    return _isolate(cut(one_line("".join(kept).translate(MARKS)), VALUE_MAX))


def _has_meaning(char: str, before: str, after: str) -> bool:
    """Return whether *char* is a joiner that shapes the letters or the emoji around it.

    In Indic scripts it stands beside a virama, between emoji only the joiner that joins.
    """
    if char not in {ZERO_WIDTH_JOINER, NON_JOINER}:
        return False
    if VIRAMA in {unicodedata.combining(before), unicodedata.combining(after)}:
        return True
    ends_emoji = _is_emoji(before) or before == EMOJI_STYLE or ord(before) in SKIN_TONES
    return char == ZERO_WIDTH_JOINER and ends_emoji and _is_emoji(after)


def _is_emoji(char: str) -> bool:
    return unicodedata.category(char) == "So"


def short(name: str, most: int = 20) -> str:
    """Return *name* cut for a list whose rows must stay short."""
    return _isolate(cut(name.strip(FIRST_STRONG + POP), most))


def _isolate(line: str) -> str:
    backwards = any(unicodedata.bidirectional(c) in {"R", "AL"} for c in line)
    return f"{FIRST_STRONG}{line}{POP}" if backwards else line


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return *values* with every text made plain, at any depth, except CODES and EXACT."""
    return {k: v if k in CODES | EXACT else _plain(v) for k, v in values.items()}


def _plain(value: object) -> object:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return plain_values(value)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def parameter(value: object, most: int = PARAMETER_MAX) -> str:
    """Return *value* as a template's parameter: one line, at most *most* long, not empty."""
    return parameter_text("" if value is None else str(value), most)


def tidy(text: str) -> str:
    """Return a body without blanks at line ends, and with at most one empty line in a row."""
    return EXTRA.sub("\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip()


def money(paise: int) -> str:
    """Return an amount in rupees, grouped as in India, with decimals only if there are paise."""
    rupees, rest = divmod(abs(paise), 100)
    grouped = GROUPS.sub(",", str(rupees))
    return f"{'-' if paise < 0 else ''}₹{grouped}" + (f".{rest:02d}" if rest else "")


def stars(count: int) -> str:
    """Return a rating as stars."""
    return "⭐" * count


def sentence(text: str) -> str:
    """Return *text* with its first letter as a capital, if its script has capitals."""
    return text[:1].upper() + text[1:]


@pass_context
def time_of(context: Context, at: str | datetime) -> str:
    """Return an instant's time of day, such as 10:30 AM."""
    return _time(_local(context, at), _language(context))


@pass_context
def date_of(context: Context, at: str | datetime | date) -> str:
    """Return a day or an instant's day, such as Mon 25 Nov."""
    return _date(_day(context, at), _language(context))


@pass_context
def day_of(context: Context, at: str | datetime | date) -> str:
    """Return a day's date; for today, tonight and tomorrow, that word and the date in brackets."""
    language, day = _language(context), _day(context, at)
    words = {0: language.today, 1: language.tomorrow}
    name = words.get((day - _today(context)) // timedelta(days=1))
    name = language.tonight if is_tonight(context, at) else name
    dated = _date(day, language)
    return f"{name} ({dated})" if name else dated


@pass_context
def when_of(context: Context, at: str | datetime) -> str:
    """Return an instant's time, with its day unless that is today; after midnight it is tonight."""
    clock = time_of(context, at)
    if is_tonight(context, at):
        return f"{_language(context).tonight}, {clock}"
    return clock if is_today(context, at) else f"{day_of(context, at)}, {clock}"


@pass_context
def is_today(context: Context, at: str | datetime | date) -> bool:
    """Return whether a day, or an instant's day, is today."""
    return _day(context, at) == _today(context)


@pass_context
def is_tonight(context: Context, at: str | datetime | date) -> bool:
    """Return whether an instant is after midnight, in the small hours that follow today."""
    if (isinstance(at, str) and "T" not in at) or not isinstance(at, str | datetime):
        return False
    here = _local(context, at)
    begun = _local(context, context["now"]) - SMALL_HOURS
    return here.date() == _today(context) + timedelta(days=1) and (
        (here - SMALL_HOURS).date() == begun.date()
    )


@pass_context
def night_of(context: Context, at: str | date) -> str:
    """Return the date of last night, whose hours go on after midnight, as the night it still is."""
    language = _language(context)
    return f"{language.tonight} ({_date(_day(context, at), language)})"


@pass_context
def is_near(context: Context, at: str | datetime | date) -> bool:
    """Return whether a day is today or tomorrow."""
    return (_day(context, at) - _today(context)) // timedelta(days=1) in {0, 1}


@pass_context
def plural(context: Context, count: int, **forms: str) -> str:
    """Return the plural form for *count*: `one`, `two`, `few`, `many` or `other` (CLDR)."""
    form = _language(context).locale.plural_form(count)
    return forms.get(form, forms["other"])


def install(environment: Environment) -> None:
    """Add the filters and tests of this module to a Jinja2 *environment*."""
    environment.filters.update(
        time=time_of, date=date_of, day=day_of, when=when_of, plural=plural, money=money,
        stars=stars, sentence=sentence, short=short, night=night_of,
    )  # fmt: skip
    environment.tests.update(today=is_today, tonight=is_tonight, near=is_near)


def _language(context: Context) -> Language:
    language: Language = context["_language"]
    return language


def _today(context: Context) -> date:
    return _local(context, context["now"]).date()


def _day(context: Context, at: str | datetime | date) -> date:
    if isinstance(at, str) and "T" not in at:
        return date.fromisoformat(at)
    if isinstance(at, date) and not isinstance(at, datetime):
        return at
    return _local(context, at).date()


def _local(context: Context, at: str | datetime) -> datetime:
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return instant.astimezone(ZoneInfo(context.get("zone") or DEFAULT_ZONE))


@lru_cache(maxsize=2000)
def _clock_face(hour: int, minute: int, pattern: str, locale: Locale) -> str:
    # Indian locales write "am"; people and the specification write "AM".
    shown = datetime(2000, 1, 1, hour, minute, tzinfo=UTC).time()
    return format_time(shown, pattern, locale=locale).upper()


def _time(local: datetime, language: Language) -> str:
    return _clock_face(local.hour, local.minute, language.time, language.locale)


@lru_cache(maxsize=2000)
def _format_day(day: date, pattern: str, locale: Locale) -> str:
    return format_date(day, pattern, locale=locale)


def _date(day: date, language: Language) -> str:
    return _format_day(day, language.date, language.locale)
