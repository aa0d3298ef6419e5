"""Twilio's documented limits, each with the page of its documentation it comes from.

Lengths count UTF-16 units, as in `simulator.limits`.
"""

# "Message resource": Body.
BODY_MAX = 1600

# Errors 21656 and 21658. A run of this many spaces is refused ("more than 4 consecutive spaces").
VARIABLE_MAX = 1600
SPACES_REFUSED = 5

# Error 63021: the body with its variables filled in.
CONTENT_BODY_MAX = 1024

# "twilio/quick-reply": within a session, and as an approved template.
BUTTONS_MAX = 3
TEMPLATE_BUTTONS_MAX = 10
BUTTON_TITLE_MAX = 20
TEMPLATE_BUTTON_TITLE_MAX = 25
ID_MAX = 200

# "twilio/list-picker".
LIST_ITEMS_MAX = 10
LIST_BUTTON_MAX = 20
LIST_ITEM_MAX = 24
LIST_DESCRIPTION_MAX = 72

# "whatsapp/authentication".
CODE_MAX = 15
CODE_MINUTES = range(1, 91)

# "WhatsApp media messages": one file a message.
MEDIA_MAX = 1

# Paging ("Twilio's response").
PAGE_SIZE = 50
PAGE_SIZE_MAX = 1000
