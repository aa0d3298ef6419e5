"""What an answer of the API holds: the data of a success, and what a refusal says."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse


def data(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    """Return what a success holds."""
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json["data"]
    return found


def refusal(answer: TestResponse, status: int = 409) -> dict[str, Any]:
    """Return the error of a refusal."""
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json["error"]
    return found


def error(answer: TestResponse, status: int) -> str:
    """Return the code of a refusal."""
    return str(refusal(answer, status)["code"])


def code_and_fields(answer: TestResponse, status: int) -> tuple[str, list[str]]:
    """Return the code of a refusal, and the fields that it is about."""
    found = refusal(answer, status)
    return found["code"], [detail["field"] for detail in found["details"]]


def field_refused(answer: TestResponse) -> str:
    """Return the one field that a 422 is about."""
    (field,) = code_and_fields(answer, 422)[1]
    return field


def refused(answer: TestResponse) -> tuple[int, str]:
    """Return the status of a refusal, and its code."""
    return answer.status_code, answer.json["error"]["code"]
