"""What is read of a webhook before its signature can be looked at."""

from __future__ import annotations

import threading

import pytest
from flask import Flask, Response, request

from bot.webhooks import bodies
from bot.webhooks.bodies import BASE64_DIGEST, HEX_SHA256, SMALL_BYTES, read_body

SIGNED = "sha256=" + "0" * 64
FLASK = Flask(__name__)


def unread() -> bytes:
    raise AssertionError("the body was read")


@pytest.mark.parametrize(
    "signature", [None, "", "sha256=", "sha256=" + "g" * 64, "sha1=" + "0" * 40, SIGNED + "0"]
)
def test_without_a_signature_of_its_form_nothing_is_read(signature: str | None) -> None:
    with FLASK.test_request_context(method="POST", data=b"x"):
        answer = read_body("cloud", signature, HEX_SHA256, unread)
    assert isinstance(answer, Response)
    assert answer.status_code == 403


@pytest.mark.parametrize("signature", [None, "", "abc", "é" * 28])
def test_the_same_for_twilio(signature: str | None) -> None:
    with FLASK.test_request_context(method="POST", data=b"x"):
        answer = read_body("twilio", signature, BASE64_DIGEST, unread)
    assert isinstance(answer, Response)
    assert answer.status_code == 403


def test_only_a_few_large_bodies_are_read_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_large", threading.BoundedSemaphore(1))
    large = b"x" * (SMALL_BYTES + 1)

    def read_another() -> bytes:
        with FLASK.test_request_context(method="POST", data=large):
            refused = read_body("cloud", SIGNED, HEX_SHA256, unread)
        assert isinstance(refused, Response)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        with FLASK.test_request_context(method="POST", data=b"small"):
            assert read_body("cloud", SIGNED, HEX_SHA256, request.get_data) == b"small"
        return b"large"

    for _ in range(2):  # its room is given back
        with FLASK.test_request_context(method="POST", data=large):
            assert read_body("cloud", SIGNED, HEX_SHA256, read_another) == b"large"


def test_a_body_of_unknown_length_counts_as_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_large", threading.BoundedSemaphore(1))
    bodies._large.acquire()
    with FLASK.test_request_context(method="POST"):
        answer = read_body("cloud", SIGNED, HEX_SHA256, unread)
    assert isinstance(answer, Response)
    assert answer.status_code == 503
