"""Twilio's limits, each with the page of its documentation it comes from."""

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

# Error 63021: the body with its variables filled in, so no variable can be longer.
TEMPLATE_BODY_MAX = 1024
