"""One message, one transaction: acting once, replaying, parking (invariants I4 and I6)."""

from dataclasses import dataclass, field, replace

import pytest

from domain.errors import Conflict, StoreUnavailable
from domain.model.conversations import Conversation, Parked, Seen
from domain.model.people import Contact
from domain.model.queues import LiveBooking
from domain.ports import Records
from domain.transactions import TRIES
from flows import patient
from flows.inbound import Inbound
from flows.runner import TurnOutcome
from tests.people import CITY_SENDER, NOW, PLATFORM_SENDER

ASHA = "+919876543021"


def message(text="hi", message_id="wamid.1", **changes):
    made = Inbound(
        message_id=message_id,
        sender=CITY_SENDER,
        display_number=None,
        kind="text",
        sent_at=NOW,
        phone=ASHA,
        profile_name="Asha",
        text=text,
    )
    return replace(made, **changes)


@dataclass
class Faulty:
    """Records whose commits fail as prepared: an error instead of the write, None to write."""

    inner: Records
    faults: list = field(default_factory=list)
    commits: int = 0
    pauses: list = field(default_factory=list)

    def get(self, scope, refs):
        return self.inner.get(scope, refs)

    def query(self, *args, **kwargs):
        return self.inner.query(*args, **kwargs)

    def commit(self, changes):
        self.commits += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        self.inner.commit(changes)


@pytest.fixture
def faults(stage):
    """Return the runner's records, whose next commits may be made to fail; note its pauses."""
    faulty = Faulty(stage.records)
    stage.runner.records = faulty
    stage.runner.pause = faulty.pauses.append
    return faulty


@pytest.fixture
def breaks(monkeypatch):
    """Make the first answers to patients fail by our own fault; return how many still will."""
    answer = patient.answer
    left: list[Exception] = []

    def answer_or_break(turn):
        if left:
            raise left.pop()
        answer(turn)

    monkeypatch.setattr("flows.runner.patient.answer", answer_or_break)
    return left


def parked(stage, message_id="wamid.1"):
    return stage.work().get(Parked, message_id)


def said(stage):
    return [m.name for m in stage.messages()]


def test_a_message_acts_and_is_seen(stage):
    assert stage.runner.handle(message()) is TurnOutcome.ACTED
    stage.settle()
    assert said(stage) == ["booking/doctors"]
    seen = stage.work().get(Seen, "wamid.1")
    assert seen.at == NOW


def test_a_message_that_was_seen_acts_once(stage, faults):
    assert stage.runner.handle(message()) is TurnOutcome.ACTED
    assert stage.runner.handle(message()) is TurnOutcome.SEEN
    assert faults.commits == 1
    stage.settle()
    assert len(stage.channel.sent) == 1


def test_a_message_seen_meanwhile_by_another_process_does_not_act(stage, faults):
    def the_other_commits(_seconds):
        work = stage.work()
        work.put(Seen(seen="wamid.1", at=NOW))
        work.commit()

    faults.faults.append(Conflict(((Seen.TABLE, "wamid.1", None),)))
    stage.runner.pause = the_other_commits
    assert stage.runner.handle(message()) is TurnOutcome.SEEN
    assert faults.commits == 1


def test_a_seen_mark_that_is_only_in_flight_elsewhere_does_not_swallow_a_message(stage, faults):
    faults.faults.append(Conflict(((Seen.TABLE, "wamid.1", None),)))
    assert stage.runner.handle(message()) is TurnOutcome.ACTED


@pytest.mark.parametrize("times", [1, TRIES - 1])
def test_a_lost_race_is_run_again(stage, faults, times):
    faults.faults += [Conflict(((Conversation.TABLE, "x", None),))] * times
    assert stage.runner.handle(message()) is TurnOutcome.ACTED
    assert faults.commits == times + 1
    assert len(faults.pauses) == times
    stage.settle()
    assert said(stage) == ["booking/doctors"]


def test_a_race_lost_too_often_is_sent_again_by_whatsapp(stage, faults):
    faults.faults += [Conflict(((Conversation.TABLE, "x", None),))] * TRIES
    with pytest.raises(StoreUnavailable):
        stage.runner.handle(message())
    assert stage.work().get(Seen, "wamid.1") is None


