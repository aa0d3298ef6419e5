"""Twilio's webhook: one message or one status a POST."""

from __future__ import annotations

import time

from flask import Blueprint, Response, request
from twilio.twiml.messaging_response import MessagingResponse

from bot.channels.twilio import signature as twilio_signature
from bot.channels.twilio.parse import parse_inbound, parse_status
from bot.observability import metrics
from bot.webhooks.bodies import BASE64_DIGEST, read_body
from bot.webhooks.handling import ANSWER_WITHIN_SECONDS, answer_people, apply_statuses, refuse
from bot.wiring import Parts
from domain.errors import StoreUnavailable


def twilio(parts: Parts) -> Blueprint:
    """Return Twilio's webhook: one message or one status a POST, answered with empty TwiML.

    Messages are accepted only if WhatsApp goes through Twilio; statuses also if only text messages
    do.
    """
    blueprint = Blueprint("twilio_webhook", __name__)
    runner = parts.runner()
    settings = parts.settings
    by_twilio = settings.whatsapp_provider == "twilio"

    @blueprint.post(twilio_signature.PATH)
    def receive() -> Response:
        deadline = time.monotonic() + ANSWER_WITHIN_SECONDS
        signature = request.headers.get("X-Twilio-Signature")
        form = read_body("twilio", signature, BASE64_DIGEST, lambda: request.form)
        if isinstance(form, Response):
            return form
        if not twilio_signature.is_signed(
            settings.public_url,
            request.query_string.decode("latin-1"),
            form,
            signature,
            request.headers.get("X-Twilio-Webhooks-Signature-Settings"),
            settings.twilio_auth_token,
        ):
            metrics.count_rejection("twilio", "signature")
            return refuse(403, "The signature does not match the request.")
        now = parts.clock.now()
        if "MessageStatus" in form:
            status = parse_status(form, request.args.get(twilio_signature.OUR_ID), now)
            task = apply_statuses(parts, [status] if status else [], deadline)
        else:
            message = parse_inbound(form, now) if by_twilio else None
            if message is None:
                metrics.count_rejection("twilio", "not_ours")
            task = answer_people(parts, runner, [message] if message else [], deadline)
        try:
            task()
        except StoreUnavailable:
            metrics.count_rejection("twilio", "unavailable")
            return refuse(503, "It could not be stored in time; please send it again.")
        return Response(str(MessagingResponse()), mimetype="text/xml")

    return blueprint
