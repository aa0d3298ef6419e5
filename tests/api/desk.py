"""A clinic's desk at work: calls of one account about one doctor's line, a moment apart.

Two things that happen to one line never share an instant, as they never do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from domain.model.clinics import User
from tests.api.answers import data
from tests.api.office import Office

PHONE = "+9198765500{:02d}"


@dataclass(frozen=True)
class Desk:
    """One account, and the doctor whose line it looks after."""

    office: Office
    user: User
    doctor_id: str = "doc_khan"

    def call(self, method: str, path: str, body: Any = None, **given: Any) -> TestResponse:
        self.office.stage.clock.advance(seconds=1)
        client = self.office.sign_in(self.user)  # anew: tests wait longer than a token lasts
        return client.call(method, path, body, **given)

    def queue(self, action: str, body: Any = None, **given: Any) -> TestResponse:
        """Post an action of the line, such as `call-next`."""
        return self.call("POST", f"/doctors/{self.doctor_id}/queue/{action}", body, **given)

    def look(self, what: str = "current", **query: Any) -> dict[str, Any]:
        """Return the `data` of a look at the line, such as `history`."""
        path = f"/doctors/{self.doctor_id}/queue/{what}"
        return data(self.call("GET", path, query=query))

    def book(self, n: int, **body: Any) -> str:
        """Book for the patient of that number; return the token's id."""
        return str(data(self.try_book(n, **body), 201)["tokenId"])

    def try_book(self, n: int, **body: Any) -> TestResponse:
        person = {"patientPhone": PHONE.format(n), "patientName": f"Patient {'ABCDEFGHIJ'[n]}"}
        return self.call("POST", f"/doctors/{self.doctor_id}/tokens", {**person, **body})

    def token(self, token_id: str) -> dict[str, Any]:
        """Return a token as it is shown."""
        found: dict[str, Any] = data(self.call("GET", f"/tokens/{token_id}"))["token"]
        return found

    def put(self, token_id: str, **body: Any) -> TestResponse:
        return self.call("PUT", f"/tokens/{token_id}", body)

    def cancel(self, token_id: str, body: Any = None) -> TestResponse:
        return self.call("DELETE", f"/tokens/{token_id}", body)