def test_a_store_that_does_not_answer_is_not_our_fault(stage, faults):
    faults.faults.append(StoreUnavailable())
    with pytest.raises(StoreUnavailable):
        stage.runner.handle(message())
    assert faults.commits == 1
    assert parked(stage) is None
    assert stage.runner.handle(message()) is TurnOutcome.ACTED


def test_a_replay_sees_what_the_other_wrote(stage):
    for who in (ASHA, "+919876543022"):
        stage.hear(who, "hi", name="Somebody")
        stage.hear(who, "khan")
    stage.settle()

    class Rival(Faulty):
        def commit(self, changes):
            if self.commits == 0:
                self.commits = 1
                stage.runner.records = self.inner
                stage.hear("+919876543022", "1")
                stage.runner.records = self
            self.inner.commit(changes)

    stage.runner.records = Rival(stage.records)
    stage.runner.pause = lambda _seconds: None
    assert stage.runner.handle(message("1", "wamid.race")) is TurnOutcome.ACTED
    stage.settle()
    assert set(said(stage)[-2:]) == {"booking/confirmed", "booking/slot_taken"}
    assert stage.tokens(ASHA) == []


def test_one_failure_of_our_own_is_tried_again(stage, breaks):
    breaks += [KeyError("once")]
    assert stage.runner.handle(message()) is TurnOutcome.ACTED
    stage.settle()
    assert said(stage) == ["booking/doctors"]
    assert parked(stage) is None


def test_two_failures_park_the_message_and_tell_the_person(stage, breaks):
    breaks += [KeyError("secret words"), ValueError("secret words")]
    assert stage.runner.handle(message("a very private text")) is TurnOutcome.PARKED
    stage.settle()
    kept = parked(stage)
    assert said(stage) == ["route/parked", "desk/parked"]
    farida = stage.contact_id("+919876543010")
    assert [m.contact_id for m in stage.messages()] == ["con_asha", farida]
    assert kept.error in {"KeyError", "ValueError"}
    assert kept.contact_id == "con_asha"
    assert "private" not in kept.payload
    assert ASHA not in kept.payload
    assert "a very private text" in stage.parts.sealer.open(kept.payload)
    assert stage.runner.handle(message("a very private text")) is TurnOutcome.SEEN


def test_what_a_failed_turn_wrote_is_not_kept(stage, monkeypatch):
    answer = patient.answer

    def answer_then_break(turn):
        answer(turn)
        raise KeyError("after all was written")

    stage.hear(ASHA, "hi", name="Asha")
    stage.hear(ASHA, "khan")
    monkeypatch.setattr("flows.runner.patient.answer", answer_then_break)
    stage.runner.handle(message("1"))
    assert stage.work().query(LiveBooking, "con_asha").records == []
    assert parked(stage) is not None


def test_after_a_parked_message_the_conversation_goes_on(stage, breaks):
    stage.hear(ASHA, "hi", name="Asha")
    breaks += [KeyError(), KeyError()]
    stage.runner.handle(message("khan"))
    stage.hear(ASHA, "khan")
    stage.settle()
    told = said(stage)
    told.remove("desk/parked")
    assert told == ["booking/doctors", "route/parked", "booking/slots"]


@pytest.mark.parametrize("kind", ["reaction", "system"])
def test_what_needs_no_answer_is_only_seen(stage, kind):
    assert stage.runner.handle(message("👍", kind=kind)) is TurnOutcome.ACTED
    assert stage.settle() == []
    assert stage.runner.handle(message("👍", kind=kind)) is TurnOutcome.SEEN


def test_the_window_is_open_from_the_newest_message_however_late_others_come(stage):
    stage.clock.advance(30)
    stage.hear(ASHA, "hi")
    stage.hear(ASHA, "hi", sent_at=NOW)
    conversation = stage.work().get(Conversation, f"{CITY_SENDER}#con_asha")
    assert conversation.last_inbound_at == stage.clock.now()


