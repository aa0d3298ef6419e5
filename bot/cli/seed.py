"""Two demo clinics with doctors, staff and a week of history."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.wiring import Parts
from domain import passwords
from domain.actions.booking import desk
from domain.actions.booking.queues import current_line
from domain.actions.clinics import senders, subscriptions
from domain.actions.line import calling, lifecycle
from domain.actions.line.preconditions import SeenState
from domain.actions.reports import figures
from domain.actions.visits.ratings import rate
from domain.actors import Actor
from domain.model.clinics import (
    Claim,
    Clinic,
    ClinicStatus,
    Doctor,
    Role,
    StaffNumber,
    User,
)
from domain.model.due import Due
from domain.model.messages import Message, Outgoing
from domain.model.queues import Queue, Token, TokenStatus
from domain.model.subscriptions import Subscription
from domain.plans import PLANS, Plan, PlanName
from domain.ports import Changes, Records
from domain.scopes import SystemScope
from domain.timetable import today
from domain.work import Work

CITY, SUNRISE = "clinic_demo_city", "clinic_demo_sunrise"
CITY_SENDER = "100200300400500"
CITY_NUMBER, SUNRISE_NUMBER, PLATFORM_NUMBER = "+918040001000", "+918040002000", "+918040009000"
DEMO_PASSWORD = "pulse-demo-2030"  # noqa: S105 - known to everybody, and refused in production
HISTORY_DAYS = 7
PATIENTS_A_DAY = 9
PART_RATED = 0.7
NAMES = (
    "Anita Desai", "Vikram Rao", "Sunita Joshi", "Rahul Verma", "Farhan Sheikh", "Pooja Nair",
    "Deepak Gupta", "Kavita Menon", "Arjun Reddy", "Neha Kulkarni", "Suresh Pillai",
    "Geeta Bhat", "Mohan Das", "Ritu Singh",
)  # fmt: skip


@dataclass(frozen=True)
class _Member:
    name: str
    number: str
    specialization: str | None = None
    fee: int = 500
    advance: int = 50
    minutes: int = 15


STAFF = {
    CITY: (
        _Member("Farida Khan", "+919876501001"),
        _Member("Dr. Sharma", "+919876501002", "General Medicine"),
        _Member("Dr. Patel", "+919876501003", "Pediatrics", fee=400, advance=0, minutes=10),
    ),
    SUNRISE: (
        _Member("Joseph Mathew", "+919876502001"),
        _Member("Dr. Rao", "+919876502002", "Dermatology", fee=600, advance=100),
    ),
}
"""The admin first, then the doctors."""

HIDDEN = "Lakshmi"
"""The patient whose phone number WhatsApp hides."""


def seed_demo(parts: Parts) -> bool:
    """Add the demo clinics with a week of history, unless they exist; return whether they are new.

    Each run sets the doctors' hours so that today has slots left at any time of day; days already
    sold keep their timetable. City's sender is that of the provider in use. Everybody's password is
    DEMO_PASSWORD until they change it; in production they have none.
    """
    work = parts.open_work(SystemScope("seed the demo"))
    new = work.get(Clinic, CITY) is None
    sender = CITY_NUMBER if parts.settings.whatsapp_provider == "twilio" else CITY_SENDER
    if new:
        _clinics(work, sender)
        work.commit()
        for clinic_id in (CITY, SUNRISE):
            _history(parts, clinic_id)
    work = parts.open_work(SystemScope("seed the demo"))
    _follow_provider(work, sender)
    for clinic_id in (CITY, SUNRISE):
        clinic = work.get(Clinic, clinic_id)
        for doctor in work.query(Doctor, clinic_id).records:
            if clinic is not None:
                work.put(doctor.but(**_hours(clinic, work.now)))
    if not parts.settings.production:
        _passwords(work)
    work.commit()
    return new


def _follow_provider(work: Work, sender: str) -> None:
    """Give City the *sender* of the provider in use, unless it has one that is not the demo's."""
    city = work.get(Clinic, CITY)
    if city is not None and city.phone_number_id in {CITY_SENDER, CITY_NUMBER} - {sender}:
        senders.adopt_sender(work, senders.give_up_sender(work, CITY), sender)


