"""An installation whose messages go through Twilio; the simulator plays Twilio, strictly."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.installation import Installation, Json

ACCOUNT, TOKEN = f"AC{7:032x}", "auth-token"
CITY_NUMBER, PLATFORM_NUMBER = "+918040000000", "+918040001000"
"""The display numbers of the installation's two senders: Twilio names a sender by its number."""


class TwilioInstallation(Installation):
    """A clinic's installation of the product, with Twilio beside it."""

    sender = CITY_NUMBER

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, **settings)
        own = {
            "WHATSAPP_PROVIDER": "twilio",
            "TWILIO_API_URL": self.meta_url,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_WHATSAPP_FROM": PLATFORM_NUMBER,
        }
        self.environment |= own
        for process in self.processes.values():
            process.env |= own

    def _simulator(self) -> Json:
        return super()._simulator() | {
            "provider": "twilio",
            "twilio": {"account_sid": ACCOUNT, "auth_token": TOKEN},
            "webhook_url": f"{self.url}/api/v1/webhooks/twilio#rc=5&rp=all",
        }

    def prepare_provider(self) -> None:
        """Submit templates and menus: the product reads once in ten minutes what is there."""
        assert "in all" in self.command("templates", "push")

    def greet_provider(self) -> None:
        """Do nothing: Twilio asks for no proof."""

    def refusals(self) -> list[Json]:
        """Return all calls that Twilio refused, and templates that reviewers rejected."""
        return list(self.control("GET", "/refusals")["refusals"])

    def failures(self) -> list[Json]:
        """Return the messages that were accepted and failed."""
        everybody = [p["wa_id"] for p in self.control("GET", "/phones")["phones"]]
        chats = [
            self.control("GET", f"/phones/{wa_id}/messages")["messages"] for wa_id in everybody
        ]
        return [
            message
            for chat in chats
            for message in chat
            if any(step["status"] == "failed" for step in message["statuses"])
        ]


def link_in(message: Json) -> str:
    """Return the address in a message's text, which people tap there."""
    found = re.search(r"https?://\S+", message["text"])
    assert found is not None, message["text"]
    return found[0]
