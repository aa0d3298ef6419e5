"""Settings that make the simulated Meta slow, wrong, forgetful or strict, changed while it runs."""

from __future__ import annotations

import random
from typing import Annotated, Any, Literal

import msgspec

from simulator.config import Config, ReadMode

Rate = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=600_000)]


class Faults(msgspec.Struct, forbid_unknown_fields=True):
    """How the simulated Meta misbehaves.

    Sending: `latency_ms` ± `latency_jitter_ms` before every answer. An `error_rate` of calls, and
    the next `fail_next` ones, are refused with `error_code` (and `http_status`, if given) and not
    accepted. A `timeout_rate`, and the next `timeout_next`, are accepted and then kept waiting for
    `hang_seconds`; a `drop_rate`, and the next `drop_next`, are accepted and the connection closed
    without an answer. Faults of sending affect messages, not read receipts.

    Webhooks: `duplicate_webhooks` is the share sent twice; `shuffle_statuses` sends a message's
    statuses in the wrong order; `status_delay_ms` is the pause before each of them;
    `skip_delivered` leaves `delivered` out where `read` follows; `hold_webhooks` keeps all back.

    Rules: `window_enforced` refuses free text outside the 24-hour window, at once with
    `sync_131047`, else by a `failed` status; `read` says when phones send read receipts;
    `pair_rate` and `throughput_per_second` turn on Meta's rates (131056, 130429); `lookups_fail`
    refuses the payments lookup (131016), while webhooks still report payments;
    `unknown_recipients` either fails (131026) or makes a new phone for the number.

    Forms: every message of one of `refused_forms` is refused with `refused_form_code` (131009 if
    it is None); with `refused_forms_later` it is accepted, and then fails by a status. A form is
    the `type` of a message (`text`, `template`, `document`, …), the kind of an interactive one
    (`button`, `list`, `cta_url`, `order_details`, `order_status`, …), or `context` for a message
    that quotes another. A reaction has no `failed` status, so it is refused at once in either case.
    With Twilio a form is `text`, `media` or the type of a content, such as `twilio/list-picker`.

    Codes are Meta's. Where Twilio is played, it reports its own for them, and takes its own here.

    `seed` makes chance repeatable.
    """

    latency_ms: Milliseconds = 0
    latency_jitter_ms: Milliseconds = 0
    error_rate: Rate = 0.0
    error_code: int = 131000
    http_status: Annotated[int, msgspec.Meta(ge=400, le=599)] | None = None
    fail_next: Count = 0
    timeout_rate: Rate = 0.0
    timeout_next: Count = 0
    hang_seconds: Annotated[float, msgspec.Meta(ge=0.0, le=600.0)] = 60.0
    drop_rate: Rate = 0.0
    drop_next: Count = 0
    duplicate_webhooks: Rate = 0.0
    shuffle_statuses: bool = False
    status_delay_ms: Milliseconds = 0
    skip_delivered: bool = False
    hold_webhooks: bool = False
    window_enforced: bool = True
    sync_131047: bool = False
    read: ReadMode = "auto"
    pair_rate: bool = False
    lookups_fail: bool = False
    throughput_per_second: Annotated[int, msgspec.Meta(ge=1)] | None = None
    unknown_recipients: Literal["fail", "new_phone"] = "fail"
    refused_forms: list[str] = []
    refused_form_code: int | None = None
    refused_forms_later: bool = False
    seed: int | None = None


def initial(config: Config) -> Faults:
    """Return the settings the simulator starts with: a well-behaved Meta."""
    return Faults(
        read=config.read,
        sync_131047=config.sync_131047,
        unknown_recipients=config.unknown_recipients,
    )


def merge(current: Faults, changes: dict[str, Any]) -> Faults:
    """Return *current* with *changes* applied.

    Raises:
        msgspec.ValidationError: If a name or a value is not known.
    """
    return msgspec.convert({**msgspec.to_builtins(current), **changes}, Faults)


class Chance:
    """Draws whether a fault strikes. Not safe to share between threads without the world's lock."""

    def __init__(self) -> None:
        """Start unpredictable."""
        self._random = random.Random()  # noqa: S311 - which calls fail is no secret

    def seed(self, seed: int | None) -> None:
        """Start over, repeatably if *seed* is given."""
        self._random.seed(seed)

    def strikes(self, rate: float) -> bool:
        """Return True in a share *rate* of the calls."""
        return rate > 0 and self._random.random() < rate

    def latency(self, faults: Faults) -> float:
        """Return the seconds to wait before an answer."""
        spread = self._random.uniform(-1, 1) * faults.latency_jitter_ms
        return max(0.0, faults.latency_ms + spread) / 1000
