"""One message being answered: who wrote, where the conversation is, and what is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from domain.actions.messages.outbox import Draft, send
from domain.actors import Actor
from domain.errors import Refused
from domain.model.clinics import Clinic, Doctor, StaffStatus, User
from domain.model.conversations import Conversation, Push, Wish
from domain.model.messages import Consent, Guard, Message, Option, Place
from domain.model.people import Contact
from domain.model.queues import Queue, Slot, Token
from domain.ports import Phrases
from domain.timetable import slot_time
from domain.work import Work
from flows.hearing.desk import DeskSaid
from flows.hearing.ear import Ear
from flows.hearing.meaning import Meaning
from flows.inbound import Inbound

SECRETS_LAST = timedelta(hours=12)
"""How long a message with secrets may wait to be sent: for the rest of a day at work."""


@dataclass(frozen=True)
class Say:
    """What a message is made of: its variables, its choices, its link, what it is about."""

    values: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What is told of somebody's health or age: encrypted, and wiped once the message has gone.

    *values* holds what stands in its place if the message is put again.
    """
    options: Sequence[Option] = ()
    url: str | None = None
    payment_id: str | None = None
    """The request for payment that `url` leads to, if it does."""
    place: Place | None = None
    """The place that it tells of, which goes in place of its words."""
    about: Token | None = None
    guard: Guard | None = None
    keeps_question: bool = False
    """Whether the question asked before still stands."""
    as_reaction: bool = False
    """Whether its words, one emoji, go as a reaction on the person's message."""


@dataclass(frozen=True)
class Found:
    """The free slot that fits a wish best."""

    day: date
    slot: Slot
    wished: datetime
    """The instant that was wished; another one than the slot's if that is not free."""

    @property
    def is_exact(self) -> bool:
        """Whether the slot begins at the very time that was wished."""
        return slot_time(self.slot) == self.wished


@dataclass(frozen=True)
class Writer:
    """Who wrote to which clinic; a *user* is one of its staff."""

    clinic: Clinic
    contact: Contact
    user: User | None


@dataclass(frozen=True)
class Talk:
    """The writer's conversation, and the question that an event asked apart from it."""

    conversation: Conversation
    push: Push | None


