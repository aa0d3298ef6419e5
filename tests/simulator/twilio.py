"""A simulator that plays Twilio, the product beside it, and contents as the product makes them."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator

from .conftest import ASHA, CLINIC_DISPLAY, Product, Simulator

ACCOUNT, TOKEN = "AC" + "0" * 31 + "1", "auth-token"
FROM, TO = f"whatsapp:+{CLINIC_DISPLAY}", f"whatsapp:+{ASHA}"
RETRIES = "#rc=5&rp=all"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"

QUICK = {
    "twilio/quick-reply": {
        "body": "Token {{1}} for {{2}}: is that right?",
        "actions": [
            {"type": "QUICK_REPLY", "title": "Yes", "id": "{{3}}"},
            {"type": "QUICK_REPLY", "title": "No", "id": "{{4}}"},
        ],
    }
}
QUICK_SAMPLES = ["12", "Asha", "ok:12", "no:12"]
MENU = {
    "twilio/quick-reply": {
        "body": "{{1}}",
        "actions": [
            {"type": "QUICK_REPLY", "title": "{{2}}", "id": "{{3}}"},
            {"type": "QUICK_REPLY", "title": "{{4}}", "id": "{{5}}"},
        ],
    }
}
LIST = {
    "twilio/list-picker": {
        "body": "{{1}}",
        "button": "{{2}}",
        "items": [
            {"item": "{{3}}", "id": "{{4}}", "description": "{{5}}"},
            {"item": "{{6}}", "id": "{{7}}", "description": "{{8}}"},
        ],
    }
}
LIST_VALUES = [
    "Choose a doctor", "Doctors", "Dr Rao", "doc:rao", "General", "Dr Iyer", "doc:iyer", "Skin",
]  # fmt: skip
CODE = {
    "whatsapp/authentication": {
        "add_security_recommendation": True,
        "code_expiration_minutes": 10,
        "actions": [{"type": "COPY_CODE", "copy_code_text": "Copy code"}],
    }
}


def numbered(values):
    return {str(n): value for n, value in enumerate(values, start=1)}


def content(types, samples, name="menu", language="en"):
    return {
        "friendly_name": name,
        "language": language,
        "variables": numbered(samples),
        "types": types,
    }


class TwilioProduct(Product):
    """Plays the product beside Twilio: each webhook is a form, signed with its address."""

    kind = "application/x-www-form-urlencoded"

    def is_signed(self, path, headers, raw):
        form = dict(parse_qsl(raw.decode(), keep_blank_values=True))
        url = self.url.replace(urlsplit(self.url).path, path)
        signature = headers["X-Twilio-Signature"] or ""
        return RequestValidator(TOKEN).validate(url, form, signature)

    def read(self, path, raw):
        form = dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True))
        return path, form

    def forms(self):
        return [form for _, (_, form) in list(self.received) if "MessageStatus" not in form]

    def statuses(self, sid=None):
        """Return the statuses with the path and query that each was posted to."""
        every = [(path, form) for _, (path, form) in list(self.received) if "MessageStatus" in form]
        return [(path, form) for path, form in every if sid in (None, form["MessageSid"])]

    def status_names(self, sid):
        return [form["MessageStatus"] for _, form in self.statuses(sid)]


class TwilioSimulator(Simulator):
    """A simulator process that plays Twilio, and short ways to use it."""

    def __init__(self, folder, product):
        self.callback = f"{product.url}?message=m1{RETRIES}"
        account = {"account_sid": ACCOUNT, "auth_token": TOKEN}
        url = product.url + RETRIES
        super().__init__(folder, url, provider="twilio", twilio=account)

    def call(self, method, path, *, auth=(ACCOUNT, TOKEN), **options):
        return self.http.request(method, self.base + path, auth=auth, timeout=20, **options)

    def message(self, **fields):
        """Send a message, to Asha unless *fields* say otherwise; None leaves a field out."""
        given = {"From": FROM, "To": TO, "StatusCallback": self.callback, **fields}
        form = {name: value for name, value in given.items() if value is not None}
        return self.call("POST", MESSAGES, data=form)

    def deliver(self, **fields):
        answer = self.message(**fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["sid"]

    def refused(self, **fields):
        answer = self.message(**fields)
        assert not answer.ok, answer.text
        return answer.json()["code"]

    def create(self, types, samples, **more):
        answer = self.call("POST", "/v1/Content", json=content(types, samples, **more))
        assert answer.status_code == 201, answer.text
        return answer.json()["sid"]

    def submit(self, sid, name="token_v1", category="UTILITY"):
        path = f"/v1/Content/{sid}/ApprovalRequests/whatsapp"
        return self.call("POST", path, json={"name": name, "category": category})

    def approval(self, sid):
        listed = self.call("GET", "/v1/ContentAndApprovals?PageSize=1000").json()["contents"]
        return next(c["approval_requests"] for c in listed if c["sid"] == sid)

    def approved(self, types, samples, name, category="UTILITY"):
        """Create a content and have it approved; return its sid."""
        sid = self.create(types, samples, name=name)
        assert self.submit(sid, name, category).status_code == 201
        assert self.approval(sid)["status"] == "approved"
        return sid

    def remove_contents(self):
        for kept in self.call("GET", "/v1/ContentAndApprovals?PageSize=1000").json()["contents"]:
            assert self.call("DELETE", f"/v1/Content/{kept['sid']}").status_code == 204

    @staticmethod
    def filled(sid, values):
        """Return the fields that send a content with *values*."""
        return {"ContentSid": sid, "ContentVariables": json.dumps(numbered(values))}
