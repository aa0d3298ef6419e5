from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from bot.observability.logs import configure
from domain.actions.staff import code_limits, otps
from domain.errors import CodesUsedUp, Conflict, TooMany
from domain.model.accounts import OtpLimit, OtpRequest, OtpStatus, OtpType
from domain.model.clinics import StaffStatus
from tests.accounts import ADDRESS, NOBODYS_NUMBER, code_sent, codes_sent, other_than
from tests.people import RULES, Cast, stored
from tests.stage import Stage

LIMIT = RULES.otp_limit[0]


def ask(
    stage: Stage,
    number: str,
    clinic_id: str = "clinic_city",
    *,
    kind: OtpType = OtpType.LOGIN,
    address: str = ADDRESS,
) -> OtpRequest:
    work = stage.work()
    request = otps.request_code(work, kind, number, clinic_id=clinic_id, address=address)
    work.commit()
    return request


def proves(stage: Stage, request: OtpRequest, code: str, *, and_also: bool = True) -> bool:
    work = stage.work()
    found = otps.find_request(work, request.request_type, request.request_id)
    is_proven = otps.check_code(work, found, code, and_also=and_also)
    work.commit()
    return is_proven


def status(stage: Stage, request: OtpRequest) -> OtpStatus:
    return stored(stage.records, request).status


def test_a_code_of_six_digits_comes_as_metas_template_from_the_platforms_number(
    stage: Stage, cast: Cast
) -> None:
    ask(stage, cast.farida.whatsapp_number)
    (sent,) = stage.settle()
    assert sent.sender == RULES.platform_sender
    assert sent.phone == cast.farida.whatsapp_number
    assert sent.template is not None
    assert sent.template.code is not None
    assert len(sent.template.code) == 6
    assert sent.template.code.isdigit()


def test_the_code_proves_once(stage: Stage, cast: Cast) -> None:
    request = ask(stage, cast.farida.whatsapp_number)
    code = code_sent(stage, cast.farida.whatsapp_number)
    assert proves(stage, request, code)
    assert status(stage, request) is OtpStatus.VERIFIED
    assert not proves(stage, request, code)


def test_the_code_stands_nowhere_but_on_the_phone(stage: Stage, cast: Cast, tmp_path: Path) -> None:
    before, lines = structlog.get_config(), io.StringIO()
    configure("debug", lines)
    try:
        request = ask(stage, cast.farida.whatsapp_number)
        code = code_sent(stage, cast.farida.whatsapp_number)
        proves(stage, request, other_than(code))
        proves(stage, request, code)
    finally:
        structlog.configure(**before)
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert request.request_id.encode() in kept
    for where in (kept, lines.getvalue().encode(), repr(stage.bell.rung).encode()):
        assert f'"{code}"'.encode() not in where
        assert f" {code} ".encode() not in where


def test_three_wrong_codes_end_it(stage: Stage, cast: Cast) -> None:
    request = ask(stage, cast.farida.whatsapp_number)
    code = code_sent(stage, cast.farida.whatsapp_number)
    for _ in range(3):
        assert not proves(stage, request, other_than(code))
    assert not proves(stage, request, code)
    assert status(stage, request) is OtpStatus.FAILED
    assert stored(stage.records, request).code_hash is None


def test_the_third_attempt_may_still_be_right(stage: Stage, cast: Cast) -> None:
    request = ask(stage, cast.farida.whatsapp_number)
    code = code_sent(stage, cast.farida.whatsapp_number)
    assert not proves(stage, request, other_than(code))
    assert not proves(stage, request, code, and_also=False)  # the password was wrong
    assert proves(stage, request, code)


def test_guesses_at_the_same_moment_are_counted_one_by_one(stage: Stage, cast: Cast) -> None:
    request = ask(stage, cast.farida.whatsapp_number)
    code = code_sent(stage, cast.farida.whatsapp_number)
    first, second = stage.work(), stage.work()
    for work in (first, second):
        otps.check_code(
            work, otps.find_request(work, OtpType.LOGIN, request.request_id), other_than(code)
        )
    first.commit()
    with pytest.raises(Conflict):
        second.commit()
    assert stored(stage.records, request).attempts == 1


@pytest.mark.parametrize("late", [False, True], ids=["in time", "too late"])
def test_a_code_is_good_for_five_minutes(stage: Stage, cast: Cast, *, late: bool) -> None:
    request = ask(stage, cast.farida.whatsapp_number)
    code = code_sent(stage, cast.farida.whatsapp_number)
    stage.clock.advance(5 if late else 4.9)
    assert proves(stage, request, code) is not late
    assert status(stage, request) is (OtpStatus.EXPIRED if late else OtpStatus.VERIFIED)


def test_a_code_nobody_used_is_noted_as_expired_and_its_hash_forgotten(
    stage: Stage, cast: Cast
) -> None:
    request = ask(stage, cast.farida.whatsapp_number)
    stage.settle()
    assert stored(stage.records, request).code_hash is not None
    stage.wait(6)
    assert status(stage, request) is OtpStatus.EXPIRED
    assert stored(stage.records, request).code_hash is None


