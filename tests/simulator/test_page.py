"""The page, in a browser."""

import json

import pytest
from fpdf import FPDF
from playwright.sync_api import expect, sync_playwright

from .conftest import ASHA, MEERA, RAVI, eventually
from .messages import BUTTONS, LIST

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(sim, browser):
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(sim.base)
    yield page
    context.close()
    assert errors == []


@pytest.mark.browser
def test_a_person_writes_and_taps_a_row_and_a_button_and_opens_a_link(page, sim, product):
    phone = page.get_by_test_id(f"phone-{ASHA}")
    phone.get_by_test_id("composer-input").fill("book")
    phone.get_by_test_id("composer-input").press("Enter")
    expect(phone.get_by_test_id("bubble").last).to_contain_text("book")
    eventually(lambda: [m["text"]["body"] for m in product.messages()] == ["book"])

    sim.send(LIST)
    phone.get_by_test_id("list-open").click()
    phone.get_by_test_id("list-row").filter(has_text="Dr Iyer").click()
    reply = eventually(lambda: product.messages()[1:])[0]
    assert reply["interactive"]["list_reply"]["id"] == "doc:iyer"

    sim.send(BUTTONS)
    phone.get_by_test_id("option").filter(has_text="Yes").click()
    reply = eventually(lambda: product.messages()[2:])[0]
    assert reply["interactive"]["button_reply"]["id"] == "ok:12"
    expect(phone.get_by_test_id("bubble").last).to_contain_text("Yes")

    url = product.url.replace("/hooks", "/pay/1")
    parameters = {"display_text": "Pay ₹50", "url": url}
    action = {"name": "cta_url", "parameters": parameters}
    content = {"type": "cta_url", "body": {"text": "Pay"}, "action": action}
    sim.send({"type": "interactive", "interactive": content})
    phone.get_by_test_id("link-button").click()
    frame = phone.get_by_test_id("browser-frame").content_frame
    expect(frame.get_by_role("heading")).to_have_text("Pay 50")
    phone.get_by_test_id("close-browser").click()
    expect(phone.get_by_test_id("browser-frame")).to_have_count(0)


@pytest.mark.browser
def test_a_document_opens_in_the_phone(page, sim, product):
    content = pdf()
    link = product.file(content)
    file = {"link": link, "filename": "Prescription.pdf", "caption": "For Asha"}
    sent = sim.send({"type": "document", "document": file})
    eventually(lambda: "delivered" in product.status_names(sent))
    phone = page.get_by_test_id(f"phone-{ASHA}")
    bubble = phone.get_by_test_id("bubble").last
    expect(bubble).to_contain_text("For Asha")
    expect(bubble.get_by_test_id("document")).to_contain_text("kB · PDF")
    bubble.get_by_test_id("document").click()
    expect(phone.get_by_test_id("browser")).to_contain_text("Prescription.pdf")
    opened = phone.get_by_test_id("browser-frame").get_attribute("src")
    assert sim.http.get(opened).content == content
    phone.get_by_test_id("close-browser").click()
    expect(phone.get_by_test_id("browser-frame")).to_have_count(0)


def pdf():
    written = FPDF()
    written.add_page()
    return bytes(written.output())


@pytest.mark.browser
def test_markup_is_shown_and_html_is_not_run(page, sim):
    sim.send_text("*bold* _slanted_ ~gone~ `code` <img src=x onerror=alert(1)> 2*3*4")
    bubble = page.get_by_test_id(f"phone-{ASHA}").get_by_test_id("bubble").last
    expect(bubble).to_contain_text("<img src=x onerror=alert(1)> 2*3*4")
    assert bubble.locator("img").count() == 0
    for tag, text in (("strong", "bold"), ("em", "slanted"), ("s", "gone"), ("code", "code")):
        expect(bubble.locator(tag)).to_have_text(text)


@pytest.mark.browser
def test_a_narrow_window_shows_one_phone_and_counts_the_others_messages(page, sim):
    page.set_viewport_size({"width": 360, "height": 640})
    sim.write("hi", RAVI)
    page.get_by_test_id(f"phone-chip-{MEERA}").click()
    expect(page.get_by_test_id(f"phone-{MEERA}")).to_be_visible()
    expect(page.get_by_test_id(f"phone-{ASHA}")).to_have_count(0)
    sim.send_text("one", to=RAVI)
    sim.send_text("two", to=RAVI)
    chip = page.get_by_test_id(f"phone-chip-{RAVI}")
    expect(chip.get_by_test_id("unread")).to_have_text("2")
    chip.click()
    expect(page.get_by_test_id(f"phone-{RAVI}").get_by_test_id("bubble")).to_have_count(3)
    expect(chip.get_by_test_id("unread")).to_be_hidden()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide == 360


@pytest.mark.browser
def test_a_patient_can_be_added(page, sim):
    page.get_by_test_id("add-patient").click()
    page.get_by_test_id("add-name").fill("Kiran Rao")
    page.get_by_test_id("add-name").press("Enter")
    expect(page.get_by_role("region", name="Kiran Rao, Patient")).to_be_visible()
    names = [phone["name"] for phone in sim.control("GET", "/phones")["phones"]]
    assert "Kiran Rao" in names


def test_the_page_may_load_only_its_own(sim):
    answer = sim.http.get(sim.base)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "frame-src http://localhost:* http://127.0.0.1:*" in policy
    assert "http" not in answer.text


def test_a_stream_that_comes_back_gets_what_it_missed(sim):
    def events(last=None):
        headers = {"Last-Event-ID": last} if last else {}
        with sim.http.get(f"{sim.base}/events", stream=True, headers=headers) as stream:
            identity, name = "", ""
            for line in stream.iter_lines(decode_unicode=True):
                key, _, value = line.partition(": ")
                if key == "id":
                    identity = value
                elif key == "event":
                    name = value
                elif key == "data":
                    return identity, name, json.loads(value)
        return pytest.fail("the stream ended")

    identity, name, data = events()
    assert (name, len(data["messages"])) == ("snapshot", 1)
    sim.write("missed")
    _, name, data = events(identity)
    assert name == "changes"
    assert [m["text"] for m in data["messages"]] == ["missed"]
    assert events("other.1")[1] == "snapshot"
