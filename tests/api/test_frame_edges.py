"""What answers say to browsers, and the document with its page."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate

import api.app
from api.frame.calls import Answer
from api.frame.document import MEANINGS
from api.frame.routes import Resource, braced
from api.schemas.base import Body, Data
from tests.api.office import Office
from tests.api.shelf import Place, shelf
from tests.people import Cast
from tests.stage import Stage

CLINIC_SITE = "https://city.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "authorization",
}


def opened(stage: Stage, **settings: object) -> Office:
    """Return an office with other *settings*."""
    changed: Any = replace(stage.parts.settings, **settings)  # type: ignore[arg-type]
    stage.parts = replace(stage.parts, settings=changed)
    return Office(stage)


# Browsers


@pytest.fixture
def with_site(stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Return an office that pages of one other site may call."""
    del cast
    monkeypatch.setattr(api.app, "RESOURCES", (shelf(),))
    return opened(stage, cors_origins=(CLINIC_SITE,))


def test_a_page_of_a_listed_site_may_call(with_site: Office) -> None:
    answer = with_site.admin.get("/shelf", headers={"Origin": CLINIC_SITE})
    assert answer.headers["Access-Control-Allow-Origin"] == CLINIC_SITE
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers["Vary"]
    assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]
    before = with_site.http.options("/api/v1/shelf", headers={"Origin": CLINIC_SITE, **PREFLIGHT})
    assert before.status_code == 200
    assert before.headers["Access-Control-Allow-Origin"] == CLINIC_SITE
    assert "PUT" in before.headers["Access-Control-Allow-Methods"]
    assert "authorization" in before.headers["Access-Control-Allow-Headers"].lower()


def test_a_refusal_can_be_read_by_a_listed_site_too(with_site: Office) -> None:
    answer = with_site.stranger.get("/shelf", headers={"Origin": CLINIC_SITE})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == CLINIC_SITE


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", CLINIC_SITE + ".evil.example", "https://cityxexample", "null",
     "http://city.example", CLINIC_SITE + ":8443"],
)  # fmt: skip
def test_a_page_of_another_site_may_not(with_site: Office, origin: str) -> None:
    answer = with_site.admin.get("/shelf", headers={"Origin": origin})
    before = with_site.http.options("/api/v1/shelf", headers={"Origin": origin, **PREFLIGHT})
    for each in (answer, before):
        assert not [name for name, _ in each.headers if name.startswith("Access-Control")]


def test_no_page_may_call_the_webhooks_or_read_pages_of_people(with_site: Office) -> None:
    for path in ("/api/v1/webhooks/whatsapp", "/pay/pay_1", "/health", "/metrics"):
        answer = with_site.http.get(path, headers={"Origin": CLINIC_SITE})
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_a_list_no_page_of_another_site_may_call(shelf_office: Office) -> None:
    answer = shelf_office.admin.get("/shelf", headers={"Origin": CLINIC_SITE})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_every_answer_is_kept_by_nobody_and_guessed_by_nobody(shelf_office: Office) -> None:
    client = shelf_office.http
    answers = [
        shelf_office.admin.get("/shelf"),
        shelf_office.stranger.get("/shelf"),
        client.get("/api/v1/nothing"),
        client.put("/api/v1/shelf"),
        client.get("/openapi.json"),
    ]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in answer.headers


def test_production_is_called_by_https_alone(
    stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cast
    monkeypatch.setattr(api.app, "RESOURCES", (shelf(),))
    office = opened(stage, production=True)
    for path in ("/api/v1/shelf/public", "/docs", "/health"):
        assert "max-age" in office.http.get(path).headers["Strict-Transport-Security"]


# The document


def operations(office: Office) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in office.app.api_doc["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_the_document_is_openapi_3_1(office: Office) -> None:
    answer = office.http.get("/openapi.json")
    assert answer.mimetype == "application/json"
    document = json.loads(answer.data)
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "/"}]
    validate(document)


def test_every_route_is_in_the_document_with_all_that_it_may_answer(office: Office) -> None:
    routes = [route for resource in api.app.RESOURCES for route in resource.routes]
    found = {(method, path): operation for method, path, operation in operations(office)}
    assert {(r.method, braced(r.path)) for r in routes} == set(found)
    assert len({r.operation for r in routes}) == len(routes)
    for route in routes:
        operation = found[route.method, braced(route.path)]
        assert operation["summary"]
        assert operation["tags"]
        assert {str(route.status), *MEANINGS} <= set(operation["responses"])
        for status, meaning in MEANINGS.items():
            assert operation["responses"][status]["description"] == meaning
        asks = operation.get("security", [])
        assert asks == ([] if route.needs is None else [{"bearer": []}])


