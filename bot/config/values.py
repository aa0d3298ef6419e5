"""How one variable is read: as a choice, a number, a duration, an address or a list."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

import limits

from domain.errors import PulseOpsError

KEY_BYTES = 32
"""The length of a key of DATA_KEY."""


class BadSetting(PulseOpsError):
    """A variable of the environment has a value that the product cannot run with.

    Its text begins with the variable's name and holds no secret.
    """

    @property
    def setting(self) -> str:
        """The variable's name."""
        return str(self).partition(" ")[0]


class BadSettings(BadSetting):
    """Several of them; its text has a line for each."""

    def __init__(self, faults: Sequence[BadSetting]) -> None:
        super().__init__("\n".join(dict.fromkeys(str(fault) for fault in faults)))

    @property
    def setting(self) -> str:
        """The variables' names, with commas."""
        return ", ".join(dict.fromkeys(line.partition(" ")[0] for line in str(self).splitlines()))


def phone_number(env: Mapping[str, str], name: str, default: str = "") -> str | None:
    """Return a phone number in E.164, or None if it is not set; drops Twilio's `whatsapp:` prefix.

    Raises:
        BadSetting: If it is no phone number.
    """
    value = env.get(name, default).removeprefix("whatsapp:")
    if value and not re.fullmatch(r"\+[1-9]\d{6,14}", value):
        raise BadSetting(f"{name} is {value!r}; a number looks like +918040009000")
    return value or None


def choice(env: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """Return which of *allowed* was chosen, the first by default.

    Raises:
        BadSetting: If it is none of them.
    """
    value = env.get(name, allowed[0])
    if value not in allowed:
        raise BadSetting(f"{name} is {value!r}; it can be {', '.join(allowed)}")
    return value


def whole_number(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """Return a whole number from *least* to *most*.

    Raises:
        BadSetting: If it is no such number.
    """
    text = env.get(name, str(default))
    if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
        raise BadSetting(f"{name} is {text!r}; it must be a whole number from {least} to {most}")
    return int(text)


def duration(env: Mapping[str, str], name: str, default: str) -> timedelta:
    """Return a duration, written as 15m, 12h or 7d.

    Raises:
        BadSetting: If it is written otherwise.
    """
    value = env.get(name, default)
    found = re.fullmatch(r"([1-9]\d{0,5})([smhd])", value)
    if found is None:
        raise BadSetting(f"{name} is {value!r}; it looks like 15m, 12h or 7d")
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    return timedelta(**{units[found[2]]: int(found[1])})


def rate(env: Mapping[str, str], name: str, default: str) -> str:
    """Return a rate such as "600 per minute", in the notation of `limits`.

    Raises:
        BadSetting: If `limits` cannot read it.
    """
    value = env.get(name, default)
    try:
        limits.parse(value)
    except ValueError:
        raise BadSetting(f"{name} is {value!r}; it looks like {default}") from None
    return value


def parse_rate(rate: str) -> tuple[int, int]:
    """Return how many times *rate*, in the notation of `limits`, allows in how many seconds."""
    item = limits.parse(rate)
    return item.amount, item.get_expiry()


def url(env: Mapping[str, str], name: str, default: str) -> str:
    """Return an http or https address without a slash at its end.

    Raises:
        BadSetting: If it is no such address.
    """
    value = env.get(name, default).rstrip("/")
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise BadSetting(f"{name} is {value!r}; it must begin with http:// or https://")
    return value


def comma_separated(env: Mapping[str, str], name: str, default: str) -> tuple[str, ...]:
    """Return the parts of a list with commas; a list without any part counts as not set."""
    return split_commas(env.get(name, "")) or split_commas(default)


def split_commas(text: str) -> tuple[str, ...]:
    """Return the parts between the commas of *text*, without blanks and empty ones."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def drop_empty(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the *variables* that are set: an empty one counts as not set."""
    return {name: value for name, value in variables.items() if value.strip()}


def read_parameters(path: str) -> dict[str, str]:
    """Return the values in AWS's Parameter Store under *path*, by the last part of each name.

    Raises:
        BadSetting: If the Parameter Store could not be read.
    """
    # Takes 0.2 s to load, and most installations never need it.
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    found: dict[str, str] = {}
    try:
        pages = boto3.client("ssm").get_paginator("get_parameters_by_path")
        for page in pages.paginate(Path=path, Recursive=True, WithDecryption=True):
            for parameter in page["Parameters"]:
                found[parameter["Name"].rsplit("/", 1)[-1]] = parameter["Value"]
    except (BotoCoreError, ClientError) as error:
        raise BadSetting(f"AWS_PARAMETER_PATH could not be read: {error}") from None
    return found


def decode_key(text: str) -> bytes:
    """Return the bytes of the key *text*, an entry of DATA_KEY.

    Raises:
        ValueError: If it is not base64, of either alphabet, of 32 bytes.
    """
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("a key of DATA_KEY is not base64 of 32 bytes")
    return key
