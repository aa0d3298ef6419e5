"""Figures through the API: what each role is told, which days, which blocks, which plan."""

from __future__ import annotations

import pytest

from domain.model.figures import DayFigures
from domain.model.money import Capture, Collection, Disposition
from domain.model.queues import Token, TokenStatus
from tests.api.answers import data, refused
from tests.api.desk import Desk
from tests.api.office import Office
from tests.api.practice import sunrise_admin, treat
from tests.people import store, stored

ASHA, RAVI = "+919876543021", "+919876543022"
MEERA = "/doctors/doc_meera/stats"
PERFORMANCE = "/analytics/doctors/doc_meera/performance"
DASHBOARDS = ("/analytics/clinic/dashboard", "/clinics/analytics")
PAID_FOR = (MEERA, PERFORMANCE, "/analytics/patients/flow", "/analytics/revenue")


@pytest.fixture
def day(office: Office) -> Office:
    """Dr. Meera has seen Asha, who gave five stars; Ravi has paid and waits."""
    plan(office, "PROFESSIONAL")
    treat(office, office.cast.meera, ASHA, 2)
    office.stage.clock.advance(minutes=1)
    office.settle()
    office.stage.hear(ASHA, "5")
    desk = Desk(office, office.cast.farida, "doc_meera")
    waiting = desk.book(3)
    found = [t for t in all_tokens(office) if t.token_id == waiting]
    office.stage.pay(found[0])
    office.stage.clock.advance(seconds=1)
    office.settle()
    return office


def plan(office: Office, name: str) -> None:
    records = office.stage.records
    clinic = stored(records, office.cast.clinic)
    store(records, clinic.but(plan=name, subscription_plan=name))


def all_tokens(office: Office) -> list[Token]:
    queue = office.stage.queue("doc_meera", "2030-11-25")
    return office.stage.work().query(Token, queue.queue_id).records


def test_a_day_that_was_lived_gives_its_figures(day: Office) -> None:
    found = data(day.admin.get(MEERA, query={"period": "today"}))
    assert found["performance"] == {
        "totalTokens": 1,
        "completedTokens": 1,
        "cancelledTokens": 0,
        "noShowTokens": 0,
        "completionRate": "100.0%",
    }
    assert found["patients"] == {
        "totalPatients": 1,
        "newPatients": 1,
        "returnPatients": 0,
        "averageVisitsPerPatient": 1.0,
    }
    # ₹50 of Asha and ₹50 of Ravi online, ₹450 of Asha at the desk.
    assert found["revenue"] == {
        "totalRevenue": 550,
        "advanceCollected": 100,
        "consultationRevenue": 450,
        "averageRevenuePerDay": 550,
    }
    assert found["efficiency"]["averageConsultationTime"] == "10 minutes"
    assert found["efficiency"]["patientSatisfaction"] == 5.0
    assert found["trends"] == {
        "patientGrowth": None,
        "revenueGrowth": None,
        "efficiencyImprovement": None,
    }


def test_the_figures_are_what_the_ledger_says(day: Office) -> None:
    kept = day.stage.work().get(DayFigures, "doc_meera", "2030-11-25")
    assert kept is not None
    seated = desk = 0
    for token in all_tokens(day):
        work = day.stage.work()
        capture = work.get(Capture, token.capture_id or "", "CAPTURE")
        if capture is not None and capture.disposition is Disposition.SEAT:
            seated += capture.amount_paise
        taken = work.get(Collection, token.token_id, "DESK")
        desk += taken.amount_paise if taken else 0
    assert (kept.online_paise, kept.desk_paise) == (seated, desk) == (10_000, 45_000)


def test_a_second_visit_is_a_returning_patient_s(day: Office) -> None:
    treat(day, day.cast.khan, ASHA, 1)  # New to Dr. Khan, whoever else knows her.
    day.stage.clock.advance(seconds=1)
    day.settle()
    khan = data(day.admin.get("/doctors/doc_khan/stats", query={"period": "today"}))
    assert khan["patients"]["newPatients"] == 1
    clinic = data(day.admin.get(DASHBOARDS[0], query={"period": "today"}))
    assert clinic["summary"]["totalPatients"] == 1
    assert clinic["summary"]["totalTokens"] == 2


def test_an_undo_takes_its_figures_back(office: Office) -> None:
    plan(office, "PROFESSIONAL")
    treat(office, office.cast.khan, ASHA, 1)
    office.stage.hear(office.cast.khan.whatsapp_number, "undo")
    office.stage.clock.advance(seconds=1)
    office.settle()
    assert [t.status for t in khans(office)] == [TokenStatus.CURRENT]
    found = data(office.admin.get("/doctors/doc_khan/stats", query={"period": "today"}))
    assert found["performance"]["totalTokens"] == 0
    assert found["revenue"]["totalRevenue"] == 0


def khans(office: Office) -> list[Token]:
    queue = office.stage.queue("doc_khan", "2030-11-25")
    return office.stage.work().query(Token, queue.queue_id).records


def test_a_cancelled_booking_counts_and_its_money_does_not(day: Office) -> None:
    ravi = next(t for t in all_tokens(day) if t.status is TokenStatus.CONFIRMED)
    Desk(day, day.cast.farida, "doc_meera").cancel(ravi.token_id)
    day.stage.clock.advance(seconds=1)
    day.settle()
    found = data(day.admin.get(MEERA, query={"period": "today"}))
    assert found["performance"]["cancelledTokens"] == 1
    assert found["performance"]["completionRate"] == "50.0%"
    assert found["revenue"]["totalRevenue"] == 500


