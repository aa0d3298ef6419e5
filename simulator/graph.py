"""Meta's Graph API over HTTP: sending, templates, numbers and media."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest
from werkzeug.routing import BaseConverter

from simulator import envelope, templates
from simulator.dialect import Webhook
from simulator.errors import GraphError, missing
from simulator.fetching import new_media_id
from simulator.media import Media
from simulator.model import Call
from simulator.sending import as_json
from simulator.template_rules import refused

if TYPE_CHECKING:
    from simulator.config import Number
    from simulator.parts import Parts

Payload = dict[str, Any]

BEARER = "Bearer "
TEMPLATES_A_PAGE = 25
TEMPLATES_A_PAGE_MAX = 250


class GraphVersion(BaseConverter):
    """A Graph API version in an address, such as v26.0."""

    regex = r"v[0-9]+\.[0-9]+"


def blueprint(parts: Parts) -> Blueprint:
    """Return Meta's addresses, working on *parts*. Needs the converter `graph_version`."""
    graph = Blueprint("graph", __name__)
    api = MetaApi(parts)
    root = "/<graph_version:version>"

    @graph.errorhandler(GraphError)
    def refuse(error: GraphError) -> tuple[Payload, int]:
        parts.world.note_refusal(request.method, request.path, error.code, str(error))
        return error.as_answer(), error.http_status

    @graph.before_request
    def authorise() -> None:
        (request.view_args or {}).pop("version", None)
        api.authorise(request.headers.get("Authorization", ""))

    graph.post(f"{root}/<object_id>/messages")(api.messages)
    graph.get(f"{root}/<object_id>")(api.read)
    graph.post(f"{root}/<object_id>")(api.edit_template)
    graph.get(f"{root}/<object_id>/message_templates")(api.list_templates)
    graph.post(f"{root}/<object_id>/message_templates")(api.create_template)
    graph.delete(f"{root}/<object_id>/message_templates")(api.delete_template)
    graph.get(f"{root}/<object_id>/phone_numbers")(api.list_numbers)
    graph.post(f"{root}/<object_id>/media")(api.upload)
    graph.get(f"{root}/<object_id>/payments/<configuration>/<reference>")(api.look_up_payment)
    graph.get("/media/<media_id>")(api.download)
    graph.post(f"{root}/<object_id>/register")(api.acknowledge)
    graph.post(f"{root}/<object_id>/subscribed_apps")(api.acknowledge)
    return graph


def unknown_object(object_id: str) -> GraphError:
    """Return Meta's refusal of an id that is unknown or that the token may not use."""
    return GraphError(
        100,
        message=(
            f"Unsupported post request. Object with ID '{object_id}' does not exist, cannot be"
            " loaded due to missing permissions, or does not support this operation"
        ),
        subcode=33,
        kind="GraphMethodException",
    )


