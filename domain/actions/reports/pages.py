"""The content of each report: the figures of a period, in the order in which owners read them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from domain import analytics
from domain.actions.reports import figures
from domain.analytics import DoctorTotals, Totals, half_up, minutes, one_decimal, rupees
from domain.model.clinics import Clinic, Doctor
from domain.model.figures import DayFigures
from domain.model.reports import (
    Report,
    ReportChart,
    ReportPage,
    ReportSection,
    ReportTable,
    ReportType,
)
from domain.periods import Period, PeriodName
from domain.plans import Feature, allows
from domain.work import Work

TITLES = {
    ReportType.CLINIC_SUMMARY: "Clinic summary",
    ReportType.REVENUE: "Revenue",
    ReportType.DOCTOR_PERFORMANCE: "Doctor performance",
    ReportType.PATIENT_FLOW: "Patient flow",
}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
HOURS = 24
MONEY_NOTE = (
    "What was collected: advances paid online for bookings of these days and not given back, and "
    "what the desk took."
)
TOKENS_NOTE = "Bookings that count: completed, cancelled after confirmation, and missed."
TIMES_NOTE = "Waiting is from coming to being called in; a consultation, from then to its end."
RUPEE = "₹"


def compose(work: Work, clinic: Clinic, report: Report) -> ReportPage:
    """Return the content of *report* about *clinic*, from the figures as they are now."""
    period = Period(PeriodName.CUSTOM, report.start_date, report.end_date)
    days = figures.figures_of_clinic(work, clinic.clinic_id, analytics.days_needed(period))
    if report.doctor_ids:
        days = [d for d in days if d.doctor_id in report.doctor_ids]
    names = {d.doctor_id: d.name for d in _doctors(work, clinic)}
    view = _View(days, period, names, frozenset(report.metrics))
    return ReportPage(
        title=TITLES[report.report_type],
        clinic=clinic.name,
        address=clinic.address,
        period=f"{_day(period.first)} – {_day(period.last)}",
        made_at=work.now,
        zone=clinic.time_zone,
        branded=allows(clinic, Feature.BRANDING),
        sections=tuple(s for make in SECTIONS[report.report_type] for s in make(view)),
    )


class _View:
    """The figures of a report, and which metrics were requested."""

    def __init__(
        self,
        days: Sequence[DayFigures],
        period: Period,
        names: dict[str, str],
        metrics: frozenset[str],
    ) -> None:
        self.all_days = days
        self.period = period
        self.days = [d for d in days if d.date in period]
        self.names = names
        self._metrics = metrics
        self.totals = analytics.total(days, period)
        self.doctors = sorted(
            analytics.by_doctor(days, period), key=lambda d: self.name(d.doctor_id)
        )

    def wants(self, metric: str) -> bool:
        """Return whether *metric* was requested; if none was, all are."""
        return not self._metrics or metric in self._metrics

    def name(self, doctor_id: str) -> str:
        """Return a doctor's name."""
        return self.names.get(doctor_id, doctor_id)

    def each_day(self) -> list[date]:
        """Return the period's days in order."""
        return [self.period.first + timedelta(days=n) for n in range(self.period.days)]


def _summary(view: _View) -> Iterable[ReportSection]:
    now, before = view.totals, analytics.total(view.all_days, view.period.before)
    key_figures: list[tuple[str, str]] = []
    if view.wants("tokens"):
        key_figures += [
            ("Tokens", str(now.tokens)),
            ("of them completed", str(now.completed)),
            ("of them cancelled", str(now.cancelled)),
            ("of them missed", str(now.no_show)),
        ]
    if view.wants("patients"):
        key_figures += [
            ("Patients", str(len(now.patients))),
            ("of them new", str(len(now.new_patients))),
            ("Patients, against the days before", _change(len(now.patients), len(before.patients))),
        ]
    if view.wants("revenue"):
        key_figures += [
            ("Revenue", _money(now.revenue_paise)),
            ("Revenue, against the days before", _change(now.revenue_paise, before.revenue_paise)),
        ]
    if view.wants("efficiency"):
        key_figures += [
            ("Average wait", _minutes(now.wait_minutes)),
            ("Average consultation", _minutes(now.consultation_minutes)),
        ]
    if view.wants("satisfaction"):
        key_figures.append(("Satisfaction", _stars(now)))
    yield ReportSection("Summary", TOKENS_NOTE, tuple(key_figures))


