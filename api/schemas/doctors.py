"""A clinic's doctors."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.schemas.auth import MustChange, NewPassword
from api.schemas.base import AnyDigits, Body, ClockTime, Data, Day, Id, Instant, Name, Path, Phone
from api.schemas.clinics import Confirm

Specialization = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=50)
]
Fee = Annotated[int, Field(ge=0, le=10_000, description="Whole rupees.")]
Advance = Annotated[
    int, Field(ge=0, le=1_000, description="Whole rupees, at most the fee; 0 asks for none.")
]
DailyLimit = Annotated[int, Field(ge=1, le=100, description="Tokens sold online a day.")]
Duration = Annotated[int, Field(ge=5, le=120, description="Minutes a consultation is planned for.")]
EndTime = Annotated[ClockTime, Field(description="At or before the start means after midnight.")]
LunchBreak = Annotated[
    str,
    AnyDigits,
    StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"),
    Field(description="Such as 13:00-14:00."),
]
Weekday = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
WorkingDays = Annotated[list[Weekday], Field(min_length=1, max_length=7)]
DaysOff = Annotated[list[Day], Field(max_length=366)]


class SessionHours(Body):
    """Hours of some weekdays; several of one day follow each other."""

    days: WorkingDays
    start_time: ClockTime
    end_time: EndTime


Sessions = Annotated[
    list[SessionHours],
    Field(
        max_length=28,
        description="Where days differ or have several breaks. They stand over `startTime`, "
        "`endTime`, `lunchBreak` and `workingDays`, which then show the first start, the last end, "
        "the longest gap and their days. Sending one of the first three takes them away, as `[]` "
        "does.",
    ),
]


class DoctorPath(Path):
    """One doctor."""

    doctor_id: Id


class NewDoctor(Body):
    """A doctor to be added, with the plan of an ordinary day."""

    name: Name
    whatsapp_number: Phone
    specialization: Specialization
    consultation_fee: Fee
    advance_amount: Advance = 0
    daily_limit: DailyLimit = 40
    consultation_duration: Duration = 15
    start_time: ClockTime = "09:00"
    end_time: EndTime = "17:00"
    lunch_break: LunchBreak | None = None
    sessions: Sessions | None = None
    working_days: WorkingDays | None = None
    days_off: DaysOff | None = None
    initial_password: NewPassword | None = Field(
        default=None, description="Needed unless the number is an admin's, who has a password."
    )


class DoctorChange(Body):
    """What of a doctor changes; what is left out stays."""

    name: Name | None = None
    whatsapp_number: Phone | None = None
    specialization: Specialization | None = None
    consultation_fee: Fee | None = None
    advance_amount: Advance | None = None
    daily_limit: DailyLimit | None = None
    consultation_duration: Duration | None = None
    start_time: ClockTime | None = None
    end_time: EndTime | None = None
    lunch_break: LunchBreak | None = Field(default=None, description="null: no break.")
    sessions: Sessions | None = None
    working_days: WorkingDays | None = None
    days_off: DaysOff | None = Field(default=None, description="All days off, old and new.")
    status: Literal["ACTIVE", "INACTIVE"] | None = None
    confirm: Confirm = False


class AddedDoctor(Data):
    """Who was added."""

    doctor_id: str
    user_id: str
    name: str
    whatsapp_number: str
    specialization: str
    consultation_fee: int
    status: str


class NewAccount(Data):
    """The account a doctor signs in with."""

    user_id: str
    role: str
    status: str
    must_change_password: MustChange


class DoctorAdded(Data):
    """A doctor who is new, and what they were sent."""

    doctor: AddedDoctor
    account: NewAccount
    whatsapp_message: Annotated[
        str | None, Field(description="Null when the call is repeated with its Idempotency-Key.")
    ]


class WorkingSession(Data):
    """Hours of some weekdays."""

    days: list[str]
    start_time: str
    end_time: str


class OrdinaryDay(Data):
    """A doctor and the plan of an ordinary day."""

    doctor_id: str
    name: str
    specialization: str
    consultation_fee: int
    advance_amount: int
    daily_limit: int
    consultation_duration: int
    start_time: str
    end_time: str
    lunch_break: str | None
    sessions: Annotated[
        list[WorkingSession], Field(description="Empty where the other hours say it all.")
    ]
    working_days: list[str]
    days_off: list[str]
    status: str
    created_at: Instant
    updated_at: Instant


class ListedDoctor(OrdinaryDay):
    """A doctor with the state of their account."""

    user_id: str | None
    whatsapp_number: str
    account_status: str
    last_login: Instant | None


class DoctorList(Data):
    """A page of the doctors this account sees."""

    doctors: list[ListedDoctor]
    total_doctors: int
    next_cursor: str | None


class DoctorAccount(Data):
    """The account a doctor signs in with."""

    user_id: str
    whatsapp_number: str
    number_proven: Annotated[
        bool, Field(description="Until then WhatsApp hears this number as a patient.")
    ]
    role: str
    permissions: list[str]
    status: str
    last_login: Instant | None
    must_change_password: MustChange


class MonthStatistics(Data):
    """What a doctor did this month."""

    total_patients_this_month: int
    total_tokens_this_month: int
    average_rating: float | None


class MonthStatisticsWithRevenue(MonthStatistics):
    """The same for an admin."""

    total_revenue: int = Field(description="Whole rupees collected this month.")


class DoctorProfile(Data):
    """A doctor, their account, and this month."""

    doctor: OrdinaryDay
    account: DoctorAccount | None
    statistics: MonthStatisticsWithRevenue | MonthStatistics


class DoctorChanged(Data):
    """What of a doctor is changed."""

    doctor_id: str
    updated_fields: list[str]
    whatsapp_updated: bool
    notification_sent: str | None
    updated_at: Instant


class DataRetention(Data):
    """What stays when a doctor leaves."""

    patient_records_preserved: Literal[True] = True
    visit_history_preserved: Literal[True] = True
    access_revoked: bool = Field(description="false for an owner, who stays an admin.")


class DoctorRemoved(Data):
    """A doctor who has left."""

    doctor_id: str
    user_id: str | None
    name: str
    status: str
    deactivated_at: Instant
    data_retention: DataRetention
