"""What Meta's webhooks say."""

from __future__ import annotations

import copy
import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.cloud.parse import Parsed, parse
from domain.channel import ErrorClass
from domain.model.messages import Place
from flows.inbound import (
    EchoNotice,
    Inbound,
    Notice,
    OrderNotice,
    PreferenceNotice,
    QualityNotice,
    StatusUpdate,
    TemplateNotice,
)

PAYLOADS = Path(__file__).parents[2] / "payloads" / "cloud"
FIXTURES = {path.stem: json.loads(path.read_text()) for path in sorted(PAYLOADS.glob("*.json"))}
SENT_AT = datetime.fromtimestamp(1_795_000_000, UTC)
NOW = SENT_AT + timedelta(seconds=90, milliseconds=250)

FROM_ASHA = Inbound(
    received_at=NOW,
    message_id="wamid.A1",
    sender="100200300400500",
    display_number="+918040001000",
    kind="text",
    sent_at=SENT_AT,
    phone="+919800000001",
    wa_user_id="IN.7788990011",
    profile_name="Asha",
)
FROM_MEENA = replace(
    FROM_ASHA, phone=None, wa_user_id="IN.13491208655302741918", profile_name="Meena"
)
ANSWER = replace(FROM_ASHA, answers="wamid.OUT1")
TAP = replace(ANSWER, kind="tap")

CLINIC = Place(
    latitude="12.970000", longitude="77.590000", name="City Clinic", address="1 MG Road, Bengaluru"
)
# fmt: off
MESSAGES = {
    "text":                   replace(FROM_ASHA, text="next"),
    "text_reply":             replace(ANSWER, text="10:10"),
    "text_forwarded":         replace(FROM_ASHA, text="Clinic closed?"),
    "text_from_ad":           replace(FROM_ASHA, text="Hi"),
    "text_without_phone":     replace(FROM_MEENA, text="Hi"),
    "text_number_with_plus":  replace(FROM_ASHA, text="Hi", wa_user_id=None),
    "button_reply":           replace(TAP, choice="pay:TKN_1", text="Pay now"),
    "list_reply":             replace(TAP, choice="slot:7", text="Dr Rao"),
    "template_button":        replace(TAP, choice="CANCEL_TKN_1", text="Cancel"),
    "template_button_without_payload":
                              replace(ANSWER, text="Cancel"),
    "template_button_repeated": replace(ANSWER, text="Cancel"),
    "form_reply":             replace(ANSWER, kind="unsupported"),
    "location":               replace(FROM_ASHA, kind="location", place=CLINIC),
    "image":
        replace(FROM_ASHA, kind="media", media="image", text="My report",
                source="1003383421387256"),
    "document":
        replace(FROM_ASHA, kind="media", media="document", text="Blood test",
                file_name="report.pdf", source="1003383421387257"),
    "video":
        replace(FROM_ASHA, kind="media", media="video",
                source="1003383421387258"),
    "sticker":
        replace(FROM_ASHA, kind="media", media="sticker",
                source="1003383421387259"),
    "audio":
        replace(FROM_ASHA, kind="media", media="audio",
                source="1003383421387260"),
    "contacts":               replace(FROM_ASHA, kind="contacts"),
    "contact_requested":      replace(FROM_MEENA, kind="contacts", own_phone="+919800000003"),
    "contact_requested_at_card":
                              replace(FROM_MEENA, kind="contacts", own_phone="+919800000003"),
    "contact_of_another":     replace(FROM_MEENA, kind="contacts"),
    "reaction":               replace(ANSWER, kind="reaction", text="👍"),
    "reaction_removed":       replace(ANSWER, kind="reaction"),
    "order":                  replace(FROM_ASHA, kind="unsupported"),
    "system_changed_number":
        replace(FROM_ASHA, kind="system", wa_user_id=None, profile_name=None,
                new_phone="+919811111111", new_wa_user_id="IN.7788990099"),
    "system_changed_user_id":
        replace(FROM_MEENA, kind="system", profile_name=None,
                new_wa_user_id="IN.55667788990011223344"),
    "unsupported":            replace(FROM_ASHA, kind="unsupported"),
    "type_not_known_yet":     replace(FROM_ASHA, kind="unsupported"),
}
# fmt: on

