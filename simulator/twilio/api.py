"""Twilio's API over HTTP: messages, and contents with their approvals."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from simulator.errors import ProviderError
from simulator.model import Call
from simulator.twilio import creation
from simulator.twilio.account import (
    Page,
    approval_json,
    content_json,
    find_messages,
    message_json,
)
from simulator.twilio.errors import TwilioError, invalid
from simulator.twilio.messages import Messages
from simulator.twilio.review import review

if TYPE_CHECKING:
    from simulator.calls import Calls
    from simulator.config import TwilioAccount
    from simulator.dialect import Dialect
    from simulator.media import Library
    from simulator.sending import Sending
    from simulator.twilio.contents import Contents, Resource
    from simulator.world import World

Payload = dict[str, Any]
Answer = Response | tuple[Payload, int]

CREATED, NO_CONTENT = 201, 204


def blueprint(api: TwilioApi, world: World, dialect: Dialect) -> Blueprint:
    """Return Twilio's addresses, answered by *api*; refusals are noted in *world*."""
    twilio = Blueprint("twilio", __name__)

    @twilio.errorhandler(ProviderError)
    def refuse(error: ProviderError) -> tuple[Payload, int]:
        told = dialect.translate(error)
        world.note_refusal(request.method, request.path, told.code, str(told))
        return told.as_answer(), told.http_status

    twilio.before_request(api.authorise)
    messages = "/2010-04-01/Accounts/<account_sid>/Messages.json"
    twilio.post(messages)(api.send)
    twilio.get(messages)(api.list_messages)
    file = "/2010-04-01/Accounts/<account_sid>/Messages/<message_sid>/Media/<media_id>"
    twilio.get(file)(api.media)
    twilio.post("/v1/Content")(api.create_content)
    twilio.get("/v1/ContentAndApprovals")(api.list_contents)
    twilio.delete("/v1/Content/<sid>")(api.delete_content)
    twilio.post("/v1/Content/<sid>/ApprovalRequests/whatsapp")(api.submit_content)
    return twilio


class TwilioApi:
    """Answers Twilio's addresses."""

    def __init__(
        self,
        account: TwilioAccount,
        world: World,
        calls: Calls,
        sending: Sending,
        contents: Contents,
        library: Library,
    ) -> None:
        """Answer for *account*."""
        self._library = library
        self._account = account
        self._world = world
        self._calls = calls
        self._contents = contents
        self._messages = Messages(world, sending, contents)

    def authorise(self) -> None:
        """Refuse a call that is not the account's, or not for it.

        Raises:
            TwilioError: 20003 without the account's sid and token, 20404 for another account.
        """
        given = request.authorization
        name, password = (given.username or "", given.password or "") if given else ("", "")
        right = hmac.compare_digest(name.encode(), self._account.account_sid.encode())
        if not (right & hmac.compare_digest(password.encode(), self._account.auth_token.encode())):
            raise TwilioError(20003)
        account = (request.view_args or {}).pop("account_sid", name)
        if account != name:
            raise TwilioError(20404, request.path)

    # -- messages ----------------------------------------------------------------------------

    def send(self) -> Answer:
        """Send a message."""
        call = Call(
            number=request.form.get("From", ""),
            to=request.form.get("To", ""),
            biz=request.form.get("StatusCallback", ""),
        )
        answer = self._calls.take(call, self._accept)
        return answer if isinstance(answer, Response) else (answer, CREATED)

    def _accept(self) -> tuple[str, Payload]:
        with self._world.lock:
            message = self._messages.accept(request.form)
            plain = message_json(self._world, self._account.account_sid, message)
            # What happens to it comes after the answer.
            plain |= {"status": "queued", "date_sent": None}
            plain |= {"error_code": None, "error_message": None}
            return message.id, plain

    def media(self, message_sid: str, media_id: str) -> Response:
        """Return a file of a message; Twilio sends on to it, here it is given at once."""
        del message_sid
        found = self._library.find(media_id)
        if found is None:
            raise TwilioError(20404, request.path)
        return Response(found.content, mimetype=found.mime_type)

    def list_messages(self) -> Payload:
        """List messages of both directions in pages, the newest first."""
        query = request.args.to_dict()
        with self._world.lock:
            found = find_messages(self._world, query)
            page = Page(query, len(found))
            sid = self._account.account_sid
            shown = [message_json(self._world, sid, m) for m in found[page.start : page.end]]
        kept = {k: v for k, v in query.items() if k not in ("PageSize", "Page", "PageToken")}
        filters = f"&{urlencode(kept)}" if kept else ""
        following = f"{request.path}?{page.query(page.number + 1)}{filters}"
        return {
            "messages": shown,
            "page": page.number,
            "page_size": page.size,
            "start": page.start,
            "end": max(page.start, page.end - 1),
            "uri": f"{request.path}?{page.query(page.number)}{filters}",
            "first_page_uri": f"{request.path}?{page.query(0)}{filters}",
            "next_page_uri": None if page.is_last else following,
            "previous_page_uri": None,
        }

    # -- contents ----------------------------------------------------------------------------

    def create_content(self) -> Answer:
        """Keep a content."""
        name, language, samples, types = creation.check(self._json())
        with self._world.lock:
            made = self._contents.add(name, language, samples, types)
        return content_json(self._account.account_sid, made), CREATED

    def list_contents(self) -> Payload:
        """List contents with their approvals in pages, the newest first."""
        with self._world.lock:
            every = self._contents.all()
        page = Page(request.args.to_dict(), len(every))
        following = f"{request.base_url}?{page.query(page.number + 1)}"
        sid = self._account.account_sid
        return {
            "contents": [
                {**content_json(sid, resource), "approval_requests": approval_json(resource)}
                for resource in every[page.start : page.end]
            ],
            "meta": {
                "key": "contents",
                "page": page.number,
                "page_size": page.size,
                "url": f"{request.base_url}?{page.query(page.number)}",
                "first_page_url": f"{request.base_url}?{page.query(0)}",
                "next_page_url": None if page.is_last else following,
                "previous_page_url": None,
            },
        }

    def submit_content(self, sid: str) -> Answer:
        """Submit a content to WhatsApp, which decides at once; the list shows how."""
        payload = self._json()
        if not isinstance(payload, dict):
            raise invalid("the body must be a JSON object")
        with self._world.lock:
            resource = self._find(sid)
            resource.approval = review(resource, payload, self._contents.all())
            self._contents.save(resource)
            approval = resource.approval
            if approval.status == "rejected":
                why = f"{approval.name}: {approval.rejection_reason}"
                self._world.note_refusal(request.method, request.path, None, why)
        return {**approval_json(resource), "status": "received", "rejection_reason": ""}, CREATED

    def delete_content(self, sid: str) -> Answer:
        """Delete a content."""
        with self._world.lock:
            self._find(sid)
            self._contents.remove(sid)
        return Response(status=NO_CONTENT)

    def _find(self, sid: str) -> Resource:
        resource = self._contents.find(sid)
        if resource is None:
            raise TwilioError(20404, request.path)
        return resource

    @staticmethod
    def _json() -> object:
        if not request.is_json:
            raise invalid("the body must be application/json")
        try:
            return request.get_json()
        except BadRequest:
            raise invalid("the body is not valid JSON") from None
