"""The figures of a day: computed anew after each change, and read for a period."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from domain.due import OpenWork, tokens_of
from domain.model.base import Record, stamp
from domain.model.clinics import Clinic, ClinicStatus, Doctor
from domain.model.due import Due
from domain.model.figures import KIND, DayFigures, Hour
from domain.model.queues import Queue, Token, TokenStatus
from domain.model.visits import Rating
from domain.periods import Period
from domain.transactions import transact
from domain.work import Work

R = TypeVar("R", bound=Record)
PUNCTUAL_MINUTES = 15
"""A patient called in at most this long after the planned time is on time."""
PAGE = 400
MOST_UPDATES = 80
"""Due items done in one transaction, which holds 100 items."""
KEPT_MONEY = frozenset(set(TokenStatus) - {TokenStatus.CANCELLED, TokenStatus.EXPIRED})
"""States of a token whose money counts: that of a cancelled one is refunded, or kept for later."""
CAME = frozenset({TokenStatus.ARRIVED, TokenStatus.CURRENT, TokenStatus.COMPLETED})


# One day


def figures_of_day(
    queue: Queue, tokens: Iterable[Token], ratings: Iterable[Rating], zone: ZoneInfo
) -> DayFigures:
    """Return the figures of a day; *zone* is the clinic's, in which its hours are."""
    counts: Counter[str] = Counter()
    by_type: Counter[str] = Counter()
    patients: set[str] = set()
    newcomers: set[str] = set()
    hours: defaultdict[int, Counter[str]] = defaultdict(Counter)
    midnight = date.fromisoformat(queue.date)
    for token in tokens:
        if token.status in KEPT_MONEY:
            counts["online_paise"] += token.paid_paise
            counts["desk_paise"] += token.collected_paise
            by_type[token.consultation_type] += token.paid_paise + token.collected_paise
        ended = _outcome_of(token)
        if ended is not None:
            counts[ended] += 1
            patients.add(token.patient_id)
            if token.new_patient:
                counts["new_tokens"] += 1
                newcomers.add(token.patient_id)
        _count_times(queue, token, hours, midnight, zone, counts)
    for rating in ratings:
        counts["stars"] += rating.stars
        counts["ratings"] += 1
    return DayFigures(
        doctor_id=queue.doctor_id,
        date=queue.date,
        clinic_id=queue.clinic_id,
        queue_id=queue.queue_id,
        paise_by_type={kind: paise for kind, paise in sorted(by_type.items()) if paise},
        patients=tuple(sorted(patients)),
        new_patients=tuple(sorted(newcomers)),
        hours=tuple(Hour(hour=hour, **hours[hour]) for hour in sorted(hours)),
        **counts,
    )


def _outcome_of(token: Token) -> str | None:
    """Return the outcome of a booking; None if it is still open, or was never confirmed."""
    match token.status:
        case TokenStatus.COMPLETED:
            return "completed"
        case TokenStatus.NO_SHOW:
            return "no_show"
        case TokenStatus.CANCELLED if token.confirmed_at is not None:
            return "cancelled"
        case _:
            return None


def _count_times(
    queue: Queue,
    token: Token,
    hours: defaultdict[int, Counter[str]],
    midnight: date,
    zone: ZoneInfo,
    counts: Counter[str],
) -> None:
    """Count a patient's arrival, wait, consultation and departure in the hours of the day."""
    came = arrival_of(queue, token)
    if came is None:
        return

    def hour(moment: datetime) -> Counter[str]:
        local = moment.astimezone(zone)
        return hours[(local.date() - midnight).days * 24 + local.hour]

    hour(came)["arrivals"] += 1
    if token.status is TokenStatus.CANCELLED:
        hour(token.cancelled_at or came)["departures"] += 1
        return
    called = token.actual_time
    if called is None:
        return
    hour(came)["waits"] += 1
    hour(came)["wait_seconds"] += _seconds(called - came)
    counts["punctual"] += called - token.estimated_time <= timedelta(minutes=PUNCTUAL_MINUTES)
    if token.completed_at is not None:
        hour(token.completed_at)["departures"] += 1
        hour(called)["consultations"] += 1
        hour(called)["consultation_seconds"] += _seconds(token.completed_at - called)