DELIVERED = StatusUpdate(
    message_id="out_01JABC",
    provider_id="wamid.OUT1",
    status="delivered",
    at=SENT_AT + timedelta(seconds=5),
    category="utility",
    price_type="regular",
)
FAILED = StatusUpdate(
    message_id=None,
    provider_id="wamid.OUT2",
    status="failed",
    at=SENT_AT + timedelta(seconds=9),
    error_code=131047,
    error_kind=ErrorClass.TEMPLATE,
    error_text="More than 24 hours have passed since the recipient ••• last replied.",
)
# fmt: off
STATUSES = {
    "status_sent":          replace(DELIVERED, status="sent", at=SENT_AT + timedelta(seconds=4)),
    "status_delivered":     DELIVERED,
    "status_read":          replace(DELIVERED, status="read", at=SENT_AT + timedelta(seconds=60),
                                    category="referral_conversion",
                                    price_type="free_entry_point"),
    "status_without_phone": replace(DELIVERED, category=None, price_type=None),
    "status_failed":        FAILED,
    "status_failed_without_details":
        replace(
            FAILED,
            error_code=131026,
            error_kind=ErrorClass.NEVER,
            error_text="Message undeliverable",
        ),
}
# fmt: on

NOTHING = {
    "text_in_group": "an answer in a group would reach more than the one who asked",
    "system_other": "nobody's address changed",
    "edit": "a mended message must not run its command again",
    "revoke": "what was taken back was acted on",
    "status_played": "we send no voice",
    "errors": "the account's, not a message's",
}
TOLD: dict[str, Notice] = {
    "status_payment": OrderNotice("PO-01JABC-1", has_failed=False),
    "field_message_template_status_update": TemplateNotice(
        account="210220230240250",
        name="token_next_v1",
        language="hi",
        at=NOW.replace(microsecond=0),
        status="REJECTED",
        reason="INVALID_FORMAT",
    ),
    "field_template_category_update": TemplateNotice(
        account="210220230240250",
        name="token_next_v1",
        language="hi",
        at=NOW.replace(microsecond=0),
        category="MARKETING",
    ),
    "field_phone_number_quality_update": QualityNotice("+918040001000", "FLAGGED", "TIER_2K"),
    "field_smb_message_echoes": EchoNotice(
        "100200300400500", "+919800000001", "IN.7788990011", SENT_AT
    ),
    "field_user_preferences": PreferenceNotice(
        "+919800000001", "IN.7788990011", stops=True, at=SENT_AT
    ),
}
FIELDS = [name for name in FIXTURES if name.startswith("field_") and name not in TOLD]


def message(name: str = "text") -> dict[str, Any]:
    return FIXTURES[name]["entry"][0]["changes"][0]["value"]["messages"][0]


def webhook(**value: Any) -> dict[str, Any]:
    """Return the text message's webhook with parts of its value replaced."""
    payload = copy.deepcopy(FIXTURES["text"])
    payload["entry"][0]["changes"][0]["value"].update(value)
    return payload


def with_message(**changes: Any) -> dict[str, Any]:
    """Return the text message's webhook with parts of the message replaced, or left out (...)."""
    changed = {**message(), **changes}
    return webhook(messages=[{key: value for key, value in changed.items() if value is not ...}])


# --- Each documented shape ---


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_of_each_shape_is_read(name: str) -> None:
    assert parse(FIXTURES[name], NOW) == Parsed([MESSAGES[name]], [], 0)


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_of_each_shape_is_read(name: str) -> None:
    assert parse(FIXTURES[name], NOW) == Parsed([], [STATUSES[name]], 0)


@pytest.mark.parametrize("name", [*NOTHING, *FIELDS])
def test_what_is_none_of_our_business_is_counted(name: str) -> None:
    assert parse(FIXTURES[name], NOW) == Parsed([], [], 1)


