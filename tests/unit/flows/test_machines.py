"""A machine at the other end is not answered without end, and a person always is."""

import pytest

from domain.model.conversations import Conversation
from tests.people import CITY_SENDER, PLATFORM_SENDER

ASHA, KHAN = "+919876543021", "+919876543012"
AWAY = "Thank you for contacting Sharma Motors! We will get back to you shortly."


def answers(stage, phone, text, *, after=5.0, **how):
    """Let *text* come *after* so many seconds; return the names of what its writer is told."""
    stage.clock.advance(seconds=after)
    stage.hear(phone, text, **how)
    sent = stage.settle()
    return [m.name for o, m in zip(sent, stage.messages()[-len(sent) :], strict=True)
            if o.phone == phone] if sent else []  # fmt: skip


def alerts(stage):
    return [m.name for m in stage.messages()].count("desk/machine")


def talk(stage, phone):
    found = stage.work().get(Conversation, f"{CITY_SENDER}#{stage.contact_id(phone)}")
    assert found is not None
    return found


@pytest.mark.parametrize("seconds", [1, 5, 60])
def test_the_same_text_again_and_again_is_answered_three_times(stage, seconds):
    told = [answers(stage, ASHA, AWAY, after=seconds) for _ in range(25)]
    assert [bool(t) for t in told] == [True] * 3 + [False] * 22
    assert alerts(stage) == 1


def test_nothing_but_a_digest_of_it_is_kept(stage, tmp_path):
    for _ in range(5):
        answers(stage, ASHA, AWAY)
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert b"con_asha" in kept
    assert b"Sharma Motors" not in kept
    assert b"sharma motors" not in kept


def test_what_is_understood_ends_the_silence_at_once(stage):
    for _ in range(6):
        answers(stage, ASHA, AWAY)
    assert answers(stage, ASHA, "something else that nobody understands") == []
    assert answers(stage, ASHA, "status") == ["mine/none"]
    assert answers(stage, ASHA, "what do you mean") == ["settings/lost"]


def test_a_tap_ends_it_too(stage):
    for _ in range(6):
        answers(stage, ASHA, AWAY)
    assert answers(stage, ASHA, "My booking", kind="tap", choice="status") == ["mine/none"]
    assert talk(stage, ASHA).silent_until is None


def test_it_ends_by_itself_half_an_hour_after_the_last_text(stage):
    for _ in range(6):
        answers(stage, ASHA, AWAY)
    assert answers(stage, ASHA, "is anybody there", after=29 * 60) == []
    assert answers(stage, ASHA, "is anybody there", after=31 * 60) == ["settings/lost_again"]


def test_quick_answers_are_a_machines_whatever_they_say(stage):
    told = [answers(stage, ASHA, f"ticket {n} opened", after=2) for n in range(8)]
    assert [bool(t) for t in told] == [True] * 3 + [False] * 5
    assert alerts(stage) == 1


def test_what_was_sent_in_the_second_of_our_answer_is_no_answer_to_it(stage):
    told = [answers(stage, ASHA, f"part {n} of a story", after=0) for n in range(8)]
    assert all(told)


def test_people_repeat_short_words_and_are_answered(stage):
    assert all(answers(stage, ASHA, "next?") for _ in range(8))
    assert alerts(stage) == 0


def test_people_type_quickly_what_is_understood(stage):
    told = [answers(stage, ASHA, text, after=1) for text in ("hi", "1", "1", "status", "status")]
    assert all(told)
    assert alerts(stage) == 0


def test_people_tap_one_button_again_and_again(stage):
    tap = {"kind": "tap", "choice": "status"}
    told = [answers(stage, ASHA, "A button with many words", after=1, **tap) for _ in range(6)]
    assert all(told)
    assert alerts(stage) == 0


def test_long_texts_that_differ_are_answered(stage):
    told = [
        answers(stage, ASHA, f"I would like to ask something else, {n} times") for n in range(8)
    ]
    assert all(told)


def test_a_name_typed_again_is_a_name(stage):
    answers(stage, ASHA, "hi")
    for _ in range(4):
        answers(stage, ASHA, "book for Venkatanarasimharajuvaripeta Rao")
    assert alerts(stage) == 0


@pytest.mark.parametrize("after", [1, 20])
def test_two_machines_that_echo_each_other_come_to_an_end(stage, after):
    text, rounds = "Hello, how may I help you today?", 0
    while rounds < 40:
        if not answers(stage, ASHA, text, after=after):
            break
        text = next(o.text for o in reversed(stage.channel.sent) if o.phone == ASHA)
        rounds += 1
    assert rounds < 15
    assert alerts(stage) == 1


def test_a_machine_on_a_telephone_of_the_staff_is_not_answered_either(stage, cast):
    assert cast.khan_user.proven
    told = [answers(stage, KHAN, AWAY) for _ in range(8)]
    assert [bool(t) for t in told] == [True] * 3 + [False] * 5
    assert answers(stage, KHAN, "status") != []


def test_nor_before_it_is_known_which_clinic_is_meant(stage):
    told = [answers(stage, "+919876543029", AWAY, sender=PLATFORM_SENDER) for _ in range(8)]
    assert [bool(t) for t in told] == [True] * 3 + [False] * 5


def test_red_flags_are_answered_all_the_same(stage):
    for _ in range(6):
        answers(stage, ASHA, AWAY)
    assert answers(stage, ASHA, "chest pain") == ["safety/red_flag"]
