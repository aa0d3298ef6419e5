"""What WhatsApp would refuse is found in our templates before they are submitted."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.templates import TemplateDefinition
from bot.rendering.template_checks import all_problems, problems
from tests.sendable import renderer

BODY = "Token {{number}} with {{doctor}} is next, so please come to the desk now."
GOOD = TemplateDefinition(
    name="line_next_v1",
    language="en",
    category="UTILITY",
    body=BODY,
    examples={"number": "#8", "doctor": "Dr. Meera"},
    buttons=("I’m here",),
)


def changed(**changes: Any) -> TemplateDefinition:
    known = {name: getattr(GOOD, name) for name in GOOD.__struct_fields__}
    return TemplateDefinition(**(known | changes))


def said(text: str, *names: str) -> TemplateDefinition:
    return changed(body=text, examples=dict.fromkeys(names, "sample"))


def test_every_template_of_ours_can_be_submitted() -> None:
    assert all_problems(renderer().template_catalogue()) == []
    assert problems(GOOD) == []


NINE = " ".join(f"word – {{{{v{n}}}}}" for n in range(9)) + " end"
WRONG: dict[str, tuple[TemplateDefinition, str]] = {
    "begins": (said("{{name}}, your turn has come at last.", "name"), "begins with a variable"),
    "begins, quoted": (said("“{{name}}” has come at last now.", "name"), "begins with a variable"),
    "begins, signs": (
        said("🔔 – *{{name}}* is next, please come.", "name"),
        "begins with a variable",
    ),
    "ends, signs": (
        said("Please come in now, dear {{name}} ✅🙏!", "name"),
        "ends with a variable",
    ),
    "alone": (said("{{name}}", "name"), "ends with a variable"),
    "ends": (said("It is now the turn of {{name}}", "name"), "ends with a variable"),
    "ends, with a stop": (said("अब बारी इनकी आ गई है {{name}}।", "name"), "ends with a variable"),
    "adjacent": (said("Please go in {{a}} {{b}} now, it is your turn.", "a", "b"), "side by side"),
    "touching": (said("Please go in {{a}}{{b}} now, it is your turn.", "a", "b"), "side by side"),
    "long": (said("word " * 210), "more than 1024"),
    "long in UTF-16 units": (said("🙂" * 513), "has 1026 characters"),
    "long when filled": (
        changed(body=BODY + " word" * 180, examples={"number": "8" * 60, "doctor": "M" * 60}),
        "with its examples has",
    ),
    "few words": (said(NINE, *(f"v{n}" for n in range(9))), "9 variables need at least 19 words"),
    "empty": (said(" "), "the body is empty"),
    "tab": (said("Please\tcome in."), "a tab"),
    "spaces": (said("Please     come in."), "more than four spaces"),
    "line breaks": (said("Please\n\n\ncome in."), "more than two line breaks"),
    "odd name": (said("Please pay {{amount$}} at the desk today.", "amount$"), "is not named"),
    "numbered": (said("Please pay {{1}} at the desk today.", "1"), "is not named"),
    "braces": (said("Please pay {{amount at the desk today."), "braces"),
    "no example": (changed(examples={"number": "#8"}), "'doctor' has no example"),
    "empty example": (changed(examples={"number": " ", "doctor": "M"}), "'number' has no example"),
    "broken example": (changed(examples={"number": "#8", "doctor": "A\nB"}), "a line break"),
    "stray example": (changed(examples={**GOOD.examples, "time": "9:00"}), "does not have"),
    "header long": (changed(header="h" * 61), "the header has 61 characters"),
    "header variable": (changed(header="For {{doctor}}"), "the header has a variable"),
    "header lines": (changed(header="Your\nturn"), "the header has a line break"),
    "header markup": (changed(header="*Your turn*"), "the header has markup"),
    "header emoji": (changed(header="🔔 Your turn"), "the header has an emoji"),
    "buttons": (changed(buttons=tuple(f"Button {n}" for n in range(11))), "11 buttons"),
    "label long": (changed(buttons=("b" * 26,)), "has 26 characters"),
    "label long in UTF-16 units": (changed(buttons=("𝐛" * 13,)), "has 26 characters"),
    "label empty": (changed(buttons=("",)), "is empty"),
    "labels alike": (changed(buttons=("Yes", "Yes")), "the same words"),
    "label variable": (changed(buttons=("Pay {{number}}",)), "has a variable"),
    "name": (changed(name="Line-Next"), "lower-case"),
    "name long": (changed(name="n" * 513), "more than 512"),
    "language": (changed(language="english"), "no language"),
    "category": (changed(category="SERVICE"), "'SERVICE' is none of"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_whatsapp_would_refuse_is_said(case: str) -> None:
    definition, expected = WRONG[case]
    assert expected in "; ".join(problems(definition))


@pytest.mark.parametrize(
    "text",
    ["🔔 Token {{number}} is next ✅ now.", "8 – {{number}} is next: 9.", "आ {{number}} is it न।"],
)
def test_a_letter_or_digit_beside_the_variable_is_enough(text: str) -> None:
    assert problems(said(text, "number")) == []


def test_several_problems_are_all_said() -> None:
    assert len(problems(changed(name="X", header="h" * 61, body="{{a}}", examples={}))) >= 5


def test_a_code_is_good_for_at_most_an_hour_and_a_half(monkeypatch: pytest.MonkeyPatch) -> None:
    code = changed(category="AUTHENTICATION", body="", examples={}, buttons=())
    assert problems(code) == []
    monkeypatch.setattr("bot.channels.templates.CODE_MINUTES", 91)
    assert problems(code) == ["a code must be good for 1 to 90 minutes"]


def test_a_catalogue_names_each_template_and_what_is_in_it_twice() -> None:
    found = all_problems([GOOD, changed(header="*"), changed(language="hi"), changed()])
    assert found == [
        "line_next_v1 (en): the header has markup",
        "line_next_v1 (en): there are 3 of it",
    ]
