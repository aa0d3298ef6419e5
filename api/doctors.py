"""A clinic's doctors (specification 6.3)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.frame.calls import Answer, Call
from api.frame.days import day_of
from api.frame.routes import Resource
from api.schemas.base import Paged, rupees
from api.schemas.doctors import (
    AddedDoctor,
    DataRetention,
    DoctorAccount,
    DoctorAdded,
    DoctorChange,
    DoctorChanged,
    DoctorList,
    DoctorPath,
    DoctorProfile,
    DoctorRemoved,
    ListedDoctor,
    MonthStatistics,
    MonthStatisticsWithRevenue,
    NewAccount,
    NewDoctor,
    OrdinaryDay,
    WorkingSession,
)
from domain.actions.clinics import doctors as actions
from domain.actions.reports import figures
from domain.analytics import Totals, total
from domain.errors import Invalid
from domain.model.clinics import Doctor, Role, Session, StaffStatus, User
from domain.periods import PeriodName, period_of
from domain.permissions import EVERYBODY, OF_ROLE, Permission
from domain.timetable import today
from domain.work import Work

doctors = Resource("doctors", "The clinic's doctors and their ordinary day.")
WELCOME = (
    "Welcome to PulseOps! Your login details: WhatsApp: {number}, Temp Password: {password}. "
    "Please change password on first login."
)
OWNER_WELCOME = "You are a doctor at your clinic now, as {name}. Your password stays the same."
NUMBER_NOTICE = "WhatsApp number change notice sent via WhatsApp to new number"


@doctors.get("/doctors", needs=EVERYBODY, answers=DoctorList)
def list_doctors(work: Work, call: Call, query: Paged) -> Answer:
    """List the clinic's doctors, those who left too; a doctor sees themself."""
    clinic_id = call.caller.clinic_id
    page = actions.list_doctors(work, clinic_id, query.limit, call.read_cursor(query.cursor))
    users = actions.accounts_of(work, page.records)
    return Answer(
        DoctorList(
            doctors=[_render_listed(d, users.get(d.doctor_id)) for d in page.records],
            total_doctors=actions.count_doctors(work, clinic_id),
            next_cursor=call.next_cursor(page.after),
        )
    )


@doctors.post(
    "/doctors",
    needs=Permission.MANAGE_DOCTORS,
    answers=DoctorAdded,
    status=201,
    masked=("whatsappMessage",),
)
def add_doctor(work: Work, call: Call, body: NewDoctor) -> Answer:
    """Add a doctor to the clinic, with an account.

    The number of an admin makes that admin a doctor too. Everybody else is sent a temporary
    password on WhatsApp, and a button with which they say that the number is theirs.
    """
    details = _sent_fields(body)
    password = details.pop("initial_password", None)
    added = actions.add_doctor(work, call.caller.clinic_id, details, password)
    doctor, user = added.doctor, added.user
    words = WELCOME if added.password is not None else OWNER_WELCOME
    told = words.format(number=user.whatsapp_number, password=added.password, name=doctor.name)
    return Answer(
        DoctorAdded(
            doctor=AddedDoctor(
                doctor_id=doctor.doctor_id,
                user_id=user.user_id,
                name=doctor.name,
                whatsapp_number=doctor.whatsapp_number,
                specialization=doctor.specialization,
                consultation_fee=doctor.consultation_fee,
                status=doctor.status.value,
            ),
            account=NewAccount(
                user_id=user.user_id,
                role=user.role.value,
                status=user.status.value,
                must_change_password=user.must_change_password,
            ),
            whatsapp_message=told,
        ),
        "Doctor added successfully. Login credentials sent via WhatsApp."
        if added.password is not None
        else "Doctor added successfully. The admin is told via WhatsApp.",
    )


@doctors.get("/doctors/<doctorId>", needs=EVERYBODY, answers=DoctorProfile)
def get_doctor(work: Work, call: Call, path: DoctorPath) -> Answer:
    """Return a doctor with their account and this month's figures; a doctor sees themself."""
    clinic, doctor, user = actions.find_doctor(work, call.caller.clinic_id, path.doctor_id)
    period = period_of(PeriodName.THIS_MONTH, today(clinic, work.now))
    month = total(figures.figures_of_doctor(work, doctor.doctor_id, period), period)
    return Answer(
        DoctorProfile(
            doctor=OrdinaryDay(**_ordinary_day(doctor)),
            account=_render_account(user) if user else None,
            statistics=_render_statistics(month, with_revenue=call.caller.is_admin),
        )
    )


