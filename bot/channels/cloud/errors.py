"""What Meta's error codes mean for a message, and how to say it to the people of a clinic.

The same codes come in the answer to a send and, later, in a `failed` status. Meta advises to decide
by the code: titles change, and HTTP statuses are not reliable.
"""

from __future__ import annotations

from typing import Final

from bot.channels.http import classify_status
from domain.channel import ErrorClass

LATER, LATER_PAIR, TEMPLATE, LANGUAGE, DOCUMENT, ORDER, MALFORMED, UNWANTED, NEVER, STOP = (
    ErrorClass.LATER,
    ErrorClass.LATER_PAIR,
    ErrorClass.TEMPLATE,
    ErrorClass.LANGUAGE,
    ErrorClass.DOCUMENT,
    ErrorClass.ORDER,
    ErrorClass.MALFORMED,
    ErrorClass.UNWANTED,
    ErrorClass.NEVER,
    ErrorClass.STOP,
)

# Source: Meta, "Error codes".
# fmt: off
CODES: Final[dict[int, tuple[ErrorClass, str]]] = {
    # --- Passing trouble, or too many calls. Meta asks for a back-off. ---
    1:      (LATER, "WhatsApp had a fault of its own."),
    2:      (LATER, "WhatsApp is down for the moment."),
    4:      (LATER, "The app made too many calls to WhatsApp in a short time."),
    80007:  (LATER, "The WhatsApp account made too many calls in a short time."),
    130429: (LATER, "The number sent more messages a second than it may."),
    131000: (LATER, "WhatsApp could not say what went wrong."),
    131016: (LATER, "WhatsApp is overloaded or down for the moment."),
    131057: (LATER, "WhatsApp is moving the number to a higher rate; that takes a minute."),
    133004: (LATER, "WhatsApp's server is not available for the moment."),
    # About this person only: everybody else can be written to meanwhile.
    131056: (LATER_PAIR, "Too many messages went to this person in a short time."),

    # --- Outside the customer service window. ---
    131047: (TEMPLATE, "The person has not written for 24 hours: only approved templates may go."),

    # --- This person cannot be reached, or does not want to be. ---
    131021: (NEVER, "The number cannot write to itself."),
    131026: (NEVER, "The person has no WhatsApp, an old one, or has not accepted its terms."),
    131030: (NEVER, "WhatsApp's test number may write only to people on its list."),
    131062: (NEVER, "A login code can only go to a phone number, and WhatsApp hides this one."),
    # Meta asks to wait at least a day. No message of ours is still worth sending then.
    131049: (NEVER, "WhatsApp held the message back: the person gets many such messages."),
    131050: (UNWANTED, "The person has stopped marketing messages from the clinic."),
    130472: (NEVER, "WhatsApp held the message back for an experiment of its own."),
    # Meta's table has it among the account's restrictions, but it is about one country's people
    # only: it must not stop the clinic's messages to all others.
    130497: (NEVER, "WhatsApp does not let the account write to people in that country."),

    # --- The template. Sent in another language or form, never repeated as it is. ---
    132000: (MALFORMED, "The template has another number of parameters."),
    132001: (LANGUAGE, "The template does not exist, or is not approved, in that language."),
    132005: (MALFORMED, "The template with its parameters is too long."),
    132007: (MALFORMED, "The template breaks WhatsApp's rules for content."),
    132012: (MALFORMED, "A parameter does not have the form that the template asks for."),
    132015: (NEVER, "WhatsApp has paused the template because people complained."),
    132016: (NEVER, "WhatsApp has disabled the template because people complained."),

    # --- The file. Meta fetches it by its link, and tells in a status that it could not. ---
    131052: (DOCUMENT, "WhatsApp could not fetch the file."),
    131053: (DOCUMENT, "WhatsApp could not fetch the file, or did not take it."),

    # --- The request. A mistake in our own making of it: only another form can help. ---
    100:    (MALFORMED, "WhatsApp did not understand the message."),
    131008: (MALFORMED, "The message lacks something that WhatsApp asks for."),
    131009: (MALFORMED, "Something in the message is not as WhatsApp asks for."),
    131051: (MALFORMED, "WhatsApp does not know this kind of message."),
    135000: (MALFORMED, "WhatsApp did not understand the message and did not say why."),

    # --- A payment inside WhatsApp. The message is sent as text, with the payment's link. ---
    2046:   (ORDER, "WhatsApp did not take the order's status: it has ended otherwise."),
    2047:   (ORDER, "WhatsApp did not cancel the order: a payment was made or is on its way."),
    134011: (ORDER, "WhatsApp's terms for payments have not been accepted."),

    # --- Set-up and rights: the number cannot send until somebody corrects it. ---
    0:      (STOP, "WhatsApp did not accept the access token."),
    190:    (STOP, "The access token has run out or was withdrawn."),
    3:      (STOP, "The app lacks the right to send messages."),
    10:     (STOP, "The app lacks the right to send messages, or it was withdrawn."),
    33:     (STOP, "The number has been deleted from the WhatsApp account."),
    131005: (STOP, "The app lacks the right to use this number."),
    131037: (STOP, "WhatsApp has not approved the number's display name."),
    131042: (STOP, "WhatsApp could not charge the account: see its payment method."),
    131045: (STOP, "The number is not registered correctly with WhatsApp."),
    133010: (STOP, "The number is not registered with WhatsApp."),

    # --- Blocked for what was sent. Going on makes it worse. ---
    368:    (STOP, "WhatsApp has blocked the account for breaking its rules."),
    131031: (STOP, "WhatsApp has locked the account."),
    131048: (STOP, "WhatsApp has restricted the number: too many people reported or blocked it."),

    # --- Registration of the number: only the operator can act. ---
    133000: (STOP, "The number was not completely removed from its former account."),
    133005: (STOP, "The number's two-step PIN is wrong."),
    133006: (STOP, "The number has to be verified again."),
    133008: (STOP, "The two-step PIN was tried too often."),
    133009: (STOP, "The two-step PIN was tried too fast."),
    133015: (STOP, "The number was removed a moment ago and cannot be registered yet."),
    133016: (STOP, "The number was registered and removed too often."),
}
# fmt: on

