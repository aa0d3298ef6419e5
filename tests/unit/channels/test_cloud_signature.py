"""The signature of Meta's webhooks."""

from __future__ import annotations

import json

import pytest

from bot.channels.cloud.signature import is_signed, sign

SECRET = "test_app_secret"
BODY = b'{"object":"whatsapp_business_account","entry":[]}'
SIGNATURE = "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"


def test_the_known_vector_is_accepted() -> None:
    assert sign(BODY, SECRET) == SIGNATURE
    assert is_signed(BODY, SIGNATURE, [SECRET])


@pytest.mark.parametrize(
    "secrets", [["new", SECRET], [SECRET, "new"]], ids=["old last", "old first"]
)
def test_either_secret_is_accepted_while_the_secret_changes(secrets: list[str]) -> None:
    assert is_signed(BODY, SIGNATURE, secrets)
    assert is_signed(BODY, sign(BODY, "new"), secrets)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        SIGNATURE.removeprefix("sha256="),
        SIGNATURE.replace("sha256", "sha1"),
        SIGNATURE[:-1],
        SIGNATURE + "0",
        SIGNATURE[:-1] + "7",
        SIGNATURE + "\n",
        "sha256=नमस्ते",
        "sha256=\udce0\udc80",
    ],
    ids=[
        "no header",
        "empty header",
        "no digest",
        "no prefix",
        "another algorithm",
        "too short",
        "too long",
        "last digit wrong",
        "line break",
        "not ASCII",
        "bytes that are not UTF-8",
    ],
)
def test_a_wrong_header_is_refused_and_raises_nothing(header: str | None) -> None:
    assert not is_signed(BODY, header, [SECRET])


def test_another_body_is_refused() -> None:
    assert not is_signed(BODY + b" ", SIGNATURE, [SECRET])


def test_another_secret_is_refused() -> None:
    assert not is_signed(BODY, SIGNATURE, ["test_app_secret2"])


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]], ids=["none", "empty", "two empty"])
def test_without_a_secret_nothing_is_signed(secrets: list[str]) -> None:
    assert not is_signed(BODY, sign(BODY, ""), secrets)
    assert not is_signed(BODY, SIGNATURE, secrets)


def test_json_written_again_has_another_signature() -> None:
    raw = '{"a":"नमस्ते"}'.encode()
    again = json.dumps(json.loads(raw)).encode()

    assert is_signed(raw, sign(raw, SECRET), [SECRET])
    assert not is_signed(again, sign(raw, SECRET), [SECRET])