def demo_phones(platform_sender: str, platform_number: str) -> dict[str, object]:
    """Return the simulator's numbers and phones, each with the number that it writes to first."""
    city, sunrise = CITY_SENDER, platform_sender
    book = "Say Hi to book a visit"
    patients = [
        ("Asha", "919876500001", "IN.1000000000000001", city, book),
        ("Ravi", "919876500002", "IN.1000000000000002", city, book),
        ("मीना", "919876500003", "IN.1000000000000003", city, "नमस्ते लिखें"),
        ("Imran", "919876500004", "IN.1000000000000004", city, book),
        (HIDDEN, "919876500005", "IN.1000000000000005", city, "My number is hidden. Say Hi"),
        ("Kiran", "919876500006", "IN.1000000000000006", sunrise, "Send JOIN SUNRISE"),
    ]
    staff = [
        ("Dr. Sharma", "919876501002", "doctor", city, "Send start, then next"),
        ("Dr. Patel", "919876501003", "doctor", city, "Send start, then next"),
        ("Farida (admin)", "919876501001", "admin", city, "Send doctors, or next sharma"),
        ("Dr. Rao", "919876502002", "doctor", sunrise, "Send start, then next"),
    ]
    return {
        "numbers": [
            _number(city, CITY_NUMBER, "City Medical Center", "Book, pay and wait at home"),
            _number(sunrise, platform_number, "PulseOps clinics", "Shared by several clinics"),
        ],
        "phones": [
            {
                "wa_id": wa_id,
                "user_id": user_id,
                "name": name,
                "role": "patient",
                "number": number,
                "hint": hint,
                "send_phone": name != HIDDEN,
            }
            for name, wa_id, user_id, number, hint in patients
        ]
        + [
            {
                "wa_id": wa_id,
                "user_id": f"IN.20000000000{wa_id[-5:]}",
                "name": name,
                "role": role,
                "number": number,
                "hint": hint,
                "send_phone": True,
            }
            for name, wa_id, role, number, hint in staff
        ],
    }


def _passwords(work: Work) -> None:
    """Give the staff the demo password; one hash for all, since it is no secret."""
    hashed = passwords.hash_password(DEMO_PASSWORD, work.rules.password_memory_kib, "the demo")
    for clinic_id in (CITY, SUNRISE):
        for user in work.query(User, clinic_id).records:
            if user.password_hash is None:
                work.put(user.but(password_hash=hashed))


def _number(sender: str, number: str, name: str, about: str) -> dict[str, str]:
    return {
        "phone_number_id": sender,
        "display_phone_number": number.removeprefix("+"),
        "name": name,
        "about": about,
    }


def _clinics(work: Work, sender: str) -> None:
    _clinic(work, CITY, "City Medical Center", CITY_NUMBER, "CITY", sender)
    _clinic(work, SUNRISE, "Sunrise Skin Clinic", SUNRISE_NUMBER, "SUNRISE", None)


def _clinic(
    work: Work, clinic_id: str, name: str, number: str, code: str, sender: str | None
) -> None:
    now = work.now.replace(microsecond=0)
    doctors = STAFF[clinic_id][1:]
    plan = PLANS[PlanName.ENTERPRISE if sender else PlanName.BASIC]
    clinic = work.put(
        Clinic(
            clinic_id=clinic_id,
            name=name,
            address="12 MG Road, Mumbai",
            phone=number,
            whatsapp_number=number,
            status=ClinicStatus.ACTIVE,
            subscription_plan=plan.name,
            plan=plan.name,
            max_doctors=plan.max_doctors,
            current_doctors=len(doctors),
            price_per_doctor=plan.price_per_doctor,
            phone_number_id=sender,
            join_code=code,
            trusted_at=now,
            created_at=now,
            updated_at=now,
        )
    )
    work.put(Claim(claim=f"number:{number}", clinic_id=clinic_id))
    work.put(Claim(claim=f"code:{code}", clinic_id=clinic_id))
    if sender:
        work.put(Claim(claim=f"sender:{sender}", clinic_id=clinic_id))
    _subscribe(work, clinic, plan)
    for position, member in enumerate(STAFF[clinic_id]):
        _member(work, clinic, member, position)


def _subscribe(work: Work, clinic: Clinic, plan: Plan) -> None:
    """Begin the clinic's subscription today."""
    day = today(clinic, work.now)
    billed = subscriptions.month_after(day, day.day)
    work.put(clinic.but(next_billing_date=billed))
    subscriptions.begin_subscription(
        work,
        clinic,
        Subscription(
            clinic_id=clinic.clinic_id,
            subscription_id=work.ids.new("sub_"),
            plan=plan.name,
            max_doctors=plan.max_doctors,
            price_per_doctor=plan.price_per_doctor,
            next_billing_date=billed,
            created_at=clinic.created_at,
            updated_at=clinic.updated_at,
        ),
    )


