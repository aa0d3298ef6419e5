"""Which template a message leaves as, by what WhatsApp says of each."""

from __future__ import annotations

from typing import Any

import pytest

from domain.actions.messages import outbox, templates
from domain.actions.people import consent
from domain.channel import Outbound
from domain.model.messages import Consent, Message, MessageStatus
from tests.outbox import row
from tests.people import Cast, store, stored
from tests.stage import Stage


@pytest.fixture
def reader(stage: Stage, cast: Cast) -> Stage:
    """Asha reads Hindi, and has not written."""
    contact = stored(stage.records, cast.asha_contact)
    store(stage.records, contact.but(language="hi"))
    return stage


def says(stage: Stage, language: str, name: str = "office_free_text_v1", **said: Any) -> None:
    work = stage.work()
    account = stage.parts.settings.template_account
    templates.record_template_state(
        work, account, name, language, work.now, templates.Verdict(**said)
    )
    work.commit()


def send(stage: Stage, cast: Cast, **given: Any) -> tuple[Message, list[Outbound]]:
    """Write words of Sunrise's, which has no sender of its own, to Asha; return what left."""
    clinic = given.pop("clinic", cast.sunrise)
    work = stage.work()
    message = outbox.send(
        work,
        outbox.Draft(
            "office/free_text",
            to="con_asha",
            clinic=clinic,
            values={"text": "Your report is here"},
            **{"consent": Consent.NEWS, **given},
        ),
    )
    work.commit()
    return message, stage.settle()


def left_in(sent: list[Outbound]) -> list[str]:
    return [o.template.language for o in sent if o.template is not None]


@pytest.mark.parametrize("said", [None, {"status": "APPROVED"}, {"status": "FLAGGED"}])
def test_what_is_approved_or_not_spoken_of_leaves_in_the_readers_language(
    reader: Stage, cast: Cast, said: dict[str, str] | None
) -> None:
    if said:
        says(reader, "hi", **said)
    assert left_in(send(reader, cast)[1]) == ["hi"]


@pytest.mark.parametrize("english", [None, "APPROVED"])
def test_what_is_not_approved_leaves_in_english(
    reader: Stage, cast: Cast, english: str | None
) -> None:
    says(reader, "hi", status="REJECTED")
    if english:
        says(reader, "en", status=english)
    assert left_in(send(reader, cast)[1]) == ["en"]


def test_what_is_approved_in_neither_ends_with_the_reason(reader: Stage, cast: Cast) -> None:
    says(reader, "hi", status="REJECTED")
    says(reader, "en", status="PAUSED", reason="LOW_QUALITY")
    message, sent = send(reader, cast)
    assert sent == []
    ended = row(reader, message)
    assert ended.status is MessageStatus.FAILED
    assert "PAUSED (LOW_QUALITY)" in (ended.failure or "")


def test_within_a_day_of_theirs_it_leaves_in_words(reader: Stage, cast: Cast) -> None:
    reader.hear(cast.asha_contact.phone or "", "hi", sender=reader.parts.rules.platform_sender)
    reader.settle()
    for language in ("hi", "en"):
        says(reader, language, status="PAUSED")
    (sent,) = send(reader, cast)[1]
    assert sent.template is None


def test_the_platforms_word_says_nothing_of_a_clinics_own_account(
    reader: Stage, cast: Cast
) -> None:
    for language in ("hi", "en"):
        says(reader, language, status="PAUSED")
    assert left_in(send(reader, cast, clinic=cast.clinic)[1]) == ["hi"]


@pytest.mark.parametrize(
    ("kind", "comes"), [(Consent.NEWS, False), (Consent.TOKEN, True), (Consent.REPLY, True)]
)
def test_what_whatsapp_calls_marketing_by_now_is_not_for_who_stopped_that(
    reader: Stage, cast: Cast, kind: Consent, *, comes: bool
) -> None:
    says(reader, "hi", category="MARKETING")
    work = reader.work()
    consent.set_marketing_preference(work, cast.asha_contact.phone, None, stops_marketing=True)
    work.commit()
    message, sent = send(reader, cast, consent=kind)
    assert bool(sent) is comes
    assert (row(reader, message).status is MessageStatus.DROPPED) is not comes