def test_a_newer_code_takes_the_place_of_the_one_before(stage: Stage, cast: Cast) -> None:
    number = cast.farida.whatsapp_number
    first = ask(stage, number)
    first_code = code_sent(stage, number)
    second = ask(stage, number)
    second_code = code_sent(stage, number)
    assert not proves(stage, first, first_code)
    assert status(stage, first) is OtpStatus.REPLACED
    assert proves(stage, second, second_code)


def test_only_the_newer_of_two_asked_for_at_once_is_sent(stage: Stage, cast: Cast) -> None:
    number = cast.farida.whatsapp_number
    ask(stage, number)
    second = ask(stage, number)
    (code,) = codes_sent(stage, number)
    assert proves(stage, second, code)


def test_codes_of_other_purposes_and_clinics_stay_good(stage: Stage, cast: Cast) -> None:
    number = cast.farida.whatsapp_number
    login = ask(stage, number)
    code = code_sent(stage, number)
    ask(stage, number, kind=OtpType.PASSWORD_RESET)
    ask(stage, number, "clinic_sunrise")
    assert proves(stage, login, code)


def test_a_code_proves_nothing_of_another_kind_or_request(stage: Stage, cast: Cast) -> None:
    number = cast.farida.whatsapp_number
    login = ask(stage, number)
    code = code_sent(stage, number)
    reset = ask(stage, number, kind=OtpType.PASSWORD_RESET)
    work = stage.work()
    assert otps.find_request(work, OtpType.PASSWORD_RESET, login.request_id) is None
    stage.settle()
    assert not proves(stage, reset, code)


@pytest.mark.parametrize("kind", [OtpType.LOGIN, OtpType.PASSWORD_RESET])
def test_a_number_nobody_has_gets_no_code_and_proves_nothing(stage: Stage, kind: OtpType) -> None:
    request = ask(stage, NOBODYS_NUMBER, kind=kind)
    assert stage.settle() == []
    assert not proves(stage, request, "000000")
    assert stored(stage.records, request).attempts == 1


@pytest.mark.parametrize(
    "changes",
    [{"status": StaffStatus.INACTIVE}, {"whatsapp_number": "+919876543298"}],
    ids=["left", "has another number"],
)
def test_who_does_not_work_there_under_that_number_gets_no_code(
    stage: Stage, cast: Cast, changes: dict[str, object]
) -> None:
    work = stage.work()
    work.put(cast.farida.but(**changes))
    work.commit()
    ask(stage, cast.farida.whatsapp_number)
    assert stage.settle() == []


def test_staff_of_another_clinic_get_no_code_for_this_one(stage: Stage, cast: Cast) -> None:
    ask(stage, cast.rao_user.whatsapp_number, "clinic_city")
    ask(stage, cast.farida.whatsapp_number, "clinic_that_never_was")
    assert stage.settle() == []


def test_asking_writes_and_reads_the_same_for_every_number(stage: Stage, cast: Cast) -> None:
    seen = []
    for number in (cast.farida.whatsapp_number, NOBODYS_NUMBER):
        work = stage.work()
        reads: list[object] = []
        get = work._records.get

        def counted(scope: object, refs: list[tuple[type, object]], get=get, reads=reads):
            reads.extend(kind for kind, _ in refs)
            return get(scope, refs)

        work._records = type("Counted", (), {"get": staticmethod(counted)})()
        otps.request_code(work, OtpType.LOGIN, number, clinic_id="clinic_city", address=number)
        written = sorted(type(p).__name__ for p in work.changes().puts)
        seen.append((reads, written))
    assert seen[0] == seen[1]
    assert "Message" not in seen[0][1]


def test_the_eleventh_code_in_an_hour_is_refused_and_says_when(stage: Stage, cast: Cast) -> None:
    number = cast.farida.whatsapp_number
    for _ in range(LIMIT):
        ask(stage, number)
    stage.clock.advance(50)
    with pytest.raises(TooMany) as refusal:
        ask(stage, number)
    assert refusal.value.details["retry_after_seconds"] == 600
    stage.clock.advance(10)
    ask(stage, number)


def test_a_number_nobody_has_is_limited_alike(stage: Stage) -> None:
    for _ in range(LIMIT):
        ask(stage, NOBODYS_NUMBER)
    with pytest.raises(TooMany):
        ask(stage, NOBODYS_NUMBER)


def test_all_clinics_count_together_for_a_number_and_purpose(stage: Stage, cast: Cast) -> None:
    number = cast.farida.whatsapp_number
    for n in range(LIMIT):
        ask(stage, number, f"clinic_{n}")
    with pytest.raises(TooMany):
        ask(stage, number)


def test_a_stranger_who_registers_with_a_number_keeps_nobody_from_signing_in(
    stage: Stage, cast: Cast
) -> None:
    number = cast.farida.whatsapp_number
    for _ in range(LIMIT):
        ask(stage, number, "clinic_new", kind=OtpType.REGISTRATION)
    with pytest.raises(TooMany):
        ask(stage, number, "clinic_new", kind=OtpType.REGISTRATION)
    ask(stage, number)
    ask(stage, number, kind=OtpType.PASSWORD_RESET)