def _member(work: Work, clinic: Clinic, member: _Member, position: int) -> None:
    now = work.now.replace(microsecond=0) + timedelta(seconds=position)
    doctor_id = f"doc_{clinic.clinic_id.removeprefix('clinic_')}_{position}" if position else None
    user_id = f"usr_{clinic.clinic_id.removeprefix('clinic_')}_{position}"
    work.put(
        User(
            clinic_id=clinic.clinic_id,
            user_id=user_id,
            whatsapp_number=member.number,
            name=member.name,
            role=Role.DOCTOR if doctor_id else Role.ADMIN,
            doctor_id=doctor_id,
            proven=True,
            created_at=now,
            updated_at=now,
        )
    )
    work.put(
        StaffNumber(
            whatsapp_number=member.number,
            clinic_id=clinic.clinic_id,
            user_id=user_id,
            doctor_id=doctor_id,
        )
    )
    if doctor_id is None:
        return
    work.put(
        Doctor(
            clinic_id=clinic.clinic_id,
            doctor_id=doctor_id,
            user_id=user_id,
            name=member.name,
            whatsapp_number=member.number,
            specialization=member.specialization or "",
            consultation_fee=member.fee,
            advance_amount=member.advance,
            daily_limit=40,
            consultation_duration=member.minutes,
            start_time="09:00",
            end_time="17:00",
            created_at=now,
            updated_at=now,
        )
    )


def _hours(clinic: Clinic, now: datetime) -> dict[str, str]:
    """Return eight working hours that began at the last full hour."""
    start = now.astimezone(clinic.zone).hour
    return {"start_time": f"{start:02d}:00", "end_time": f"{(start + 8) % 24:02d}:00"}


class _SilentRecords:
    """Records that store what happens, without messages and due items."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.get = records.get
        self.query = records.query

    def commit(self, changes: Changes) -> None:
        """Write *changes* without messages and due items."""
        changes.puts = [p for p in changes.puts if not isinstance(p, Message | Outgoing | Due)]
        self._records.commit(changes)


def _history(parts: Parts, clinic_id: str) -> None:
    """Play the last week: walk-ins are called one after another, and most rate their visit."""
    chance = random.Random(clinic_id)  # noqa: S311 - a story, not a secret
    reader = parts.open_work(SystemScope("seed the demo"))
    clinic = reader.get(Clinic, clinic_id)
    if clinic is None:
        return
    for doctor in reader.query(Doctor, clinic_id).records:
        lengths: list[int] = []
        for days_ago in range(HISTORY_DAYS, 0, -1):
            day = today(clinic, reader.now) - timedelta(days=days_ago)
            lengths += _day(parts, clinic, doctor, day, chance)
        work = parts.open_work(SystemScope("seed the demo"))
        current = work.get(Doctor, clinic_id, doctor.doctor_id)
        if current is not None and lengths:
            work.put(current.but(typical_minutes=round(sum(lengths) / len(lengths))))
        work.commit()
        figures.rebuild_figures(lambda: parts.open_work(SystemScope("seed the demo")), doctor)


def _day(
    parts: Parts, clinic: Clinic, doctor: Doctor, day: date, chance: random.Random
) -> list[int]:
    begin = datetime.combine(day, datetime.min.time(), clinic.zone) + timedelta(hours=9)
    actor = Actor(doctor.user_id or "", doctor.name)
    records = _SilentRecords(parts.records)
    scope = SystemScope("seed the demo")

    def work_at(moment: datetime) -> Work:
        return Work(records, scope, moment, parts.ids, parts.rules, seal=parts.sealer)

    names = chance.sample(NAMES, PATIENTS_A_DAY)
    for position, name in enumerate(names):
        work = work_at(begin - timedelta(minutes=30 - position))
        line = current_line(work, clinic, doctor)
        number = f"+9198765{60000 + NAMES.index(name):05d}"
        desk.add_walk_in(line, actor, number, name)
        work.commit()
    now = begin + timedelta(minutes=chance.randint(0, 10))
    work = work_at(now)
    lifecycle.start(current_line(work, clinic, doctor), actor)
    work.commit()
    lengths = []
    for _ in range(PATIENTS_A_DAY + 1):
        work = work_at(now)
        calling.call_next(current_line(work, clinic, doctor), actor, SeenState())
        work.commit()
        lengths.append(max(4, round(chance.gauss(doctor.consultation_duration, 4))))
        now += timedelta(minutes=lengths[-1])
    work = work_at(now)
    line = current_line(work, clinic, doctor)
    _rate(work, line.queue, chance)
    lifecycle.close(line, actor, "CLOSED_BY_STAFF")
    work.commit()
    return lengths[:-1]


def _rate(work: Work, queue: Queue, chance: random.Random) -> None:
    for token in work.query(Token, queue.queue_id).records:
        if token.status is TokenStatus.COMPLETED and chance.random() < PART_RATED:
            rate(work, token, chance.choices((5, 4, 3), (6, 3, 1))[0])
