"""One turn, one transaction: read, decide, write everything together, answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial

import msgspec

from domain import due
from domain.actions.messages.outbox import Draft, send
from domain.actions.people import consent
from domain.errors import NotFound, StoreUnavailable
from domain.model.clinics import Claim, Clinic, Role, User
from domain.model.conversations import Conversation, Parked, Push, Seen
from domain.model.messages import Message, Option
from domain.model.people import Address, Contact
from domain.ports import Bell, Clock, Ids, Phrases, Records, Ref, Seal
from domain.rules import Rules
from domain.scopes import ClinicScope, ContactScope, DoctorScope, Scope, SystemScope
from domain.transactions import Pause, transact
from domain.work import Work
from flows import machines, patient, safety, staff
from flows.hearing.ear import Ear
from flows.inbound import Inbound
from flows.replies import read_words_on_button
from flows.route import (
    Destination,
    change_number,
    contact_of,
    conversation_of,
    route,
    share_number,
)
from flows.turn import Talk, Turn, Writer

FAILURES = 2
"""A turn that fails this often by our own fault is parked."""
NAMES_ASKED = {"name", "person"}
"""States at which people type a name."""
SEEN_DAYS = 9
"""WhatsApp repeats a webhook for up to seven days."""


class TurnOutcome(StrEnum):
    """How a turn ended."""

    ACTED = "acted"
    SEEN = "seen"
    """The message was answered before."""
    PARKED = "parked"
    """It failed twice by our own fault; the message is kept for replay."""


@dataclass
class Runner:
    """Answers inbound messages, one at a time, and commits their effects."""

    records: Records
    clock: Clock
    ids: Ids
    rules: Rules
    phrases: Phrases
    ear: Ear
    bell: Bell
    seal: Seal
    """Encrypts what must not be stored in clear."""
    pause: Pause = time.sleep

    def handle(self, inbound: Inbound) -> TurnOutcome:
        """Answer one message, unless it was answered before.

        When this returns, its effect is durable. A turn that fails twice by our own fault is
        parked: kept encrypted, the person told, the message marked as seen (invariant I4).

        Raises:
            StoreUnavailable: If the store does not answer; the message may be sent again.
        """
        failures: list[Exception] = []
        while len(failures) < FAILURES:
            try:
                return self._transact(partial(self._take_turn, inbound=inbound))
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - any fault of ours parks the message
                failures.append(error)
        # If parking fails too, the error makes the provider send the message again.
        return self._transact(partial(self._park, inbound=inbound, error=failures[0]))

    def replay(self, parked_id: str) -> TurnOutcome:
        """Answer a parked message, by what is true now.

        Raises:
            NotFound: If no message is parked under that id.
            Unreadable: If the key it was encrypted with is gone.
            StoreUnavailable: If the store does not answer; it stays parked.
            Exception: Any fault of ours this time; it stays parked.
        """

        def answer(work: Work) -> TurnOutcome:
            parked = work.get(Parked, parked_id)
            if parked is None:
                raise NotFound("No message is parked under that id.")
            work.delete(parked)
            inbound = msgspec.json.decode(self.seal.open(parked.payload), type=Inbound)
            return self._take_turn(work, inbound, was_parked=True)

        return self._transact(answer)

    def _transact(self, act: Callable[[Work], TurnOutcome]) -> TurnOutcome:
        """Run *act* and commit it, again after a conflict (optimistic concurrency, invariant I6).

        Raises:
            StoreUnavailable: If the store does not answer, or every commit conflicts.
        """
        return transact(self._work, act, pause=self.pause)

    def _work(self) -> Work:
        scope = SystemScope("find who wrote and to which clinic")
        now = self.clock.now()
        return Work(self.records, scope, now, self.ids, self.rules, self.bell, self.seal)

    def _take_turn(self, work: Work, inbound: Inbound, *, was_parked: bool = False) -> TurnOutcome:
        """Find where a message belongs, answer it, and mark it as seen, all in *work*.

        If it was answered elsewhere meanwhile, the commit conflicts, and the next run sees so.
        """
        if _is_seen(work, inbound) and not was_parked:
            return TurnOutcome.SEEN
        found = self._parse(work, inbound)
        if found is not None:
            self._run(work, *found)
        _mark_seen(work, inbound)
        return TurnOutcome.ACTED

    def _parse(
        self, work: Work, inbound: Inbound
    ) -> tuple[Inbound, Destination, Conversation] | None:
        """Return a message, where it belongs, and its conversation; None if it needs no answer.

        Stores what the message tells of the person's number.
        """
        if inbound.kind == "reaction":
            return None
        contact = contact_of(work, inbound)
        if inbound.kind == "system":
            change_number(work, inbound, contact)
            return None
        if inbound.kind == "contacts":
            contact = share_number(work, inbound, contact)
        inbound = read_words_on_button(work, contact.contact_id, inbound, self.phrases)
        conversation = conversation_of(work, inbound, contact)
        destination = route(work, inbound, contact, conversation, self.ear)
        return inbound, destination, conversation

    def _run(
        self, work: Work, inbound: Inbound, destination: Destination, conversation: Conversation
    ) -> None:
        """Continue the clinic's conversation, or ask which clinic is meant."""
        clinic, contact = destination.clinic, destination.contact
        if clinic is None:
            self._ask_clinic(work, inbound, destination, conversation)
            return
        if destination.shared and contact.last_clinic_id != clinic.clinic_id:
            contact = work.put(contact.but(last_clinic_id=clinic.clinic_id))
        if conversation.clinic_id != clinic.clinic_id:
            consent.opt_in_by_message(work, clinic.clinic_id, contact.contact_id)
        if destination.entered or conversation.clinic_id not in {None, clinic.clinic_id}:
            conversation = _restart(conversation)
        if inbound.kind == "text":
            own = self._own_words(inbound.text, destination.user, conversation.state)
            contact = self._adopt_language(work, own, contact)
        if destination.entered:
            inbound = replace(inbound, kind="text", text="hi", choice=None)
        turn = self._open_turn(work, inbound, clinic, destination.user, contact, conversation)
        self._converse(work, turn)

    def _open_turn(
        self,
        work: Work,
        inbound: Inbound,
        clinic: Clinic,
        user: User | None,
        contact: Contact,
        conversation: Conversation,
    ) -> Turn:
        push = work.get(Push, conversation.conversation)
        if push is not None and push.clinic_id != clinic.clinic_id:
            push = None
        own = work.within(ContactScope(contact.contact_id, clinic.clinic_id))
        writer, talk = Writer(clinic, contact, user), Talk(conversation, push)
        return Turn(own, inbound, writer, talk, self.phrases, self.ear)

    def _converse(self, work: Work, turn: Turn) -> None:
        """Answer by the patients' or the staff's table, and store the conversation."""
        inbound = turn.inbound
        if turn.user is None:
            patient.answer(turn)
        else:
            staff.answer(turn, work.within(_scope_of(turn.user)))
        _acknowledge(turn)
        last = turn.conversation.last_inbound_at
        turn.remember(
            clinic_id=turn.clinic.clinic_id,
            last_inbound_at=max(inbound.sent_at, last or inbound.sent_at),
        )
        work.put(turn.conversation)

    def _own_words(self, text: str, user: User | None, state: str) -> str:
        """Return the part of *text* that shows which language its writer reads.

        A name does not, nor what else staff type as data: of theirs only the command counts.
        """
        if user is None and state in NAMES_ASKED:
            return ""
        return self.ear.own_words(text) if user is None else self.ear.command_words(text)

    def _adopt_language(self, work: Work, words: str, contact: Contact) -> Contact:
        """Choose the language whose script the person writes, unless they have chosen one."""
        language = self.ear.language_of(words)
        if contact.language is not None or language is None:
            return contact
        return work.put(contact.but(language=language))

    def _ask_clinic(
        self, work: Work, inbound: Inbound, destination: Destination, conversation: Conversation
    ) -> None:
        if self.ear.alarms(inbound.text):
            safety.answer_without_clinic(work, inbound, destination.contact)
        elif inbound.kind == "text":
            heard = machines.note(conversation, inbound, work.now, is_clear=False)
            conversation = heard.conversation.but(last_inbound_at=inbound.sent_at)
            if heard.is_ignored:
                work.put(conversation)
                return
        options = [
            Option(id=f"clinic:{c.clinic_id}", label="clinic_row", values={"name": c.name})
            for c in destination.candidates[:10]
        ]
        asked = send(
            work,
            Draft(
                "route/which_clinic" if options else "route/ask_code",
                to=destination.contact.contact_id,
                clinic=None,
                sender=inbound.sender,
                values={"wrong": destination.wrong_code},
                options=options,
                reply_to=inbound.message_id,
            ),
        )
        work.put(
            conversation.but(
                last_inbound_at=inbound.sent_at,
                offered=tuple(o.id for o in options),
                question=asked.message_id,
                asked_at=work.now,
                answered_at=work.now,
            )
        )

    def _park(self, work: Work, inbound: Inbound, error: Exception) -> TurnOutcome:
        """Keep a message that failed by our own fault, encrypted, and tell the person."""
        if work.get(Seen, inbound.message_id) is not None:
            return TurnOutcome.SEEN
        contact = contact_of(work, inbound)
        conversation = conversation_of(work, inbound, contact)
        own = work.get(Claim, f"sender:{inbound.sender}")
        clinic_id = own.clinic_id if own else conversation.clinic_id
        work.put(
            Parked(
                parked=inbound.message_id,
                clinic_id=clinic_id,
                contact_id=contact.contact_id,
                payload=self.seal.seal(msgspec.json.encode(inbound).decode()),
                error=type(error).__name__,
                at=work.now,
                day=f"{work.now:%Y-%m-%d}",
                ttl=int((work.now + work.rules.keeps.parked).timestamp()),
            )
        )
        send(
            work,
            Draft(
                "route/parked",
                to=contact.contact_id,
                clinic=None,
                sender=inbound.sender,
                values={"told": clinic_id is not None},
                reply_to=inbound.message_id,
            ),
        )
        if clinic_id is not None:
            # In a transaction of its own: the same fault may recur while the desk is looked up.
            about = due.Subject(contact.contact_id, clinic_id=clinic_id)
            due.schedule(work, "tell_parked", work.now, about, contact=contact.contact_id)
        work.put(conversation.but(last_inbound_at=inbound.sent_at))
        _mark_seen(work, inbound)
        return TurnOutcome.PARKED


