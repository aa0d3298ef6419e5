"""What bin/demo sets for its parts, and what it leaves to who starts it."""

import pytest

from bin.supervisor.demo_settings import settings

GIVEN = (
    "WHATSAPP_PROVIDER", "WHATSAPP_API_URL", "TWILIO_API_URL", "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN", "TWILIO_WHATSAPP_FROM",
)  # fmt: skip


@pytest.fixture
def environment(tmp_path, monkeypatch):
    for name in GIVEN:
        monkeypatch.delenv(name, raising=False)

    def made(**given):
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        return settings(tmp_path, tmp_path, 8000, 8001, "redis://127.0.0.1:6379/0")

    return made


@pytest.mark.parametrize("given", [{}, {"WHATSAPP_PROVIDER": "cloud"}], ids=["nothing", "cloud"])
def test_without_twilio_the_simulator_is_meta_and_nothing_of_twilio_is_set(environment, given):
    made = environment(**given)
    assert made["WHATSAPP_API_URL"] == "http://127.0.0.1:8001/v26.0"
    assert [name for name in made if name.startswith("TWILIO_")] == []


def test_with_twilio_the_simulator_is_twilio_with_made_up_credentials(environment):
    made = environment(WHATSAPP_PROVIDER="twilio")
    assert made["TWILIO_API_URL"] == "http://127.0.0.1:8001"
    assert made["TWILIO_WHATSAPP_FROM"].startswith("+")
    assert len(made["TWILIO_ACCOUNT_SID"]) == len("AC") + 32
    assert made["TWILIO_AUTH_TOKEN"]
    again = environment(WHATSAPP_PROVIDER="twilio")
    assert made["TWILIO_AUTH_TOKEN"] == again["TWILIO_AUTH_TOKEN"]


def test_what_is_given_stays(environment):
    given = {
        "WHATSAPP_PROVIDER": "twilio",
        "TWILIO_API_URL": "http://127.0.0.1:9000",
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "own",
        "TWILIO_WHATSAPP_FROM": "+14155238886",
    }
    made = environment(**given)
    assert {name: made[name] for name in given} == given
