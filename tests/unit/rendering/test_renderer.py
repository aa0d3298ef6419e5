"""Invariant I9: every message, in every language, from every sample, and its limits."""

import re
import string
import unicodedata
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.channels.cloud import limits
from bot.channels.fit import utf16_units
from bot.rendering.catalogue import Variant
from bot.rendering.formats import VALUE_MAX, plain
from bot.rendering.rendered import NoTemplate
from bot.rendering.renderer import SMS_MAX, TEMPLATE_BUTTON_MAX, NoWords, Renderer
from domain.actions.delivery.sms_preference import VISIT_NEWS
from simulator.templates import parse
from tests.samples import HOSTILE, REFUSED, with_names
from tests.sendable import NOW, message_of, renderer

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
RENDERER = renderer()
LANGUAGES = [tag for tag, _ in RENDERER.languages()]
CATALOGUE = RENDERER.messages()
SAMPLES = [
    pytest.param(tag, name, sample, id=f"{tag}-{name}-{n}")
    for tag in LANGUAGES
    for name, entry in CATALOGUE.items()
    for n, sample in enumerate(entry.sample)
]
OUTSIDE = [
    pytest.param(tag, name, sample, id=f"{tag}-{name}-{n}")
    for tag in LANGUAGES
    for name, entry in CATALOGUE.items()
    if entry.category in {"UTILITY", "MARKETING"}
    for n, sample in enumerate(entry.sample)
]
BY_SMS = [p for p in SAMPLES if p.values[1] in VISIT_NEWS]
DEFINITIONS = [
    pytest.param(d, id=f"{d.name}-{d.language}")
    for d in RENDERER.template_catalogue()
    if d.category != "AUTHENTICATION"
]


def each(samples):
    """Run a test with every one of *samples*, a flow and a language at a time.

    One test a sample would be thousands; what fails says which sample it was.
    """
    flows = defaultdict(list)
    for sample in samples:
        language, name, _ = sample.values
        flows[f"{language}-{name.partition('/')[0]}"].append(sample)

    def of_each(test):
        @pytest.mark.parametrize("samples", flows.values(), ids=flows)
        def one_flow(samples):
            for sample in samples:
                try:
                    test(*sample.values)
                except Exception as error:
                    error.add_note(f"with {sample.id}")
                    raise

        return one_flow

    return of_each


BLOCKS = RENDERER.words.keys()
SMS = {(tag, flow, b.removesuffix("__sms")) for tag, flow, b in BLOCKS if b.endswith("__sms")}
"""The messages that have words of their own as a text message."""
PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


def free(language, name, number=0, **values):
    sample = CATALOGUE[name].sample[number]
    said = {**sample.values, **values}
    return RENDERER.free_form(name, said, language, sample.options, sample.url)


def fits(rendered):
    assert rendered.text.strip()
    if rendered.url:
        assert utf16_units(rendered.text) <= limits.URL_BODY_MAX
        assert 0 < utf16_units(rendered.url_label) <= limits.URL_LABEL_MAX
    elif not rendered.choices:
        assert utf16_units(rendered.text) <= limits.TEXT_BODY_MAX
    elif len(rendered.choices) <= limits.BUTTONS_MAX and not any(c.more for c in rendered.choices):
        assert utf16_units(rendered.text) <= limits.BUTTON_BODY_MAX
    else:
        assert utf16_units(rendered.text) <= limits.LIST_BODY_MAX
    if rendered.choices:
        assert 0 < utf16_units(rendered.choices_label) <= limits.LIST_LABEL_MAX
    assert len(rendered.choices) <= limits.LIST_ROWS_MAX
    assert len({c.id for c in rendered.choices}) == len(rendered.choices)
    for choice in rendered.choices:
        assert choice.words
        assert utf16_units(choice.words) <= limits.LIST_ROW_TITLE_MAX
        assert utf16_units(choice.more) <= limits.LIST_ROW_DESCRIPTION_MAX


# --- Inside the window -------------------------------------------------------------------------
@each(SAMPLES)
def test_every_message_reads_well_and_fits(language, name, sample):
    rendered = RENDERER.free_form(name, sample.values, language, sample.options, sample.url)
    fits(rendered)
    text = rendered.text
    assert "\n\n\n" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text == text.strip()
    assert not re.search(r"\bNone\b|\{\{|\}\}|  |\(\)|#–", text)
    assert not text.endswith("…")
    assert not any(c.words.endswith("…") or c.more.endswith("…") for c in rendered.choices)


