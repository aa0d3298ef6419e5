"""A message over one of Meta's limits still goes, shortened where a reader expects it least."""

from __future__ import annotations

from typing import Any

import pytest

from domain.channel import Choice, Outbound, TemplateCall
from tests.cloud_bodies import body_of

TEXT = "Choose a doctor"
URL = "https://p.example.in/pay/1"


def content(**parts: Any) -> dict[str, Any]:
    message = Outbound(
        message_id="out_1",
        sender="1",
        phone="919800000001",
        wa_user_id=None,
        **{"text": TEXT, "choices_label": "Doctors", **parts},
    )
    body: dict[str, Any] = body_of(message)
    return body[body["type"]]


def choices(*words: str, more: str = "") -> tuple[Choice, ...]:
    return tuple(Choice(f"id:{place}", word, more) for place, word in enumerate(words))


@pytest.mark.parametrize(
    ("offered", "kind"),
    [
        (choices("Yes"), "button"),
        (choices("Yes", "No", "w" * 20), "button"),
        (choices("Yes", "No", "w" * 21), "list"),
        (choices("Yes", "No", more="and why"), "list"),
        (choices("Yes", "No", "Later", "Never"), "list"),
        (choices("Dr Rao", "Dr Rao"), "list"),
    ],
    ids=["one", "three", "a long one", "with a second line", "four", "two alike"],
)
def test_up_to_three_short_choices_are_buttons_and_others_a_list(
    offered: tuple[Choice, ...], kind: str
) -> None:
    assert content(choices=offered)["type"] == kind


def test_a_list_is_kept_within_its_limits() -> None:
    long = content(
        text="t" * 5000,
        choices=choices(*["w" * 30] * 12, more="m" * 80),
        choices_label="l" * 30,
    )

    [section] = long["action"]["sections"]
    assert long["body"]["text"] == "t" * 4095 + "…"
    assert long["action"]["button"] == "l" * 19 + "…"
    assert len(section["rows"]) == 10
    assert {row["title"] for row in section["rows"]} == {"w" * 23 + "…"}
    assert {row["description"] for row in section["rows"]} == {"m" * 71 + "…"}


def test_a_list_without_a_label_still_opens() -> None:
    assert content(choices=choices(*"abcd"), choices_label="")["action"]["button"] == "…"


def test_buttons_and_links_cut_a_long_text_at_1024() -> None:
    assert content(text="t" * 2000, choices=choices("Yes"))["body"]["text"] == "t" * 1023 + "…"
    link = content(text="t" * 2000, url=URL, url_label="l" * 30)
    assert link["body"]["text"] == "t" * 1023 + "…"
    assert link["action"]["parameters"] == {"display_text": "l" * 19 + "…", "url": URL}


def test_a_text_is_cut_at_4096() -> None:
    assert content(text="t" * 4096)["body"] == "t" * 4096
    assert content(text="t" * 4097)["body"] == "t" * 4095 + "…"


def test_a_link_that_has_no_button_stands_whole_under_the_text() -> None:
    beside_buttons = content(text="t" * 2000, url=URL, url_label="Pay", choices=choices("Cancel"))
    without_label = content(url=URL)

    assert beside_buttons["body"]["text"].endswith(f"t…\n\nPay: {URL}")
    assert len(beside_buttons["body"]["text"]) == 1024
    assert without_label["body"] == f"{TEXT}\n\n{URL}"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("Asha\nDevi\t Rao     Iyer", "Asha Devi Rao Iyer"),
        ("  Asha ", "Asha"),
        ("", "–"),
        (" \n ", "–"),
        ("a" * 2000, "a" * 1023 + "…"),
    ],
    ids=["line break, tab, five blanks", "blanks around", "empty", "only blanks", "long"],
)
def test_a_template_parameter_is_made_such_that_meta_takes_it(value: str, sent: str) -> None:
    [body] = content(template=TemplateCall("t", "en", {"name": value}))["components"]

    assert body["parameters"] == [{"type": "text", "parameter_name": "name", "text": sent}]


def test_an_answer_may_quote_what_it_answers() -> None:
    said = body_of(Outbound("msg_1", "100", "+919876543021", None, text="Yes", quotes="wamid.A1"))
    assert said["context"] == {"message_id": "wamid.A1"}
    assert said["text"] == {"preview_url": False, "body": "Yes"}
