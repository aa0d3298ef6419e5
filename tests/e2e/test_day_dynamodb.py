"""The same day with the tables on a DynamoDB engine over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.e2e.conftest import running
from tests.e2e.day import a_day
from tests.e2e.installation import Installation
from tests.stores import ENDPOINT_VARIABLE, REGION, dynamodb_engine

pytestmark = [pytest.mark.dynamodb, pytest.mark.e2e, pytest.mark.xdist_group("e2e 2")]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with dynamodb_engine() as endpoint, pytest.MonkeyPatch.context() as patch:
        amazon = {
            ENDPOINT_VARIABLE: endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        for name, value in amazon.items():
            patch.setenv(name, value)  # for what the test itself reads
        settings = {"DATABASE_URL": f"dynamodb://{REGION}", "TABLE_PREFIX": f"{uuid4().hex[:8]}-"}
        with running(
            tmp_path_factory.mktemp("dynamodb"), settings=settings | amazon
        ) as installation:
            yield installation


def test_a_patient_books_pays_is_called_in_and_rates_the_visit(town):
    a_day(town)
