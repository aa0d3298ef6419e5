"""Meta repeats, mixes up, bundles, refuses and keeps silent; nobody notices at the clinic."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from domain.actions.messages.outbox import Draft, send
from domain.model.messages import Message, MessageStatus
from tests.e2e.conftest import running
from tests.e2e.installation import Crowd, Installation, Json, Person
from tests.people import CITY_SENDER

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e 2")]

DELIVERED = {MessageStatus.DELIVERED, MessageStatus.READ}
CROWD = 200
SLOTS = 40


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("meta"), patients=20) as installation:
        yield installation


def written(who: Person, message_id: str, **content: object) -> Json:
    """Return a message as it stands in a webhook; a text unless *content* says otherwise."""
    now = int(datetime.now(UTC).timestamp())
    content = content or {"type": "text", "text": {"body": "Hi"}}
    return {"from": who.wa_id, "id": message_id, "timestamp": str(now), **content}


def webhook(people: list[Person], *messages: Json) -> Json:
    """Return a webhook of one change."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "918040000000", "phone_number_id": CITY_SENDER},
        "contacts": [{"profile": {"name": p.name}, "wa_id": p.wa_id} for p in people],
        "messages": list(messages),
    }
    change = {"field": "messages", "value": value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "900800700", "changes": [change]}],
    }


def strangers(town: Installation, count: int, first: int) -> list[Person]:
    """Return people whom the simulator meets when they are first answered."""
    return [Person(town, f"Stranger {n}", f"9198766{first + n:05d}") for n in range(count)]


def test_a_webhook_that_comes_again_acts_once(town):
    asha = town.patients[0]
    asha.says("help")
    asha.hears("")
    body = webhook([asha], written(asha, "wamid.again"))
    assert [town.post(body).status_code for _ in range(3)] == [200] * 3
    asha.hears("select doctor")
    town.settle()
    assert asha.chat(f"&from=business&after={asha.heard}") == []


def test_equal_webhooks_at_the_same_moment_act_once(town):
    asha = town.patients[0]
    asha.says("help")
    asha.hears("")
    crowd, statuses = Crowd(), []
    bodies = [webhook([asha], written(asha, f"wamid.twin{n // 4}")) for n in range(24)]
    for body in bodies:
        crowd.add(lambda body=body: statuses.append(town.post(body).status_code))
    crowd.join()
    assert statuses == [200] * 24
    town.settle()
    answers = asha.chat(f"&from=business&after={asha.heard}")
    assert len(answers) == 6
    asha.heard = answers[-1]["index"]


def test_repeated_and_shuffled_statuses_and_messages_change_nothing(town):
    with town.faults(duplicate_webhooks=1.0, shuffle_statuses=True, status_delay_ms=20):
        ravi = town.patients[1]
        assert "Dr. Meera" in ravi.books()
        town.settle()
    mine = [m for m in town.rows("messages") if m["sender"] == CITY_SENDER]
    assert {m["status"] for m in mine} == {"READ"}
    assert set(town.sent().values()) == {1}


def test_many_peoples_messages_in_one_post_are_all_answered_in_their_order(town):
    people = strangers(town, 30, 0)
    words = ("Hi", "help", "Hi")
    messages = [
        written(p, f"wamid.batch.{p.wa_id}.{n}", type="text", text={"body": text})
        for n, text in enumerate(words)
        for p in people
    ]
    with town.faults(window_enforced=False, unknown_recipients="new_phone"):
        assert town.post(webhook(people, *messages)).status_code == 200
        town.settle()
    for person in people:
        said = [m["text"] for m in person.chat("&from=business")]
        assert ["select doctor" in text for text in said] == [True, False, True]


