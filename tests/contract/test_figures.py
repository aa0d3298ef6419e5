"""A day of known events gives exactly the figures worked out by hand, on both stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain import analytics
from domain.actions.reports import figures
from domain.model.clinics import Clinic, Doctor
from domain.model.due import ORDINARY_SHARDS, Due
from domain.model.figures import KIND, DayFigures
from domain.model.queues import Queue, Token, TokenStatus, number_text
from domain.model.visits import Rating
from domain.patient_flow import Bottleneck, Reason, flow
from domain.periods import PeriodName, period_of
from domain.ports import Records
from domain.scopes import ClinicScope, DoctorScope, SystemScope
from domain.work import Work
from store import open_records
from store.port import Store
from tests.people import RULES, CountingIds, a_clinic, a_doctor

DAY, WEEK_BEFORE = "2030-01-15", "2030-01-08"
EVENING = datetime(2030, 1, 15, 14, 0, tzinfo=UTC)
S = TokenStatus

# who  status  slot   came   called done   type  paid desk  new  stars
EVENTS = """
 A  COMPLETED  03:30  03:10  03:35  03:47  GENERAL     50  450  new  5
 B  COMPLETED  03:45  03:50  03:55  04:10  SPECIALIST  50  750  -    4
 C  COMPLETED  04:00  -      04:20  04:29  GENERAL     0   500  new  -
 D  COMPLETED  04:15  04:05  04:29  04:41  GENERAL     0   500  -    5
 E  NO_SHOW    04:30  -      -      -      GENERAL     50  0    new  -
 F  CANCELLED  04:45  -      -      -      GENERAL     0   0    -    -
 G  UNSURE     05:00  -      -      -      GENERAL     0   0    new  -
 H  CANCELLED  05:15  05:00  -      06:00  GENERAL     50  0    -    -
 I  EXPIRED    05:30  -      -      -      GENERAL     0   0    new  -
 J  PENDING    05:45  -      -      -      GENERAL     0   0    new  -
 K  COMPLETED  06:00  -      05:40  05:50  FOLLOW_UP   100 400  new  -
 L  CONFIRMED  06:15  -      -      -      GENERAL     50  0    -    -
"""
"""The hours begin at 03:30 UTC. G was cancelled before it was confirmed; H came, and the clinic
closed: its money waits. Times are UTC, money is rupees."""
EVENTS_BEFORE = """
 A  COMPLETED  03:30  03:30  03:50  04:00  GENERAL  0  500  -  -
 B  COMPLETED  03:45  03:45  04:05  04:15  GENERAL  0  500  -  -
 Q  COMPLETED  04:00  04:00  04:20  04:30  GENERAL  0  500  -  -
 R  COMPLETED  04:15  04:15  04:35  04:45  GENERAL  0  500  -  -
"""


@dataclass
class Desk:
    """Two doctors of a clinic of one test's own, and works on its store."""

    records: Records
    clinic: Clinic
    doctor: Doctor
    now: datetime = EVENING

    def work(self, scope: Any = None) -> Work:
        return Work(self.records, scope or SystemScope("a test"), self.now, CountingIds(), RULES)

    def put(self, *records: Any) -> None:
        work = self.work()
        for record in records:
            work.put(record)
        work.commit()

    def marks(self) -> list[Due]:
        """Return what asks for figures of this clinic's days."""
        work = self.work()
        return [
            due
            for shard in range(ORDINARY_SHARDS)
            for due in work.query(Due, f"{shard:02d}", limit=1000).records
            if due.kind == KIND and due.clinic_id == self.clinic.clinic_id
        ]

    def follow(self) -> None:
        """Let the workers bring the figures up to date."""
        for mark in self.marks():
            figures.update_figures(self.work, mark)

    def happen(self, day: str, events: str) -> Queue:
        """Store a day with *events*."""
        queue = a_queue(self.doctor, day)
        self.put(queue)
        rows = [line.split() for line in events.strip().splitlines()]
        for number, row in enumerate(rows, 1):
            token, rating = a_token(queue, number, row)
            self.put(token, *([rating] if rating else []))
        return queue

    def kept(self, day: str = DAY) -> DayFigures:
        found = self.work().get(DayFigures, self.doctor.doctor_id, day)
        assert found is not None
        return found

    def days(self) -> list[DayFigures]:
        return figures.figures_of_clinic(
            self.work(ClinicScope(self.clinic.clinic_id)),
            self.clinic.clinic_id,
            analytics.days_needed(PERIOD),
        )


