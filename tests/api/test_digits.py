"""Digits as phones' keyboards type them: of any script, wherever the API takes digits."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from api.schemas.auth import Otp
from api.schemas.base import ClockTime, Day, Phone
from api.schemas.clinics import SenderId
from api.schemas.doctors import LunchBreak
from api.schemas.queues import Number
from domain.model.clinics import User
from tests.accounts import PASSWORD, code_sent
from tests.api.answers import data, error
from tests.api.office import Office
from tests.api.signing_in import begin_login, works

ZEROS = {"Devanagari": "०", "Bengali": "০", "Tamil": "௦", "Urdu": "۰", "Arabic": "٠", "wide": "０"}


def in_script(text: str, script: str) -> str:
    """Return *text* with its digits in another script's."""
    zero = ord(ZEROS[script])
    return "".join(chr(zero + int(c)) if c in "0123456789" else c for c in text)


@pytest.mark.parametrize("script", ZEROS)
def test_a_code_may_be_typed_in_the_digits_of_any_script(
    office: Office, farida: User, script: str
) -> None:
    request_id = begin_login(office, farida)
    code = in_script(code_sent(office.stage, farida.whatsapp_number), script)
    proof = {"loginRequestId": request_id, "otp": code, "password": PASSWORD}
    tokens = data(office.stranger.post("/auth/clinic/verify-login", proof))
    assert works(office, tokens["accessToken"])


@pytest.mark.parametrize("otp", ["12345", "१२३४५", "1२3४5६7", "²²²²²²", "ⅣⅣⅣⅣⅣⅣ", "12345a", 123456])
def test_what_is_not_six_digits_is_no_code(office: Office, farida: User, otp: object) -> None:
    proof = {"loginRequestId": begin_login(office, farida), "otp": otp, "password": PASSWORD}
    refused = office.stranger.post("/auth/clinic/verify-login", proof)
    assert error(refused, 422) == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Otp, "123456"),
        (Day, "2030-11-25"),
        (ClockTime, "09:30"),
        (Phone, "+919876543210"),
        (SenderId, "106540352242922"),
        (LunchBreak, "13:00-14:00"),
        (Number, "008"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_digits_are_kept_in_one_form_whatever_they_mean(kind: Any, text: str) -> None:
    adapter = TypeAdapter[str](kind)
    for script in ZEROS:
        assert adapter.validate_python(in_script(text, script)) == text
        assert adapter.validate_python(text[:-1] + in_script(text[-1], script)) == text
    with pytest.raises(ValidationError):
        adapter.validate_python(text[:-1] + "x")