class Turn:
    """One message being answered: the model of the tables' machines, at the conversation's `state`."""

    def __init__(
        self,
        work: Work,
        inbound: Inbound,
        writer: Writer,
        talk: Talk,
        phrases: Phrases,
        ear: Ear,
    ) -> None:
        self.work = work
        self.inbound = inbound
        self.meaning = Meaning(None)
        """What the text means; of a tap, what its choice does."""
        self.clinic = writer.clinic
        self.contact = writer.contact
        self.user = writer.user
        self.conversation = talk.conversation
        self.push = talk.push
        self.phrases = phrases
        self.ear = ear
        self.state = talk.conversation.state
        self.choice: list[str] = []
        """The parts of the chosen option's id after its kind."""
        self.doctor: Doctor | None = None
        self.day: date | None = None
        self.queue: Queue | None = None
        self.token: Token | None = None
        self.tokens: list[Token] = []
        self.wish: Wish | None = None
        """What was asked of the booking so far; `flows.wish` fills it."""
        self.found: Found | None = None
        """The slot that fits it, once a condition has found one."""
        self.refusal: Refused | None = None
        self.values: dict[str, Any] = {}
        """What the row's action adds to the values of the message that follows."""
        self.facts: tuple[str, ...] = ()
        """The facts asked for together, by their names (`flows.facts`), for the trigger `facts`."""
        self.shown: dict[str, None] = {}
        """The patients (patientId) whom the answer shows to staff, for the audit log."""
        self.desk: DeskSaid | None = None
        """What a command says of one patient of the line; `flows.desk_words` fills it."""
        self.confirmed = False
        """Whether the sender has said yes to the command that was asked about."""
        self.rest = ""
        """What follows a command and the doctor's name."""
        self.said: Message | None = None
        self.set_savepoint()

    @property
    def language(self) -> str:
        """The language this person is answered in."""
        return self.contact.language or "en"

    @property
    def on_shared_number(self) -> bool:
        """Whether this number is not the clinic's alone."""
        return self.inbound.sender != self.clinic.phone_number_id

    @property
    def staff(self) -> User:
        """The member of staff who wrote.

        Raises:
            LookupError: If a patient wrote.
        """
        if self.user is None:
            raise LookupError("A row of staff was reached by a patient.")
        return self.user

    @property
    def actor(self) -> Actor:
        """The member of staff who acts, as the line's history names them."""
        return Actor(self.staff.user_id, self.staff.name)

    @property
    def acted_on(self) -> Token:
        """The booking that the row's action took or made.

        Raises:
            LookupError: If the row has no such action.
        """
        if self.token is None:
            raise LookupError("A message about a booking follows no action on one.")
        return self.token

    @property
    def details(self) -> Mapping[str, Any]:
        """The details of the refusal; empty if no action refused."""
        return self.refusal.details if self.refusal else {}

    def remember(self, **changes: object) -> None:
        """Change the conversation, as it is stored for the next turn."""
        self.conversation = self.conversation.but(**changes)

    def set_savepoint(self) -> None:
        """Keep what was done so far, even if the rest of the action is refused."""
        self._savepoint = (self.work.snapshot(), self.conversation, self.contact)

    def roll_back(self, refused: Refused) -> None:
        """Undo what an action did since the savepoint, because it was *refused*."""
        writes, self.conversation, self.contact = self._savepoint
        self.work.restore(writes)
        self.refusal = refused

    def close_question(self) -> None:
        """Withdraw the earlier question, because the action's own notice is the answer."""
        self.remember(offered=(), question=None, asked_at=self.work.now)
        if self.push is not None:
            self.work.delete(self.push)

    def show(self, *tokens: Token | None) -> None:
        """Note that the answer shows the patients of *tokens* to staff (invariant I11)."""
        self.shown.update({t.patient_id: None for t in tokens if t is not None})

    def doctors(self) -> list[Doctor]:
        """Return the clinic's doctors who see patients, in the order they joined."""
        found = self.work.query(Doctor, self.clinic.clinic_id, limit=100).records
        active = [d for d in found if d.status is StaffStatus.ACTIVE]
        return sorted(active, key=lambda d: (d.created_at, d.doctor_id))

    def say(self, name: str, said: Say) -> None:
        """Answer with message *name*; a digit or typed words can then choose one of its options."""
        self.said = send(
            self.work,
            Draft(
                name,
                to=self.contact.contact_id,
                clinic=self.clinic,
                sender=self.inbound.sender,
                values=said.values,
                secrets=said.secrets,
                helps_until=self.work.now + SECRETS_LAST if said.secrets else None,
                options=said.options,
                url=said.url,
                place=said.place,
                payment_id=said.payment_id,
                reply_to=self.inbound.message_id,
                as_reaction=said.as_reaction,
                language=self.language,
                about=said.about,
                guard=said.guard,
                consent=Consent.REPLY,
                shows=tuple(self.shown),
            ),
        )
        if not said.as_reaction:
            self.remember(answered_at=self.work.now)
        if said.keeps_question:
            return
        self.remember(
            offered=tuple(o.id for o in said.options),
            question=self.said.message_id,
            asked_at=self.work.now,
        )
        if self.push is not None:
            self.work.delete(self.push)


SAYS: dict[str, Callable[[Turn], Say]] = {}
"""For each message a table may say: the function that gathers what it is made of."""


def says(name: str) -> Callable[[Callable[[Turn], Say]], Callable[[Turn], Say]]:
    """Register the function that builds message *name*."""

    def register(build: Callable[[Turn], Say]) -> Callable[[Turn], Say]:
        SAYS[name] = build
        return build

    return register