def test_both_dashboards_are_one(day: Office) -> None:
    first, second = (data(day.admin.get(path)) for path in DASHBOARDS)
    assert first == second
    assert first["summary"]["totalRevenue"] == 550
    assert first["topDoctors"][0]["name"] == "Dr. Meera"


def test_metrics_select_what_is_answered(day: Office) -> None:
    found = data(day.admin.get(DASHBOARDS[0], query={"metrics": "patients"}))
    assert found["summary"] == {"totalPatients": 1, "patientSatisfaction": 5.0}
    assert found["trends"] == {"patientGrowth": None}
    assert found["topDoctors"] == [{"doctorId": "doc_meera", "name": "Dr. Meera"}]
    found = data(day.admin.get(MEERA, query={"include": "revenue"}))
    assert set(found) == {"doctor", "period", "performance", "revenue", "trends"}
    found = data(day.admin.get(PERFORMANCE, query={"metrics": "patients, revenue"}))
    assert set(found) == {"doctor", "performance", "patientMetrics"}
    assert "totalTokens" not in found["performance"]


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        (DASHBOARDS[0], {"metrics": "profit"}, "metrics"),
        (DASHBOARDS[1], {"metrics": ""}, "metrics"),
        (MEERA, {"include": "patients,ghosts"}, "include"),
        (PERFORMANCE, {"metrics": "ratings"}, "metrics"),
        (MEERA, {"period": "forever"}, "period"),
        (MEERA, {"period": "custom"}, "startDate"),
        (MEERA, {"period": "custom", "startDate": "2030-11-31", "endDate": "2030-11-25"},
         "startDate"),
        (MEERA, {"startDate": "2030-11-20"}, "startDate"),
        ("/analytics/patients/flow", {"granularity": "weekly"}, "granularity"),
        ("/analytics/revenue", {"breakdown": "by_room"}, "breakdown"),
        ("/analytics/revenue", {"metrics": "revenue"}, "metrics"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_field(
    day: Office, path: str, query: dict[str, str], field: str
) -> None:
    answer = day.admin.get(path, query=query)
    assert refused(answer) == (422, "VALIDATION_ERROR")
    assert answer.json["error"]["details"][0]["field"] == field


def test_a_custom_period_is_those_days(day: Office) -> None:
    def tokens(start: str, end: str) -> int:
        query = {"period": "custom", "startDate": start, "endDate": end}
        found = data(day.admin.get(MEERA, query=query))
        return int(found["performance"]["totalTokens"])

    assert tokens("2030-11-01", "2030-11-25") == 1
    assert tokens("2030-11-01", "2030-11-24") == 0


# What a doctor is told


def test_a_doctor_is_told_of_themself_and_no_revenue(day: Office) -> None:
    for query in ({}, {"include": "revenue"}, {"include": "revenue,patients,ratings"}):
        answer = day.doctor.get(MEERA, query=query)
        assert "evenue" not in answer.text
        assert data(answer)["performance"]["totalTokens"] == 1
    for query in ({}, {"metrics": "revenue"}, {"metrics": "tokens,revenue"}):
        answer = day.doctor.get(PERFORMANCE, query=query)
        assert "evenue" not in answer.text
    assert refused(day.other_doctor.get(MEERA)) == (404, "NOT_FOUND")
    assert refused(day.other_doctor.get(PERFORMANCE)) == (404, "NOT_FOUND")
    for path in (*DASHBOARDS, "/analytics/patients/flow", "/analytics/revenue"):
        assert refused(day.doctor.get(path)) == (403, "FORBIDDEN")


# Plans


def test_the_dashboard_is_in_every_plan_and_the_rest_from_professional_on(day: Office) -> None:
    plan(day, "BASIC")
    for path in DASHBOARDS:
        assert day.admin.get(path).status_code == 200
    for path in PAID_FOR:
        answer = day.admin.get(path)
        assert refused(answer) == (403, "PLAN_REQUIRED")
        assert answer.json["error"]["plan"] == "PROFESSIONAL"
    plan(day, "ENTERPRISE")
    for path in (*DASHBOARDS, *PAID_FOR):
        assert day.admin.get(path).status_code == 200


# Flow and revenue


def test_the_flow_is_by_hour_of_the_clinic_or_by_day(day: Office) -> None:
    hourly = data(day.admin.get("/analytics/patients/flow"))
    # Asha was called in at half past eight in Kolkata, before the doctor's hours.
    assert [row["hour"] for row in hourly["patientFlow"]] == ["08:00"]
    daily = data(day.admin.get("/analytics/patients/flow", query={"granularity": "daily"}))
    assert daily["patientFlow"] == [
        {"date": "2030-11-25", "arrivals": 1, "departures": 1, "waiting": 0}
    ]
    assert daily["peakHours"] == hourly["peakHours"]


def test_revenue_is_broken_down(day: Office) -> None:
    found = data(day.admin.get("/analytics/revenue", query={"breakdown": "by_consultation_type"}))
    assert found["revenue"] == {
        "totalRevenue": 550,
        "totalConsultations": 1,
        "averageConsultationFee": 550,
        "growthRate": None,
    }
    assert found["breakdown"]["byDoctor"] == [
        {"doctorId": "doc_meera", "name": "Dr. Meera", "revenue": 550, "consultations": 1}
    ]
    assert found["breakdown"]["byConsultationType"] == {"GENERAL": 550}
    assert found["trends"]["dailyAverage"] == 18


def test_another_clinic_s_day_is_in_none_of_it(day: Office) -> None:
    found = data(sunrise_admin(day).get(DASHBOARDS[0]))
    assert found["summary"]["totalTokens"] == 0
    assert found["topDoctors"] == []
