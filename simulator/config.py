"""The simulator's configuration: the business's numbers, its secrets, and the people's phones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

Role = Literal["patient", "doctor", "admin"]
ReadMode = Literal["auto", "viewed", "never"]
Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{7,15}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
# What Meta's Cloud API needs.
CLOUD = ("app_secret", "verify_token", "access_tokens", "waba_id")


class ConfigError(ValueError):
    """The configuration file is missing, is not JSON, or contradicts itself."""


class Number(msgspec.Struct, frozen=True):
    """A business number as Meta knows it."""

    phone_number_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9]+$")]
    display_phone_number: Digits
    name: Name
    about: str = ""


class Phone(msgspec.Struct):
    """The phone of one person.

    `number` is the business number whose chat is open first. With `send_phone` false the person has
    a username, and webhooks carry only the business-scoped user id. `read` says when this phone
    sends read receipts; None follows the setting for all phones.
    """

    wa_id: Digits
    user_id: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\.[A-Za-z0-9]{1,128}$")]
    name: Name
    role: Role
    number: str
    hint: str = ""
    send_phone: bool = True
    username: str = ""
    read: ReadMode | None = None


class TwilioAccount(msgspec.Struct, frozen=True):
    """The account at Twilio that the numbers belong to; its token also signs webhooks."""

    account_sid: Annotated[str, msgspec.Meta(pattern=r"^AC[0-9a-f]{32}$")]
    auth_token: Annotated[str, msgspec.Meta(min_length=1)]


class Config(msgspec.Struct, frozen=True):
    """What the simulator is started with.

    `provider` is who it plays. Meta's Cloud API needs `app_secret`, `verify_token`,
    `access_tokens` and `waba_id`; Twilio needs `twilio` instead, and there `phone_number_id` only
    names a number in the control API, while messages name it by `display_phone_number`.

    `read`, `sync_131047` and `unknown_recipients` are the starting values of the settings of the
    same name (see `simulator.faults`). `templates` are registered, as approved, before the first
    call. `payment_configurations` are those that orders can be paid through; None: any.
    """

    webhook_url: Annotated[str, msgspec.Meta(pattern=r"^https?://")]
    numbers: Annotated[list[Number], msgspec.Meta(min_length=1)]
    provider: Literal["cloud", "twilio"] = "cloud"
    app_secret: str = ""
    verify_token: str = ""
    access_tokens: list[str] = []
    waba_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z_]*$")] = ""
    twilio: TwilioAccount | None = None
    phones: list[Phone] = []
    graph_version: Annotated[str, msgspec.Meta(pattern=r"^v[0-9]+\.[0-9]+$")] = "v26.0"
    templates: list[dict[str, Any]] = []
    payment_configurations: list[str] | None = None
    verify_webhook: bool = True
    read: ReadMode = "auto"
    sync_131047: bool = False
    unknown_recipients: Literal["fail", "new_phone"] = "fail"

    @property
    def shakes_hands(self) -> bool:
        """Whether webhooks wait for the product to prove that it knows the verify token."""
        return self.provider == "cloud" and self.verify_webhook

    def number(self, phone_number_id: str) -> Number | None:
        """Return the business number with that id, if there is one."""
        return next((n for n in self.numbers if n.phone_number_id == phone_number_id), None)


def parse(raw: bytes) -> Config:
    """Read a configuration.

    Raises:
        ConfigError: If it is not valid; the message names the field.
    """
    try:
        config = msgspec.json.decode(raw, type=Config)
    except msgspec.DecodeError as error:
        raise ConfigError(str(error)) from error
    missing = [name for name in CLOUD if not getattr(config, name)]
    if config.provider == "cloud" and missing:
        raise ConfigError(f"cloud needs {', '.join(missing)}")
    if (config.twilio is not None) != (config.provider == "twilio"):
        raise ConfigError("an account at Twilio goes with provider twilio, and only with it")
    for what, values in (
        ("phone_number_id", [n.phone_number_id for n in config.numbers]),
        ("wa_id", [p.wa_id for p in config.phones]),
        ("user_id", [p.user_id for p in config.phones]),
    ):
        twice = {value for value in values if values.count(value) > 1}
        if twice:
            raise ConfigError(f"{what} given twice: {', '.join(sorted(twice))}")
    for phone in config.phones:
        if config.number(phone.number) is None:
            raise ConfigError(f"phone {phone.wa_id} chats with unknown number {phone.number}")
    return config


def load(path: Path) -> Config:
    """Read the configuration file at *path*.

    Raises:
        ConfigError: If it cannot be read or is not valid.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    try:
        return parse(raw)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