def test_a_stranger_who_asks_for_codes_keeps_nobody_elsewhere_from_signing_in(
    stage: Stage, cast: Cast
) -> None:
    number = cast.farida.whatsapp_number
    for _ in range(LIMIT):
        ask(stage, number, address="203.0.113.66")
    with pytest.raises(TooMany):
        ask(stage, number, address="203.0.113.66")
    ask(stage, number)


def test_from_a_known_network_the_owner_gets_a_code_whatever_many_networks_asked_for(
    stage: Stage, cast: Cast
) -> None:
    number = cast.farida.whatsapp_number
    work = stage.work()
    code_limits.remember_network(work, number, ADDRESS)
    work.commit()
    for n in range(code_limits.ALL_NETWORKS[True] * LIMIT):
        ask(stage, number, address=f"198.51.100.{n}")
    with pytest.raises(TooMany):
        ask(stage, number, address="198.51.100.200")
    for _ in range(LIMIT):
        ask(stage, number)
    with pytest.raises(TooMany):
        ask(stage, number)


def test_a_known_network_is_forgotten_after_ninety_days(stage: Stage, cast: Cast) -> None:
    number = cast.farida.whatsapp_number
    work = stage.work()
    code_limits.remember_network(work, number, ADDRESS)
    subject = f"known:{work.seal.digest(f'{number} {ADDRESS}')}"
    work.commit()
    known = stage.work().get(OtpLimit, subject)
    assert known is not None
    assert known.ttl == int((work.now + timedelta(days=90)).timestamp())


def test_one_installation_sends_no_more_codes_to_strangers_than_its_ceiling(stage: Stage) -> None:
    most = RULES.otp_ceiling[0]
    work = stage.work()
    for shard in range(code_limits.CEILING_SHARDS):
        used = most // code_limits.CEILING_SHARDS
        work.put(OtpLimit(subject=f"all:{shard}", since=work.now, count=used))
    work.commit()
    with pytest.raises(CodesUsedUp):
        ask(stage, NOBODYS_NUMBER, kind=OtpType.REGISTRATION)
    ask(stage, NOBODYS_NUMBER)
    stage.clock.advance(60)
    ask(stage, NOBODYS_NUMBER, kind=OtpType.REGISTRATION)


def test_an_address_may_ask_ten_times_as_often_for_all_numbers_together(stage: Stage) -> None:
    for n in range(LIMIT * 10):
        ask(stage, f"+9198765{n:05d}")
    with pytest.raises(TooMany):
        ask(stage, NOBODYS_NUMBER)
    ask(stage, NOBODYS_NUMBER, address="203.0.113.8")


def test_addresses_of_one_sites_network_count_together(stage: Stage) -> None:
    for n in range(LIMIT * 10):
        ask(stage, f"+9198765{n:05d}", address=f"2001:db8:1:{n:x}::1")
    with pytest.raises(TooMany):
        ask(stage, NOBODYS_NUMBER, address="2001:db8:1:ffff::1")
    ask(stage, NOBODYS_NUMBER, address="2001:db8:2:3::1")
    ask(stage, NOBODYS_NUMBER, address="unknown")


def test_what_was_refused_is_not_counted(stage: Stage, cast: Cast) -> None:
    number = cast.farida.whatsapp_number
    for _ in range(LIMIT):
        ask(stage, number)
    work = stage.work()
    with pytest.raises(TooMany):
        otps.request_code(work, OtpType.LOGIN, number, clinic_id="clinic_city", address=ADDRESS)
    work.commit()
    limit = stage.work().get(OtpLimit, f"tel:{number}#{OtpType.LOGIN.value}")
    assert limit is not None
    assert limit.count == LIMIT


def test_two_who_ask_at_once_for_the_last_one_do_not_both_get_it(stage: Stage, cast: Cast) -> None:
    number = cast.farida.whatsapp_number
    for _ in range(LIMIT - 1):
        ask(stage, number)
    first, second = stage.work(), stage.work()
    for work in (first, second):
        otps.request_code(work, OtpType.LOGIN, number, clinic_id="clinic_city", address=ADDRESS)
    first.commit()
    with pytest.raises(Conflict):
        second.commit()


def test_requests_are_kept_ninety_days_without_the_code(stage: Stage, cast: Cast) -> None:
    request = ask(stage, cast.farida.whatsapp_number)
    code = code_sent(stage, cast.farida.whatsapp_number)
    proves(stage, request, code)
    kept = stored(stage.records, request)
    assert kept.ttl == int((request.created_at + timedelta(days=90)).timestamp())
    assert (kept.whatsapp_number, kept.request_type) == (
        cast.farida.whatsapp_number,
        OtpType.LOGIN,
    )
    assert kept.code_hash is None


def test_a_code_that_could_not_be_sent_in_time_is_not_sent_at_all(stage: Stage, cast: Cast) -> None:
    request = ask(stage, cast.farida.whatsapp_number)
    stage.clock.advance(6)
    assert stage.settle() == []
    assert status(stage, request) is OtpStatus.EXPIRED
