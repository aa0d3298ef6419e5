"""WhatsApp's verdicts on templates are kept by name and language."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.actions.messages import templates
from domain.actions.messages.templates import approvals, can_be_sent, is_held_back
from domain.model.messages import Approval
from domain.scopes import ClinicScope
from tests.people import NOW, Cast
from tests.stage import Stage

KEY = ("token_next_v1", "hi")


def told(stage: Stage, at: datetime = NOW, account: str = "210", **said: Any) -> None:
    work = stage.work()
    templates.record_template_state(work, account, *KEY, at, templates.Verdict(**said))
    work.commit()


def known(stage: Stage) -> Approval:
    return approvals(stage.work(), "210")[KEY]


def test_each_notice_adds_what_it_says(stage: Stage) -> None:
    told(stage, status="REJECTED", reason="INVALID_FORMAT")
    told(stage, NOW + timedelta(minutes=1), category="MARKETING")
    told(stage, NOW + timedelta(minutes=2), quality="YELLOW")
    kept = known(stage)
    assert (kept.status, kept.reason) == ("REJECTED", "INVALID_FORMAT")
    assert (kept.category, kept.quality) == ("MARKETING", "YELLOW")
    told(stage, NOW + timedelta(minutes=3), status="APPROVED")
    assert (known(stage).status, known(stage).reason) == ("APPROVED", None)


def test_an_older_notice_that_comes_later_changes_nothing(stage: Stage) -> None:
    told(stage, status="APPROVED")
    told(stage, NOW - timedelta(seconds=1), status="PENDING")
    assert known(stage).status == "APPROVED"


def test_a_deleted_template_is_not_shown_and_accounts_are_apart(stage: Stage) -> None:
    told(stage, status="DELETED")
    assert approvals(stage.work(), "210") == {}
    told(stage, account="211", status="APPROVED")
    assert approvals(stage.work(), "210") == {}


@pytest.mark.parametrize(("status", "sent"), [("APPROVED", True), ("PAUSED", False), (None, True)])
def test_only_what_is_approved_can_be_sent(stage: Stage, status: str | None, sent: bool) -> None:  # noqa: FBT001
    said = {"status": status} if status else {}
    told(stage, NOW, **said)
    assert can_be_sent(known(stage)) is sent
    assert is_held_back(known(stage)) is not sent
    assert not can_be_sent(None)
    assert not is_held_back(None)


def test_a_clinics_admin_sees_them(stage: Stage, cast: Cast) -> None:
    told(stage, status="APPROVED")
    work = stage.parts.open_work(ClinicScope(cast.clinic.clinic_id))
    assert approvals(work, "210")[KEY].status == "APPROVED"
