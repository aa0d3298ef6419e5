"""The flows' messages and the words, side by side; and what people type."""

import re
from datetime import date
from functools import partial
from pathlib import Path

import jinja2
import pytest
from jinja2 import meta, nodes

from bot.rendering.catalogue import COMMON
from domain.actions.delivery.sms_fallback import BY_SMS
from domain.actions.delivery.sms_preference import VISIT_NEWS
from flows import patient, staff
from flows.facts import FACTS
from flows.hearing.doctors import DoctorKnown
from flows.hearing.known import Known
from flows.hearing.text import fold
from flows.settings import _label
from flows.turn import SAYS
from tests.sendable import renderer

ROOT = Path(__file__).resolve().parents[3]
MESSAGES = ROOT / "templates" / "messages"
RENDERER = renderer()
LANGUAGES = [tag for tag, _ in RENDERER.languages()]
CATALOGUE = RENDERER.messages()
BLOCKS = RENDERER.words.keys()
FLOWS = {flow for _, flow, _ in BLOCKS} - {COMMON}
VOCABULARIES = {v.language: v for v in RENDERER.vocabularies()}
EAR = RENDERER.ear()
KNOWN = Known(date(2026, 11, 28), 600, (DoctorKnown("doc_sharma", "Dr. Sharma", "ENT"),))

OFFERED = {offer.message for offer in RENDERER.offered_templates()}
"""Filled and sent by staff, who choose from the catalogue; code names none of them."""
DOCUMENTS = {"visits/prescription"}
"""Sent as a file with a name and a caption."""
ORDERS = {"booking/pay"}
"""Shown as an order inside WhatsApp, for something and until some time."""
ASKED_BY_EVENTS = (
    "wait:T",
    "later:T",
    "drop:T",
    "again:T",
    "back:T",
    *(f"rate:T:{n}" for n in range(1, 6)),
)