PERIOD = period_of(PeriodName.LAST_7_DAYS, date(2030, 1, 15))


def a_queue(doctor: Doctor, day: str) -> Queue:
    begin = moment(day, "03:30")
    return Queue(
        doctor_id=doctor.doctor_id,
        date=day,
        queue_id=f"queue-{doctor.doctor_id}-{day}",
        clinic_id=doctor.clinic_id,
        planned_start=begin,
        planned_end=begin + timedelta(hours=8),
        created_at=begin,
        updated_at=begin,
    )


def moment(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}:00+00:00")


def a_token(queue: Queue, number: int, row: list[str]) -> tuple[Token, Rating | None]:
    who, status, slot, came, called, done, kind, paid, desk, new, stars = row
    at = {
        name: moment(queue.date, clock)
        for name, clock in zip(
            ("slot", "came", "called", "done"), (slot, came, called, done), strict=True
        )
        if clock != "-"
    }
    cancelled = status in {"CANCELLED", "UNSURE"}
    token = Token(
        queue_id=queue.queue_id,
        token_id=f"{queue.queue_id}-{who}",
        clinic_id=queue.clinic_id,
        doctor_id=queue.doctor_id,
        patient_id=f"pat_{who}",
        contact_id=f"con_{who}",
        patient_name=who,
        status=S.CANCELLED if cancelled else S(status),
        number=number,
        token_number=number_text(number),
        date=queue.date,
        estimated_time=at["slot"],
        arrived_at=at.get("came"),
        actual_time=at.get("called"),
        completed_at=None if cancelled else at.get("done"),
        cancelled_at=at.get("done", at["slot"]) if cancelled else None,
        confirmed_at=None if status in {"UNSURE", "EXPIRED", "PENDING"} else at["slot"],
        consultation_type=kind,
        amount_paise=50_000,
        paid_paise=int(paid) * 100,
        collected_paise=int(desk) * 100,
        new_patient=new == "new",
        created_at=at["slot"],
        updated_at=at["slot"],
    )
    if stars == "-":
        return token, None
    rating = Rating(
        queue_id=queue.queue_id,
        token_id=token.token_id,
        clinic_id=token.clinic_id,
        doctor_id=token.doctor_id,
        contact_id=token.contact_id,
        patient_id=token.patient_id,
        stars=int(stars),
        at=EVENING,
    )
    return token, rating


