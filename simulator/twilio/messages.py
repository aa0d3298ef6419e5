"""Accepts what the product sends through Twilio, or refuses it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from simulator.limits import length
from simulator.render import Content
from simulator.sending import Draft
from simulator.twilio import limits, variables
from simulator.twilio.errors import TwilioError
from simulator.twilio.forms import WHATSAPP
from simulator.twilio.shown import show

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from simulator.config import Number, Phone
    from simulator.model import Message
    from simulator.sending import Sending
    from simulator.twilio.contents import Contents
    from simulator.world import World

ADDRESS = re.compile(r"^whatsapp:\+([1-9][0-9]{6,14})$")
GEO = re.compile(r"^geo:(-?[0-9]{1,2}(?:\.[0-9]+)?),(-?[0-9]{1,3}(?:\.[0-9]+)?)\|([^|]+)$")
HTTP_URL = re.compile(r"^https?://[^\s]+$")
FIELDS = frozenset({
    "To", "From", "Body", "MediaUrl", "PersistentAction", "ContentSid", "ContentVariables",
    "StatusCallback",
})  # fmt: skip
"""What is played here of the parameters of a message; others are refused."""


class Messages:
    """Accepts calls to `Messages.json`."""

    def __init__(self, world: World, sending: Sending, contents: Contents) -> None:
        """Work on *world* with *contents*, and hand what is accepted to *sending*."""
        self._world = world
        self._sending = sending
        self._contents = contents

    def accept(self, form: MultiDict[str, str]) -> Message:
        """Accept a message; it may still fail, see `Sending.send`.

        Raises:
            TwilioError: If Twilio would refuse the call.
            GraphError: If a fault or a rate of WhatsApp's refuses it.
        """
        unknown = sorted(set(form) - FIELDS)
        if unknown:
            raise TwilioError(20001, ", ".join(unknown))
        callback = form.get("StatusCallback")
        if callback is not None and not HTTP_URL.match(callback):
            raise TwilioError(21609)
        with self._world.lock:
            number = self._sender(form.get("From", ""))
            wa_id, phone, by_user_id = self._recipient(number, form.get("To", ""))
            kind, content = self._content(form)
            if by_user_id and content.category == "authentication":
                raise TwilioError(63024, "a login code goes to a phone number alone")
            draft = Draft(
                wa_id=wa_id,
                phone=phone,
                content=content,
                payload={k: v if len(v) > 1 else v[0] for k, v in form.lists()},
                biz=callback,
                by_user_id=by_user_id,
                failure=self._sending.refuse_forms({kind}),
            )
            return self._sending.send(number, draft)

    def _sender(self, address: str) -> Number:
        """Return the business number at *address*.

        Raises:
            TwilioError: 21603 or 21212 if it is no address on WhatsApp, 63007 if it is not ours.
        """
        if not address:
            raise TwilioError(21603)
        found = ADDRESS.match(address)
        if found is None:
            raise TwilioError(21212, address)
        for number in self._world.config.numbers:
            if number.display_phone_number == found.group(1):
                return number
        raise TwilioError(63007, address)

    def _recipient(self, number: Number, address: str) -> tuple[str, Phone | None, bool]:
        """Return the recipient's number, their phone, and whether the address is a user id.

        A person who hides their number is answered at the address that they wrote from. Twilio does
        not document what that looks like; here it is the user id.

        Raises:
            TwilioError: 21604 or 21211 if it is no address on WhatsApp, 63031 if it is *number*.
        """
        if not address:
            raise TwilioError(21604)
        found = ADDRESS.match(address)
        if found is not None:
            wa_id = found.group(1)
            if wa_id == number.display_phone_number:
                raise TwilioError(63031)
            return wa_id, self._world.phones.get(wa_id), False
        phone = self._world.phone_of(address.removeprefix(WHATSAPP))
        if phone is None or not address.startswith(WHATSAPP):
            raise TwilioError(21211, address)
        return phone.wa_id, phone, True

    def _content(self, form: MultiDict[str, str]) -> tuple[str, Content]:
        """Return the message's form, as `refused_forms` names it, and what it shows."""
        body, files, sid = form.get("Body", ""), form.getlist("MediaUrl"), form.get("ContentSid")
        if sid is not None:
            if body or files or form.get("PersistentAction"):
                raise TwilioError(63030, "Body, MediaUrl or PersistentAction beside ContentSid")
            resource = self._contents.find(sid)
            if resource is None:
                raise TwilioError(21655, sid)
            values = variables.read(resource, form.get("ContentVariables"))
            return resource.kind, show(resource, values)
        if form.get("ContentVariables") is not None:
            raise TwilioError(63030, "ContentVariables without ContentSid")
        if not body.strip() and not files:
            raise TwilioError(21619)
        if length(body) > limits.BODY_MAX:
            raise TwilioError(21617)
        if form.get("PersistentAction") is not None:
            return "location", _location(body, form.getlist("PersistentAction"))
        if files:
            return "media", _document(files)
        return "text", Content(type="text", text=body)


def _location(name: str, actions: list[str]) -> Content:
    """Return the message that shows a place; *name* is what the body says.

    Raises:
        TwilioError: 20001, if the action is no place. Twilio does not document the code.
    """
    found = GEO.match(actions[0]) if len(actions) == 1 else None
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:  # noqa: PLR2004 - degrees
        raise TwilioError(20001, "PersistentAction")
    place = {"latitude": float(found[1]), "longitude": float(found[2])}
    media = {"kind": "location", **place, "name": name, "address": found[3]}
    return Content(type="location", media=media)


def _document(files: list[str]) -> Content:
    """Return the message that shows a document.

    WhatsApp shows no text beside a document that comes from Twilio (Twilio, "WhatsApp media
    messages"), and names it by its address.
    """
    if len(files) > limits.MEDIA_MAX:
        raise TwilioError(21623)
    (link,) = files
    if not HTTP_URL.match(link):
        raise TwilioError(21620, link)
    name = PurePosixPath(unquote(urlsplit(link).path)).name
    return Content(type="document", media={"kind": "document", "link": link, "filename": name})