@each(BY_SMS)
def test_news_by_sms_is_plain_words_that_name_the_token_and_lead_to_its_payment(
    language, name, sample
):
    text = RENDERER.sms(message_of(name, sample), sample.values, language)
    assert 0 < len(text) < SMS_MAX
    assert not re.search(r"\*|\bNone\b|\{\{|\}\}|  |\(\)|\n\n", text)
    assert not any(unicodedata.category(c) == "So" for c in text), "an emoji"
    for shown in (f"#{sample.values['number']}", "person", "doctor", "clinic"):
        assert str(sample.values.get(shown, shown)) in text
    assert sample.url is None or sample.url in text


@each(BY_SMS)
def test_a_link_in_an_sms_is_whole_however_long_the_names_are(language, name, sample):
    names = dict.fromkeys(("person", "doctor", "clinic"), "W" * 100)
    text = RENDERER.sms(message_of(name, sample), {**sample.values, **names}, language)
    assert len(text) <= SMS_MAX
    assert sample.url is None or sample.url in text


@each(SAMPLES)
def test_words_on_buttons_fit(language, name, sample):
    rendered = RENDERER.free_form(name, sample.values, language, sample.options, sample.url)
    for option, choice in zip(sample.options, rendered.choices, strict=True):
        if option.label.endswith(("_button", "_short")):
            assert utf16_units(choice.words) <= limits.BUTTON_TITLE_MAX
            assert not choice.more, "a second line would make a list of the buttons"
        assert utf16_units(choice.words) <= limits.LIST_ROW_TITLE_MAX


@each(SAMPLES)
def test_the_words_of_a_choice_are_those_that_a_flow_recognises(language, name, sample):
    rendered = RENDERER.free_form(name, sample.values, language, sample.options, sample.url)
    for option, choice in zip(sample.options, rendered.choices, strict=True):
        assert RENDERER.title(language, name, option) == choice.words


@each(SAMPLES)
def test_lists_can_be_answered_by_number(language, name, sample):
    rendered = RENDERER.free_form(name, sample.values, language, sample.options, sample.url)
    if not rendered.choices or all(o.label.endswith("_button") for o in sample.options):
        return
    for number, choice in enumerate(rendered.choices, start=1):
        assert f"{number}. {choice.words}" in rendered.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_notices_name_clinic_doctor_person_and_number(language):
    for name, entry in CATALOGUE.items():
        if name.startswith("news/") or name in {"booking/confirmed", "booking/pay", "mine/status"}:
            for n, sample in enumerate(entry.sample):
                text = free(language, name, n).text
                for value in ("person", "doctor", "clinic", "number"):
                    assert str(sample.values[value]) in text, (name, sample.title, value)


def test_the_conversation_of_the_specification():
    assert free("en", "booking/doctors").text.startswith(
        "Welcome to City Medical Center! Please select doctor:\n"
        "1. Dr. Sharma (General Medicine)\n"
        "2. Dr. Patel (Pediatrics)"
    )
    assert free("en", "booking/slots").text.startswith(
        "Available slots for Dr. Sharma today:\n"
        "1. 10:30 AM (Token #8)\n"
        "2. 11:15 AM (Token #10)\n"
        "3. 2:00 PM (Token #15)"
    )
    assert free("en", "booking/pay").text.endswith(
        "Token #8 for 10:30 AM\nAdvance: ₹50\nTotal fee: ₹500\nTap to pay:"
    )
    confirmed = free("en", "booking/confirmed").text
    assert confirmed.startswith(
        "✅ Booking confirmed!\n"
        "Token #8 - Dr. Sharma\n"
        "Time: 10:30 AM (approx)\n"
        "Currently serving: Token #3\n"
        "Your turn in about 40–50 min\n"
    )
    assert confirmed.endswith("\n\nShow this message at clinic for check-in.")
    assert free("en", "news/progress").text.startswith(
        "🔔 Update: Currently serving Token #6\nYour turn in about 15–25 min (Token #8)\n"
    )
    assert free("en", "news/emergency").text.startswith(
        "⚡ Dr. Sharma called for emergency\n"
        "Estimated delay: 30 minutes\n"
        "Reply:\n"
        "1 - Wait and receive updates\n"
        "2 - Reschedule to tomorrow (Tue 26 Nov)\n"
        "3 - Cancel and get refund\n"
    )