def sources():
    for folder in ("domain", "flows"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.read_text(encoding="utf-8")


def said_in_code():
    tables = {r.say for t in (patient.TABLE, staff.TABLE) for r in t.rows if r.say}
    refusals = {r.say for t in (patient.TABLE, staff.TABLE) for r in t.refusals.values()}
    literal = re.compile(rf'"((?:{"|".join(sorted(FLOWS))})/[a-z_]+)"')
    return tables | refusals | set(SAYS) | {m for s in sources() for m in literal.findall(s)}


def messages_with_words(language):
    return {f"{flow}/{name}" for tag, flow, name in BLOCKS if tag == language}


# --- Messages ------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_that_is_said_has_words(language):
    assert said_in_code() - messages_with_words(language) == set()


def test_every_message_that_is_said_is_in_the_catalogue_and_the_reverse():
    assert said_in_code() - CATALOGUE.keys() == set()
    assert CATALOGUE.keys() - said_in_code() == OFFERED


def test_every_message_that_is_drafted_is_in_the_catalogue():
    drafts = re.compile(r'\b(?:Draft|Alert|notice_about)\(\s*(?:name=)?"([^"]+)"')
    drafted = {m for s in sources() for m in drafts.findall(s)}
    assert "news/your_turn" in drafted
    assert drafted - CATALOGUE.keys() == set()


def test_what_others_than_the_person_cause_has_a_template():
    caused = {m for s in sources() for m in re.findall(r'"(news/[a-z_]+)"', s)}
    caused |= {"booking/confirmed", "booking/payment_failed", "booking/hold_ended"}
    caused |= {"booking/money_back", "booking/pay", "line/ask_resume"}
    assert {name for name in caused if CATALOGUE[name].category is None} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_choice_has_words(language):
    labels = {m for s in sources() for m in re.findall(r'label="([a-z_]+)"', s)}
    labels |= {_label(option) for option in ASKED_BY_EVENTS}
    have = {name for tag, _, name in BLOCKS if tag == language}
    assert labels - have == set()


def test_samples_use_the_choices_that_flows_offer():
    offered = {m for s in sources() for m in re.findall(r'label="([a-z_]+)"', s)}
    offered |= {_label(option) for option in ASKED_BY_EVENTS}
    sampled = {o.label for e in CATALOGUE.values() for s in e.sample for o in s.options}
    assert sampled == offered


def test_all_languages_have_the_same_blocks():
    english = {(flow, name) for tag, flow, name in BLOCKS if tag == "en"}
    for language in LANGUAGES:
        assert {(flow, name) for tag, flow, name in BLOCKS if tag == language} == english


def variables(language):
    environment = RENDERER.words._blocks[language, COMMON, "open"].template.environment
    found = {}
    for path in sorted((MESSAGES / language).glob("*.j2")):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for block in tree.find_all(nodes.Block):
            body = nodes.Template(block.body, lineno=1)
            body.set_environment(environment)
            found[path.stem, block.name] = meta.find_undeclared_variables(body) - {"part", "p"}
    return found


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_all_languages_use_the_same_variables(language):
    assert variables(language) == variables("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_block_is_left_over(language):
    text = "".join(p.read_text(encoding="utf-8") for p in (MESSAGES / language).glob("*.j2"))
    parts = set(re.findall(r'part\("([a-z_]+)"', text)) | {"open", "link", "order"} | FACTS.keys()
    labels = {o.label for e in CATALOGUE.values() for s in e.sample for o in s.options}
    variants = {
        f"{name.partition('/')[2]}__template" + (f"__{v.variant}" if v.variant else "")
        for name, entry in CATALOGUE.items()
        if entry.category is not None
        for v in entry.template
    }
    for tag, flow, name in BLOCKS:
        first, _, rest = name.partition("__")
        known = (
            name in parts | labels | variants
            or f"{flow}/{name}" in CATALOGUE
            or (f"{flow}/{first}" in CATALOGUE and rest in {"open", "link", *labels})
            or (first in labels and rest in {"more", "long", "template"})
            or (f"{flow}/{first}" in BY_SMS | VISIT_NEWS and rest == "sms")
            or (f"{flow}/{first}" in DOCUMENTS and rest in {"caption", "file"})
            or (f"{flow}/{first}" in ORDERS and rest in {"order", "until"})
        )
        assert tag != language or known, (flow, name)


def test_templates_do_not_compute():
    for path in MESSAGES.rglob("*.j2"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"{%-?\s*(set|macro|import|include|from|call)\b", text), path


def test_a_variable_that_is_missing_is_an_error_not_a_gap():
    with pytest.raises(jinja2.UndefinedError):
        RENDERER.free_form("mine/none", {}, "en")


# --- What people type ----------------------------------------------------------------------------
ENGLISH_WINS: set[tuple[str, str]] = set()
"""Phrases of another language that mean something else in English, which is heard first."""


@pytest.mark.parametrize("who", ["patient", "staff"])
def test_every_trigger_is_one_that_a_table_takes(who):
    tables = {
        "patient": {*patient.TABLE.machine.events, "join", "yes", "no"},
        "staff": {*staff.TABLE.machine.events, "book"},
    }
    for vocabulary in VOCABULARIES.values():
        assert set(getattr(vocabulary, who)) <= tables[who]


@pytest.mark.parametrize("who", ["patient", "staff"])
def test_every_language_has_words_for_every_trigger(who):
    triggers = [set(getattr(v, who)) for v in VOCABULARIES.values()]
    assert all(t == triggers[0] for t in triggers)
    assert all(p for v in VOCABULARIES.values() for p in getattr(v, who).values())


@pytest.mark.parametrize("who", ["patient", "staff"])
def test_no_phrase_means_two_things(who):
    meanings: dict[str, set[str]] = {}
    for vocabulary in VOCABULARIES.values():
        for trigger, phrases in getattr(vocabulary, who).items():
            folded = [fold(p) for p in phrases]
            assert all(folded)
            assert len(set(folded)) == len(folded), (vocabulary.language, trigger, "twice")
            for phrase in folded:
                meanings.setdefault(phrase, set()).add(trigger)
    assert {(p, who) for p, m in meanings.items() if len(m) > 1} == {
        (p, w) for p, w in ENGLISH_WINS if w == who
    }


@pytest.mark.parametrize("who", ["patient", "staff"])
def test_a_phrase_belongs_to_one_language(who):
    seen: dict[str, str] = {}
    for vocabulary in VOCABULARIES.values():
        for phrases in getattr(vocabulary, who).values():
            for phrase in map(fold, phrases):
                assert seen.setdefault(phrase, vocabulary.language) == vocabulary.language, phrase


def test_commands_are_short_enough_to_be_recognised():
    for vocabulary in VOCABULARIES.values():
        for phrases in vocabulary.staff.values():
            assert all(len(fold(p).split()) <= 3 for p in phrases), "three words are looked at"


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("Hi", "hi"),
        ("HELLO!!", "hi"),
        ("/menu", "hi"),
        ("I need an appointment.", "hi"),
        ("namaste 🙏", "hi"),
        ("I'm here", "here"),
        ("I’m here!", "here"),
        ("im here", "here"),
        ("check-in", "here"),
        ("reached", "here"),
        ("late", "late"),
        ("I'm running late", "late"),
        ("10 min late", "late"),
        ("late ho jaunga", "late"),
        ("१० मिनट लेट", "late"),
        ("later", "move"),
        ("Status?", "status"),
        ("when is my turn?", "status"),
        ("cancel", "cancel"),
        ("reschedule", "move"),
        ("STOP", "stop"),
        ("start", "start"),
        ("thanks!", "thanks"),
        ("Ok.", "ok"),
        ("ठीक है", "ok"),
        ("theek hai 👍", "ok"),
        ("ok thanks", "thanks"),
        ("thank you for contacting us", None),
        ("👍", "ok"),
        ("🙏🏽🙏🏽", "ok"),
        ("❤️", "ok"),
        ("😊👍🏽", "ok"),
        ("👎", None),
        ("😭", None),
        ("🤒🙏", None),
        ("⭐⭐⭐⭐", None),
        ("😡", None),
        ("1️⃣", None),
        ("?", None),
        ("pay now", "pay"),
        ("language", "language"),
        ("help", "help"),
        ("Yes", "yes"),
        ("no", "no"),
        ("main aa gaya hoon", "here"),
        ("pahuch gaya", "here"),
        ("meri bari kab aayegi?", "status"),
        ("मेरी बारी कब आएगी?", "status"),
        ("मैं पहुँच गया हूँ", "here"),
        ("रद्द करो", "cancel"),
        ("समय बदलना है", "move"),
        ("नमस्ते", "hi"),
        ("मुझे अपॉइंटमेंट चाहिए", "hi"),
        ("धन्यवाद", "thanks"),
        ("हाँ", "yes"),
        ("हां जी", "yes"),
        ("नहीं", "no"),
        ("भुगतान", "pay"),
        ("मदद", "help"),
        ("बंद करो", "stop"),
        ("my head hurts", None),
    ],
)
def test_patients_are_understood(text, trigger):
    assert EAR.phrase(text).trigger == trigger


