"""Documents: fetched by their link, uploaded, and what Meta refuses about them."""

import pytest

from .conftest import CLINIC, eventually, free_port
from .messages import document


def test_a_document_is_fetched_by_its_link_and_can_be_opened(sim, product):
    link = product.file(b"%PDF-1.7 the report")
    sent = sim.send(document(link))
    sim_read = eventually(lambda: product.status_names(sent)[2:], "its being read")
    assert sim_read == ["read"]
    shown = sim.chat()[-1]
    assert (shown["text"], shown["type"]) == ("Report", "document")
    media = shown["media"]
    assert (media["kind"], media["link"], media["filename"]) == ("document", link, "r.pdf")
    assert (media["mime_type"], media["file_size"]) == ("application/pdf", 19)
    product.files.clear()
    opened = sim.http.get(f"{sim.base}/files/{media['id']}")
    assert (opened.content, opened.headers["Content-Type"]) == (
        b"%PDF-1.7 the report",
        "application/pdf",
    )


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ((b"", "text/html", 404), "with http code 404, status message Not Found"),
        ((b"", "application/pdf", 302), "with http code 302"),
        ((b"<h1>Sign in</h1>", "text/html", 200), "mime type text/html"),
        (None, "(ConnectionError)"),
    ],
    ids=["not there", "elsewhere", "a page", "nobody there"],
)
def test_a_document_that_cannot_be_fetched_fails_later(sim, product, file, why):
    link = product.file(*file) if file else f"http://127.0.0.1:{free_port()}/r.pdf"
    sent = sim.send(document(link))
    (status,) = eventually(lambda: product.statuses(sent), "the failure")
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131053)
    assert why in status["errors"][0]["error_data"]["details"]
    assert "id" not in sim.chat()[-1]["media"]


def test_nothing_is_fetched_from_another_machine(sim, product):
    sent = sim.send(document("https://clinic.example/r.pdf"))
    (status,) = eventually(lambda: product.statuses(sent), "the failure")
    assert "this machine only" in status["errors"][0]["error_data"]["details"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"link": "r.pdf"}, 131009),
        ({"link": None}, 131008),
        ({"id": "1"}, 131008),
        ({"filename": "x" * 256}, 131009),
        ({"filename": ""}, 131008),
        ({"caption": "x" * 1025}, 131009),
    ],
    ids=["no address", "nothing", "two files", "long name", "empty name", "long caption"],
)
def test_a_document_that_breaks_a_limit_is_refused(sim, wrong, code):
    call = document(**{"link": "http://127.0.0.1/r.pdf"} | wrong)
    assert sim.refusal(call)[1]["code"] == code


def test_documents_and_pictures_go_by_upload(sim):
    assert sim.refusal({"type": "document", "document": {"filename": "r"}})[1]["code"] == 131008
    uploaded = sim.http.post(
        f"{sim.base}/v26.0/{CLINIC}/media",
        headers={"Authorization": "Bearer access-token"},
        data={"messaging_product": "whatsapp", "type": "image/png"},
        files={"file": ("a.png", b"png")},
    ).json()
    sim.send({"type": "image", "image": {"id": uploaded["id"]}})