def test_the_shared_number_remembers_the_clinic_and_an_own_number_does_not(stage, cast):
    stage.hear(ASHA, "hi")
    assert stage.work().get(Contact, "con_asha").last_clinic_id is None
    stage.hear(ASHA, "JOIN SUN77", sender=PLATFORM_SENDER)
    assert stage.work().get(Contact, "con_asha").last_clinic_id == cast.sunrise.clinic_id


def test_a_new_clinic_on_the_same_number_begins_a_new_conversation(stage, cast):
    stage.hear(ASHA, "JOIN SUN77", sender=PLATFORM_SENDER)
    stage.hear(ASHA, "rao", sender=PLATFORM_SENDER)
    stage.hear(ASHA, "JOIN CITY42", sender=PLATFORM_SENDER)
    conversation = stage.work().get(Conversation, f"{PLATFORM_SENDER}#con_asha")
    assert conversation.clinic_id == cast.clinic.clinic_id
    assert conversation.doctor_id is None
    assert all(o.startswith("doc:") for o in conversation.offered)


def test_who_writes_in_a_languages_letters_is_spoken_to_in_it_until_they_choose(stage):
    stage.hear(ASHA, "नमस्ते")
    assert stage.work().get(Contact, "con_asha").language == "hi"
    stage.hear(ASHA, "English")
    stage.hear(ASHA, "नमस्ते")
    assert stage.work().get(Contact, "con_asha").language == "en"


def test_a_number_that_replies_to_an_older_message_means_its_choices(stage):
    stage.hear(ASHA, "hi", name="Asha")
    (doctors,) = stage.settle()
    stage.hear(ASHA, "khan")
    stage.settle()
    stage.hear(ASHA, "2", answers=stage.messages()[0].provider_id)
    (slots,) = stage.settle()
    assert "Dr. Meera" in doctors.choices[1].words
    assert "Dr. Meera" in slots.text


@pytest.mark.parametrize("answers", ["wamid.unknown", None])
def test_a_number_that_replies_to_nothing_we_know_means_the_newest_choices(stage, answers):
    stage.hear(ASHA, "hi", name="Asha")
    stage.hear(ASHA, "2", answers=answers)
    assert "Dr. Meera" in stage.settle()[-1].text


def language_of(stage, phone):
    return stage.work().get(Contact, stage.contact_id(phone)).language


KHAN = "+919876543012"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("add 9876543299 रवि कुमार", None),
        ("announce डॉक्टर साहब आज देर से आएँगे", None),
        ("pause 15 चाय पीने जा रहे हैं", None),
        ("emergency बच्चे को देखना है", None),
        ("रवि कुमार", None),
        ("आज देर से आएँगे", "hi"),
        ("जोड़ें 9876543299 Ravi Kumar Sharma", "hi"),
        ("रुको 15 going out for tea", "hi"),
        ("अगला", "hi"),
        ("next", None),
    ],
)
def test_only_a_command_shows_the_language_of_staff(stage, cast, text, language):
    assert cast.khan_user.proven
    stage.hear(KHAN, text)
    assert language_of(stage, KHAN) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("book for रविशंकर प्रसाद शुक्ला", None),
        ("मुझे कल डॉक्टर को दिखाना है", "hi"),
        ("नमस्ते", "hi"),
        ("hello", None),
    ],
)
def test_a_name_shows_no_language_of_a_patient(stage, text, language):
    stage.hear(ASHA, text)
    assert language_of(stage, ASHA) == language


@pytest.mark.parametrize("state", ["name", "person"])
def test_a_name_that_was_asked_for_shows_none_either(stage, state):
    stage.hear(ASHA, "hi")
    work = stage.work()
    conversation = work.get(Conversation, f"{CITY_SENDER}#{stage.contact_id(ASHA)}")
    work.put(conversation.but(state=state))
    work.commit()
    stage.hear(ASHA, "रवि")
    assert language_of(stage, ASHA) is None


def test_a_language_that_was_chosen_stays(stage, cast):
    assert cast.khan_user.proven
    stage.hear(KHAN, "english")
    stage.hear(KHAN, "अगला")
    assert language_of(stage, KHAN) == "en"