def _revenue_by_day(view: _View) -> Iterable[ReportSection]:
    paise: Counter[str] = Counter()
    completed: Counter[str] = Counter()
    for day in view.days:
        paise[day.date] += day.online_paise + day.desk_paise
        completed[day.date] += day.completed
    days = view.each_day()
    rows = [(_short(d), completed[str(d)], rupees(paise[str(d)])) for d in days]
    yield ReportSection(
        "Revenue by day",
        MONEY_NOTE,
        chart=_chart("Rupees a day", [(_tick(d), rupees(paise[str(d)])) for d in days]),
        table=ReportTable(
            ("Day", "Consultations", f"Revenue {RUPEE}"),
            tuple(rows),
            (40, 30, 30),
            ("Total", view.totals.completed, rupees(view.totals.revenue_paise)),
        ),
    )


def _revenue_by_doctor(view: _View) -> Iterable[ReportSection]:
    earning = sorted(view.doctors, key=lambda d: -d.totals.revenue_paise)
    yield ReportSection(
        "Revenue by doctor",
        chart=_chart(
            "Rupees a doctor",
            [(view.name(d.doctor_id), rupees(d.totals.revenue_paise)) for d in earning],
        ),
        table=ReportTable(
            ("Doctor", "Consultations", f"Online {RUPEE}", f"Desk {RUPEE}", f"Revenue {RUPEE}"),
            tuple(_money_row(view.name(d.doctor_id), d.totals) for d in earning),
            (32, 18, 16, 16, 18),
            _money_row("Total", view.totals),
        ),
    )


def _revenue_by_type(view: _View) -> Iterable[ReportSection]:
    kinds = sorted(view.totals.paise_by_type.items())
    yield ReportSection(
        "Revenue by consultation type",
        table=ReportTable(
            ("Type", f"Revenue {RUPEE}"),
            tuple((kind.replace("_", " ").title(), rupees(paise)) for kind, paise in kinds),
            (60, 40),
        ),
    )


def _doctors_compared(view: _View) -> Iterable[ReportSection]:
    heads = ["Doctor"]
    if view.wants("tokens"):
        heads += ["Completed", "Cancelled", "Missed"]
    if view.wants("patients"):
        heads += ["Patients", "New"]
    if view.wants("revenue"):
        heads.append(f"Revenue {RUPEE}")
    if view.wants("efficiency"):
        heads += ["Wait min", "Visit min"]
    if view.wants("satisfaction"):
        heads.append("Stars")
    widths = (20, *(len(head) + 5 for head in heads[1:]))
    yield ReportSection(
        "Doctors side by side",
        f"{TOKENS_NOTE} {TIMES_NOTE}",
        chart=_chart(
            "Consultations completed",
            [(view.name(d.doctor_id), d.totals.completed) for d in view.doctors],
            unit="",
        ),
        table=ReportTable(
            tuple(heads),
            tuple(_doctor_row(view, view.name(d.doctor_id), d.totals) for d in view.doctors),
            widths,
            _doctor_row(view, "All", view.totals),
        ),
    )


def _each_doctor(view: _View) -> Iterable[ReportSection]:
    for doctor in view.doctors:
        yield _one_doctor(view, doctor)


def _one_doctor(view: _View, doctor: DoctorTotals) -> ReportSection:
    completed = {d.date: d.completed for d in view.days if d.doctor_id == doctor.doctor_id}
    now = doctor.totals
    key_figures = [("Completed", f"{now.completed} of {now.tokens} tokens")]
    if now.tokens:
        key_figures.append(("Completion", f"{one_decimal(now.completed * 100, now.tokens)} %"))
    if view.wants("satisfaction"):
        key_figures.append(("Satisfaction", _stars(now)))
    if view.wants("efficiency"):
        key_figures.append(("Average wait", _minutes(now.wait_minutes)))
        key_figures.append(("Average consultation", _minutes(now.consultation_minutes)))
    return ReportSection(
        view.name(doctor.doctor_id),
        key_figures=tuple(key_figures),
        chart=_chart(
            "Consultations a day",
            [(_tick(d), completed.get(str(d), 0)) for d in view.each_day()],
            unit="",
        ),
    )