def test_a_wait_is_an_honest_range():
    assert "in about 40–50 min" in free("en", "mine/status").text
    assert "within 10 min" in free("en", "mine/status", low=0, high=10).text
    assert "any moment now" in free("en", "mine/status", low=0, high=0).text
    late = free("en", "mine/status", low=100, high=120).text
    assert "Your turn between 10:22 AM and 10:32 AM" in late
    unknown = free("en", "mine/status", certain=False, line="SCHEDULED").text
    assert "Dr. Sharma has not started yet" in unknown
    assert " min" not in unknown


def test_progress_says_when_it_was_true():
    assert "as of 9:42 AM" in free("en", "news/progress").text
    assert "as of 4:12 AM" in free("en", "news/progress", zone="UTC").text


def test_a_language_nobody_speaks_here_falls_back_to_english():
    assert free("xx", "settings/help") == free("en", "settings/help")


def test_words_that_nobody_wrote_are_an_error():
    with pytest.raises(NoWords, match="booking: no block nothing"):
        RENDERER.free_form("booking/nothing", {}, "en")


@pytest.mark.parametrize(
    ("late", "shown"), [(None, "✓ here"), ("2024-11-25T05:20:00Z", "⏰ 10:50 AM")]
)
def test_a_long_line_is_listed_in_one_message_whatever_the_names(late, shown):
    facts = {
        "person": "Venkata Subramaniam Ramachandran Iyer",
        "at": "2024-11-25T05:00:00Z",
        "arrived": late is None,
        "late": late,
    }
    waiting = [{**facts, "number": 100 + n} for n in range(18)]
    text = free("en", "line/list", tokens=waiting, more=30).text
    assert f"#117 Venkata Subramaniam…, 10:30 AM {shown}" in text
    assert text.endswith("… and 30 more")


def test_a_text_too_long_is_cut_rather_than_refused():
    waiting = [
        {"number": n, "person": "A", "at": "2024-11-25T05:00", "arrived": 1, "late": None}
        for n in range(99)
    ]
    text = free("en", "line/list", tokens=waiting).text
    assert limits.BUTTON_BODY_MAX - 10 < utf16_units(text) <= limits.BUTTON_BODY_MAX
    assert text.endswith("…")


# --- As templates ------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize(("language", "name", "sample"), OUTSIDE)
def test_outside_the_window_a_message_is_its_template(language, name, sample):
    rendered = RENDERER.render(message_of(name, sample), sample.values, language, window_open=False)
    call = rendered.template
    assert call is not None
    assert (rendered.choices, rendered.url) == ((), None)
    assert call.payloads == tuple(o.id for o in sample.options)
    (definition,) = [
        d
        for d in RENDERER.template_catalogue()
        if (d.name, d.language) == (call.name, call.language)
    ]
    assert call.language == language
    assert call.parameters.keys() == definition.examples.keys()
    assert len(definition.buttons) == len(call.payloads)
    # What Meta has approved, filled with the parameters, is the text: nothing else may vary.
    assert PLACEHOLDER.sub(lambda m: call.parameters[m[1]], definition.body) == rendered.text
    assert utf16_units(rendered.text) <= limits.TEMPLATE_BODY_MAX


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_a_template_passes_review(definition):
    body = definition.body
    assert utf16_units(body) <= limits.TEMPLATE_BODY_MAX
    names = PLACEHOLDER.findall(body)
    assert set(names) == definition.examples.keys()
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", n) for n in names)
    assert re.fullmatch(r"[a-z0-9_]{1,512}", definition.name)
    before, *_, after = PLACEHOLDER.split(body)
    assert re.search(r"[^\W_]", before), "begins with a variable"
    assert re.search(r"[^\W_]", after), "ends with a variable"
    between = re.findall(r"\}\}([^{}]*)\{\{", body)
    assert all(re.search(r"[^\W\d_]", words) for words in between), "adjacent variables"
    words = [w for w in PLACEHOLDER.sub(" ", body).split() if re.search(r"\w", w)]
    assert len(words) > 2 * len(set(names)), "too many variables for its length"
    assert all(v.strip() for v in definition.examples.values())
    for label in definition.buttons:
        assert 0 < utf16_units(label) <= TEMPLATE_BUTTON_MAX
        assert all(unicodedata.category(c)[0] in "LMNPZ" for c in label), "an emoji in a button"
    assert len(set(definition.buttons)) == len(definition.buttons)
    assert parse(definition.payload()).name == definition.name


