"""`pulseops templates push`: our templates at WhatsApp, and what WhatsApp says of them here."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from click.testing import Result

from bot.app import create_app
from bot.channels.templates import TemplateDefinition
from bot.rendering.renderer import Renderer
from domain.actions.messages import templates
from domain.errors import Conflict
from domain.model.messages import Approval
from tests.api.office import Office
from tests.api.template_providers import Meta, Twilio, serving
from tests.people import NOW
from tests.stage import Stage

TURN = "news_your_turn_v1"
FREE = "office_free_text_v1"


@pytest.fixture
def meta() -> Iterator[Meta]:
    meta = Meta()
    with serving(meta):
        yield meta


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    twilio = Twilio()
    with serving(twilio):
        yield twilio


def push(stage: Stage, provider: Meta | Twilio) -> Result:
    if isinstance(provider, Meta):
        changes: dict[str, Any] = {
            "whatsapp_api_url": provider.url,
            "whatsapp_business_account_id": "waba",
        }
    else:
        changes = {
            "whatsapp_provider": "twilio",
            "twilio_account_sid": "AC1",
            "twilio_auth_token": "token",
            "twilio_api_url": provider.url,
        }
    stage.parts = replace(stage.parts, settings=replace(stage.parts.settings, **changes))
    cli = create_app(stage.parts).test_cli_runner()
    return cli.invoke(args=["pulseops", "templates", "push"])


def catalogue(stage: Stage) -> list[TemplateDefinition]:
    return stage.parts.renderer.template_catalogue()


def stocked(stage: Stage, meta: Meta, **changes: dict[str, Any]) -> None:
    """Have all our templates at Meta, approved; *changes* are of the English ones, by name."""
    for place, definition in enumerate(catalogue(stage)):
        there = deepcopy(definition.payload()) | {"id": str(place), "status": "APPROVED"}
        if definition.language == "en":
            there |= changes.get(definition.name, {})
        meta.templates.append(there)


def other_words(stage: Stage, name: str) -> list[dict[str, Any]]:
    (definition,) = [d for d in catalogue(stage) if (d.name, d.language) == (name, "en")]
    components = deepcopy(definition.payload()["components"])
    for component in components:
        if component["type"] == "BODY":
            component["text"] = f"As it was said before: {component['text']}"
    return list(components)


def known(stage: Stage, name: str, account: str = "waba") -> Approval:
    return templates.approvals(stage.work(), account)[name, "en"]


def line(result: Result, name: str) -> str:
    (found,) = [said for said in result.output.splitlines() if f" {name} (en)" in said]
    return found.strip()


def test_what_is_missing_is_submitted_once_and_its_state_is_kept(stage: Stage, meta: Meta) -> None:
    result = push(stage, meta)
    assert result.exit_code == 0, result.output
    every = {(d.name, d.language) for d in catalogue(stage)}
    assert {(t["name"], t["language"]) for t in meta.templates} == every
    assert f"{len(every)} templates are submitted" in result.output
    assert f"{len(every)} PENDING" in result.output
    assert line(result, TURN) == f"submitted  {TURN} (en)  PENDING"
    assert known(stage, TURN).status == "PENDING"
    again = push(stage, meta)
    assert "0 templates are submitted" in again.output
    assert len(meta.calls) == len(every)


def test_every_page_of_the_list_is_read(stage: Stage, meta: Meta) -> None:
    stocked(stage, meta)
    assert len(meta.templates) > 2 * meta.page
    result = push(stage, meta)
    assert (result.exit_code, meta.calls) == (0, [])
    assert f"0 changed, {len(meta.templates)} unchanged" in result.output


def test_a_list_that_goes_on_at_metas_own_address_is_read_where_we_ask(
    stage: Stage, meta: Meta
) -> None:
    stocked(stage, meta)
    meta.names_itself = "https://graph.example"
    assert push(stage, meta).exit_code == 0
    assert meta.calls == []


def test_a_list_without_an_end_is_given_up(stage: Stage, meta: Meta) -> None:
    stocked(stage, meta)
    meta.endless = True
    result = push(stage, meta)
    assert (result.exit_code, meta.calls) == (1, [])
    assert "has no end" in result.output


def test_what_whatsapp_decided_is_seen_by_the_admin_without_a_webhook(
    office: Office, meta: Meta
) -> None:
    decided = {
        "status": "REJECTED",
        "rejected_reason": "PROMOTIONAL",
        "category": "MARKETING",
        "quality_score": {"score": "RED"},
    }
    stocked(office.stage, meta, **{FREE: decided})
    result = push(office.stage, meta)
    assert result.exit_code == 0, result.output
    assert line(result, FREE) == (
        f"unchanged  {FREE} (en)  REJECTED, because of PROMOTIONAL, as MARKETING instead of UTILITY"
    )
    approval = known(office.stage, FREE)
    assert (approval.status, approval.reason) == ("REJECTED", "PROMOTIONAL")
    assert (approval.category, approval.quality) == ("MARKETING", "RED")
    client = create_app(office.stage.parts).test_client()
    headers = {"Authorization": f"Bearer {office.admin.token}"}
    shown = client.get("/api/v1/whatsapp/templates", headers=headers).json
    assert shown is not None
    states = {(t["name"], t["language"]): t["status"] for t in shown["data"]["templates"]}
    assert (states["free_text", "en"], states["free_text", "hi"]) == ("REJECTED", "APPROVED")


def test_a_webhook_of_the_same_second_counts_after_the_list(stage: Stage, meta: Meta) -> None:
    stage.clock.instant = NOW.replace(microsecond=900_000)
    push(stage, meta)
    work = stage.work()
    templates.record_template_state(
        work, "waba", TURN, "en", NOW, templates.Verdict(status="APPROVED")
    )
    work.commit()
    assert known(stage, TURN).status == "APPROVED"


@pytest.mark.parametrize("status", ["APPROVED", "REJECTED", "PAUSED"])
def test_other_words_become_ours(stage: Stage, meta: Meta, status: str) -> None:
    old = {"components": other_words(stage, TURN), "status": status}
    stocked(stage, meta, **{TURN: old})
    result = push(stage, meta)
    assert (result.exit_code, meta.calls) == (0, [f"edit {TURN} en"])
    assert line(result, TURN) == f"changed  {TURN} (en)  PENDING"
    assert known(stage, TURN).status == "PENDING"
    assert "0 templates are submitted, 1 changed" in result.output
    push(stage, meta)
    assert len(meta.calls) == 1


@pytest.mark.parametrize(
    ("status", "advice"),
    [("PENDING", "push again when WhatsApp has decided"), ("DISABLED", "delete it in WhatsApp")],
)
def test_words_that_cannot_be_changed_are_told_with_what_to_do(
    stage: Stage, meta: Meta, status: str, advice: str
) -> None:
    old = {"components": other_words(stage, TURN), "status": status}
    stocked(stage, meta, **{TURN: old})
    result = push(stage, meta)
    assert (result.exit_code, meta.calls) == (1, [])
    assert line(result, TURN).startswith(f"NOT CHANGED  {TURN} (en)  {status}: its words are not")
    assert advice in line(result, TURN)
    assert "1 templates are not as ours" in result.output


def test_what_meta_adds_of_its_own_is_no_change(stage: Stage, meta: Meta) -> None:
    stocked(stage, meta)
    for template in meta.templates:
        for component in template["components"]:
            component.pop("example", None)
            if template["category"] == "AUTHENTICATION" and component["type"] == "BODY":
                component["text"] = "*{{1}}* is your verification code."
            for button in component.get("buttons", ()):
                if button["type"] != "QUICK_REPLY":
                    button |= {"type": button["type"], "text": "WhatsApp's words"}
    assert push(stage, meta).exit_code == 0
    assert meta.calls == []


def test_nothing_is_posted_if_anything_would_be_refused(
    stage: Stage, meta: Meta, twilio: Twilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    definitions = catalogue(stage)
    spoiled = [*definitions[:-2], *(_with(d, header="*" * 61) for d in definitions[-2:])]
    monkeypatch.setattr(Renderer, "template_catalogue", lambda _self: spoiled)
    for provider in (meta, twilio):
        result = push(stage, provider)
        assert (result.exit_code, provider.calls) == (1, [])
        for definition in definitions[-2:]:
            named = f"{definition.name} ({definition.language}): the header has"
            assert result.output.count(named) == 2
        assert "Nothing is submitted" in result.output


def _with(definition: TemplateDefinition, **changes: Any) -> TemplateDefinition:
    given = {name: getattr(definition, name) for name in definition.__struct_fields__}
    return TemplateDefinition(**(given | changes))


REFUSAL = (400, {"error": {"code": 100, "message": "(#100)", "error_user_msg": "Too alike."}})
NO_TOKEN = (401, {"error": {"code": 190, "message": "Expired."}})


def test_a_refused_template_is_named_and_the_others_go_on(stage: Stage, meta: Meta) -> None:
    meta.refuses[TURN] = REFUSAL
    result = push(stage, meta)
    assert result.exit_code == 1
    said = f"REFUSED  {TURN} (en)  ?: WhatsApp refused it (error 100): (#100) Too alike."
    assert line(result, TURN) == said
    assert len(meta.templates) == len(catalogue(stage)) - 2
    assert "2 templates are not as ours" in result.output


def test_what_concerns_all_stops_the_rest(stage: Stage, meta: Meta) -> None:
    first = catalogue(stage)[0].name
    meta.refuses[first] = NO_TOKEN
    result = push(stage, meta)
    assert (result.exit_code, len(meta.calls)) == (1, 1)
    assert "error 190" in result.output
    assert "not tried" in line(result, TURN)


def test_a_provider_that_is_away_is_said_in_a_line(stage: Stage) -> None:
    result = push(stage, Meta(url="http://127.0.0.1:9"))
    assert result.exit_code == 1
    assert result.output.splitlines() == ["Error: WhatsApp could not be reached."]


def test_twilio_gets_templates_and_menus_and_tells_their_states(
    stage: Stage, twilio: Twilio
) -> None:
    result = push(stage, twilio)
    assert result.exit_code == 0, result.output
    wanted = {(d.name, d.language) for d in catalogue(stage) if not d.asks_number}
    made = {(c["friendly_name"], c["language"]) for c in twilio.contents}
    assert {key for key in made if not key[0].startswith("menu_")} == wanted
    assert len(made) > len(wanted)
    assert known(stage, TURN, "AC1").status == "RECEIVED"
    twilio.calls.clear()
    for content in twilio.contents:
        if content["friendly_name"] == TURN:
            content["approval_requests"] = {
                "status": "rejected",
                "rejection_reason": "Too many variables.",
                "category": "MARKETING",
            }
    again = push(stage, twilio)
    assert (again.exit_code, twilio.calls) == (0, [])
    assert "because of Too many variables., as MARKETING" in line(again, TURN)
    approval = known(stage, TURN, "AC1")
    assert (approval.status, approval.reason) == ("REJECTED", "Too many variables.")
    assert approval.category == "MARKETING"


@pytest.mark.parametrize("approval", [None, {"status": "unsubmitted"}, {"status": "rejected"}])
def test_twilio_makes_anew_what_has_other_words(
    stage: Stage, twilio: Twilio, approval: dict[str, str] | None
) -> None:
    push(stage, twilio)
    twilio.calls.clear()
    _spoil(twilio, approval)
    result = push(stage, twilio)
    assert result.exit_code == 0, result.output
    assert twilio.calls == [f"delete {TURN}", f"create {TURN} en", f"submit {TURN}"]
    assert known(stage, TURN, "AC1").status == "RECEIVED"


@pytest.mark.parametrize("status", ["approved", "pending", "paused"])
def test_twilio_changes_nothing_that_was_submitted(
    stage: Stage, twilio: Twilio, status: str
) -> None:
    push(stage, twilio)
    twilio.calls.clear()
    _spoil(twilio, {"status": status})
    result = push(stage, twilio)
    assert (result.exit_code, twilio.calls) == (1, [])
    assert f"delete content {_turn(twilio)['sid']} in its console" in line(result, TURN)


def test_what_lies_at_twilio_unsubmitted_is_submitted(stage: Stage, twilio: Twilio) -> None:
    refusal = (400, {"code": 63999, "message": "Not now."})
    twilio.refuses[TURN] = refusal
    result = push(stage, twilio)
    assert result.exit_code == 1
    assert "Twilio refused it (error 63999): Not now." in line(result, TURN)
    twilio.refuses.clear()
    twilio.calls.clear()
    assert push(stage, twilio).exit_code == 0
    assert twilio.calls == [f"submit {TURN}"] * 2


def test_states_that_could_not_be_kept_are_told_and_fail(
    stage: Stage, meta: Meta, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost() -> None:
        raise Conflict

    stocked(stage, meta)
    stage.trouble.before_commit = lost
    monkeypatch.setattr("domain.transactions.random.uniform", lambda *_bounds: 0)
    result = push(stage, meta)
    assert result.exit_code == 1
    assert "The states could not be kept: please push again." in result.output


def _turn(twilio: Twilio) -> dict[str, Any]:
    return next(c for c in twilio.contents if (c["friendly_name"], c["language"]) == (TURN, "en"))


def _spoil(twilio: Twilio, approval: dict[str, str] | None) -> None:
    content = _turn(twilio)
    (shape,) = content["types"].values()
    shape["body"] = f"As it was said before: {shape['body']}"
    content["approval_requests"] = approval


def test_menus_that_twilio_does_not_take_leave_the_templates_alone(
    stage: Stage, twilio: Twilio
) -> None:
    refusal = {"code": 20422, "message": "A body may not begin with a variable.", "status": 400}
    twilio.refuses["create menu_buttons_1_1 en"] = 400, refusal
    result = push(stage, twilio)
    assert result.exit_code == 0, result.output
    assert "Menus are missing, and go as numbered text: " in result.output
    assert "A body may not begin with a variable." in result.output
    assert known(stage, TURN, "AC1").status == "RECEIVED"


def test_an_account_that_cannot_make_menus_makes_no_templates_either(
    stage: Stage, twilio: Twilio
) -> None:
    twilio.refuses["create menu_buttons_1_1 en"] = (
        401,
        {"code": 20003, "message": "No", "status": 401},
    )
    result = push(stage, twilio)
    assert result.exit_code == 1
    assert twilio.calls == ["create menu_buttons_1_1 en"]