def _flow(view: _View) -> Iterable[ReportSection]:
    sums: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for day in view.days:
        for hour in day.hours:
            found = sums[hour.hour % HOURS]
            found["arrivals"] += hour.arrivals
            found["departures"] += hour.departures
            found["waits"] += hour.waits
            found["wait_seconds"] += hour.wait_seconds
    hours = range(min(sums), max(sums) + 1) if sums else range(0)
    rows = tuple(
        (
            f"{hour:02d}:00",
            sums[hour]["arrivals"],
            sums[hour]["departures"],
            minutes(sums[hour]["wait_seconds"], sums[hour]["waits"]),
        )
        for hour in hours
    )
    yield ReportSection(
        "Arrivals by hour of the day",
        f"All days together. {TIMES_NOTE}",
        (("Average wait", _minutes(view.totals.wait_minutes)),),
        _chart("Patients who came", [(f"{h:02d}", sums[h]["arrivals"]) for h in hours], unit=""),
        ReportTable(("Hour", "Came", "Left", "Average wait (min)"), rows, (25, 25, 25, 25)),
    )


def _flow_by_weekday(view: _View) -> Iterable[ReportSection]:
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    tokens: Counter[int] = Counter()
    for day in view.days:
        tokens[date.fromisoformat(day.date).weekday()] += day.completed + day.no_show
    open_days = Counter(d.weekday() for d in view.each_day())
    rows = tuple(
        (name, tokens[n], half_up(tokens[n] * 10, open_days[n]) / 10 if open_days[n] else None)
        for n, name in enumerate(names)
    )
    yield ReportSection(
        "Patients by day of the week",
        chart=_chart("Patients expected", [(n[:3], tokens[i]) for i, n in enumerate(names)], ""),
        table=ReportTable(("Day", "Completed or missed", "A day on average"), rows, (40, 30, 30)),
    )


SECTIONS: dict[ReportType, tuple[Callable[[_View], Iterable[ReportSection]], ...]] = {
    ReportType.CLINIC_SUMMARY: (_summary, _revenue_by_day, _doctors_compared, _flow),
    ReportType.REVENUE: (_revenue_by_doctor, _revenue_by_type, _revenue_by_day),
    ReportType.DOCTOR_PERFORMANCE: (_doctors_compared, _each_doctor),
    ReportType.PATIENT_FLOW: (_flow, _flow_by_weekday),
}
"""The sections of each report, in order."""


def _doctor_row(view: _View, name: str, now: Totals) -> tuple[str | int | float | None, ...]:
    cells: list[str | int | float | None] = [name]
    if view.wants("tokens"):
        cells += [now.completed, now.cancelled, now.no_show]
    if view.wants("patients"):
        cells += [len(now.patients), len(now.new_patients)]
    if view.wants("revenue"):
        cells.append(rupees(now.revenue_paise))
    if view.wants("efficiency"):
        cells += [now.wait_minutes, now.consultation_minutes]
    if view.wants("satisfaction"):
        cells.append(now.satisfaction)
    return tuple(cells)


def _money_row(name: str, now: Totals) -> tuple[str | int, ...]:
    return (
        name,
        now.completed,
        rupees(now.online_paise),
        rupees(now.desk_paise),
        rupees(now.revenue_paise),
    )


def _chart(title: str, points: Sequence[tuple[str, int]], unit: str = RUPEE) -> ReportChart:
    return ReportChart(title, tuple(p[0] for p in points), tuple(float(p[1]) for p in points), unit)


def _doctors(work: Work, clinic: Clinic) -> list[Doctor]:
    return work.query(Doctor, clinic.clinic_id, limit=1000).records


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _short(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def _tick(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


def _money(paise: int) -> str:
    whole = str(rupees(paise))
    head, tail = whole[:-3], whole[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return RUPEE + ",".join([*groups, tail])


def _minutes(value: int | None) -> str:
    return "–" if value is None else f"{value} minutes"


def _stars(now: Totals) -> str:
    if now.satisfaction is None:
        return "no ratings"
    return f"{now.satisfaction} of 5 ({now.ratings} ratings)"


def _change(now: int, before: int) -> str:
    grown = analytics.growth(now, before)
    return "–" if grown is None else f"{grown:+d} %"