@pytest.mark.parametrize("name", TOLD)
def test_what_meta_tells_beside_messages_is_read(name: str) -> None:
    assert parse(FIXTURES[name], NOW) == Parsed([], [], 0, [TOLD[name]])


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("value", [None, [], {}, {"user_preferences": [{}, 7]}, "text"])
def test_a_malformed_notice_is_counted(name: str, value: object) -> None:
    payload = copy.deepcopy(FIXTURES[name])
    payload["entry"][0]["changes"][0]["value"] = value
    assert parse(payload, NOW) == Parsed([], [], 1)


def test_every_fixture_is_expected_to_say_something() -> None:
    assert FIXTURES.keys() == {*MESSAGES, *STATUSES, *NOTHING, *FIELDS, *TOLD, "batch"}


def test_a_batch_gives_every_message_and_status_whatever_stands_between_them() -> None:
    parsed = parse(FIXTURES["batch"], NOW)

    assert [(m.message_id, m.phone, m.profile_name, m.kind) for m in parsed.inbound] == [
        ("wamid.B1", "+919800000002", "Ravi", "text"),
        ("wamid.B2", None, "Meena", "tap"),
        ("wamid.B3", "+919800000001", "Asha", "text"),
        ("wamid.B4", "+919800000002", "Ravi", "unsupported"),
        ("wamid.B5", None, "Meena", "media"),
    ]
    assert [m.sender[-3:] for m in parsed.inbound] == ["500", "600", "500", "500", "600"]
    assert {m.display_number for m in parsed.inbound} == {"+918040001000", "+918040002000"}
    assert [(s.provider_id, s.status, s.message_id) for s in parsed.statuses] == [
        ("wamid.OUT7", "sent", "out_01JABC"),
        ("wamid.OUT2", "failed", None),
        ("wamid.OUT9", "read", "out_01JDEF"),
    ]
    assert OrderNotice("PO-01JABC-1", has_failed=False) in parsed.notices
    # Two malformed messages, a status without status, another field, a change that is null, an
    # error of the account, an entry without changes.
    assert parsed.ignored == 6


def test_a_thousand_messages_in_one_webhook_are_all_read_in_order() -> None:
    people = [f"9198{number:08d}" for number in range(1000)]
    payload = webhook(
        contacts=[{"wa_id": who, "profile": {"name": who}} for who in reversed(people)],
        messages=[
            {**message(), "from": who, "from_user_id": None, "id": f"wamid.{who}"} for who in people
        ],
    )

    parsed = parse(payload, NOW)

    assert [m.phone for m in parsed.inbound] == [f"+{who}" for who in people]
    assert all(m.phone == f"+{m.profile_name}" for m in parsed.inbound)


# --- Who wrote ---


def test_a_contact_is_found_by_id_and_not_by_place() -> None:
    stranger = {"profile": {"name": "Ravi"}, "wa_id": "919800000002", "user_id": "IN.7788990022"}
    asha = FIXTURES["text"]["entry"][0]["changes"][0]["value"]["contacts"][0]

    assert parse(webhook(contacts=[stranger, asha]), NOW).inbound[0].profile_name == "Asha"
    assert parse(webhook(contacts=[stranger]), NOW).inbound[0].profile_name is None


def test_the_contact_fills_in_the_id_that_the_message_lacks() -> None:
    by_phone = parse(with_message(from_user_id=...), NOW).inbound[0]
    by_user_id = parse(with_message(**{"from": ...}), NOW).inbound[0]

    assert by_phone == by_user_id == MESSAGES["text"]


def test_a_message_from_nobody_is_ignored() -> None:
    payload = with_message(**{"from": ..., "from_user_id": ...})

    assert parse(payload, NOW) == Parsed([], [], 1)


@pytest.mark.parametrize("metadata", [None, {}, {"phone_number_id": 100200300400500}, []])
def test_a_message_to_no_number_of_ours_is_ignored(metadata: object) -> None:
    assert parse(webhook(metadata=metadata), NOW) == Parsed([], [], 1)


# --- When ---


