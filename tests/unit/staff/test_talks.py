"""The desk answers in a patient's chat; the stories are in tests/transcripts/settings/talk_*."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from domain.actions.people.audit import DONE
from domain.actions.staff import handover, talks
from domain.model.accounts import AuditEntry
from domain.model.conversations import Conversation
from domain.model.talks import Talk
from tests.people import CITY_SENDER, PLATFORM_SENDER, Cast, a_user, staff_number, store
from tests.stage import Stage

ASHA, FARIDA, KHAN, RAO = "+919876543021", "+919876543010", "+919876543012", "+919876543013"


def talk(stage: Stage, cast: Cast) -> Talk:
    found = stage.work().get(Talk, cast.clinic.clinic_id, "con_asha")
    assert found is not None
    return found


def words_to(stage: Stage, phone: str) -> list[str]:
    stage.settle()
    return [m.text for m in stage.channel.sent if m.phone == phone]


def test_what_the_desk_writes_lies_nowhere_in_clear(stage: Stage, tmp_path: Path) -> None:
    stage.hear(ASHA, "talk")
    stage.hear(FARIDA, kind="tap", choice="reply:con_asha")
    stage.hear(FARIDA, "it is only a rash")
    assert "it is only a rash" in words_to(stage, ASHA)[-1]
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert b"con_asha" in kept
    assert b"only a rash" not in kept


def test_an_answer_heard_twice_goes_once(stage: Stage) -> None:
    stage.hear(ASHA, "talk")
    stage.hear(FARIDA, kind="tap", choice="reply:con_asha")
    for _ in range(2):
        stage.hear(FARIDA, "Come at five", message_id="wamid.same")
    assert sum("Come at five" in w for w in words_to(stage, ASHA)) == 1


def test_an_answer_of_any_length_arrives_whole(stage: Stage) -> None:
    stage.hear(ASHA, "talk")
    stage.hear(FARIDA, kind="tap", choice="reply:con_asha")
    long = "".join(f"{n:04d} " for n in range(819))
    stage.hear(FARIDA, long)
    parts = [w.partition("\n\n—")[0] for w in words_to(stage, ASHA)[1:]]
    assert " ".join(parts).split() == long.split()
    stage.hear(ASHA, "x" * 1000)
    assert sum(w.count("x") for w in words_to(stage, FARIDA)[-3:]) >= 1000


def test_i7_the_staff_of_another_clinic_reach_nobody(stage: Stage, cast: Cast) -> None:
    stage.hear(ASHA, "talk")
    assert cast.rao.clinic_id != cast.clinic.clinic_id
    stage.hear(RAO, kind="tap", choice="reply:con_asha", sender=PLATFORM_SENDER)
    stage.hear(RAO, "hello Asha", sender=PLATFORM_SENDER)
    assert not any("hello Asha" in w for w in words_to(stage, ASHA))
    assert "too long ago" in words_to(stage, RAO)[0]
    assert talk(stage, cast).user_id is None


def test_i7_nobody_falls_silent_who_talks_to_another_clinic_by_now(
    stage: Stage, cast: Cast
) -> None:
    stage.hear(ASHA, "talk")
    work = stage.work()
    spoken = work.get(Conversation, f"{CITY_SENDER}#con_asha")
    assert spoken is not None
    work.put(spoken.but(clinic_id=cast.sunrise.clinic_id, handed_over_until=None))
    work.commit()
    stage.hear(FARIDA, kind="tap", choice="reply:con_asha")
    stage.hear(FARIDA, "Come at five")
    assert "Come at five" in words_to(stage, ASHA)[-1]
    spoken = stage.work().get(Conversation, f"{CITY_SENDER}#con_asha")
    assert spoken is not None
    assert spoken.handed_over_until is None


def test_i11_an_answer_stands_in_the_audit_log(stage: Stage, cast: Cast) -> None:
    stage.hear(ASHA, "hi")
    stage.hear(ASHA, "1")
    stage.hear(ASHA, "1")
    stage.hear(ASHA, "talk")
    stage.hear(FARIDA, kind="tap", choice="reply:con_asha")
    stage.hear(FARIDA, "Come at five")
    entries = stage.work().query(AuditEntry, cast.clinic.clinic_id).records
    done = [(e.action, e.outcome, e.user_id) for e in entries if e.patient_id]
    assert done == [
        ("chat_reply", DONE, cast.farida.user_id),
        ("chat_to_patient", DONE, cast.farida.user_id),
    ]


def test_who_answers_gets_the_words_alone(stage: Stage, cast: Cast) -> None:
    other = a_user(cast.clinic, "usr_joseph", "Joseph", "+919876543026")
    store(stage.records, other, staff_number(other))
    stage.hear(ASHA, "talk")
    stage.hear(FARIDA, kind="tap", choice="reply:con_asha")
    before = len(words_to(stage, other.whatsapp_number))
    stage.hear(ASHA, "are you there?")
    assert "are you there?" in words_to(stage, FARIDA)[-1]
    assert len(words_to(stage, other.whatsapp_number)) == before


def test_without_an_admin_the_doctors_answer(stage: Stage, cast: Cast) -> None:
    work = stage.work()
    work.put(cast.farida.but(proven=False))
    work.commit()
    stage.hear(ASHA, "talk")
    assert any("talk" in str(m.template or m.text) for m in stage.settle() if m.phone == KHAN)
    stage.hear(KHAN, kind="tap", choice="reply:con_asha")
    stage.hear(KHAN, "Come at five")
    assert "— Dr. Khan, City Medical Center" in words_to(stage, ASHA)[-1]


def test_the_silence_is_asked_about_once_and_the_item_may_run_again(
    stage: Stage, cast: Cast
) -> None:
    stage.hear(ASHA, "talk")
    stage.wait(20)
    stage.hear(ASHA, "hello?")
    stage.wait(20)
    assert talk(stage, cast).watched
    quiet = [m for m in stage.wait(60) if m.phone == FARIDA]
    assert len(quiet) == 1
    assert talk(stage, cast).until < stage.clock.now() + talks.SILENT_FOR - timedelta(minutes=60)
    assert not talk(stage, cast).watched


# --- Answers in the WhatsApp Business app ---


def echo(stage: Stage, *, ago: timedelta = timedelta()) -> None:
    work = stage.work()
    at = stage.clock.now() - ago
    handover.answered_in_app(work, CITY_SENDER, ASHA, None, at)
    work.commit()


def test_an_answer_in_the_app_keeps_the_bot_silent_for_two_hours(stage: Stage) -> None:
    stage.hear(ASHA, "hi")
    echo(stage)
    echo(stage)
    before = len(words_to(stage, ASHA))
    stage.hear(ASHA, "and my father?")
    assert len(words_to(stage, ASHA)) == before
    assert words_to(stage, FARIDA) == []
    stage.wait(121)
    stage.hear(ASHA, "hi")
    assert "Welcome" in words_to(stage, ASHA)[-1]


def test_the_desk_lets_the_bot_answer_again_by_done(stage: Stage) -> None:
    stage.hear(ASHA, "hi")
    echo(stage)
    stage.hear(KHAN, "done")
    assert "answers this patient" not in words_to(stage, KHAN)[-1]
    stage.hear(FARIDA, "done")
    assert "I am answering again" in words_to(stage, ASHA)[-1]
    assert "answers this patient again" in words_to(stage, FARIDA)[-1]


def test_an_echo_that_comes_days_late_changes_nothing(stage: Stage) -> None:
    stage.hear(ASHA, "hi")
    echo(stage, ago=timedelta(days=2))
    stage.hear(ASHA, "hi")
    assert "Welcome" in words_to(stage, ASHA)[-1]


def test_somebody_unknown_is_left_to_the_people_who_wrote_first(stage: Stage) -> None:
    work = stage.work()
    handover.answered_in_app(work, CITY_SENDER, "+919800000077", None, stage.clock.now())
    work.commit()
    stage.hear("+919800000077", "yes")
    assert words_to(stage, "+919800000077") == []
