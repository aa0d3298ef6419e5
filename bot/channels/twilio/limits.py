"""Twilio's limits, each with the page of its documentation it comes from.

Lengths are counted in UTF-16 units (`bot.channels.fit.utf16_units`), as Meta's are.
"""

from __future__ import annotations

# "Message resource": Body.
TEXT_BODY_MAX = 1600

# "twilio/quick-reply" and "twilio/list-picker", within a session.
BUTTONS_MAX = 3
BUTTON_TITLE_MAX = 20
MENU_BODY_MAX = 1024
LIST_ROWS_MAX = 10
LIST_LABEL_MAX = 20
LIST_ROW_TITLE_MAX = 24
LIST_ROW_DESCRIPTION_MAX = 72
ID_MAX = 200

# "Using Variables with Content Templates". The page on error 21658 has 1,600; menus keep to less.
VARIABLE_MAX = 255

# Lines of text above a menu, in the contents that we make: as many as our messages have.
BUTTONS_LINES_MAX = 12
LIST_LINES_MAX = 9
"""Beside the numbered choices, each of which has a line."""

# Not documented: an address and its town.
LABEL_MAX = 255

# Error 63021: the body with its variables filled in, so no variable can be longer.
TEMPLATE_BODY_MAX = 1024
