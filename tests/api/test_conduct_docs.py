"""The page of the API's document, in a browser that reaches nothing but the clinic's server."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.api.office import Office

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("api browser")]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PATIENCE = 20_000


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, office.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = chromium.new_page()
        opened.set_default_timeout(PATIENCE)
        yield opened
        chromium.close()


def test_the_document_can_be_read_and_tried(office: Office, page: Page, address: str) -> None:
    errors: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address + "/docs")
    expect(page.get_by_role("heading", name="PulseOps")).to_be_visible(timeout=PATIENCE)

    page.get_by_role("button", name="Authorize").click()
    page.get_by_label("bearer").or_(page.locator("#auth-bearer-value")).first.fill(
        office.admin.token or ""
    )
    page.locator(".auth-btn-wrapper").get_by_role("button", name="Apply credentials").click()
    page.locator(".auth-btn-wrapper").get_by_role("button", name="Close").click()

    page.locator("#operations-tag-users .expand-operation").first.click()
    operation = page.locator(".opblock-get").filter(has_text="/api/v1/users").first
    operation.locator(".opblock-summary-control").first.click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table")
    expect(answer).to_contain_text("usr_farida")
    expect(answer).to_contain_text("200")
    assert errors == []
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {address[7:]}
