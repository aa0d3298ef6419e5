"""Whether what goes to Meta is what pywa, another client of the Cloud API, would send.

pywa knows no orders: of a message that is one, or tells of one, nothing is compared here.
docs/decisions/0035-descriptions-that-others-keep.md says why pywa, and what it leaves out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from typing import Any

import pytest
from pywa.types.others import BusinessPhoneNumber
from pywa.types.templates import (
    Buttons,
    ContactInfoRequestButton,
    Template,
    TemplateBaseComponent,
    TemplateDetails,
)

from bot.channels.cloud.senders import CloudSenders
from bot.channels.cloud.templates import CloudTemplates
from bot.channels.templates import ProviderTemplate, TemplateDefinition
from tests.cloud_bodies import ADDRESS, body_of, read_mark_of
from tests.contract.descriptions.pywa_writer import PywaWriter
from tests.sendable import Sendable, every_message, reactions, renderer
from tests.wire import Wire

ORDERS = {"order_details", "order_status"}
"""Types of message that pywa has no method for."""


@cache
def definitions() -> dict[tuple[str, str], TemplateDefinition]:
    return {(d.name, d.language): d for d in renderer().template_catalogue()}


@cache
def pywa_definitions() -> dict[tuple[str, str], Template]:
    return {key: Template.from_dict(renamed(d.payload())) for key, d in definitions().items()}


def renamed(said: dict[str, Any]) -> dict[str, Any]:
    """Return *said* with another name for a parameter `text`: pywa has an argument of that name."""
    written = json.dumps(said)
    for name in ("{{text}}", '"param_name": "text"', '"parameter_name": "text"'):
        written = written.replace(name, name.replace("text", "text_"))
    read: dict[str, Any] = json.loads(written)
    return read


def is_order(body: dict[str, Any]) -> bool:
    return body.get("interactive", {}).get("type") in ORDERS


def comparable(body: dict[str, Any]) -> dict[str, Any]:
    """Return *body* without what Meta reads in either spelling.

    Types of components in small or capital letters, an index as a number or as text, and a single
    section of a list with an empty title or without one.
    """
    said: dict[str, Any] = json.loads(json.dumps(body))
    for section in said.get("interactive", {}).get("action", {}).get("sections", ()):
        if section.get("title") == "":
            del section["title"]
    for component in said.get("template", {}).get("components", ()):
        component["type"] = component["type"].lower()
        if "sub_type" in component:
            component["sub_type"] = component["sub_type"].lower()
        if "index" in component:
            component["index"] = int(component["index"])
    return said


def definition_for(body: dict[str, Any]) -> Template | None:
    template = body.get("template")
    if template is None:
        return None
    return pywa_definitions()[template["name"], template["language"]["code"]]


@pytest.fixture
def pywa() -> PywaWriter:
    return PywaWriter()


def check(pywa: PywaWriter, sendable: Sendable) -> None:
    body = renamed(body_of(sendable.outbound))
    try:
        if not is_order(body):
            assert comparable(pywa.write_again(body, definition_for(body))) == comparable(body)
    except Exception as error:
        error.add_note(f"with {sendable.title}")
        raise


class TestMessages:
    def test_every_message_is_what_pywa_would_send(self, pywa: PywaWriter) -> None:
        for sendable in every_message():
            check(pywa, sendable)

    def test_so_is_one_to_a_user_id_that_quotes(self, pywa: PywaWriter) -> None:
        for sendable in every_message():
            message = sendable.outbound
            if message.template is None or message.template.code is None:
                quoting = replace(message, phone=None, quotes="wamid.A1")
                check(pywa, replace(sendable, outbound=quoting))

    def test_so_is_every_reaction(self, pywa: PywaWriter) -> None:
        for sendable in reactions():
            assert body_of(sendable.outbound)["type"] == "reaction"
            check(pywa, sendable)
            check(pywa, replace(sendable, outbound=replace(sendable.outbound, phone=None)))

    @pytest.mark.parametrize("typing", [False, True])
    def test_a_read_mark_is_what_pywa_would_send(self, pywa: PywaWriter, *, typing: bool) -> None:
        written = pywa.write_read_mark("wamid.A1", typing=typing)
        assert read_mark_of("wamid.A1", typing=typing) == written

    def test_every_type_of_message_is_compared_but_orders(self) -> None:
        bodies = [body_of(m.outbound) for m in every_message()]
        kinds = {b.get("interactive", b)["type"] for b in bodies}
        assert kinds == {
            "text", "document", "location", "template", "button", "list", "cta_url",
        } | ORDERS  # fmt: skip

    def test_every_template_is_sent_by_one_of_them(self) -> None:
        calls = [m.outbound.template for m in every_message()]
        assert {(c.name, c.language) for c in calls if c is not None} == definitions().keys()


class TestComparison:
    """The comparison itself notices what it is there for."""

    @pytest.fixture
    def body(self) -> dict[str, Any]:
        call = next(
            m.outbound
            for m in every_message()
            if m.outbound.template and m.outbound.template.parameters
        )
        return body_of(call)

    def test_a_field_too_many(self, pywa: PywaWriter, body: dict[str, Any]) -> None:
        body["template"]["namespace"] = "clinic"
        assert comparable(pywa.write_again(body, definition_for(body))) != comparable(body)

    def test_a_field_misspelt(self, pywa: PywaWriter, body: dict[str, Any]) -> None:
        body["template"]["components"][0]["parameters"][0]["txt"] = "A"
        assert comparable(pywa.write_again(body, definition_for(body))) != comparable(body)

    def test_a_parameter_that_the_template_does_not_have(
        self, pywa: PywaWriter, body: dict[str, Any]
    ) -> None:
        body["template"]["components"][0]["parameters"][0]["parameter_name"] = "other"
        with pytest.raises(ValueError, match="missing parameters"):
            pywa.write_again(body, definition_for(body))


class TestTemplates:
    @pytest.fixture
    def wire(self) -> Iterator[Wire]:
        wire = Wire({"id": "1", "status": "PENDING", "category": "UTILITY"})
        yield wire
        wire.session.close()

    @pytest.fixture
    def templates(self, wire: Wire) -> CloudTemplates:
        return CloudTemplates(ADDRESS, "200", "EAA", wire.session)

    def test_every_template_is_submitted_as_pywa_would(
        self, wire: Wire, templates: CloudTemplates
    ) -> None:
        for definition in definitions().values():
            templates.submit(definition, None)
        for submitted in map(renamed, wire.bodies):
            # pywa reads the sub-category of a template, but submits none.
            if "sub_category" in submitted:
                assert "sub_category" in names_of(TemplateDetails)
            expected = {k: v for k, v in submitted.items() if k != "sub_category"}
            assert as_pywa_writes(submitted) == expected, submitted["name"]
        assert len(wire.bodies) == len(definitions())

    def test_every_change_is_of_components_that_pywa_would_write(
        self, wire: Wire, templates: CloudTemplates
    ) -> None:
        for definition in definitions().values():
            templates.change(definition, ProviderTemplate(provider_id="1"))
        for sent, definition in zip(wire.bodies, definitions().values(), strict=True):
            body = renamed(sent)
            written = as_pywa_writes({**definition.payload(), **body})
            assert {"components": written["components"]} == body

    def test_templates_are_listed_by_fields_that_pywa_reads(self) -> None:
        wire = Wire({"data": []})
        CloudTemplates(ADDRESS, "200", "EAA", wire.session).list_all()
        [query] = wire.queries
        assert set(query) == {"limit", "fields"}
        assert set(query["fields"].split(",")) <= names_of(TemplateDetails)


def test_a_number_is_asked_for_by_a_field_that_pywa_reads() -> None:
    wire = Wire({"id": "100", "display_phone_number": "+91 98000 00001"})
    assert CloudSenders(ADDRESS, "EAA", wire.session).number_of("100") == "+919800000001"
    [query] = wire.queries
    assert set(query) == {"fields"}
    assert query["fields"] in names_of(BusinessPhoneNumber)


def names_of(known: type) -> set[str]:
    return {field.name for field in fields(known)}


def as_pywa_writes(payload: dict[str, Any]) -> dict[str, Any]:
    """Return *payload* read by pywa and written again, without what it adds of itself."""
    read = Template.from_dict(payload)
    for component in read.components:
        # What pywa cannot read stays a dict, and would be written as it was.
        assert isinstance(component, TemplateBaseComponent)
        for button in component.buttons if isinstance(component, Buttons) else ():
            assert isinstance(button, TemplateBaseComponent)
            if isinstance(button, ContactInfoRequestButton):
                button.text = None  # Its words are WhatsApp's, and need not be given.
    written: dict[str, Any] = json.loads(read.to_json())
    return written