def test_a_template_has_the_same_parameters_in_every_language():
    names: dict[str, set[frozenset[str]]] = {}
    for definition in RENDERER.template_catalogue():
        names.setdefault(definition.name, set()).add(frozenset(definition.examples))
    assert {name for name, sets in names.items() if len(sets) > 1} == set()


def test_every_template_is_named_once_in_each_language():
    keys = [(d.name, d.language) for d in RENDERER.template_catalogue()]
    assert len(set(keys)) == len(keys)
    assert {tag for _, tag in keys} == set(LANGUAGES)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_button_says_the_same_whatever_the_message_is_about(language):
    for name, entry in CATALOGUE.items():
        if entry.category is None:
            continue
        for sample in entry.sample:
            rendered = RENDERER.render(
                message_of(name, sample), sample.values, language, window_open=False
            )
            definition = next(
                d
                for d in RENDERER.template_catalogue()
                if rendered.template and (d.name, d.language) == (rendered.template.name, language)
            )
            scope = RENDERER._scope({}, name, None)
            said = [RENDERER._template_title(language, name, o, scope) for o in sample.options]
            assert tuple(said) == definition.buttons


def test_a_reply_has_no_template():
    sample = CATALOGUE["mine/none"].sample[0]
    with pytest.raises(NoTemplate, match="mine/none"):
        RENDERER.render(message_of("mine/none", sample), sample.values, "en", window_open=False)


def test_options_that_no_template_has_are_no_template():
    sample = CATALOGUE["news/skipped"].sample[0]
    without = message_of("news/skipped", sample).but(options=())
    with pytest.raises(NoTemplate, match="news/skipped"):
        RENDERER.render(without, sample.values, "en", window_open=False)


def test_a_template_without_a_sample_cannot_be_submitted():
    entry = CATALOGUE["news/closed"]
    unseen = Variant(variant="unseen", buttons=("again_button",))
    with pytest.raises(NoTemplate, match="unseen"):
        RENDERER._definition("news/closed", entry, unseen, "en")


def test_a_template_can_be_shown_as_a_text():
    sample = CATALOGUE["news/your_turn"].sample[0]
    scope = RENDERER._scope(sample.values, "news/your_turn", None)
    text = RENDERER.words.block("en", "news", "your_turn__template").render(scope)
    assert "the turn of Rajesh Kumar: token #8" in text


@pytest.mark.parametrize("window_open", [True, False])
def test_a_one_time_code_is_always_an_authentication_template(window_open):
    sample = CATALOGUE["account/code"].sample[0]
    rendered = RENDERER.render(
        message_of("account/code", sample), sample.values, "hi", window_open=window_open
    )
    assert rendered.template is not None
    assert rendered.template.code == "482913"
    assert rendered.template.parameters == {}
    definition = next(d for d in RENDERER.template_catalogue() if d.category == "AUTHENTICATION")
    assert rendered.template.name == definition.name
    assert parse(definition.payload()).category == "AUTHENTICATION"


def test_inside_the_window_a_message_is_free():
    sample = CATALOGUE["news/your_turn"].sample[0]
    said = message_of("news/your_turn", sample)
    assert RENDERER.render(said, sample.values, "en", window_open=True).template is None


# --- Apostrophes -------------------------------------------------------------------------------
@pytest.mark.parametrize("path", sorted((TEMPLATES / "messages").glob("*/*.j2")), ids=str)
def test_words_of_ours_have_typographic_apostrophes(path):
    words = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert "'" not in words


def test_templates_have_typographic_apostrophes():
    for definition in RENDERER.template_catalogue():
        said = [definition.header or "", definition.body, *definition.buttons]
        assert "'" not in "".join([*said, *definition.examples.values()]), definition.name