@pytest.mark.parametrize(
    ("text", "trigger", "rest"),
    [
        ("next", "next", ""),
        ("Next sharma", "next", "sharma"),
        ("pause 15 lunch", "pause", "15 lunch"),
        ("/resume", "resume", ""),
        ("add 9876543210 Ravi Kumar", "add", "9876543210 Ravi Kumar"),
        ("announce Back at five", "announce", "Back at five"),
        ("end day", "close", ""),
        ("अगला", "next", ""),
        ("agla", "next", ""),
        ("ruko 10 chai", "pause", "10 chai"),
        ("रुको 10", "pause", "10"),
        ("फिर से शुरू", "resume", ""),
        ("शुरू", "start", ""),
        ("छोड़ दो", "skip", ""),
        ("जोड़ें 9876543210 रवि कुमार", "add", "9876543210 रवि कुमार"),
        ("लाइन बंद", "close", ""),
        ("बंद करो", "stop", ""),
        ("सूची", "list", ""),
        ("वापस लें", "undo", ""),
        ("wait a bit", None, ""),
        ("finished with him", None, ""),
    ],
)
def test_staff_are_understood(text, trigger, rest):
    heard = EAR.command(text, KNOWN)
    assert (heard.trigger, heard.rest) == (trigger, rest)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hindi", "hi"), ("हिंदी", "hi"), ("हिन्दी", "hi"), ("Hindi me", "hi"),
        ("English", "en"), ("अंग्रेज़ी", "en"), ("angrezi", "en"),
    ],
)  # fmt: skip
def test_a_language_is_asked_for_by_its_name(text, language):
    heard = EAR.phrase(text)
    assert (heard.trigger, heard.language) == ("lang", language)
    assert (EAR.command(text, KNOWN).trigger, EAR.command(text, KNOWN).language) == (
        "lang",
        language,
    )


def test_every_language_answers_to_its_own_name():
    for tag, own in RENDERER.languages():
        assert (EAR.phrase(own).trigger, EAR.phrase(own).language) == ("lang", tag)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_people_are_told_to_send_is_understood(language):
    for name, entry in CATALOGUE.items():
        for sample in entry.sample:
            rendered = RENDERER.free_form(name, sample.values, language, sample.options, sample.url)
            names = {sample.values.get("doctor"), "தமிழ்"}
            told = set(re.findall(r"\*([^*\n]+)\*", rendered.text)) - names
            ears = (
                partial(EAR.command, known=KNOWN)
                if name.startswith(("line/", "reception/", "staff/", "account/", "schedule/"))
                else EAR.phrase
            )
            told = {t for t in told if not EAR.sentence(t, KNOWN).person}  # an example of a name
            assert {t for t in told if ears(t).trigger is None} == set(), name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("button", "flow", "trigger"),
    [
        ("book_button", COMMON, "hi"),
        ("status_button", COMMON, "status"),
        ("here_button", COMMON, "here"),
        ("move_button", COMMON, "move"),
        ("cancel_button", COMMON, "cancel"),
        ("language_button", COMMON, "language"),
        ("turn_button", "settings", "status"),
        ("talk_button", "settings", "human"),
        ("start_button", "line", "start"),
        ("next_button", "line", "next"),
        ("skip_button", "line", "skip"),
        ("list_button", "line", "list"),
        ("resume_button", "line", "resume"),
    ],
)
def test_the_words_on_a_button_can_be_typed(language, button, flow, trigger):
    words = RENDERER.words.title(language, flow, (button,), {})
    ears = partial(EAR.command, known=KNOWN) if flow == "line" else EAR.phrase
    assert ears(words).trigger == trigger
