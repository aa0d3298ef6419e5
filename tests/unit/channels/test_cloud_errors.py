"""What Meta's error codes mean."""

from __future__ import annotations

import pytest

from bot.channels.cloud.errors import CODES, classify, reason
from bot.channels.http import redact_numbers
from domain.channel import ErrorClass

LATER, LATER_PAIR, TEMPLATE, LANGUAGE, DOCUMENT, ORDER, MALFORMED, UNWANTED, NEVER, STOP = (
    ErrorClass.LATER,
    ErrorClass.LATER_PAIR,
    ErrorClass.TEMPLATE,
    ErrorClass.LANGUAGE,
    ErrorClass.DOCUMENT,
    ErrorClass.ORDER,
    ErrorClass.MALFORMED,
    ErrorClass.UNWANTED,
    ErrorClass.NEVER,
    ErrorClass.STOP,
)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (LATER,      [4, 80007, 130429, 131000, 131016, 131057, 133004, 1, 2]),
        (LATER_PAIR, [131056]),
        (TEMPLATE,   [131047]),
        (NEVER,      [131026, 131021, 131030, 131062]),
        (NEVER,      [131049, 130472, 130497]),
        (UNWANTED,   [131050]),
        (LANGUAGE,   [132001]),
        (MALFORMED,  [132000, 132005, 132007, 132012]),
        (NEVER,      [132015, 132016]),
        (DOCUMENT,   [131052, 131053]),
        (MALFORMED,  [100, 131008, 131009, 131051, 135000]),
        (ORDER,      [134011, 2046, 2047]),
        (STOP,       [131048, 368, 131031]),
        (STOP,       [0, 190, 3, 10, 200, 210, 299, 131005, 133010, 33, 131042, 131045, 131037]),
        (STOP,       [133000, 133005, 133006, 133008, 133009, 133015, 133016]),
    ],
    ids=["later", "pair", "window", "recipient", "person's choice", "no marketing", "language",
         "template", "template held back", "file", "request", "payment", "quality", "set-up",
         "registration"],
)  # fmt: skip
def test_a_code_means_the_same_whatever_the_status(kind: ErrorClass, codes: list[int]) -> None:
    for code in codes:
        assert {classify(code, status) for status in (None, 200, 400, 401, 500)} == {kind}


@pytest.mark.parametrize(
    ("status", "kind"),
    [(None, NEVER), (302, STOP), (400, MALFORMED), (401, STOP), (403, NEVER),
     (404, MALFORMED), (408, LATER), (413, MALFORMED), (422, MALFORMED), (429, LATER),
     (500, LATER), (502, LATER), (599, LATER)],
)  # fmt: skip
@pytest.mark.parametrize("code", [None, 987_654], ids=["no code", "unknown code"])
def test_without_a_known_code_the_status_decides(
    code: int | None, status: int | None, kind: ErrorClass
) -> None:
    assert classify(code, status) is kind


def test_every_reason_is_a_sentence_with_the_code() -> None:
    for code in CODES:
        assert reason(code).endswith(f" (error {code}).")
    assert reason(None, 502) == "WhatsApp cannot take messages for the moment (HTTP 502)."
    assert reason(987_654, 400) == "WhatsApp did not take the form of the message (error 987654)."
    assert reason(200, 403) == "WhatsApp lets the number send nothing (error 200)."
    assert reason(100, 400, 33) == "WhatsApp lets the number send nothing (error 100)."


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Object with ID '100200300400500' does not exist", "Object with ID '•••' does not exist"),
        ("call +91 (98000) 00-001 now", "call ••• now"),
        ("(#131047) More than 24 hours\n have passed", "(#131047) More than 24 hours have passed"),
        ("x" * 5000, "x" * 300),
    ],
)
def test_details_keep_metas_words_but_no_numbers_of_people(said: str, kept: str) -> None:
    assert redact_numbers(said) == kept