@pytest.mark.parametrize(
    "timestamp",
    [..., None, "", "soon", "-1", "0", "9" * 20, "9" * 5000, 1.5, True, [], "1999999999"],
    ids=[
        "missing", "null", "empty", "a word", "negative", "1970", "huge", "too long for int",
        "a float", "a boolean", "a list", "years ahead",
    ],
)  # fmt: skip
def test_a_message_without_a_believable_time_was_sent_when_it_came(timestamp: object) -> None:
    parsed = parse(with_message(timestamp=timestamp), NOW)

    assert [m.sent_at for m in parsed.inbound] == [NOW.replace(microsecond=0)]


def test_a_number_will_do_as_a_timestamp() -> None:
    assert parse(with_message(timestamp=1_795_000_000), NOW).inbound[0].sent_at == SENT_AT


def test_messages_of_one_second_keep_their_order() -> None:
    same = [{**message(), "id": f"wamid.{place}"} for place in (3, 1, 2)]

    assert [m.message_id for m in parse(webhook(messages=same), NOW).inbound] == [
        "wamid.3", "wamid.1", "wamid.2",
    ]  # fmt: skip


# --- Malformed: counted, and never in the neighbours' way ---

# fmt: off
BAD_MESSAGES: dict[str, object] = {
    "null":                    None,
    "a list":                  [],
    "empty":                   {},
    "no type":                 {key: value for key, value in message().items() if key != "type"},
    "type is a list":          {**message(), "type": ["text"]},
    "id with a line break":    {**message(), "id": "wamid.\nA1"},
    "id too long":             {**message(), "id": "w" * 513},
    "id is half an emoji":     {**message(), "id": "\ud83d"},
    "text without object":     {**message(), "text": "next"},
    "text without body":       {**message(), "text": {}},
    "body is a number":        {**message(), "text": {"body": 1}},
    "interactive is a list":   {**message("button_reply"), "interactive": []},
    "tap without id":          {**message("button_reply"),
                                "interactive": {"type": "button_reply", "button_reply": {}}},
    "tap of another type":     {**message("button_reply"),
                                "interactive": {"type": "list_reply",
                                                "button_reply": {"id": "a", "title": "b"}}},
    "button without words":    {**message("template_button"), "button": {}},
    "location without place":  {**message("location"), "location": None},
    "contacts without one":    {**message("contacts"), "contacts": []},
    "reaction to nothing":     {**message("reaction"), "reaction": {"emoji": "👍"}},
    "change of nothing":       {**message("system_changed_number"),
                                "system": {"type": "user_changed_number"}},
    "change of a strange kind": {**message("system_changed_number"),
                                "system": {"type": [], "wa_id": "919811111111"}},
    "interactive of a strange kind": {**message("button_reply"), "interactive": {"type": {}}},
}
BAD_STATUSES: dict[str, object] = {
    "no id":                   {"status": "sent"},
    "no status":               {"id": "wamid.OUT1"},
    "status is a list":        {"id": "wamid.OUT1", "status": ["sent"]},
    "status of another kind":  {"id": "wamid.OUT1", "status": "warming_up"},
    "payment of nothing":      {"id": "wamid.OUT1", "status": "sent", "type": "payment"},
    "a word":                  "sent",
}
# fmt: on


@pytest.mark.parametrize("bad", BAD_MESSAGES.values(), ids=BAD_MESSAGES)
def test_a_malformed_message_is_counted_and_its_neighbours_are_read(bad: object) -> None:
    payload = webhook(messages=[bad, message(), bad])

    assert parse(payload, NOW) == Parsed([MESSAGES["text"]], [], 2)


@pytest.mark.parametrize("bad", BAD_STATUSES.values(), ids=BAD_STATUSES)
def test_a_malformed_status_is_counted_and_its_neighbours_are_read(bad: object) -> None:
    payload = copy.deepcopy(FIXTURES["status_delivered"])
    payload["entry"][0]["changes"][0]["value"]["statuses"] = [
        bad, *FIXTURES["status_delivered"]["entry"][0]["changes"][0]["value"]["statuses"], bad,
    ]  # fmt: skip

    assert parse(payload, NOW) == Parsed([], [DELIVERED], 2)


