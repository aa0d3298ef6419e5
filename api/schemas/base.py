"""What every schema has in common, and the types they are made of."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

D = TypeVar("D")


class Wire(BaseModel):
    """Names are snake_case here and camelCase outside."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        field_title_generator=lambda name, _field: to_camel(name),
        populate_by_name=True,
        frozen=True,
        ser_json_inf_nan="null",
    )


class Body(Wire):
    """A request's JSON: unknown fields and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Query(Wire):
    """A request's query: unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")


class Path(Wire):
    """The ids in an address. One that cannot be an id is simply not found."""


class Data(Wire):
    """What an answer holds under `data`."""


class Success(Wire, Generic[D]):
    """The shape of every answer that is not a refusal."""

    success: Literal[True] = True
    message: str | None = None
    data: D


class Done(Wire):
    """A success that has nothing to tell but its message."""

    success: Literal[True] = True
    message: str


class Detail(Wire):
    """What is wrong with one field."""

    field: str
    message: str


class ErrorBody(Wire):
    """What went wrong: a stable code for programs, and each field's trouble."""

    model_config = ConfigDict(extra="allow")

    code: str
    details: list[Detail]


class Failure(Wire):
    """The shape of every refusal."""

    success: Literal[False] = False
    message: str
    error: ErrorBody
    request_id: str


# Types


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_instant(value: object) -> datetime:
    # JSON has no instants: a number would be read as seconds since 1970.
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        raise ValueError("must be an instant, such as 2025-01-15T14:30:00Z")  # noqa: TRY004 - pydantic makes a refusal of a ValueError alone
    if value.tzinfo is None:
        raise ValueError("must say its time zone, such as 2025-01-15T14:30:00Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is too far away") from None


Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    PlainSerializer(_instant, when_used="always"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment, ISO 8601 in UTC with Z."""


def _fold_digits(value: object) -> object:
    if not isinstance(value, str):
        return value
    return "".join(str(unicodedata.decimal(char, char)) for char in value)


AnyDigits = BeforeValidator(_fold_digits)
"""Takes the digits of any script for 0 to 9, as a phone's keyboard may type them."""
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Day = Annotated[str, AnyDigits, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
"""A day of the clinic's, YYYY-MM-DD; `api.frame.days` checks that there is such a day."""
ClockTime = Annotated[str, AnyDigits, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of the clinic's day, HH:MM."""
Phone = Annotated[str, AnyDigits, StringConstraints(pattern=r"^\+[1-9]\d{7,14}$")]
"""E.164; whether there can be such a number the rules check."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Limit = Annotated[int, Field(ge=1, le=100)]
Rupees = Annotated[int, Field(ge=0, le=10_000_000)]


def rupees(paise: int) -> int:
    """Return whole rupees, rounded down."""
    return int(Decimal(paise) // 100)


class Paged(Query):
    """A list's page: how many, and where the last one ended."""

    limit: Limit = 50
    cursor: str | None = Field(
        default=None, max_length=1024, description="`nextCursor` of the page before."
    )
