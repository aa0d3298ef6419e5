"""Twilio's errors, and what it makes of those that WhatsApp reports to it."""

from __future__ import annotations

from typing import Any

from simulator.errors import ProviderError

# Code: (HTTP status, message), after Twilio's "Error and Warning Dictionary".
MESSAGES: dict[int, tuple[int, str]] = {
    20001: (400, "Unknown parameters"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20422: (400, "Invalid parameter"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid 'From' Phone Number"),
    21604: (400, "A 'To' phone number is required"),
    21603: (400, "A 'From' phone number is required"),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21619: (400, "A text message body or media urls must be specified"),
    21620: (400, "Invalid media URL(s)"),
    21623: (400, "Number of media files exceeds allowed limit"),
    21655: (400, "The ContentSid is Invalid"),
    21656: (400, "The ContentVariables Parameter is invalid"),
    21658: (400, "The ContentVariables value exceeds the maximum length of 1600 characters"),
    63007: (400, "Twilio could not find a Channel with the specified From address"),
    63016: (400, "Failed to send freeform message because you are outside the allowed window"),
    63017: (429, "Channel rate limit exceeded"),
    63018: (429, "Rate limit exceeded for channel"),
    63019: (400, "Media failed to download"),
    63021: (400, "Channel invalid content error"),
    63024: (400, "Invalid message recipient"),
    63030: (400, "Unsupported parameter for type of channels message"),
    63031: (400, "Channels message cannot have same From and To"),
}
DOCUMENTATION = "https://www.twilio.com/docs/errors"
BAD_REQUEST = 400
# What Twilio reports where WhatsApp reports this, after its "WhatsApp error codes".
FROM_META: dict[int, int] = {
    131000: 20500,
    131009: 21656,
    131016: 20503,
    131026: 63024,
    131047: 63016,
    131053: 63019,
    131056: 63018,
    131062: 63024,
    130429: 63017,
}


class TwilioError(ProviderError):
    """A call that Twilio refuses, or why a message failed."""

    def __init__(self, code: int, details: str = "", *, http_status: int | None = None) -> None:
        """Describe the refusal.

        Args:
            code: Twilio's error code, such as 21656.
            details: What exactly was wrong.
            http_status: Replaces the code's usual HTTP status.
        """
        status, title = MESSAGES.get(code, (BAD_REQUEST, "The message was refused"))
        self.code = code
        self.details = details
        self.http_status = http_status or status
        self.message = f"{title}: {details}" if details else title
        super().__init__(f"{code}: {self.message}")

    def as_answer(self) -> dict[str, Any]:
        """Return the JSON body of the synchronous refusal."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"{DOCUMENTATION}/{self.code}",
            "status": self.http_status,
        }

    def as_status_error(self) -> dict[str, Any]:
        """Return the same refusal as the message's status keeps it."""
        return {"code": self.code, "title": self.message, "message": self.message}


def invalid(details: str) -> TwilioError:
    """Return the refusal of a content resource that is not well formed."""
    return TwilioError(20422, details)