@pytest.fixture(params=["Asia/Kolkata", "UTC"])
def zone(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(store: Store, mine: str, zone: str) -> Desk:
    clinic = a_clinic(f"clinic-{mine}", "City", "+919876543001", time_zone=zone)
    doctor = a_doctor(clinic, f"doc-{mine}", "Dr. Meera", "+919876543011")
    made = Desk(open_records(store), clinic, doctor)
    made.put(clinic, doctor)
    return made


def expected(desk: Desk) -> dict[str, Any]:
    """Return the figures of EVENTS but for its hours, worked out by hand."""
    return {
        "completed": 5,  # A B C D K
        "cancelled": 2,  # F H
        "no_show": 1,  # E
        "new_tokens": 4,  # A C E K
        "online_paise": 300_00,  # A 50, B 50, E 50 forfeited, K 100, L 50
        "desk_paise": 2600_00,  # 450 + 750 + 500 + 500 + 400
        "paise_by_type": {"FOLLOW_UP": 500_00, "GENERAL": 1600_00, "SPECIALIST": 800_00},
        "patients": tuple(f"pat_{who}" for who in "ABCDEFHK"),
        "new_patients": ("pat_A", "pat_C", "pat_E", "pat_K"),
        "punctual": 4,  # C was called 20 minutes late
        "stars": 14,
        "ratings": 3,
        "doctor_id": desk.doctor.doctor_id,
        "clinic_id": desk.clinic.clinic_id,
    }


def check(desk: Desk) -> None:
    kept = desk.kept()
    for name, value in expected(desk).items():
        assert getattr(kept, name) == value, name
    check_views(desk)
    check_flow(desk)


def check_views(desk: Desk) -> None:
    days = desk.days()
    found = analytics.stats(days, PERIOD)
    assert found.totals.tokens == 8
    assert found.completion_rate == 62.5  # 5 of 8
    assert found.visits_per_patient == 1.0  # 8 tokens of 8 patients
    assert found.totals.wait_minutes == 11  # (5 + 5 + 20 + 24 + 0) / 5
    assert found.totals.consultation_minutes == 12  # (12 + 15 + 9 + 12 + 10) / 5
    assert found.totals.satisfaction == 4.7  # 14 / 3
    assert found.punctuality == 80
    assert found.revenue_per_day == 414  # 2,900 / 7
    assert found.revenue_growth == 45  # against 2,000
    assert found.patient_growth == 100  # 8 against 4
    assert found.efficiency_improvement == 46  # 10.8 minutes against 20

    work = analytics.performance(days, PERIOD)
    assert (work.daily_average, work.weekly_growth, work.monthly_growth) == (1, 100, None)
    assert work.retention == 50

    board = analytics.dashboard(days, PERIOD)
    assert (board.tokens_per_day, board.revenue_growth, board.patient_growth) == (1, 45, 100)
    assert [(d.doctor_id, d.totals.completed) for d in board.top_doctors] == [
        (desk.doctor.doctor_id, 5)
    ]

    income = analytics.revenue(days, PERIOD)
    assert income.average_fee == 580  # 2,900 / 5
    assert income.rupees_by_type == {"FOLLOW_UP": 500, "GENERAL": 1600, "SPECIALIST": 800}
    assert (income.growth_rate, income.daily_average, income.monthly_growth) == (45, 414, None)


ROWS = {
    "Asia/Kolkata": [("09:00", 4, 3, 1), ("10:00", 1, 1, 1), ("11:00", 1, 2, 0)],
    "UTC": [("03:00", 2, 1, 1), ("04:00", 2, 3, 0), ("05:00", 2, 1, 1), ("06:00", 0, 1, 0)],
}
SLOW = {
    # A, B, C and D waited 13.5 minutes on average, a quarter more than all five; one stayed.
    "Asia/Kolkata": Bottleneck("09:00", 14, Reason.VOLUME),
    # C and D waited 22 minutes, while more left than came and nobody was in for long.
    "UTC": Bottleneck("04:00", 22, Reason.STALLED),
}


def check_flow(desk: Desk) -> None:
    today = period_of(PeriodName.TODAY, date(2030, 1, 15))
    found = flow(desk.days(), today)
    zone = desk.clinic.time_zone
    shown = [(r.label, r.arrivals, r.departures, r.waiting) for r in found.hours]
    assert shown == ROWS[zone]
    assert found.peak_hours == [label for label, arrivals, *_ in ROWS[zone] if arrivals]
    assert found.wait_minutes == 11
    assert found.bottlenecks == [SLOW[zone]]
    assert [(r.label, r.arrivals, r.departures, r.waiting) for r in found.days] == [(DAY, 6, 6, 0)]


def test_a_day_gives_the_figures_worked_out_by_hand_before_and_after_a_rebuild(desk):
    desk.happen(WEEK_BEFORE, EVENTS_BEFORE)
    desk.happen(DAY, EVENTS)
    desk.follow()
    check(desk)
    assert desk.marks() == []
    before = desk.kept()
    assert figures.rebuild_figures(desk.work, desk.doctor) == 0
    assert desk.kept() == before

    desk.put(before.but(completed=99, patients=("pat_X",), hours=()))
    assert figures.rebuild_figures(desk.work, desk.doctor) == 1
    check(desk)


def test_patients_of_several_days_are_counted_once(desk):
    desk.happen(WEEK_BEFORE, EVENTS_BEFORE)
    desk.happen(DAY, EVENTS)
    desk.follow()
    month = period_of(PeriodName.LAST_30_DAYS, date(2030, 1, 15))
    totals = analytics.total(desk.days(), month)
    assert totals.tokens == 12
    assert len(totals.patients) == 10  # A and B came on both days
    assert len(totals.new_patients) == 4


def test_changes_of_one_second_are_followed_together(desk):
    queue = desk.happen(DAY, EVENTS)
    desk.follow()
    written = desk.kept().version
    token = desk.work().get(Token, queue.queue_id, f"{queue.queue_id}-L")
    for number in range(3):
        work = desk.work()
        work.put(token.but(paid_paise=100 * number))
        work.commit()
        token = desk.work().get(Token, queue.queue_id, token.token_id)
    assert len(desk.marks()) == 3
    desk.follow()
    assert desk.kept().version == written + 1
    assert desk.kept().online_paise == 252_00
    assert desk.marks() == []


def test_they_are_due_with_the_next_second_and_never_sooner(desk):
    desk.now = EVENING + timedelta(milliseconds=1)
    desk.happen(DAY, EVENTS)
    assert {m.at for m in desk.marks()} == {EVENING + timedelta(seconds=1)}


def test_what_changes_while_the_figures_are_worked_out_is_followed_afterwards(desk):
    queue = desk.happen(DAY, EVENTS)
    token = desk.work().get(Token, queue.queue_id, f"{queue.queue_id}-L")
    works: list[Work] = []

    class Late(Work):
        """The token changes after it was read, just before the figures are written."""

        def commit(self) -> None:
            if not works:
                works.append(self)
                desk.put(token.but(paid_paise=0))
            super().commit()

    mark, *_ = desk.marks()
    figures.update_figures(
        lambda: Late(desk.records, SystemScope("a test"), desk.now, CountingIds(), RULES), mark
    )
    assert desk.kept().online_paise == 300_00
    assert len(desk.marks()) == 1
    desk.follow()
    assert desk.kept().online_paise == 250_00


def test_a_mark_that_somebody_else_has_followed_is_nothing_to_do(desk):
    desk.happen(DAY, EVENTS)
    mark, *_ = desk.marks()
    desk.follow()
    before = desk.kept()
    figures.update_figures(desk.work, mark)
    assert desk.kept() == before


def test_hours_after_midnight_belong_to_the_day_on_which_they_began(desk):
    begin = "2030-01-15T22:50:00+00:00" if desk.clinic.time_zone == "UTC" else None
    came = datetime.fromisoformat(begin or "2030-01-15T17:20:00+00:00")
    queue = a_queue(desk.doctor, DAY).but(planned_start=came, planned_end=came)
    token, _ = a_token(queue, 1, EVENTS.split()[:11])
    night = token.but(
        estimated_time=came,
        arrived_at=came,
        actual_time=came + timedelta(minutes=80),
        completed_at=came + timedelta(minutes=90),
    )
    desk.put(queue, night)
    desk.follow()
    assert [(h.hour, h.arrivals, h.departures) for h in desk.kept().hours] == [
        (22, 1, 0),
        (24, 0, 1),
    ]
    found = flow([desk.kept()], period_of(PeriodName.TODAY, date(2030, 1, 15)))
    assert (found.hours[0].label, found.hours[0].waiting) == ("00:00", 0)
    assert [(r.label, r.waiting) for r in found.hours[-2:]] == [("22:00", 1), ("23:00", 1)]


def test_a_colleague_and_another_clinic_read_none_of_them(desk):
    desk.happen(DAY, EVENTS)
    desk.follow()
    whole = period_of(PeriodName.TODAY, date(2030, 1, 15))
    own = desk.work(DoctorScope(desk.clinic.clinic_id, desk.doctor.doctor_id))
    colleague = desk.work(DoctorScope(desk.clinic.clinic_id, "doc-other"))
    elsewhere = desk.work(ClinicScope("clinic-other"))
    assert len(figures.figures_of_doctor(own, desk.doctor.doctor_id, whole)) == 1
    assert figures.figures_of_doctor(colleague, desk.doctor.doctor_id, whole) == []
    assert figures.figures_of_clinic(elsewhere, desk.clinic.clinic_id, whole) == []


def test_every_doctor_is_found_for_a_rebuild(desk):
    assert desk.doctor.doctor_id in {d.doctor_id for d in figures.list_all_doctors(desk.work())}
