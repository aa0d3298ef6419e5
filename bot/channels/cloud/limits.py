"""Meta's limits, each with the page of Meta's documentation it comes from.

Lengths are counted in UTF-16 units (`bot.channels.fit.utf16_units`). Whether Meta counts those or
code points, of which there are never more, is not documented.
"""

from __future__ import annotations

# "Text messages".
TEXT_BODY_MAX = 4096

# "Interactive reply buttons messages". Ids and titles must differ within a message.
BUTTONS_MAX = 3
BUTTON_TITLE_MAX = 20
BUTTON_BODY_MAX = 1024

# "Interactive list messages". Rows count over all sections together.
LIST_ROWS_MAX = 10
LIST_LABEL_MAX = 20
LIST_ROW_TITLE_MAX = 24
LIST_ROW_DESCRIPTION_MAX = 72
LIST_BODY_MAX = 4096

# "Interactive Call-to-Action URL button messages".
URL_LABEL_MAX = 20
URL_BODY_MAX = 1024

# "Document messages".
CAPTION_MAX = 1024

# "Template components": the body with its parameters filled in, so no parameter can be longer.
TEMPLATE_BODY_MAX = 1024

# "Receive payments via payment gateways on WhatsApp": an order, and the status of one.
ORDER_BODY_MAX = 1024
ORDER_ITEM_MAX = 60
ORDER_WORDS_MAX = 120
IMPORTER_MAX = 60
ADDRESS_MAX = 100
