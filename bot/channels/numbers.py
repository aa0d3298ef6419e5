"""Phone numbers in all the ways that providers write them, turned into E.164."""

from __future__ import annotations

import phonenumbers

E164_DIGITS_MAX = 15  # ITU-T E.164, 6.2.1
WRITTEN_MAX = 64  # With prefix, brackets and blanks; longer text holds no number.


def e164(number: object) -> str | None:
    """Return *number*, which begins with its country code, in E.164 with the plus sign.

    Providers write the same number as `919800000001`, `+91 98000 00001` or
    `whatsapp:+919800000001`. A number that fits no known numbering plan keeps its
    digits: WhatsApp has verified it, and its plan may be newer than our tables.

    Returns:
        The number, or None if *number* has no digits, or more than a number can have.
    """
    if not isinstance(number, str) or len(number) > WRITTEN_MAX:
        return None
    digits = phonenumbers.normalize_digits_only(number)
    if not 0 < len(digits) <= E164_DIGITS_MAX:
        return None
    plain = f"+{digits}"
    try:
        parsed = phonenumbers.parse(plain)
    except phonenumbers.NumberParseException:
        return plain
    if not phonenumbers.is_possible_number(parsed):
        return plain
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