class MetaApi:
    """Answers Meta's addresses."""

    def __init__(self, parts: Parts) -> None:
        """Work on *parts*."""
        self._parts = parts
        self._world = parts.world

    def authorise(self, header: str) -> None:
        """Refuse a call without one of the access tokens.

        Raises:
            GraphError: 190, if it carries none.
        """
        given = header[len(BEARER) :].encode() if header.startswith(BEARER) else b""
        tokens = self._parts.config.access_tokens
        if not any(hmac.compare_digest(given, token.encode()) for token in tokens):
            raise GraphError(190, message="Invalid OAuth access token - Cannot parse access token")

    def _number(self, object_id: str) -> Number:
        number = self._parts.config.number(object_id)
        if number is None:
            raise unknown_object(object_id)
        return number

    def _account(self, object_id: str) -> None:
        if object_id != self._parts.config.waba_id:
            raise unknown_object(object_id)

    @staticmethod
    def _body() -> object:
        try:
            return request.get_json(force=True)
        except BadRequest:
            raise GraphError(100, "The request body is not valid JSON.") from None

    # -- messages ----------------------------------------------------------------------------

    def messages(self, object_id: str) -> Payload | Response:
        """Send a message, or take a read receipt."""
        number = self._number(object_id)
        call = self._body()
        if isinstance(call, dict) and call.get("status") == "read":
            self._parts.accepting.mark_read(number, call)
            return {"success": True}
        fields = call if isinstance(call, dict) else {}
        noted = Call(
            number=object_id,
            to=str(fields.get("to") or fields.get("recipient") or ""),
            biz=str(fields.get("biz_opaque_callback_data") or ""),
        )
        return self._parts.calls.take(noted, lambda: self._parts.accepting.accept(number, call))

    def look_up_payment(self, object_id: str, configuration: str, reference: str) -> Payload:
        """Return the attempts to pay an order."""
        if self._world.faults.lookups_fail:
            raise GraphError(131016, "An injected fault.")
        return self._parts.orders.lookup(self._number(object_id), configuration, reference)

    # -- templates ---------------------------------------------------------------------------

    def create_template(self, object_id: str) -> Payload:
        """Register a template; it is approved at once, which a webhook reports too."""
        self._account(object_id)
        template = templates.parse(self._body())
        with self._world.lock:
            self._parts.templates.add(template)
        body = envelope.template_approved(
            self._parts.config, template.id, template.name, template.language
        )
        self._parts.courier.send("template", "", Webhook(body))
        return {"id": template.id, "status": template.status, "category": template.category}

    def edit_template(self, object_id: str) -> Payload:
        """Replace a template's components."""
        body = self._body()
        components = body.get("components") if isinstance(body, dict) else None
        with self._world.lock:
            if self._parts.templates.edit(object_id, components) is None:
                raise unknown_object(object_id)
        return {"success": True}

    def delete_template(self, object_id: str) -> Payload:
        """Delete a template, by name, in all its languages."""
        self._account(object_id)
        name = request.args.get("name", "")
        with self._world.lock:
            if not name:
                raise missing("name")
            if not self._parts.templates.remove(name):
                raise refused("message template not found", 2593002)
        return {"success": True}

    def list_templates(self, object_id: str) -> Payload:
        """List templates in pages, filtered by `name`, `language` and `status`."""
        self._account(object_id)
        with self._world.lock:
            found = self._parts.templates.all()
        for field in ("name", "language", "status"):
            wanted = request.args.get(field)
            if wanted:
                found = [t for t in found if getattr(t, field) == wanted]
        limit = _whole(request.args.get("limit"), TEMPLATES_A_PAGE, TEMPLATES_A_PAGE_MAX)
        start = _whole(request.args.get("after"), 0, len(found))
        page = found[start : start + limit]
        paging: Payload = {}
        if page:
            cursors = {"before": str(start), "after": str(start + len(page))}
            paging = {"cursors": cursors}
            if start + limit < len(found):
                query = f"limit={limit}&after={cursors['after']}"
                paging["next"] = f"{request.base_url}?{query}"
        return {"data": [as_json(template) for template in page], "paging": paging}

    # -- numbers -----------------------------------------------------------------------------

    def read(self, object_id: str) -> Payload:
        """Return a number's `fields`, or the address of a file."""
        media = self._parts.library.find(object_id)
        if media is not None:
            return {
                "messaging_product": "whatsapp",
                "url": f"{request.host_url}media/{media.id}",
                "mime_type": media.mime_type,
                "sha256": media.sha256,
                "file_size": len(media.content),
                "id": media.id,
            }
        known = self._described(self._number(object_id))
        fields = [f.strip() for f in request.args.get("fields", "").split(",") if f.strip()]
        wanted = ["id", *fields] if fields else list(known)
        return {field: known[field] for field in wanted if field in known}

    def list_numbers(self, object_id: str) -> Payload:
        """List the numbers of the business account."""
        self._account(object_id)
        return {"data": [self._described(number) for number in self._parts.config.numbers]}

    @staticmethod
    def _described(number: Number) -> Payload:
        return {
            "verified_name": number.name,
            "display_phone_number": number.display_phone_number,
            "quality_rating": "GREEN",
            "code_verification_status": "VERIFIED",
            "platform_type": "CLOUD_API",
            "throughput": {"level": "STANDARD"},
            "whatsapp_business_manager_messaging_limit": "TIER_250",
            "id": number.phone_number_id,
        }

    def acknowledge(self, object_id: str) -> Payload:
        """Accept the registration of a number, or a subscription to the account's webhooks."""
        if object_id != self._parts.config.waba_id:
            self._number(object_id)
        return {"success": True}

    # -- media -------------------------------------------------------------------------------

    def upload(self, object_id: str) -> Payload:
        """Store a file that the business wants to send."""
        self._number(object_id)
        file = request.files.get("file")
        if file is None or request.form.get("messaging_product") != "whatsapp":
            raise missing("file" if file is None else "messaging_product")
        media = Media(
            id=new_media_id(),
            mime_type=request.form.get("type") or file.mimetype or "application/octet-stream",
            content=file.read(),
        )
        with self._world.lock:
            self._parts.library.add(media)
        return {"id": media.id}

    def download(self, media_id: str) -> Response:
        """Return a file; as at Meta, this needs the access token too."""
        media = self._parts.library.find(media_id)
        if media is None:
            raise unknown_object(media_id)
        return Response(media.content, mimetype=media.mime_type)


def _whole(text: str | None, default: int, most: int) -> int:
    """Return a number of a query, or *default* if it is none."""
    try:
        return min(max(msgspec.convert(text, int, strict=False), 0), most)
    except msgspec.ValidationError:
        return default
