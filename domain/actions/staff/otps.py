"""One-time codes: request, send and check them.

A request does the same for every number: the same reads, the same writes, the same answer, so that
it does not show whether the number has an account. That is looked up only when the code is written
to the outbox. A number without an account gets no code, and its request can never be verified.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

from domain import due
from domain.actions.messages.outbox import Draft, send
from domain.actions.staff import code_limits, numbers
from domain.due import OpenWork
from domain.model.accounts import LiveCode, OtpRequest, OtpStatus, OtpType
from domain.model.due import Due
from domain.work import Work

DIGITS = 6
VALID_FOR = timedelta(minutes=5)
PREFIXES = {
    OtpType.REGISTRATION: "reg_",
    OtpType.LOGIN: "login_req_",
    OtpType.PASSWORD_RESET: "reset_req_",
    OtpType.CLINIC_NUMBER: "otp_req_",
}


def request_code(
    work: Work,
    kind: OtpType,
    number: str,
    *,
    clinic_id: str,
    address: str,
    user_id: str | None = None,
) -> OtpRequest:
    """Request a code for *number*; it replaces an earlier one of the same purpose.

    *address* is the caller's network address. The code is sent after the commit.

    Raises:
        TooMany: If too many were requested (`code_limits.count_request`); nothing is written.
    """
    work = work.system("request a code before signing in")
    limit = code_limits.count_request(work, kind, number, address)
    purpose = _purpose(kind, clinic_id)
    before = limit.live.get(purpose)
    _withdraw(work, before.request_id if before else "no_req")
    request = work.put(
        OtpRequest(
            request_id=work.ids.secret(PREFIXES[kind]),
            whatsapp_number=number,
            clinic_id=clinic_id,
            request_type=kind,
            user_id=user_id,
            expires_at=work.now + VALID_FOR,
            created_at=work.now,
            updated_at=work.now,
            ttl=int((work.now + work.rules.keeps.codes).timestamp()),
        )
    )
    live = {p: c for p, c in limit.live.items() if c.expires_at > work.now}
    live[purpose] = LiveCode(request_id=request.request_id, expires_at=request.expires_at)
    work.put(limit.but(live=live))
    due.schedule(work, "send_code", work.now, due.Subject(request.request_id))
    return request


def find_request(work: Work, kind: OtpType, request_id: str) -> OtpRequest | None:
    """Return the request of that id and kind, if there is one."""
    request = work.system("check a code").get(OtpRequest, request_id)
    return request if request is not None and request.request_type is kind else None


def is_live(work: Work, request: OtpRequest) -> bool:
    """Return whether the code of *request* can still be given."""
    return request.status is OtpStatus.PENDING and request.expires_at > work.now


def check_code(work: Work, request: OtpRequest | None, code: str, *, and_also: bool = True) -> bool:
    """Check a one-time code and use it up; return whether it is right.

    *and_also* says whether the other credential, such as a password, is right. If either is wrong,
    that is one of three attempts. The caller commits in either case.
    """
    if request is None or request.status is not OtpStatus.PENDING:
        return False
    work = work.system("check a code")
    if request.expires_at <= work.now:
        _end(work, request, OtpStatus.EXPIRED)
        return False
    digest = work.seal.digest(_digest_input(request.request_id, code))
    is_right = hmac.compare_digest(digest, request.code_hash or "")
    if is_right and and_also:
        _end(work, request.but(attempts=request.attempts + 1), OtpStatus.VERIFIED)
        return True
    tried = request.but(attempts=request.attempts + 1, updated_at=work.now)
    if tried.attempts >= tried.max_attempts:
        _end(work, tried, OtpStatus.FAILED)
    else:
        work.put(tried)
    return False


def send_code(open_work: OpenWork, item: Due) -> None:
    """Make the code of a request and send it, if its number may have one."""
    work = open_work()
    work.delete(item)
    request = work.get(OtpRequest, _request_id(item))
    if request is not None and request.status is OtpStatus.PENDING and _should_send(work, request):
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        digest = work.seal.digest(_digest_input(request.request_id, code))
        work.put(request.but(code_hash=digest, updated_at=work.now))
        number = request.whatsapp_number
        contact = numbers.ensure_contact(work, number, None)
        send(
            work,
            Draft(
                "account/code",
                to=contact.contact_id,
                clinic=None,
                values={"purpose": request.request_type.value.replace("_", " ")},
                secrets={"code": code},
                helps_until=request.expires_at,
            ),
        )
    if request is not None:
        due.schedule(work, "code_ends", request.expires_at, due.Subject(request.request_id))
    work.commit()


def expire_code(open_work: OpenWork, item: Due) -> None:
    """Expire a code that nobody used, and delete its hash."""
    work = open_work()
    work.delete(item)
    _withdraw(work, _request_id(item), OtpStatus.EXPIRED)
    work.commit()


def _should_send(work: Work, request: OtpRequest) -> bool:
    if request.expires_at <= work.now:
        return False
    if request.request_type not in code_limits.STAFF_ONLY:
        return True
    return numbers.member_at(work, request.clinic_id, request.whatsapp_number) is not None


def _purpose(kind: OtpType, clinic_id: str) -> str:
    # Each registration has a clinicId of its own, yet a number has one live code for all of them.
    return kind.value if kind is OtpType.REGISTRATION else f"{kind.value}#{clinic_id}"


def _withdraw(work: Work, request_id: str, status: OtpStatus = OtpStatus.REPLACED) -> None:
    request = work.get(OtpRequest, request_id)
    if request is not None and request.status is OtpStatus.PENDING:
        _end(work, request, status)


def _end(work: Work, request: OtpRequest, status: OtpStatus) -> None:
    work.put(request.but(status=status, code_hash=None, updated_at=work.now))


def _digest_input(request_id: str, code: str) -> str:
    return f"{request_id} {code}"


def _request_id(item: Due) -> str:
    """Return the id of an item's request, with which its key ends."""
    return item.due.rsplit("#", 1)[1]