PERMISSIONS = range(200, 300)
"""Every code in this range says that a permission is missing."""

NO_SUCH_NUMBER = (100, 33)
"""The code and subcode for a number that the token cannot see at all. It is the one subcode that
matters: without it, with a wrong phone_number_id every message would fail for good as malformed
(the answer is quoted in github.com/sajuthankappan/whatsapp-cloud-api-rs/issues/3)."""

REASONS: Final[dict[ErrorClass, str]] = {
    LATER: "WhatsApp cannot take messages for the moment.",
    LATER_PAIR: "Too many messages went to this person in a short time.",
    TEMPLATE: "Only an approved template may go to this person now.",
    LANGUAGE: "The template is not approved in that language.",
    DOCUMENT: "WhatsApp did not take the file.",
    ORDER: "WhatsApp did not take the order.",
    MALFORMED: "WhatsApp did not take the form of the message.",
    UNWANTED: "The person has stopped marketing messages from the clinic.",
    NEVER: "WhatsApp refused the message.",
    STOP: "WhatsApp lets the number send nothing.",
}


def classify(
    code: int | None, http_status: int | None = None, subcode: int | None = None
) -> ErrorClass:
    """Return what to do about a message refused with *code*, or, if unknown, *http_status*.

    Args:
        code: Meta's error code; None if the answer carried none.
        http_status: The answer's status; None for a `failed` status, which came by webhook.
        subcode: Meta's `error_subcode`, if any.
    """
    if (code, subcode) == NO_SUCH_NUMBER or code in PERMISSIONS:
        return STOP
    if code in CODES:
        return CODES[code][0]
    return NEVER if http_status is None else classify_status(http_status)


def reason(code: int | None, http_status: int | None = None, subcode: int | None = None) -> str:
    """Return in plain English, for the clinic's people, why a message was refused."""
    kind = classify(code, http_status, subcode)
    words = CODES[code][1] if code in CODES and CODES[code][0] is kind else REASONS[kind]
    known = f"error {code}" if code is not None else f"HTTP {http_status}"
    return f"{words.removesuffix('.')} ({known})."
