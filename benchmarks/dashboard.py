"""What a clinic's dashboard costs with 1,000, 100,000 and 1,000,000 tokens of history.

    benchmarks/figures [tokens …]

One doctor with 40 tokens a day, in a SQLite file of its own; the dashboard is that of the last
seven days, read and worked out as GET /analytics/clinic/dashboard does. Beside it: the floor, which
only reads those days' items, and a peer that works the same week out from its tokens. A million
tokens take some minutes to write.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

from domain import analytics
from domain.actions.reports import figures
from domain.due import tokens_of
from domain.model.base import Record
from domain.model.clinics import Clinic, Doctor
from domain.model.queues import Queue, Token, TokenStatus, number_text
from domain.periods import Period, PeriodName, period_of
from domain.ports import Changes, Records
from domain.rules import Rules
from domain.scopes import ClinicScope, Scope, SystemScope
from domain.work import Work
from store import open_records, open_store
from tests.people import CountingIds, FixedClock

SIZES = (1_000, 100_000, 1_000_000)
A_DAY = 40
RUNS = 200
NOW = datetime(2100, 6, 15, 18, 0, tzinfo=UTC)
"""Late enough for a million tokens, at 40 a day, to lie behind it."""
CLINIC, DOCTOR = "clinic_1", "doc_1"
SCOPE = ClinicScope(CLINIC)


def main() -> None:
    """Measure each size and print the table."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    print(
        "| tokens | dashboard | floor: its items | peer: from tokens |\n| --- | --- | --- | --- |"
    )
    first = None
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            took = measure(Path(folder), size)
        first = first or took[0]
        own, floor, peer = (f"{each * 1000:.2f} ms" for each in took)
        print(f"| {size:,} | {own} | {took[0] / first:.2f} | {floor} | {peer} |", flush=True)


def measure(folder: Path, size: int) -> tuple[float, float, float]:
    """Return the medians of dashboard, floor and peer over *size* tokens, in seconds."""
    store = open_store(f"sqlite:///{folder / 'figures.db'}", clock=FixedClock(NOW))
    store.create_tables()
    records = open_records(store)
    try:
        things = history(size)
        while part := list(islice(things, 100)):
            records.commit(Changes(puts=part))
        period = period_of(PeriodName.LAST_7_DAYS, NOW.date())
        days = analytics.with_previous(period)
        return (
            median(lambda: dashboard(records, period)),
            median(lambda: figures.figures_of_clinic(work(records), CLINIC, days)),
            median(lambda: from_tokens(records, period)),
        )
    finally:
        store.close()


def work(records: Records, scope: Scope = SCOPE) -> Work:
    """Return a unit of work as an admin's call has it."""
    return Work(records, scope, NOW, CountingIds(), Rules())


def median(act: Callable[[], object]) -> float:
    """Return how long *act* takes, the median of RUNS."""
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def dashboard(records: Records, period: Period) -> analytics.Dashboard:
    """Return the dashboard as the API does."""
    days = figures.figures_of_clinic(work(records), CLINIC, analytics.with_previous(period))
    return analytics.dashboard(days, period)


def from_tokens(records: Records, period: Period) -> analytics.Dashboard:
    """Return the same from the tokens of those days."""
    reader = work(records, SystemScope("a benchmark"))
    clinic = reader.get(Clinic, CLINIC)
    assert clinic is not None
    both = analytics.with_previous(period)
    span = (both.first.isoformat(), both.last.isoformat())
    queues = reader.query(Queue, DOCTOR, between=span).records
    days = [
        figures.figures_of_day(q, tokens_of(reader, q.queue_id), (), clinic.zone) for q in queues
    ]
    return analytics.dashboard(days, period)


def history(size: int) -> Iterator[Record]:
    """Yield *size* completed tokens of one doctor, 40 a day, with their days and figures."""
    now = NOW - timedelta(days=size // A_DAY)
    clinic = Clinic(
        clinic_id=CLINIC, name="City", whatsapp_number="+919876543001", created_at=now,
        updated_at=now,
    )  # fmt: skip
    yield clinic
    yield Doctor(
        clinic_id=CLINIC, doctor_id=DOCTOR, name="Dr. Meera", whatsapp_number="+919876543011",
        specialization="General Medicine", consultation_fee=500, advance_amount=50,
        created_at=now, updated_at=now,
    )  # fmt: skip
    for ago in range(size // A_DAY):
        queue, tokens = a_day(NOW.date() - timedelta(days=ago))
        yield queue
        yield from tokens
        yield figures.figures_of_day(queue, tokens, (), clinic.zone)


def a_day(day: date) -> tuple[Queue, list[Token]]:
    """Return a day's head and its tokens, all served."""
    begin = datetime(day.year, day.month, day.day, 3, 30, tzinfo=UTC)
    queue = Queue(
        doctor_id=DOCTOR, date=day.isoformat(), queue_id=f"queue_{day}", clinic_id=CLINIC,
        planned_start=begin, planned_end=begin + timedelta(hours=8), created_at=begin,
        updated_at=begin,
    )  # fmt: skip
    tokens = []
    for n in range(1, A_DAY + 1):
        at = begin + timedelta(minutes=12 * n)
        patient = f"{(day.toordinal() * 7 + n * 13) % 5000:032x}"
        tokens.append(
            Token(
                queue_id=queue.queue_id, token_id=f"TKN_{day:%Y%m%d}{n:018d}", clinic_id=CLINIC,
                doctor_id=DOCTOR, patient_id=f"pat_{patient}", contact_id=f"con_{patient}",
                patient_name="Asha", status=TokenStatus.COMPLETED, number=n,
                token_number=number_text(n), date=queue.date, estimated_time=at, arrived_at=at,
                actual_time=at + timedelta(minutes=5), completed_at=at + timedelta(minutes=15),
                confirmed_at=at, amount_paise=50_000, paid_paise=5_000, collected_paise=45_000,
                created_at=at, updated_at=at,
            )
        )  # fmt: skip
    return queue, tokens


if __name__ == "__main__":
    main()
