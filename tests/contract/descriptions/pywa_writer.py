"""The same calls to Meta as pywa writes them, a client that knows nothing of this project."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
from pywa.client import WhatsApp
from pywa.types.callback import Button, Section, SectionList, SectionRow, URLButton
from pywa.types.templates import (
    AuthenticationBody,
    BaseParams,
    BodyText,
    CopyCodeOTPButton,
    QuickReplyButton,
    Template,
    TemplateCategory,
)

Json = dict[str, Any]
SENDER = "100200300400500"
ANSWER = {
    "success": True,
    "contacts": [{"input": "+919800000001", "wa_id": "919800000001"}],
    "messages": [{"id": "wamid.OUT1"}],
}


class PywaWriter:
    """Writes calls with pywa, and keeps them instead of making them.

    A call of ours is written again from its own values: each value is taken from where we put it
    and handed to pywa's method for it. What pywa then puts elsewhere, names otherwise or does not
    know makes the two bodies differ.
    """

    def __init__(self) -> None:
        self._bodies: list[Json] = []
        session = httpx.Client(transport=httpx.MockTransport(self._keep))
        self._client = WhatsApp(phone_id=SENDER, token="EAA", session=session)

    def _keep(self, request: httpx.Request) -> httpx.Response:
        self._bodies.append(json.loads(request.content))
        return httpx.Response(200, json=ANSWER)

    def write_again(self, body: Json, definition: Template | None = None) -> Json:
        """Return the body that pywa writes for the message in *body*.

        With the *definition* of its template, pywa checks the parameters against that.

        Raises:
            ValueError: If the parameters do not fit the template.
            KeyError: If *body* lacks a value, or pywa has no message of its type.
        """
        envelope = {
            "to": body.get("to") or body["recipient"],
            "tracker": body["biz_opaque_callback_data"],
            "reply_to_message_id": body.get("context", {}).get("message_id"),
        }
        part = body[body["type"]]
        kind = part["type"] if body["type"] == "interactive" else body["type"]
        if kind == "template":
            self._write_template(part, definition, envelope)
        else:
            writers: dict[str, Callable[[Json, Json], object]] = {
                "text": self._write_text,
                "document": self._write_document,
                "reaction": self._write_reaction,
                "location": self._write_location,
                "button": self._write_buttons,
                "list": self._write_list,
                "cta_url": self._write_link,
            }
            writers[kind](part, envelope)
        return self._written()

    def write_read_mark(self, provider_id: str, *, typing: bool) -> Json:
        """Return the body by which pywa marks *provider_id* as read."""
        if typing:
            self._client.indicate_typing(provider_id)
        else:
            self._client.mark_message_as_read(provider_id)
        return self._written()

    def _written(self) -> Json:
        body = self._bodies.pop()
        assert not self._bodies
        assert body.pop("messaging_product") == "whatsapp"
        return body

    def _write_text(self, text: Json, envelope: Json) -> None:
        self._client.send_message(text=text["body"], preview_url=text["preview_url"], **envelope)

    def _write_document(self, document: Json, envelope: Json) -> None:
        self._client.send_document(
            document=document["link"],
            filename=document["filename"],
            caption=document["caption"],
            **envelope,
        )

    def _write_reaction(self, reaction: Json, envelope: Json) -> None:
        assert envelope.pop("reply_to_message_id") is None
        self._client.send_reaction(**reaction, **envelope)

    def _write_location(self, place: Json, envelope: Json) -> None:
        self._client.send_location(**place, **envelope)

    def _write_buttons(self, part: Json, envelope: Json) -> None:
        buttons = [
            Button(title=b["reply"]["title"], callback_data=b["reply"]["id"])
            for b in part["action"]["buttons"]
        ]
        self._client.send_message(text=part["body"]["text"], buttons=buttons, **envelope)

    def _write_list(self, part: Json, envelope: Json) -> None:
        sections = [
            Section(
                title="",  # Meta wants one where there are several sections.
                rows=[
                    SectionRow(
                        title=row["title"],
                        callback_data=row["id"],
                        description=row.get("description"),
                    )
                    for row in section["rows"]
                ],
            )
            for section in part["action"]["sections"]
        ]
        offered = SectionList(button_title=part["action"]["button"], sections=sections)
        self._client.send_message(text=part["body"]["text"], buttons=offered, **envelope)

    def _write_link(self, part: Json, envelope: Json) -> None:
        link = part["action"]["parameters"]
        button = URLButton(title=link["display_text"], url=link["url"])
        self._client.send_message(text=part["body"]["text"], buttons=button, **envelope)

    def _write_template(self, template: Json, definition: Template | None, envelope: Json) -> None:
        assert definition is not None
        assert (template["name"], template["language"]) == (
            definition.name,
            {"code": definition.language.value},
        )
        components = template.get("components")
        params = None if components is None else [_params_of(c) for c in components]
        if definition.category is not TemplateCategory.AUTHENTICATION:
            definition.validate_params(params)
        # Else pywa 4.5.0 looks for an index that its own parameter of a code's button lacks.
        name, language = definition.name, definition.language
        self._client.send_template(name=name, language=language, params=params, **envelope)


def _params_of(component: Json) -> BaseParams | Json:
    """Return *component* of a call as pywa's; the status of an order, which pywa lacks, as it is.

    Raises:
        KeyError: If it is of another type that pywa does not know.
    """
    parameters = component["parameters"]
    match component["type"], component.get("sub_type"):
        case "body", None if "parameter_name" in parameters[0]:
            return BodyText.params(**{p["parameter_name"]: p["text"] for p in parameters})
        case "body", None:
            return AuthenticationBody.params(otp=parameters[0]["text"])
        case "button", "url":
            return CopyCodeOTPButton.params(otp=parameters[0]["text"])
        case "button", "quick_reply":
            payload, index = parameters[0]["payload"], int(component["index"])
            return QuickReplyButton.params(callback_data=payload, index=index)
        case "order_status", None:
            return component
        case kind:
            raise KeyError(kind)
