"""Files fetched from the provider, and passed on; the stories are in tests/transcripts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.actions.people import erasure
from domain.actions.visits import files
from domain.media import Fetched, MediaAway, MediaRefused, require_kept
from domain.model.files import FileState, PatientFile, owner_of
from domain.model.talks import Talk
from domain.scopes import ClinicScope
from tests.people import Cast
from tests.stage import PICTURE, Stage

ASHA, FARIDA, KHAN = "+919876543021", "+919876543010", "+919876543012"
OWNER = owner_of("clinic_city", "con_asha")


def send_picture(stage: Stage, source: str = "one") -> None:
    stage.hear(ASHA, kind="media", media="image", source=source)


def kept(stage: Stage) -> list[PatientFile]:
    return stage.work().query(PatientFile, OWNER).records


def test_the_webhooks_turn_fetches_nothing(stage: Stage) -> None:
    stage.hear(ASHA, "talk")
    stage.media.found["one"] = MediaAway("slow")
    send_picture(stage)
    assert [f.state for f in kept(stage)] == [FileState.FETCHING]


def test_a_provider_that_is_away_is_asked_again(stage: Stage) -> None:
    stage.hear(ASHA, "talk")
    stage.media.found["one"] = MediaAway("away")
    send_picture(stage)
    stage.wait(1)
    assert [f.state for f in kept(stage)] == [FileState.FETCHING]
    del stage.media.found["one"]
    stage.wait(10)
    assert [f.state for f in kept(stage)] == [FileState.KEPT]


@pytest.mark.parametrize(
    "found",
    [
        MediaAway("for ever"),
        MediaRefused("gone"),
        Fetched(b"<script>", "text/html"),
        Fetched(b"<script>", "image/png"),
        Fetched(b"", "image/png"),
        Fetched(b"MZ", "application/x-msdownload"),
    ],
    ids=lambda found: type(found).__name__,
)
def test_what_cannot_be_had_or_kept_is_told_to_its_sender_once(
    stage: Stage, found: Fetched | MediaAway | MediaRefused
) -> None:
    stage.hear(ASHA, "talk")
    stage.media.found["one"] = found
    send_picture(stage)
    sent = stage.wait(30)
    assert sum("did not reach" in m.text for m in sent if m.phone == ASHA) == 1
    assert [f.state for f in kept(stage)] == [FileState.LOST]
    assert stage.files.kept == {}


def test_what_is_too_large_is_not_kept() -> None:
    with pytest.raises(MediaRefused):
        require_kept(Fetched(b"%PDF-" + bytes(16 * 1024 * 1024), "application/pdf"))


def test_a_provider_that_takes_no_files_gets_their_address(stage: Stage) -> None:
    stage.media.takes = False
    stage.hear(FARIDA, "hi")
    stage.hear(ASHA, "talk")
    send_picture(stage)
    carried = [m.attachment for m in stage.settle() if m.attachment is not None]
    assert [(a.reference, a.kind) for a in carried] == [(None, "image")]
    assert "/api/v1/files/" in (carried[0].link or "")


def test_i7_a_doctor_gets_no_file_of_the_desks(stage: Stage, cast: Cast) -> None:
    stage.hear(ASHA, "talk")
    send_picture(stage)
    stage.settle()
    (file,) = kept(stage)
    stage.hear(KHAN, kind="tap", choice=f"file:con_asha:{file.file_id}")
    assert not any(m.attachment for m in stage.settle() if m.phone == KHAN)
    assert not files.may_have(stage.work(), cast.clinic, cast.rao_user, "con_asha", file.file_id)


def test_an_erasure_reaches_files_and_talk(stage: Stage, cast: Cast) -> None:
    for answer in ("hi", "1", "1"):
        stage.hear(ASHA, answer)
    stage.settle()
    send_picture(stage)
    stage.hear(ASHA, "talk")
    send_picture(stage, "two")
    stage.settle()
    assert len(stage.files.kept) == 2
    stage.hear(ASHA, "menu")
    stage.hear(ASHA, "cancel")
    stage.hear(ASHA, "yes")
    stage.settle()
    stage.clock.advance(1)
    work = stage.parts.open_work(ClinicScope(cast.clinic.clinic_id))
    erasure.erase(work, "pat_asha")
    work.commit()
    stage.wait(20)
    assert stage.files.kept == {}
    assert kept(stage) == []
    assert stage.work().get(Talk, "clinic_city", "con_asha") is None


def test_a_file_of_a_talk_is_kept_for_a_month(stage: Stage) -> None:
    stage.hear(ASHA, "talk")
    send_picture(stage)
    stage.settle()
    assert PICTURE not in b"".join(stage.files.kept.values())
    stage.wait(timedelta(days=31).total_seconds() / 60)
    assert stage.files.kept == {}


def test_a_stranger_has_a_share_of_a_day(stage: Stage) -> None:
    stage.hear(ASHA, "hi")
    for n in range(files.MOST_A_DAY + 2):
        stage.clock.advance(seconds=1)
        send_picture(stage, f"picture{n}")
    sent = stage.settle()
    assert len(kept(stage)) == files.MOST_A_DAY
    assert sum("cannot keep any more" in m.text for m in sent) == 2
    stage.clock.advance(days=1, minutes=1)
    send_picture(stage)
    assert len(kept(stage)) == files.MOST_A_DAY + 1


def test_a_file_that_the_provider_does_not_name_is_told_in_a_talk_too(stage: Stage) -> None:
    stage.hear(ASHA, "talk")
    stage.hear(ASHA, kind="media", media="image")
    assert any("did not reach" in m.text for m in stage.settle() if m.phone == ASHA)