@each(SAMPLES)
def test_a_name_is_shown_with_a_typographic_apostrophe(language, name, sample):
    values, options = with_names(sample, "O'Brien")
    said = message_of(name, sample).but(options=options)
    rendered = RENDERER.free_form(name, values, language, options, sample.url)
    shown = [rendered.text, rendered.choices_label, rendered.url_label]
    shown += [c.words + c.more for c in rendered.choices]
    shown += [RENDERER.title(language, name, option) for option in options]
    if (language, *name.split("/")) in SMS:
        shown.append(RENDERER.sms(said, values, language))
    assert "'" not in "".join(shown)


def test_what_must_arrive_unchanged_keeps_its_apostrophe():
    exact = {"password": "it's-4-secret", "link": "https://x.example/it's"}
    values = {**CATALOGUE["account/credentials"].sample[0].values, **exact, "name": "Mary O'Brien"}
    said = RENDERER.free_form("account/credentials", values, "en").text
    assert "```it's-4-secret```" in said
    assert "https://x.example/it's" in said
    assert "Welcome to PulseOps, Mary O’Brien!" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_payment_keeps_the_id_by_which_the_provider_finds_it(language):
    sample = CATALOGUE["desk/refund_failed"].sample[0]
    said = message_of("desk/refund_failed", sample)
    for window_open in (True, False):
        text = RENDERER.render(said, sample.values, language, window_open=window_open).text
        assert "pay_OSbMuvQIUqLcUC" in text


# --- Names that nobody should have ---------------------------------------------------------------
def passes(words, most):
    """Hold one line of a message against the strictest rules of every provider."""
    assert words.strip()
    assert utf16_units(words) <= most
    assert not re.search(r"[\n\r\t']| {5}", words), words
    assert not re.search("[\u202a-\u202e\u2066\u2067]", words), words
    assert words.count("\u2068") == words.count("\u2069"), words


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_breaks_the_layout_or_a_limit(language, hostile):
    for name, entry in CATALOGUE.items():
        for sample in entry.sample:
            tame, wild = (
                RENDERER.free_form(name, values, language, options, sample.url)
                for values, options in (with_names(sample, "Asha"), with_names(sample, hostile))
            )
            fits(wild)
            assert wild.text.count("\n") == tame.text.count("\n"), (name, sample.title)
            for mark in "*_~`":
                assert wild.text.count(mark) == tame.text.count(mark), (name, mark)
            for char in "\u202a\u202b\u202d\u202e\u2066\u2067\u200b\u2060\ufeff\t\r'":
                assert char not in wild.text
            for line in wild.text.splitlines():
                assert line.count("\u2068") == line.count("\u2069"), (name, line)
            for choice in wild.choices:
                passes(choice.words, limits.LIST_ROW_TITLE_MAX)
                if choice.more:
                    passes(choice.more, limits.LIST_ROW_DESCRIPTION_MAX)


@pytest.mark.parametrize("hostile", [*HOSTILE.values(), *REFUSED])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_makes_a_parameter_that_meta_refuses(language, hostile):
    for sample in OUTSIDE:
        tag, name, said = sample.values
        if tag == language:
            _parameters_pass(language, name, said, hostile)


@each(SAMPLES)
def test_no_name_makes_a_title_that_meta_refuses(language, name, sample):
    for hostile in REFUSED:
        values, options = with_names(sample, hostile)
        rendered = RENDERER.free_form(name, values, language, options, sample.url)
        fits(rendered)
        for choice in rendered.choices:
            passes(choice.words, limits.LIST_ROW_TITLE_MAX)


def _parameters_pass(language, name, sample, hostile):
    values, options = with_names(sample, hostile)
    said = message_of(name, sample).but(options=options)
    rendered = RENDERER.render(said, values, language, window_open=False)
    assert utf16_units(rendered.text) <= limits.TEMPLATE_BODY_MAX, name
    assert rendered.template is not None, name
    for value in rendered.template.parameters.values():
        passes(value, limits.TEMPLATE_BODY_MAX)