@pytest.mark.parametrize(
    "errors",
    [
        None,
        [],
        {},
        ["131047"],
        [{"code": "131047"}],
        [{"code": True, "error_data": "x", "title": 7}],
    ],
)
def test_a_failure_without_a_readable_error_is_still_a_failure(errors: object) -> None:
    payload = copy.deepcopy(FIXTURES["status_failed"])
    payload["entry"][0]["changes"][0]["value"]["statuses"][0]["errors"] = errors

    assert parse(payload, NOW).statuses == [
        replace(FAILED, error_code=None, error_kind=ErrorClass.NEVER, error_text=None)
    ]


@pytest.mark.parametrize(
    "payload",
    [
        None, True, 0, "", [], {}, float("nan"),
        {"object": "page", "entry": []},
        {"object": "whatsapp_business_account"},
        {"object": "whatsapp_business_account", "entry": {}},
        {"object": "whatsapp_business_account", "entry": [None]},
        {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages"}]}]},
        {"object": "whatsapp_business_account",
         "entry": [{"changes": [{"field": "messages", "value": {"messages": None}}]}]},
        {"object": "whatsapp_business_account",
         "entry": [{"changes": [{"field": ["messages"], "value": {"messages": []}}]}]},
    ],
)  # fmt: skip
def test_a_payload_of_another_shape_brings_nothing(payload: object) -> None:
    assert parse(payload, NOW) == Parsed([], [], 1)


def test_an_empty_webhook_brings_nothing_and_passes_over_nothing() -> None:
    assert parse({"object": "whatsapp_business_account", "entry": []}, NOW) == Parsed([], [], 0)


def test_half_an_emoji_in_the_words_is_replaced_so_that_they_can_be_stored() -> None:
    payload = with_message(text={"body": "Hi \ud83d"})
    payload["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = "A\udc00"

    [read] = parse(payload, NOW).inbound

    assert (read.text, read.profile_name) == ("Hi �", "A�")


# --- Whatever comes ---

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def places(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value inside *value*."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [at, *(place for key, child in inner for place in places(child, (*at, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> object:
    """Draw a fixture of which up to three values were taken out or replaced by anything."""
    whole: dict[Any, Any] = {
        "payload": copy.deepcopy(FIXTURES[draw(st.sampled_from(list(FIXTURES)))])
    }
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([("payload", *way) for way in places(whole["payload"])]))
        parent: Any = whole
        for step in way:
            parent = parent[step]
        if way and draw(st.booleans()):
            del parent[last]
        else:
            parent[last] = draw(JSON)
    return whole["payload"]


def is_sound(parsed: Parsed) -> bool:
    """Tell whether everything read can be acted on and stored."""
    assert [m.sent_at for m in parsed.inbound] == sorted(m.sent_at for m in parsed.inbound)
    everything: list[Inbound | StatusUpdate] = [*parsed.inbound, *parsed.statuses]
    for read in everything:
        for part in fields(read):
            value = getattr(read, part.name)
            if isinstance(value, str):
                value.encode()
    return all(
        m.message_id and m.sender and (m.phone or m.wa_user_id) and m.sent_at.tzinfo is UTC
        for m in parsed.inbound
    ) and all(s.provider_id and s.at.tzinfo is UTC for s in parsed.statuses)


@pytest.mark.property
@given(JSON)
def test_any_json_at_all_is_survived(payload: object) -> None:
    assert is_sound(parse(payload, NOW))


@pytest.mark.slow
@pytest.mark.property
@settings(max_examples=400, deadline=None)
@given(mutated())
def test_a_webhook_with_anything_broken_is_survived_and_what_is_read_is_sound(
    payload: object,
) -> None:
    assert is_sound(parse(payload, NOW))


@pytest.mark.property
@given(st.lists(JSON, max_size=5), st.lists(JSON, max_size=5))
def test_no_neighbour_keeps_a_message_from_being_read(before: list[Any], after: list[Any]) -> None:
    payload = webhook(messages=[*before, message(), *after])
    payload["entry"] = [*before, *payload["entry"], *after]

    assert MESSAGES["text"] in parse(payload, NOW).inbound
