"""What Twilio's error codes mean for a message, and how to say it to the people of a clinic.

The same codes come in the answer to a send and, later, in a status callback.
"""

from __future__ import annotations

from typing import Final

from bot.channels.http import classify_status
from domain.channel import ErrorClass

LATER, LATER_PAIR, TEMPLATE, LANGUAGE, DOCUMENT, MALFORMED, NEVER, STOP = (
    ErrorClass.LATER,
    ErrorClass.LATER_PAIR,
    ErrorClass.TEMPLATE,
    ErrorClass.LANGUAGE,
    ErrorClass.DOCUMENT,
    ErrorClass.MALFORMED,
    ErrorClass.NEVER,
    ErrorClass.STOP,
)
NO_TEMPLATE = 63027

# Source: Twilio, "Error and Warning Dictionary".
# fmt: off
CODES: Final[dict[int, tuple[ErrorClass, str]]] = {
    # --- Passing trouble, or too many calls. ---
    20429: (LATER, "The account made too many calls to Twilio in a short time."),
    20500: (LATER, "Twilio had a fault of its own."),
    20503: (LATER, "Twilio is down for the moment."),
    21611: (LATER, "Too many messages of this number are waiting at Twilio."),
    30001: (LATER, "Too many messages of this number are waiting at Twilio."),
    63010: (LATER, "WhatsApp had a fault of its own."),
    63012: (LATER, "WhatsApp had a fault of its own."),
    63017: (LATER, "The account sent more messages a second than it may."),
    63018: (LATER_PAIR, "WhatsApp takes no more messages for this person for a while."),
    63038: (LATER, "The account has sent as many messages as it may in a day."),

    # --- Outside the customer service window. ---
    63016: (TEMPLATE, "The person has not written for 24 hours: only approved templates may go."),

    # --- The file, which Twilio fetches by its link. ---
    12300: (DOCUMENT, "Twilio does not take that kind of file."),
    21620: (DOCUMENT, "Twilio does not take the file's address."),
    63019: (DOCUMENT, "Twilio could not fetch the file."),

    # --- This person cannot be reached, or does not want to be. ---
    21211: (NEVER, "That is not a number one can write to."),
    21608: (NEVER, "A trial account may write only to numbers that were verified for it."),
    21610: (NEVER, "The person has asked Twilio for no more messages."),
    21614: (NEVER, "That number takes no text messages."),
    30003: (NEVER, "The phone is switched off or cannot be reached."),
    30004: (NEVER, "The person has blocked the number."),
    30005: (NEVER, "The number does not exist."),
    30006: (NEVER, "The number is a landline."),
    30007: (NEVER, "The phone company held the message back."),
    30008: (NEVER, "The phone company could not say what went wrong."),
    63003: (NEVER, "The number has no WhatsApp."),
    63014: (NEVER, "The person has blocked the number or asked for no more messages."),
    63024: (NEVER, "The number has no WhatsApp."),
    63031: (NEVER, "The number cannot write to itself."),

    # --- The template and the message. Sent in another form, never repeated as they are. ---
    NO_TEMPLATE: (LANGUAGE, "The template does not exist, or is not approved, in that language."),
    21617: (MALFORMED, "The message is longer than Twilio takes."),
    21655: (MALFORMED, "Twilio does not know the content template."),
    21656: (MALFORMED, "The content template's variables are not as Twilio asks for."),
    21658: (MALFORMED, "A variable of the content template is longer than Twilio takes."),
    63005: (MALFORMED, "WhatsApp did not take the content of the message."),
    63013: (MALFORMED, "The message breaks WhatsApp's rules for content."),
    63021: (MALFORMED, "The message is longer than WhatsApp takes, or has the wrong form."),
    63028: (MALFORMED, "The template has another number of parameters."),
    63030: (MALFORMED, "Twilio does not support something in the message."),

    # --- Set-up and rights: the number cannot send until somebody corrects it. ---
    20003: (STOP, "Twilio did not accept the account's id or its token."),
    20404: (STOP, "Twilio does not know the account."),
    21212: (STOP, "The sending number is not one that Twilio can send from."),
    21606: (STOP, "The sending number is not the account's, or cannot send messages."),
    21609: (STOP, "Twilio cannot reach PUBLIC_URL, where it reports what became of messages."),
    30002: (STOP, "Twilio has suspended the account."),
    63001: (STOP, "Twilio could not sign in to WhatsApp."),
    63007: (STOP, "The sending number is not registered with WhatsApp at Twilio."),
}
# fmt: on

REASONS: Final[dict[ErrorClass, str]] = {
    LATER: "Twilio cannot take messages for the moment.",
    LATER_PAIR: "Too many messages went to this person in a short time.",
    TEMPLATE: "Only an approved template may go to this person now.",
    LANGUAGE: "The template is not approved in that language.",
    DOCUMENT: "Twilio did not take the file.",
    MALFORMED: "Twilio did not take the form of the message.",
    NEVER: "Twilio refused the message.",
    STOP: "Twilio lets the number send nothing.",
}


def classify(code: int | None, http_status: int | None = None) -> ErrorClass:
    """Return what to do about a message refused with *code*, or, if unknown, *http_status*.

    Args:
        code: Twilio's error code; None if the answer carried none.
        http_status: The answer's status; None for a failure that came by a status callback.
    """
    if code in CODES:
        return CODES[code][0]
    return NEVER if http_status is None else classify_status(http_status)


def reason(code: int | None, http_status: int | None = None) -> str:
    """Return in plain English, for the clinic's people, why a message was refused."""
    words = CODES[code][1] if code in CODES else REASONS[classify(code, http_status)]
    known = f"error {code}" if code is not None else f"HTTP {http_status}"
    return f"{words.removesuffix('.')} ({known})."
