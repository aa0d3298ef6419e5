"""The operator hears of what stops working, once, and when it works again."""

from __future__ import annotations

from typing import Any

import requests

from bot.observability.operator import Operator
from tests.people import FixedClock

URL = "https://chat.example/hook"


class Post:
    """What was posted; refuses while *away*."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.away = False

    def __call__(self, url: str, *, json: dict[str, Any], timeout: float) -> requests.Response:
        assert (url, timeout) == (URL, 5.0)
        if self.away:
            raise requests.ConnectionError
        self.bodies.append(json)
        answer = requests.Response()
        answer.status_code = 200
        return answer


class Ward:
    """Two services that can fail."""

    def __init__(self, url: str | None = URL) -> None:
        self.ill: set[str] = set()
        self.post = Post()
        probes = {name: self._probe(name) for name in ("redis", "workers")}
        self.operator = Operator(url, "https://clinics.example", probes, FixedClock(), self.post)

    def _probe(self, name: str) -> Any:
        def ask() -> None:
            if name in self.ill:
                raise RuntimeError("secret-host:6379")

        return ask

    def look(self, times: int = 2) -> list[list[str]]:
        for _ in range(times):
            self.operator.look()
        return [body["degraded"] for body in self.post.bodies]


def test_nothing_is_told_while_all_works() -> None:
    assert Ward().look(5) == []


def test_a_failure_is_told_once_and_so_is_its_end() -> None:
    ward = Ward()
    ward.ill = {"workers"}
    assert ward.look(5) == [["workers"]]
    ward.ill = set()
    assert ward.look(5) == [["workers"], []]
    assert [body["status"] for body in ward.post.bodies] == ["degraded", "healthy"]
    assert ward.post.bodies[0] == {
        "status": "degraded",
        "degraded": ["workers"],
        "at": "2030-11-25T03:00:00.000Z",
        "installation": "https://clinics.example",
    }


def test_one_look_alone_is_no_news() -> None:
    ward = Ward()
    ward.ill = {"redis"}
    assert ward.look(1) == []
    ward.ill = set()
    assert ward.look(3) == []


def test_a_further_failure_is_told() -> None:
    ward = Ward()
    ward.ill = {"redis"}
    ward.look()
    ward.ill = {"redis", "workers"}
    assert ward.look() == [["redis"], ["redis", "workers"]]


def test_what_could_not_be_posted_is_posted_later() -> None:
    ward = Ward()
    ward.ill, ward.post.away = {"redis"}, True
    assert ward.look(3) == []
    ward.post.away = False
    assert ward.look(1) == [["redis"]]


def test_without_an_address_only_the_log_tells() -> None:
    ward = Ward(None)
    ward.ill = {"redis"}
    assert ward.look(3) == []
