"""Messages with choices, documents and templates, as the product sends them, and changed ones."""

from __future__ import annotations

import copy

BUTTONS = {
    "type": "interactive",
    "interactive": {
        "type": "button",
        "body": {"text": "Book token 12?"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "ok:12", "title": "Yes"}},
                {"type": "reply", "reply": {"id": "no:12", "title": "No"}},
            ]
        },
    },
}
LIST = {
    "type": "interactive",
    "interactive": {
        "type": "list",
        "header": {"type": "text", "text": "City Clinic"},
        "body": {"text": "Choose a doctor"},
        "footer": {"text": "0 to go back"},
        "action": {
            "button": "Doctors",
            "sections": [
                {
                    "title": "Today",
                    "rows": [
                        {"id": "doc:rao", "title": "Dr Rao", "description": "General"},
                        {"id": "doc:iyer", "title": "Dr Iyer"},
                    ],
                }
            ],
        },
    },
}


def changed(message, path, value):
    """Return a copy of *message* with what is at the dotted *path* replaced, or removed."""
    copied = copy.deepcopy(message)
    place = copied
    *steps, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    for step in steps:
        place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copied


def document(link, **more):
    """Return a document that Meta fetches."""
    given = {"link": link, "filename": "r.pdf", "caption": "Report"} | more
    return {"type": "document", "document": given}


def call(name, *components, language="en"):
    """Return a message from a template."""
    template = {"name": name, "language": {"code": language}, "components": list(components)}
    return {"type": "template", "template": template}


def body(**named):
    """Return the named parameters of a body."""
    parameters = [
        {"type": "text", "parameter_name": name, "text": text} for name, text in named.items()
    ]
    return {"type": "body", "parameters": parameters}


def listed(*texts):
    """Return the parameters of a body by place."""
    return {"type": "body", "parameters": [{"type": "text", "text": text} for text in texts]}


def pressed(index, kind, **parameter):
    """Return the parameter of a button."""
    return {"type": "button", "sub_type": kind, "index": index, "parameters": [parameter]}