def test_every_id_in_an_address_is_described(office: Office) -> None:
    for _, path, operation in operations(office):
        named = {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        described = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert named == described


def test_every_field_has_its_name_of_the_wire(office: Office) -> None:
    for name, schema in office.app.api_doc["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            assert "_" not in field, (name, field)
            assert described.get("title", field) == field, (name, field)


def test_no_two_schemas_share_a_name() -> None:
    """The document would show one of them for both."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for resource in api.app.RESOURCES:
        for name, schema in resource.blueprint.components_schemas.items():
            shown = schema.model_dump(mode="json", by_alias=True, exclude_none=True)
            found[name][json.dumps(shown, sort_keys=True)].add(resource.name)
    assert {n: sorted(map(sorted, s.values())) for n, s in found.items() if len(s) > 1} == {}


def test_no_two_resources_share_a_path() -> None:
    """The document would show the methods of one of them alone."""
    found: dict[str, set[str]] = defaultdict(set)
    for resource in api.app.RESOURCES:
        for route in resource.routes:
            found[route.path].add(resource.name)
    assert {path: names for path, names in found.items() if len(names) > 1} == {}


def test_the_examples_of_bodies_are_bodies(office: Office) -> None:
    document = office.app.api_doc
    for method, path, operation in operations(office):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" not in content:
            continue
        schema = {**content["schema"], "components": document["components"]}
        errors = [e.message for e in Draft202012Validator(schema).iter_errors(content["example"])]
        assert not errors, (method, path, errors)


def test_an_optional_body_is_not_required_and_any_other_is(shelf_office: Office) -> None:
    paths = shelf_office.app.api_doc["paths"]
    assert paths["/api/v1/shelf/wishes"]["post"]["requestBody"]["required"] is False
    assert paths["/api/v1/shelf"]["post"]["requestBody"]["required"] is True


def test_what_was_made_links_to_what_reads_it(shelf_office: Office) -> None:
    made = shelf_office.app.api_doc["paths"]["/api/v1/shelf"]["post"]["responses"]["201"]
    assert made["links"] == {
        "see_card": {
            "operationId": "see_card",
            "parameters": {"doctorId": "$response.body#/data/doctorId"},
        }
    }


class Deep(Data):
    doctor: dict[str, str]


class Empty(Body):
    pass


def test_links_can_be_declared(stage: Stage, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    del cast
    deep = Resource("deep", "Deep answers.")

    @deep.post(
        "/deep",
        needs=None,
        answers=Deep,
        links={"see_deep": {"doctorId": "doctor/doctorId"}},
    )
    def make_deep(body: Empty) -> Answer:
        """Make it."""
        del body
        return Answer()

    @deep.get("/deep/<doctorId>", needs=None, answers=Deep)
    def see_deep(path: Place) -> Answer:
        """See it."""
        del path
        return Answer()

    monkeypatch.setattr(api.app, "RESOURCES", (deep,))
    document = Office(stage).app.api_doc
    link = document["paths"]["/api/v1/deep"]["post"]["responses"]["200"]["links"]["see_deep"]
    assert link["parameters"] == {"doctorId": "$response.body#/data/doctor/doctorId"}
    validate(document)


# Its page


def test_the_page_loads_nothing_from_elsewhere(office: Office) -> None:
    page = office.http.get("/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "http" not in page.text
    for part in ("/docs/start.js", "/docs/assets/js/swagger-ui-bundle.js"):
        assert part[1:] in page.text
        script = office.http.get(part)
        assert (script.status_code, script.mimetype) == (200, "text/javascript")
        script.close()
    style = office.http.get("/docs/assets/css/swagger-ui.css")
    assert (style.status_code, style.mimetype) == (200, "text/css")
    style.close()
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert "validatorUrl: null" in office.http.get("/docs/start.js").text


@pytest.mark.parametrize("path", ["../plugins.py", "%2e%2e/plugins.py", "..%2fplugins.py"])
def test_the_page_s_files_are_its_own_alone(office: Office, path: str) -> None:
    assert office.http.get("/docs/assets/" + path).status_code == 404
