"""The notice of how data are used, in the browser's language."""

from __future__ import annotations

from html import unescape

import pytest

from tests.api.office import Office


@pytest.mark.parametrize(
    ("wanted", "language", "words"),
    [
        ("en", "en", ("How your data is used", "“delete my data”", "180 days", "1095 days")),
        ("hi", "hi", ("आपकी जानकारी", "“मेरा डेटा हटाओ”", "180 दिन")),
        ("fr", "en", ("How your data is used",)),
    ],
)
def test_the_notice_says_what_is_kept_how_long_and_what_one_can_do(
    office: Office, wanted: str, language: str, words: tuple[str, ...]
) -> None:
    answer = office.http.get("/privacy", headers={"Accept-Language": wanted})
    assert answer.status_code == 200
    text = unescape(answer.text)
    assert f'<html lang="{language}"' in text
    assert all(word in text for word in words)
    assert "script-src" in answer.headers["Content-Security-Policy"]


def test_the_first_greeting_links_to_it_unless_the_operator_names_another(office: Office) -> None:
    settings = office.stage.parts.settings
    assert settings.privacy_url == "http://localhost:8000/privacy"
    assert settings.rules.notice_url == settings.privacy_url