def test_a_message_is_answered_once_after_the_store_was_held_for_seconds(town):
    lata = town.patients[2]
    crowd, refused = Crowd(), []
    path = town.environment["DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        body = webhook([lata], written(lata, "wamid.held"))
        crowd.add(lambda: refused.append(town.post(body)))
        lata.says("Hi")
        crowd.join(9)
        assert refused[0].status_code == 503
        assert refused[0].headers["Retry-After"] == "1"
        assert refused[0].elapsed.total_seconds() < 8
        town.until(lambda: town.control("GET", "/webhooks")["last"] == "503", "the refusal")
        other.execute("ROLLBACK")
    lata.hears("select doctor")
    assert town.post(body).status_code == 200
    lata.hears("select doctor")
    town.settle()
    assert lata.chat(f"&from=business&after={lata.heard}") == []


def test_two_hundred_people_at_once_for_forty_slots(town):
    people = strangers(town, CROWD, 1000)
    clinic_day = datetime.now(UTC).astimezone(town.clinic.zone).date()
    crowd = Crowd()
    statuses: Counter[int] = Counter()

    def tap(person: Person, number: int) -> None:
        row = {"id": f"slot:doc_bose:{clinic_day}:{number}", "title": "A time"}
        reply = {"type": "list_reply", "list_reply": row}
        tapped = {"type": "interactive", "interactive": reply}
        body = webhook([person], written(person, f"wamid.{person.wa_id}", **tapped))
        statuses[town.post(body).status_code] += 1

    began = time.monotonic()
    with town.faults(window_enforced=False, unknown_recipients="new_phone"):
        for n, person in enumerate(people):
            crowd.add(tap, person, n % SLOTS + 1)
        crowd.join()
        taken = time.monotonic() - began
        town.settle(30)
    assert statuses == {200: CROWD}
    assert taken < 20
    answers: Counter[str] = Counter()
    for person in people:
        [answer] = [m["text"] for m in person.chat("&from=business")]
        answers["held" if "Tap to pay" in answer else "taken"] += 1
        assert "Tap to pay" in answer or "no longer free" in answer
    assert answers == {"held": SLOTS, "taken": CROWD - SLOTS}
    tokens = [t for t in town.rows("tokens") if t["doctorId"] == "doc_bose"]
    assert sorted(t["number"] for t in tokens) == list(range(1, SLOTS + 1))


def test_every_message_arrives_although_meta_refuses_hangs_and_hangs_up(town):
    before = town.sent()
    faults = {
        "latency_ms": 100,
        "latency_jitter_ms": 50,
        "error_rate": 0.1,
        "timeout_next": 2,
        "hang_seconds": 20,
        "drop_next": 3,
        "seed": 7,
    }
    crowd = Crowd()
    with town.faults(**faults):
        for n, person in enumerate(town.patients[3:]):
            crowd.add(person.books, "Dr. Meera", n % 8)
        crowd.join()
        town.settle(60)
    for message in town.rows("messages"):
        ended = message["status"] in DELIVERED or message.get("failure")
        assert ended, message
    assert set((town.sent() - before).values()) == {1}


def test_a_prescription_comes_as_a_pdf_that_meta_has_fetched(town):
    asha = town.patients[0]
    asha.books("Dr. Khan")
    contact = contact_of(town, asha)
    (token,) = [
        t for t in town.rows("tokens") if (t["doctorId"], t["contactId"]) == ("doc_khan", contact)
    ]
    post = at_the_clinic(town)
    visits = f"/doctors/doc_khan/patients/{token['patientId']}/visits"
    visit = f"/visits/{post(visits, {'tokenId': token['tokenId']})['visitId']}"
    post(f"{visit}/prescription", {"medications": [{"name": "Amlodipine", "strength": "5mg"}]})
    sent = post(f"{visit}/prescription/send")
    message = asha.hears("The prescription of Asha")
    delivered(town, sent["messageId"])
    (shown,) = [m for m in asha.chat() if m["id"] == message["id"]]
    media = shown["media"]
    assert (shown["type"], media["mime_type"]) == ("document", "application/pdf")
    day = datetime.now(UTC).astimezone(town.clinic.zone).date()
    assert media["filename"] == f"Prescription {day}.pdf"
    opened = town.http.get(f"{town.meta_url}/files/{media['id']}", timeout=10)
    assert opened.content.startswith(b"%PDF-")
    assert opened.content == town.http.get(media["link"], timeout=10).content


def test_a_document_that_meta_cannot_fetch_comes_as_a_link(town):
    asha = town.patients[0]
    asha.says("Hi")
    asha.hears("select doctor")
    url = f"{town.url}/api/v1/prescriptions/rx_that_is_none"
    day = datetime.now(UTC)
    values = {"person": "Asha", "doctor": "Dr. Meera", "day": f"{day:%Y-%m-%d}"}
    work = town.work()
    message = send(
        work,
        Draft(
            "visits/prescription",
            to=contact_of(town, asha),
            clinic=town.clinic,
            values=values | {"until": day.isoformat()},
            url=url,
            as_document=True,
        ),
    )
    work.commit()
    refused = asha.hears("The prescription of Asha")
    link = asha.hears("Open and save it until")
    assert (link["url"], link["url_label"]) == (url, "Open prescription")
    assert delivered(town, message.message_id).provider_id == link["id"]
    (shown,) = [m for m in asha.chat() if m["id"] == refused["id"]]
    assert [(s["status"], s["errors"][0]["code"]) for s in shown["statuses"]] == [
        ("failed", 131053)
    ]


def contact_of(town: Installation, who: Person) -> str:
    (found,) = [c for c in town.rows("contacts") if c.get("phone") == f"+{who.wa_id}"]
    return str(found["contactId"])


def delivered(town: Installation, message_id: str) -> Message:
    """Return a message of ours once its phone has it."""
    town.until(lambda: town.message(message_id).status in DELIVERED, "the delivery")
    return town.message(message_id)


def at_the_clinic(town: Installation) -> Callable[..., Json]:
    """Return what posts to the API as the clinic's admin."""
    token = town.command("token", "--clinic", town.clinic.clinic_id).strip()

    def post(path: str, body: Json | None = None) -> Json:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{town.url}/api/v1{path}"
        answer = town.http.post(url, json=body, headers=headers, timeout=30)
        assert answer.ok, answer.text
        data: Json = answer.json()["data"]
        return data

    return post
