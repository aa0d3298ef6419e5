"""A resource of the tests' own, on which the API's frame shows what it does for every resource.

It keeps doctors, because they have a clinic, an id and a name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from api.frame.calls import Answer, Call
from api.frame.routes import Resource
from api.schemas.base import Body, Data, Id, Name, Paged, Path, Query, Text
from domain.errors import DayFull, Invalid, NotFound, NotSignedIn
from domain.model.clinics import Clinic, Doctor
from domain.permissions import EVERYBODY, Permission
from domain.work import Work
from tests.people import a_doctor

TELLS = "the number +919876543210 and the word sesame"
"""What a mistake of ours says in its traceback, and nowhere else."""


class Place(Path):
    doctor_id: Id


class Card(Data):
    doctor_id: str
    name: str
    secret: str | None = "sesame"


class Cards(Data):
    cards: list[Card]
    next_cursor: str | None


class NewCard(Body):
    name: Name
    note: Text = ""
    fee: Annotated[int, Field(ge=0, le=10_000)] = 0
    weight: float = 0.0
    facts: dict[str, Any] = Field(default_factory=dict)


class Wish(Body):
    wish: str = "nothing"


class Search(Paged):
    specialization: str | None = None


class Colours(Query):
    colour: list[str] = Field(default_factory=list)


def shelf(  # noqa: C901 - one view beside another
    before_commit: Callable[[], None] = lambda: None,
) -> Resource:
    """Return the resource; *before_commit* is called at the end of each creating view."""
    found = Resource("shelf", "A shelf of cards.")

    @found.get("/shelf/public", needs=None)
    def see_public(work: Work) -> Answer:
        """See what anybody may see."""
        del work
        return Answer(message="Come in")

    @found.get("/shelf/admins", needs=Permission.MANAGE_DOCTORS)
    def see_admins(work: Work) -> Answer:
        """See what admins may see."""
        del work
        return Answer()

    @found.get("/shelf/colours", needs=None)
    def see_colours(query: Colours) -> Answer:
        """See colours."""
        return Answer(message=" ".join(query.colour) or "none")

    @found.get("/shelf/mistake", needs=EVERYBODY)
    def make_mistake(work: Work) -> Answer:
        """Fail by our own fault."""
        raise RuntimeError(TELLS + str(work.now))

    @found.get("/shelf", needs=EVERYBODY, answers=Cards)
    def list_cards(work: Work, call: Call, query: Search) -> Answer:
        """List cards by id."""
        page = work.query(
            Doctor,
            call.caller.clinic_id,
            limit=query.limit,
            after=call.read_cursor(query.cursor),
        )
        cards = [Card(doctor_id=d.doctor_id, name=d.name) for d in page.records]
        return Answer(Cards(cards=cards, next_cursor=call.next_cursor(page.after)))

    @found.get("/shelf/backwards", needs=EVERYBODY, answers=Cards)
    def list_backwards(work: Work, call: Call, query: Search) -> Answer:
        """List cards from the end."""
        page = work.query(
            Doctor,
            call.caller.clinic_id,
            limit=query.limit,
            after=call.read_cursor(query.cursor),
            descending=True,
        )
        cards = [Card(doctor_id=d.doctor_id, name=d.name) for d in page.records]
        return Answer(Cards(cards=cards, next_cursor=call.next_cursor(page.after)))

    @found.get("/shelf/cards/<doctorId>", needs=EVERYBODY, answers=Card, audits=True)
    def see_card(work: Work, call: Call, path: Place) -> Answer:
        """See a card."""
        doctor = work.get(Doctor, call.caller.clinic_id, path.doctor_id)
        if doctor is None:
            raise NotFound
        return Answer(Card(doctor_id=doctor.doctor_id, name=doctor.name))

    @found.post(
        "/shelf",
        needs=Permission.MANAGE_DOCTORS,
        answers=Card,
        status=201,
        audits=True,
        masked=("secret",),
    )
    def add_card(work: Work, call: Call, body: NewCard) -> Answer:
        """Add a card."""
        clinic = work.get(Clinic, call.caller.clinic_id)
        assert clinic is not None
        made = a_doctor(clinic, work.ids.new("doc_"), body.name, "+919876500000", work.now)
        work.put(made.but(specialization=body.note or "None"))
        work.put(clinic.but(current_doctors=clinic.current_doctors + 1))
        before_commit()
        return Answer(Card(doctor_id=made.doctor_id, name=made.name), "Card added")

    @found.post("/shelf/wishes", needs=EVERYBODY, optional_body=True, before_password_change=True)
    def make_wish(work: Work, body: Wish) -> Answer:
        """Make a wish."""
        del work
        return Answer(message=body.wish)

    @found.post("/shelf/cards/<doctorId>/guess", needs=EVERYBODY, audits=True)
    def guess(work: Work, call: Call, path: Place, body: Wish) -> Answer:
        """Guess; a wrong guess is refused and counted."""
        doctor = work.get(Doctor, call.caller.clinic_id, path.doctor_id)
        if doctor is None:
            raise NotFound
        if body.wish == "full":
            raise DayFull
        if body.wish == "odd":
            raise Invalid("wish", "Is odd.")
        work.put(doctor.but(daily_limit=doctor.daily_limit + 1))
        return Answer.refused(NotSignedIn("Wrong."))

    return found