@pytest.mark.parametrize("person", ["Asha", *HOSTILE.values()])
@pytest.mark.parametrize(
    ("language", "file"),
    [("en", "Prescription 2024-11-25.pdf"), ("hi", "दवा का पर्चा 2024-11-25.pdf")],
)
def test_a_document_has_a_name_and_a_caption(language, file, person):
    sample = CATALOGUE["visits/prescription"].sample[0]
    said = message_of("visits/prescription", sample).but(as_document=True)
    values = {**sample.values, "person": person}
    rendered = RENDERER.render(said, values, language, window_open=True)
    assert (rendered.document, rendered.url) == (file, sample.url)
    assert (rendered.url_label, rendered.template) == ("", None)
    assert utf16_units(rendered.text) <= limits.CAPTION_MAX
    assert "Dr. Sharma" in rendered.text
    assert len(rendered.text.splitlines()) == 1
    assert "http" not in rendered.text


def test_plain_keeps_what_letters_need():
    assert plain("Anne-Marie O'Neil, Ph.D.") == "Anne-Marie O’Neil, Ph.D."
    assert plain("क्‍ष") == "क्‍ष", "a joiner after a virama is part of the spelling"
    assert plain("র‍্যাব") == "র‍্যাব", "or before it"
    assert plain("A\u200ds\u200cha") == "Asha", "between other letters it hides"
    assert (
        plain("👩🏽\u200d⚕️ 👨\u200d👩\u200d👧 ❤️\u200d🔥")
        == "👩🏽\u200d⚕️ 👨\u200d👩\u200d👧 ❤️\u200d🔥"
    )
    assert plain("🎉\u200d Asha \u200d🎉\u200c🎉") == "🎉 Asha 🎉🎉"
    assert plain("Ravi_Kumar") == "Ravi Kumar"
    assert plain("محمد") == "\u2068محمد\u2069"
    assert len(plain("é" * 2000)) == VALUE_MAX
    assert len(plain("e" * 2000)) == VALUE_MAX
    assert plain(string.printable).isprintable()


def test_codes_are_not_names():
    assert "no longer booked" in free("en", "mine/status", 11, state="NO_SHOW").text


# --- Languages -----------------------------------------------------------------------------------
def test_english_comes_first():
    assert RENDERER.languages()[0] == ("en", "English")
    assert ("hi", "हिन्दी") in RENDERER.languages()
    assert [v.language for v in RENDERER.vocabularies()] == LANGUAGES


def test_a_third_language_is_a_folder(tmp_path):
    for path in TEMPLATES.glob("*/**/*"):
        if path.is_file() and "pages" not in path.parts:
            target = tmp_path / path.relative_to(TEMPLATES)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    tamil = tmp_path / "messages" / "ta"
    tamil.mkdir()
    (tamil / "words.toml").write_text(
        '[language]\nname = "தமிழ்"\nscript = "TAMIL"\nlocale = "ta"\nfallback = "en"\n'
        'time = "h:mm a"\ndate = "d MMM"\ntoday = "இன்று"\ntonight = "இன்றிரவு"\ntomorrow = "நாளை"\n'
        '[patient]\nhi = ["வணக்கம்"]\n[staff]\nnext = ["அடுத்து"]\n',
        encoding="utf-8",
    )
    (tamil / "settings.j2").write_text(
        "{% block welcome %}\nநன்றி!\n{% endblock %}", encoding="utf-8"
    )
    renderer = Renderer(tmp_path, lambda: NOW)
    assert ("ta", "தமிழ்") in renderer.languages()
    assert renderer.free_form("settings/welcome", {}, "ta").text == "நன்றி!"
    sample = CATALOGUE["booking/confirmed"].sample[0]
    english = renderer.free_form("booking/confirmed", sample.values, "en")
    assert renderer.free_form("booking/confirmed", sample.values, "ta") == english
    call = renderer.render(
        message_of("booking/confirmed", sample), sample.values, "ta", window_open=False
    ).template
    assert call is not None
    assert call.language == "en", "the template that exists is the one in the words' language"


def test_many_threads_render_the_same():
    samples = [(n, s) for n, entry in CATALOGUE.items() for s in entry.sample]

    def all_texts(_):
        return [
            RENDERER.free_form(n, s.values, tag, s.options).text
            for tag in LANGUAGES
            for n, s in samples
        ]

    with ThreadPoolExecutor(8) as pool:
        first, *others = pool.map(all_texts, range(8))
    assert all(other == first for other in others)
