"""Names of clinics that an operator looks at before the clinic writes to strangers.

Whoever registers chooses the name that people read above every message. A name is held, not
refused: a clinic in Bank Street is real, and an operator sees that at a glance.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class NameDoubt(StrEnum):
    """What about a clinic's name an operator has to look at."""

    ADDRESS = "ADDRESS"
    """It looks like a web address, or holds a number to call."""
    LETTERS = "LETTERS"
    """It mixes digits or other scripts into words, as is done to get past filters."""
    AUTHORITY = "AUTHORITY"
    """It names a bank, an authority or a payment service, or warns of something."""


_ENDINGS = (
    "app|bank|biz|cc|click|club|co|com|gov|in|info|io|link|live|ly|me|net|nic|online|org|page|ru|shop|"
    "site|store|tk|to|top|vip|work|xyz"
)
_ADDRESS = re.compile(
    rf"https?:|://|\bwww\b|[\w-]\.(?:{_ENDINGS})\b|\bdot (?:{_ENDINGS})\b|@\w|\d[\d\s-]{{6,}}\d"
)
_AUTHORITY = re.compile(
    "aadhaar|aadhar|account|alert|amazon|atm|axis|bank|blocked|cashback|cbi|cibil|court|cred|credit"
    "|crypto|customs|debit|epfo|fedex|flipkart|gift|google|government|govt|gpay|hdfc|icici|income"
    "|insurance|irdai|itr|kotak|kyc|lic|loan|lottery|meta|ministry|npci|otp|pan|parcel|password"
    "|payment|paypal|paytm|phonepe|pnb|police|prize|razorpay|rbi|refund|reward|sbi|sebi|suspended"
    "|tax|telegram|trai|uidai|upi|urgent|verification|verify|visa|wallet|warning|whatsapp|winner"
)
_KINDS_OF_BANK = {"blood", "cord", "eye", "milk", "organ", "sperm", "tissue"}
_LIKE_LETTERS = str.maketrans("0134578@$", "oleastbas")
_TRICK = re.compile(r"[^\W\d_]\d+[^\W\d_]")
_HOURS = re.compile(r"\b24\s?[x*]\s?7\b")


def name_doubt(name: str) -> NameDoubt | None:
    """Return what an operator has to look at in a clinic's *name*; None if nothing."""
    plain = _HOURS.sub(" ", unicodedata.normalize("NFKC", name).casefold())
    if _ADDRESS.search(plain):
        return NameDoubt.ADDRESS
    words = re.findall(r"[\w@$]+", plain)
    if any(_TRICK.search(word) or _mixes_scripts(word) for word in words):
        return NameDoubt.LETTERS
    spelled = "".join(word if len(word) == 1 else f" {word} " for word in words).split()
    for before, word in zip(["", *spelled], spelled, strict=False):
        meant = word.translate(_LIKE_LETTERS)
        if meant == "bank" and before in _KINDS_OF_BANK:
            continue
        if _AUTHORITY.fullmatch(word) or _AUTHORITY.fullmatch(meant):
            return NameDoubt.AUTHORITY
    return None


def _mixes_scripts(word: str) -> bool:
    """Return whether a word has letters of several scripts, such as a Cyrillic a in Latin."""
    scripts = {unicodedata.name(c, "").split(" ")[0] for c in word if c.isalpha()}
    return len(scripts) > 1