def arrival_of(queue: Queue, token: Token) -> datetime | None:
    """Return when a patient came; None if they did not, or nobody recorded it.

    It is the check-in, but not before the doctor's hours. A patient called in without a check-in
    came at the planned time, or when they were called if that is earlier.
    """
    if token.status not in CAME and not (
        token.status is TokenStatus.CANCELLED and token.arrived_at is not None
    ):
        return None
    came = token.arrived_at or token.estimated_time
    came = max(came, queue.planned_start)
    ends = [t for t in (token.actual_time, token.cancelled_at) if t is not None]
    return min([came, *ends]) if ends else came


def _seconds(span: timedelta) -> int:
    return max(0, int(span.total_seconds()))


# Updating them


def update_figures(open_work: OpenWork, item: Due) -> None:
    """Compute a day's figures anew after a change; delete every due item that asks for the same.

    May be killed and run again at any line.
    """
    work = open_work()
    if work.get(Due, item.shard, item.due) is None:
        return
    # Read before the tokens, so that the changes behind these items are in the tokens.
    updates = [u for u in _updates_due(work, item.shard) if u.queue_id == item.queue_id]
    work.delete(item)
    for update in updates[:MOST_UPDATES]:
        work.delete(update)
    tokens = list(tokens_of(work, item.queue_id or ""))
    queue = work.get(Queue, item.doctor_id or "", tokens[0].date) if tokens else None
    clinic = work.get(Clinic, item.clinic_id or "")
    if queue is not None and clinic is not None:
        store_figures(work, clinic, queue, tokens)
    work.commit()


def _updates_due(work: Work, shard: str) -> list[Due]:
    page = work.query(Due, shard, between=("", f"{stamp(work.now)}~"), limit=PAGE)
    return [due for due in page.records if due.kind == KIND]


def store_figures(work: Work, clinic: Clinic, queue: Queue, tokens: Iterable[Token]) -> bool:
    """Store a day's figures; return whether they differ from the stored ones."""
    ratings = _read_all(work, Rating, queue.queue_id)
    before = work.get(DayFigures, queue.doctor_id, queue.date)
    found = figures_of_day(queue, tokens, ratings, clinic.zone)
    if before is not None:
        found = found.but(version=before.version)
    if found == before:
        return False
    work.put(found)
    return True


def list_all_doctors(work: Work) -> list[Doctor]:
    """Return every doctor of every clinic, removed ones included; *work* must see all clinics."""
    found: list[Doctor] = []
    for status in ClinicStatus:
        for clinic in _read_all(work, Clinic, status.value, "status-clinicId-idx"):
            found += _read_all(work, Doctor, clinic.clinic_id)
    return found


def rebuild_figures(open_work: OpenWork, doctor: Doctor) -> int:
    """Compute the figures of all days of a doctor anew; return how many differed.

    Each day is a transaction, run again if the day changes meanwhile. So it may be repeated, and
    while the clinic works.

    Raises:
        StillConflicting: If a day changed at every try; the days before it are done.
    """
    reader = open_work()
    clinic = reader.get(Clinic, doctor.clinic_id)
    if clinic is None:
        return 0
    return sum(
        _rebuild_day(open_work, clinic, q) for q in _read_all(reader, Queue, doctor.doctor_id)
    )


def _rebuild_day(open_work: OpenWork, clinic: Clinic, queue: Queue) -> bool:
    return transact(
        open_work,
        lambda work: store_figures(work, clinic, queue, list(tokens_of(work, queue.queue_id))),
    )


# Reading them


def figures_of_clinic(work: Work, clinic_id: str, period: Period) -> list[DayFigures]:
    """Return the figures of all of a clinic's doctors in *period*, by day.

    An index finds them, so the last moments may be missing.
    """
    return list(_read_all(work, DayFigures, clinic_id, "clinicId-date-idx", _days(period)))


def figures_of_doctor(work: Work, doctor_id: str, period: Period) -> list[DayFigures]:
    """Return the figures of a doctor's days in *period*, by day."""
    return list(_read_all(work, DayFigures, doctor_id, None, _days(period)))


def _days(period: Period) -> tuple[str, str]:
    return period.first.isoformat(), period.last.isoformat()


def _read_all(
    work: Work,
    kind: type[R],
    equals: str,
    index: str | None = None,
    between: tuple[str, str] | None = None,
) -> Iterator[R]:
    after = None
    while True:
        page = work.query(kind, equals, index=index, between=between, limit=PAGE, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return