@doctors.put("/doctors/<doctorId>", needs=EVERYBODY, answers=DoctorChanged)
def change_doctor(work: Work, call: Call, path: DoctorPath, body: DoctorChange) -> Answer:
    """Change a doctor's profile, hours, fee or status.

    Doctors change their own, but for fee, advance, daily limit and status. On days that are sold
    numbers stay: new hours only add slots, or withdraw some. A change by which somebody loses their
    time is answered 409, with a list of them (`error.affected`), and made with `"confirm": true`:
    then they are told, and choose another time or a refund. Another `whatsappNumber` ends all
    sessions; its owner proves it with the button they are sent.
    """
    changed = actions.change_doctor(
        work,
        call.caller.clinic_id,
        path.doctor_id,
        _sent_fields(body),
        by=call.caller.user,
        confirm=body.confirm,
    )
    is_told = changed.number_changed and changed.doctor.status is StaffStatus.ACTIVE
    return Answer(
        DoctorChanged(
            doctor_id=changed.doctor.doctor_id,
            updated_fields=[actions.api_name(name) for name in changed.fields],
            whatsapp_updated=changed.number_changed,
            notification_sent=NUMBER_NOTICE if is_told else None,
            updated_at=changed.doctor.updated_at,
        ),
        "Doctor profile updated successfully",
    )


@doctors.delete("/doctors/<doctorId>", needs=Permission.MANAGE_DOCTORS, answers=DoctorRemoved)
def remove_doctor(work: Work, call: Call, path: DoctorPath) -> Answer:
    """Remove a doctor from the clinic.

    Their account ends, and with it every session. Who is booked with them is told and repaid;
    records of patients and visits stay.
    """
    clinic_id = call.caller.clinic_id
    doctor, user = actions.remove_doctor(work, clinic_id, path.doctor_id, by=call.caller.user)
    is_revoked = user is None or user.status is not StaffStatus.ACTIVE
    return Answer(
        DoctorRemoved(
            doctor_id=doctor.doctor_id,
            user_id=doctor.user_id,
            name=doctor.name,
            status=doctor.status.value,
            deactivated_at=doctor.updated_at,
            data_retention=DataRetention(access_revoked=is_revoked),
        ),
        "Doctor removed from clinic successfully",
    )


NULL_MEANS_NONE = {"lunch_break"}
"""Fields in which null is a value; in all others it means the same as leaving them out."""


def _sent_fields(body: BaseModel) -> dict[str, Any]:
    """Return the fields that were sent, by the names and types of the rules.

    Raises:
        Invalid: If a working day is named twice, or a day off does not exist.
    """
    everything = isinstance(body, NewDoctor)
    sent = body.model_dump(exclude_unset=not everything, exclude={"confirm"})
    details = {n: v for n, v in sent.items() if v is not None or n in NULL_MEANS_NONE}
    if "working_days" in details:
        if len(set(details["working_days"])) < len(details["working_days"]):
            raise Invalid("workingDays", "Names a day twice.")
        details["working_days"] = tuple(details["working_days"])
    if "sessions" in details:
        details["sessions"] = tuple(
            Session(
                days=tuple(dict.fromkeys(s["days"])),
                start_time=s["start_time"],
                end_time=s["end_time"],
            )
            for s in details["sessions"]
        )
    if "days_off" in details:
        days = {day_of(text, "daysOff") for text in details["days_off"]}
        details["days_off"] = tuple(sorted(day for day in days if day is not None))
    if "status" in details:
        details["status"] = StaffStatus(details["status"])
    return details


def _ordinary_day(doctor: Doctor) -> dict[str, Any]:
    return {
        "doctor_id": doctor.doctor_id,
        "name": doctor.name,
        "specialization": doctor.specialization,
        "consultation_fee": doctor.consultation_fee,
        "advance_amount": doctor.advance_amount,
        "daily_limit": doctor.daily_limit,
        "consultation_duration": doctor.consultation_duration,
        "start_time": doctor.start_time,
        "end_time": doctor.end_time,
        "lunch_break": doctor.lunch_break,
        "sessions": [
            WorkingSession(days=list(s.days), start_time=s.start_time, end_time=s.end_time)
            for s in doctor.sessions
        ],
        "working_days": list(doctor.working_days),
        "days_off": [day.isoformat() for day in doctor.days_off],
        "status": doctor.status.value,
        "created_at": doctor.created_at,
        "updated_at": doctor.updated_at,
    }


def _render_listed(doctor: Doctor, user: User | None) -> ListedDoctor:
    return ListedDoctor(
        **_ordinary_day(doctor),
        user_id=doctor.user_id,
        whatsapp_number=doctor.whatsapp_number,
        account_status=(user.status if user else StaffStatus.INACTIVE).value,
        last_login=user.last_login if user else None,
    )


def _render_account(user: User) -> DoctorAccount:
    return DoctorAccount(
        user_id=user.user_id,
        whatsapp_number=user.whatsapp_number,
        number_proven=user.proven,
        role=user.role.value,
        permissions=[permission.value for permission in OF_ROLE[Role(user.role)]],
        status=user.status.value,
        last_login=user.last_login,
        must_change_password=user.must_change_password,
    )


def _render_statistics(month: Totals, *, with_revenue: bool) -> MonthStatistics:
    shown = MonthStatistics(
        total_patients_this_month=len(month.patients),
        total_tokens_this_month=month.tokens,
        average_rating=month.satisfaction,
    )
    if not with_revenue:
        return shown
    revenue = rupees(month.revenue_paise)
    return MonthStatisticsWithRevenue(**shown.model_dump(), total_revenue=revenue)