def _is_seen(work: Work, inbound: Inbound) -> bool:
    """Return whether a message was answered; the same read fetches its clinic and contact."""
    refs: list[Ref] = [(Seen, (inbound.message_id,)), (Claim, (f"sender:{inbound.sender}",))]
    if inbound.wa_user_id:
        refs.append((Address, (f"wa:{inbound.wa_user_id}",)))
    if inbound.phone:
        refs.append((Address, (f"tel:{inbound.phone}",)))
    return work.fetch(refs)[0] is not None


def _mark_seen(work: Work, inbound: Inbound) -> None:
    """Write that a message was answered, in the transaction of its effects (invariant I4)."""
    before = work.get(Seen, inbound.message_id)
    expires = work.now + timedelta(days=SEEN_DAYS)
    work.put(
        Seen(
            version=before.version if before else 0,
            seen=inbound.message_id,
            at=work.now,
            ttl=int(expires.timestamp()),
        )
    )


def _scope_of(user: User) -> Scope:
    """Return the scope of a member of staff on WhatsApp: a doctor's own, or the clinic."""
    if user.role is Role.DOCTOR and user.doctor_id is not None:
        return DoctorScope(user.clinic_id, user.doctor_id)
    return ClinicScope(user.clinic_id)


def _acknowledge(turn: Turn) -> None:
    """Make the action's own notice the reply to the message, where the row says nothing."""
    own = turn.contact.contact_id
    notices = [m for m in turn.work.pending(Message) if m.contact_id == own]
    if turn.said is None and notices:
        turn.work.put(notices[0].but(reply_to=turn.inbound.message_id))


def _restart(conversation: Conversation) -> Conversation:
    """Return the conversation at its beginning, as a join code or another clinic starts it."""
    return Conversation(
        version=conversation.version,
        conversation=conversation.conversation,
        sender=conversation.sender,
        contact_id=conversation.contact_id,
        last_inbound_at=conversation.last_inbound_at,
    )
