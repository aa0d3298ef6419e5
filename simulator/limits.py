"""Meta's documented limits, each with the page of Meta's documentation it comes from.

Lengths count UTF-16 units, in which most emoji are two: Meta does not document what it counts, and
no text within a limit by this count is over it by another.
"""


def length(text: str) -> int:
    """Return the length of *text* in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def template_words(variables: int) -> int:
    """Return how many words a template needs beside that many variables.

    Meta does not publish its rule; templates with this many words have been approved.
    """
    return 2 * variables + 1


# Text messages (Cloud API, "Text messages").
TEXT_BODY_MAX = 4096

# Interactive reply buttons ("Interactive reply buttons messages").
BUTTONS_MAX = 3
BUTTON_TITLE_MAX = 20
BUTTON_ID_MAX = 256
BUTTON_BODY_MAX = 1024

# Interactive lists ("Interactive list messages"). Rows count over all sections together.
LIST_LABEL_MAX = 20
LIST_SECTIONS_MAX = 10
LIST_ROWS_MAX = 10
LIST_SECTION_TITLE_MAX = 24
LIST_ROW_TITLE_MAX = 24
LIST_ROW_DESCRIPTION_MAX = 72
LIST_ROW_ID_MAX = 200
LIST_BODY_MAX = 4096

# Interactive URL button ("Interactive Call-to-Action URL button messages").
CTA_LABEL_MAX = 20
CTA_BODY_MAX = 1024

# Shared by all interactive messages.
HEADER_TEXT_MAX = 60
FOOTER_MAX = 60

# Media ("Image messages", "Document messages").
CAPTION_MAX = 1024

# What may be sent as a document ("Media", supported types).
DOCUMENT_TYPES = frozenset({
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "text/plain",
})  # fmt: skip
MEDIA_TYPES = frozenset({
    "image/jpeg", "image/png", "image/webp", "audio/aac", "audio/amr", "audio/mp4", "audio/mpeg",
    "audio/ogg", "video/3gpp", "video/mp4",
})  # fmt: skip
# Not documented; no file system takes a longer name.
FILENAME_MAX = 255

# Templates ("Template components").
TEMPLATE_NAME_MAX = 512
TEMPLATE_BODY_MAX = 1024
TEMPLATE_HEADER_MAX = 60
TEMPLATE_FOOTER_MAX = 60
TEMPLATE_BUTTONS_MAX = 10
TEMPLATE_BUTTON_TEXT_MAX = 25
TEMPLATE_URL_BUTTONS_MAX = 2
TEMPLATE_URL_MAX = 2000
# A run of this many spaces in a parameter is refused ("more than 4 consecutive spaces").
TEMPLATE_SPACES_REFUSED = 5
# Not documented for a quick reply's payload; the id of a reply button has at most this many.
TEMPLATE_PAYLOAD_MAX = 256

# One-time codes ("Authentication templates").
OTP_CODE_MAX = 15
OTP_EXPIRY_MINUTES = (1, 90)

# Orders that are paid inside WhatsApp ("Receive payments via payment gateways on WhatsApp").
ORDER_REFERENCE_MAX = 35
ORDER_OFFSET = 100  # Amounts are in hundredths of a rupee.
ORDER_LIFE_SECONDS = 300
ORDER_ITEM_MAX = 60
ORDER_DESCRIPTION_MAX = 120
ORDER_RECEIPT_MAX = 40
ORDER_NOTES_MAX = 15
ORDER_NOTE_MAX = 256
PAYMENT_CONFIGURATION_MAX = 60
IMPORTER_MAX = 60
ADDRESS_MAX = 100

# The customer service window ("Customer service windows").
WINDOW_SECONDS = 24 * 3600

# The pair rate: one message in six seconds to one person, with a burst of 45
# ("Cloud API overview", rate limits).
PAIR_INTERVAL_SECONDS = 6.0
PAIR_BURST = 45

# A typing indicator goes when the business answers, or after this long ("Typing indicators").
TYPING_SECONDS = 25.0

# `biz_opaque_callback_data` ("Message API reference").
CALLBACK_DATA_MAX = 512

# Webhooks are retried with falling frequency for seven days and then dropped ("Webhooks").
WEBHOOK_GIVE_UP_SECONDS = 7 * 24 * 3600
