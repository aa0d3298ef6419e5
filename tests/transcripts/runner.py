"""Stories as text: what people do, and every word they are told.

A line is a step, or what was said because of the step above it:

    # a comment
    Asha: Hi                        types
    Asha taps: I’m here             taps an option of the newest message that has it
    Asha taps old: Dr. Meera        taps the one of the oldest message that has it
    Farida replies to "fever": Yes  replies to the newest message that she got with these words
    Farida replies to "fever" with a photo
    WhatsApp has lost the photo of Asha
    Asha sends: voice note          voice note, sticker, photo, location, contact, reaction
    Asha on the shared number: Hi   writes (taps, sends) to the number that clinics share
    @1 min ago Dr. Meera: next      a message WhatsApp delivers late (min or sec)
    Asha pays                       pays the advance of her newest unpaid booking
    Asha pays again                 pays what is paid for already
    Asha pays for #1                pays for the newest booking with that number
    Asha's payment fails
    City Medical Center takes payments in WhatsApp
    City Medical Center is at 22.572600, 88.363900
    Asha pays in WhatsApp           pays the newest order she was shown
    Asha pays her first order in WhatsApp
    Asha's payment in WhatsApp fails
    ₹20 of Asha's payment is returned by hand   or "not returned": it failed
    WhatsApp refuses the next message: 134011
    wait 10 min                     time passes, the workers work (sec, min or h)
    language Asha: hi               the language she chose earlier
    Lata shows no name              WhatsApp tells no profile name of hers from now on
    Lata hides her number           WhatsApp tells her user id alone from now on
    Lata shows her number           WhatsApp tells it together with her user id
    Lata shares her number          with the button of WhatsApp's own
    WhatsApp has no number_ask_v1   a template that is not approved, or a provider without it
    Farida works at Sunrise Clinic  as an admin there too; or at City Medical Center
    Farida sees patients            as a doctor of City Medical Center, by her own number
    Farida adds Nisha as a doctor   over the API, with a temporary password
    Dr. Meera moves to Lata's number   over the API
    Farida signs in                 over the API, with code and password
    Dr. Khan's hours become 09:00-12:00   over the API
    Asha prefers MORNING with Dr. Khan   or "for Leela", whom she writes for; noted by the doctor
    the notice is at https://…       to which the first greeting links
    everybody shares one number     City Medical Center has none of its own any more
    set Dr. Meera: days off today   or tomorrow, both ("today tomorrow"); also working days MON,
                                    daily limit 2, advance 0, hours 09:00-10:00, status INACTIVE

Three seconds pass before each step. What was said stands below, a `>` line naming the person and
then the words, each behind `|`. Buttons are shown as [Words], a list's rows as (Words), links as
<Words>; `~` marks a template, and the status of an order. An order is shown as {what, how much},
a place on the map as ⌖, instead of the words above it where the provider takes places.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from domain.actions.clinics import doctors
from domain.actions.payments import by_hand
from domain.actions.staff import sign_in
from domain.channel import ErrorClass, OrderNews, OrderRequest, Outbound, SendFailed
from domain.gateway import GatewayRefund
from domain.media import MediaRefused
from domain.model.clinics import Claim, Doctor, StaffNumber, StaffStatus, User
from domain.model.messages import Place
from domain.model.money import RefundStatus
from domain.model.people import Address, Contact
from domain.model.queues import Token, TokenStatus
from domain.timetable import today
from flows.inbound import Inbound
from tests.accounts import ADDRESS, PASSWORD, code_sent, give_password
from tests.orders import FakeOrders, show_orders, tell
from tests.people import (
    CITY_SENDER,
    PLATFORM_SENDER,
    a_doctor,
    a_user,
    staff_number,
    store,
    stored,
)
from tests.preferences import prefer
from tests.stage import Stage

PEOPLE = {
    "Asha": "+919876543021",
    "Ravi": "+919876543022",
    "Lata": "+919876543023",
    "Imran": "+919876543024",
    "Nisha": "+919876543025",
    "Joseph": "+919876543026",
    "Dr. Meera": "+919876543011",
    "Dr. Khan": "+919876543012",
    "Dr. Rao": "+919876543013",
    "Farida": "+919876543010",
}
NAMES = {phone: name for name, phone in PEOPLE.items()}
MEDIA = {
    "voice note": "audio",
    "sticker": "sticker",
    "photo": "image",
    "document": "document",
}
CUBBON_PARK = Place(
    latitude="12.976300", longitude="77.592900", name="Cubbon Park", address="Kasturba Road"
)
KINDS = {"location": "location", "contact": "contacts", "reaction": "reaction"}
SHARED = {"Dr. Rao": PLATFORM_SENDER, "Imran": PLATFORM_SENDER}
"""Who writes to the number that clinics share; the others write to City Medical Center's own."""


@dataclass
class Story:
    """Plays a transcript on a stage and writes it down as it really went."""

    stage: Stage
    written: list[str] = field(default_factory=list)
    nameless: set[str] = field(default_factory=set)
    accounts: dict[str, str] = field(default_factory=dict)
    """The WhatsApp user ids of those whose number was hidden, and their names."""
    hidden: set[str] = field(default_factory=set)
    shared: bool = False
    orders: FakeOrders | None = None
    words_alone: bool = False
    """Whether a tap brings only the words on the button or row."""

    def play(self, path: Path) -> str:
        """Return the transcript of *path* with everything that was really said."""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith((">", "|")) or not line.strip():
                continue
            if self.written and not self.written[-1].startswith("#"):
                self.written.append("")
            self.written.append(line)
            if not line.startswith("#"):
                self.stage.clock.advance(seconds=3)
                try:
                    self._say(self._step(line))
                except Exception as error:
                    error.add_note("\n".join(self.written))
                    raise
        return "\n".join(self.written) + "\n"

    def _step(self, line: str) -> list[Outbound]:
        for pattern, act in _STEPS:
            match = re.fullmatch(pattern, line)
            if match:
                sent: list[Outbound] = act(self, *match.groups()) or []
                return [*sent, *self.stage.settle()]
        raise ValueError(f"not a step: {line}")

    def _say(self, sent: list[Outbound]) -> None:
        for message in sent:
            template = f" ~{message.template.name}" if message.template else ""
            if isinstance(message.order, OrderNews):
                template += f" ~order {message.order.status}"
            template += " ~reaction" if message.reacts_to else ""
            name = self._name_of(message)
            shared = message.sender == PLATFORM_SENDER and name not in SHARED and not self.shared
            by = " from the shared number" if shared else ""
            self.written.append(f"> {name}{by}{template}")
            self.written += [f"| {line}".rstrip() for line in message.text.splitlines()]
            marks = "()" if message.choices_label else "[]"
            shown = [f"{marks[0]}{words}{marks[1]}" for _, words in self._choices(message)]
            if self._asks_number(message):
                shown.append("[Share contact info]")
            if isinstance(message.order, OrderRequest):
                rupees = message.order.amount_paise // 100
                shown.append(f"{{{message.order.about}, {message.order.until}: ₹{rupees}}}")
            elif message.url:
                shown.append(f"<{message.url_label}>")
            if message.place is not None:
                shown.append(f"⌖{message.place.latitude}, {message.place.longitude}")
            if message.attachment is not None and message.template is None:
                shown = [f"<{message.attachment.kind} {message.attachment.name}>"]
            if shown:
                self.written.append("| " + " ".join(shown))

    def _name_of(self, message: Outbound) -> str:
        phone = message.phone or ""
        return NAMES.get(phone) or self.accounts.get(message.wa_user_id or "", phone)

    def _asks_number(self, message: Outbound) -> bool:
        if message.template is None:
            return False
        known = self.stage.parts.renderer.template_catalogue()
        return message.template.name in {t.name for t in known if t.asks_number}

    def types(self, ago: str | None, unit: str | None, name: str, at: str, text: str) -> None:
        """Let *name* type *text*, delivered late if *ago* says so."""
        late = timedelta(**{_UNITS[unit]: int(ago)}) if ago and unit else timedelta()
        self._hear(name, at, text, sent_at=self.stage.clock.now() - late)

    def taps(self, name: str, at: str, old: str | None, words: str) -> None:
        """Let *name* tap the option with *words* on the newest message that has it."""
        theirs = [m for m in self.stage.channel.sent if self._name_of(m) == name]
        order = theirs if old else reversed(theirs)
        offered = ((m, *c) for m in order for c in self._choices(m) if words in c[1])
        message, choice, shown = next(offered, (None, "", ""))
        assert message is not None, f"nobody offered {name}: {words}"
        how: dict[str, Any] = {"kind": "tap", "choice": choice}
        if self.words_alone:
            how = {"answers": f"wamid.{self.stage.channel.sent.index(message) + 1}"}
        self._hear(name, at, shown, **how)

    def replies(self, name: str, at: str, words: str, text: str) -> None:
        """Let *name* reply with *text* to the newest message that has *words*."""
        sent = self.stage.channel.sent
        theirs = [i for i, m in enumerate(sent) if self._name_of(m) == name and self._has(m, words)]
        self._hear(name, at, text, answers=f"wamid.{theirs[-1] + 1}")

    def _has(self, message: Outbound, words: str) -> bool:
        call = message.template
        return words in message.text or bool(call and words in call.parameters.values())

    def _choices(self, message: Outbound) -> list[tuple[str, str]]:
        """Return id and words of what can be tapped on a message, which may be a template."""
        call = message.template
        if call is None:
            return [(c.id, c.words) for c in message.choices]
        if not call.payloads:
            return []
        known = self.stage.parts.renderer.template_catalogue()
        words = next(t.buttons for t in known if (t.name, t.language) == (call.name, call.language))
        return list(zip(call.payloads, words, strict=True))

    def sends(self, name: str, at: str, what: str) -> None:
        """Let *name* send something that is not text."""
        kind, media = KINDS.get(what, "media"), MEDIA.get(what)
        place = CUBBON_PARK if what == "location" else None
        source = f"{media}_of_{name}" if media else None
        self._hear(name, at, kind=kind, media=media, source=source, place=place)

    def replies_with(self, name: str, at: str, words: str, what: str) -> None:
        """Let *name* reply with a file or a place to the newest message that has *words*."""
        sent = self.stage.channel.sent
        theirs = [i for i, m in enumerate(sent) if self._name_of(m) == name and self._has(m, words)]
        place = CUBBON_PARK if what == "location" else None
        media = MEDIA.get(what)
        self._hear(
            name,
            at,
            kind=KINDS.get(what, "media"),
            media=media,
            source=f"{media}_of_{name}" if media else None,
            place=place,
            answers=f"wamid.{theirs[-1] + 1}",
        )

    def loses(self, what: str, name: str) -> None:
        """Let WhatsApp have lost what *name* sends."""
        gone = MediaRefused("gone")
        self.stage.media.found[f"{MEDIA[what]}_of_{name}"] = gone

    def _hear(self, name: str, at: str, text: str = "", **how: Any) -> None:
        sender = PLATFORM_SENDER if at or self.shared else SHARED.get(name, CITY_SENDER)
        shown = None if name in self.nameless else name
        phone = "" if name in self.hidden else PEOPLE[name]
        account = next((i for i, who in self.accounts.items() if who == name), None)
        self.stage.hear(phone, text, name=shown, sender=sender, wa_user_id=account, **how)

    def pays(self, name: str, again: str | None, number: str | None) -> None:
        """Let *name* pay for the newest booking that wants it, a paid one, or that of *number*."""
        tokens = self._bookings(name)
        unpaid = {TokenStatus.PENDING, TokenStatus.EXPIRED}
        fit = [t for t in tokens if t.payment_id and (again or number or t.status in unpaid)]
        fit = [t for t in fit if number is None or t.number == int(number)]
        self.stage.pay(fit[-1])

    def returned_by_hand(self, rupees: str, name: str, how: str) -> None:
        """Let the gateway tell that a person returned a part of *name*'s payment, or failed to."""
        token = self._bookings(name)[-1]
        status = RefundStatus.REQUESTED if how == "returned" else RefundStatus.FAILED
        made = GatewayRefund(f"rfnd_{rupees}", int(rupees) * 100, status, is_ours=False)
        work = self.stage.work()
        by_hand.record_notice(work, token.capture_id or "", made)
        work.commit()

    def _bookings(self, name: str) -> list[Token]:
        """Return all bookings ever made by *name*, oldest first."""
        if name not in self.hidden:
            return self.stage.every_token(PEOPLE[name])
        account = next(i for i, who in self.accounts.items() if who == name)
        work = self.stage.work()
        address = work.get(Address, f"wa:{account}")
        contact = work.get(Contact, address.contact_id) if address else None
        assert contact is not None
        found = [
            token
            for patient_id in contact.patient_ids
            for token in work.query(Token, patient_id, index="patientId-date-idx").records
        ]
        return sorted(found, key=lambda t: t.token_id)

    def takes_orders(self) -> None:
        """Let City Medical Center's number take payments inside WhatsApp."""
        assert self.stage.cast is not None
        self.orders = show_orders(self.stage, self.stage.cast)

    def lies_at(self, latitude: str, longitude: str) -> None:
        """Give City Medical Center a place on the map."""
        assert self.stage.cast is not None
        clinic = stored(self.stage.records, self.stage.cast.clinic)
        store(self.stage.records, clinic.but(latitude=latitude, longitude=longitude))

    def pays_inside(self, name: str, first: str | None) -> None:
        """Let *name* pay an order inside WhatsApp, which tells of it twice."""
        reference = self._order(name, 0 if first else -1)
        assert self.orders is not None
        self.orders.pay(reference, self.stage.ids.new("pay_"))
        tell(self.stage, reference)
        tell(self.stage, reference)

    def payment_inside_fails(self, name: str) -> None:
        """Let *name*'s attempt to pay the newest order fail."""
        reference = self._order(name, -1)
        assert self.orders is not None
        self.orders.fail(reference)
        tell(self.stage, reference, has_failed=True)

    def _order(self, name: str, which: int) -> str:
        theirs = [m.order for m in self.stage.channel.sent if m.phone == PEOPLE[name]]
        return [o.reference for o in theirs if isinstance(o, OrderRequest)][which]

    def refuses(self, code: str) -> None:
        """Let WhatsApp refuse what is sent next."""
        self.stage.channel.failures.append(SendFailed(ErrorClass.ORDER, int(code), "refused"))

    def payment_fails(self, name: str) -> None:
        """Let *name*'s attempt to pay fail."""
        fit = [t for t in self.stage.tokens(PEOPLE[name]) if t.payment_id]
        self.stage.fail_payment(fit[-1])

    def waits(self, number: str, unit: str) -> list[Outbound]:
        """Let time pass."""
        return self.stage.wait(timedelta(**{_UNITS[unit]: int(number)}).total_seconds() / 60)

    def speaks(self, name: str, language: str) -> None:
        """Give *name* the language chosen earlier."""
        work = self.stage.work()
        contact = work.get(Contact, self.stage.contact_id(PEOPLE[name]))
        assert contact is not None
        work.put(contact.but(language=language))
        work.commit()

    def hides_name(self, name: str) -> None:
        """Let WhatsApp tell no profile name of *name*."""
        self.nameless.add(name)

    def hides_number(self, name: str) -> None:
        """Let WhatsApp tell no number of *name*, who has a username."""
        self.accounts[f"IN.{PEOPLE[name][-10:]}"] = name
        self.hidden.add(name)

    def shows_number(self, name: str) -> None:
        """Let WhatsApp tell *name*'s number again, together with the account."""
        self.hidden.remove(name)

    def shares(self, name: str) -> None:
        """Let *name* share the number with WhatsApp's button; it is told with that alone."""
        account = next(i for i, who in self.accounts.items() if who == name)
        self.stage.made += 1
        self.stage.runner.handle(
            Inbound(
                message_id=f"wamid.IN{self.stage.made}",
                sender=SHARED.get(name, CITY_SENDER),
                display_number=None,
                kind="contacts",
                sent_at=self.stage.clock.now().replace(microsecond=0),
                wa_user_id=account,
                profile_name=name,
                own_phone=PEOPLE[name],
            )
        )

    def lacks_template(self, template: str) -> None:
        """Let WhatsApp refuse *template* as one that it does not have."""
        send = self.stage.channel.send

        def refuse(message: Outbound) -> str:
            if message.template is not None and message.template.name == template:
                raise SendFailed(ErrorClass.LANGUAGE, 132001, "there is no such template")
            return send(message)

        self.stage.channel.send = refuse  # type: ignore[method-assign]

    def works_at(self, name: str, clinic_name: str) -> None:
        """Make *name* an admin of a clinic, too."""
        assert self.stage.cast is not None
        cast = self.stage.cast
        clinic = next(c for c in (cast.clinic, cast.sunrise) if c.name == clinic_name)
        town = clinic_name.partition(" ")[0].lower()
        user = a_user(clinic, f"usr_{town}_{name.lower()}", name, PEOPLE[name])
        store(self.stage.records, user, staff_number(user))

    def sees_patients(self, name: str) -> None:
        """Make the admin *name* a doctor of City Medical Center as well, on the same number."""
        assert self.stage.cast is not None
        user = stored(self.stage.records, self.stage.cast.farida)
        doctor = a_doctor(
            self.stage.cast.clinic, "doc_farida", f"Dr. {name}", PEOPLE[name], user_id=user.user_id
        )
        number = stored(self.stage.records, staff_number(user))
        store(
            self.stage.records,
            doctor,
            user.but(doctor_id=doctor.doctor_id),
            number.but(doctor_id=doctor.doctor_id),
        )

    def adds(self, name: str) -> None:
        """Let Farida add *name* as a doctor of City Medical Center."""
        details = {
            "name": f"Dr. {name}",
            "whatsapp_number": PEOPLE[name],
            "specialization": "Pediatrics",
            "consultation_fee": 500,
            "advance_amount": 50,
        }
        assert self.stage.cast is not None
        work = self.stage.work()
        doctors.add_doctor(work, self.stage.cast.clinic.clinic_id, details, "temporaryPassword123")
        work.commit()

    def signs_in(self, name: str) -> list[Outbound]:
        """Let staff sign in; of the code that is sent, only what follows is shown."""
        work = self.stage.work()
        number = work.query(StaffNumber, PEOPLE[name], limit=1).records[0]
        user = give_password(self.stage, work.require(User, number.clinic_id, number.user_id))
        asked = sign_in.request_sign_in_code(work, PEOPLE[name], user.clinic_id, ADDRESS)
        work.commit()
        code = code_sent(self.stage, PEOPLE[name])
        work = self.stage.work()
        sign_in.sign_in(work, asked.request_id, code, PASSWORD, ADDRESS)
        work.commit()
        return []

    def has_notice(self, url: str) -> None:
        """Let the first greeting link to *url*."""
        rules = replace(self.stage.parts.rules, notice_url=url)
        self.stage.parts = replace(self.stage.parts, rules=rules)
        self.stage.runner = self.stage.parts.runner()

    def moves_to(self, name: str, other: str) -> None:
        """Give the doctor *name* the number of *other*."""
        self._changes(name, {"whatsapp_number": PEOPLE[other]})

    def has_hours(self, name: str, start: str, end: str) -> None:
        """Change the hours of the doctor *name*, on the days that are sold too."""
        self._changes(name, {"start_time": start, "end_time": end, "lunch_break": None})

    def _changes(self, name: str, changes: dict[str, Any]) -> None:
        assert self.stage.cast is not None
        cast = self.stage.cast
        doctor = {d.name: d for d in (cast.meera, cast.khan, cast.rao)}[name]
        work = self.stage.work()
        farida = stored(self.stage.records, cast.farida)
        doctors.change_doctor(
            work, doctor.clinic_id, doctor.doctor_id, changes, by=farida, confirm=True
        )
        work.commit()

    def prefers(self, name: str, part: str, other: str | None, doctor_name: str) -> None:
        """Let a doctor note which part of the day *name*, or *other* of the family, prefers."""
        assert self.stage.cast is not None
        cast = self.stage.cast
        doctor = {d.name: d for d in (cast.meera, cast.khan, cast.rao)}[doctor_name]
        prefer(self.stage, doctor, PEOPLE[name], other or name, preferredTime=part)

    def share_number(self) -> None:
        """Take City Medical Center's own number away."""
        assert self.stage.cast is not None
        clinic = self.stage.cast.clinic
        work = self.stage.work()
        claim = work.get(Claim, f"sender:{clinic.phone_number_id}")
        assert claim is not None
        work.delete(claim)
        work.put(clinic.but(phone_number_id=None))
        work.commit()
        self.shared = True

    def sets(self, name: str, what: str, value: str) -> None:
        """Change how the doctor *name* works."""
        assert self.stage.cast is not None
        cast = self.stage.cast
        first = today(cast.clinic, self.stage.clock.now())
        days = {"today": first, "tomorrow": first + timedelta(days=1)}
        changes: dict[str, Callable[[], dict[str, Any]]] = {
            "days off": lambda: {"days_off": tuple(days[d] for d in value.split())},
            "working days": lambda: {"working_days": tuple(value.split())},
            "daily limit": lambda: {"daily_limit": int(value)},
            "advance": lambda: {"advance_amount": int(value)},
            "status": lambda: {"status": StaffStatus(value)},
            "hours": lambda: {
                "start_time": value.partition("-")[0],
                "end_time": value.partition("-")[2],
                "lunch_break": None,
            },
        }
        doctors = {d.name: d for d in (cast.meera, cast.khan, cast.rao)}
        work = self.stage.work()
        doctor = work.get(Doctor, doctors[name].clinic_id, doctors[name].doctor_id)
        assert doctor is not None
        work.put(doctor.but(**changes[what]()))
        work.commit()


_UNITS = {"sec": "seconds", "min": "minutes", "h": "hours"}
_NAME = "|".join(sorted((re.escape(n) for n in PEOPLE), key=len, reverse=True))
_WHO = rf"({_NAME})( on the shared number|)"
_STEPS: tuple[tuple[str, Callable[..., list[Outbound] | None]], ...] = (
    (rf"(?:@(\d+) (sec|min) ago )?{_WHO}: (.*)", Story.types),
    (rf"{_WHO} taps( old)?: (.*)", Story.taps),
    (rf"{_WHO} replies to \"(.*)\": (.*)", Story.replies),
    (rf"{_WHO} replies to \"(.*)\" with a (.*)", Story.replies_with),
    (rf"WhatsApp has lost the (.*) of ({_NAME})", Story.loses),
    (rf"{_WHO} sends: (.*)", Story.sends),
    (rf"({_NAME}) pays(?:( again)| for #(\d+))?", Story.pays),
    (rf"({_NAME})'s payment fails", Story.payment_fails),
    (rf"₹(\d+) of ({_NAME})'s payment is (returned|not returned) by hand", Story.returned_by_hand),
    (r"City Medical Center takes payments in WhatsApp", Story.takes_orders),
    (r"City Medical Center is at ([\d.]+), ([\d.]+)", Story.lies_at),
    (rf"({_NAME}) pays( her first order)? in WhatsApp", Story.pays_inside),
    (rf"({_NAME})'s payment in WhatsApp fails", Story.payment_inside_fails),
    (r"WhatsApp refuses the next message: (\d+)", Story.refuses),
    (r"wait (\d+) (sec|min|h)", Story.waits),
    (rf"language ({_NAME}): (\w+)", Story.speaks),
    (rf"({_NAME}) shows no name", Story.hides_name),
    (rf"({_NAME}) hides (?:her|his) number", Story.hides_number),
    (rf"({_NAME}) shows (?:her|his) number", Story.shows_number),
    (rf"({_NAME}) shares (?:her|his) number", Story.shares),
    (r"WhatsApp has no (\w+)", Story.lacks_template),
    (rf"({_NAME}) works at (Sunrise Clinic|City Medical Center)", Story.works_at),
    (rf"({_NAME}) sees patients", Story.sees_patients),
    (rf"Farida adds ({_NAME}) as a doctor", Story.adds),
    (rf"({_NAME}) moves to ({_NAME})'s number", Story.moves_to),
    (rf"({_NAME}) signs in", Story.signs_in),
    (rf"({_NAME})'s hours become (\d\d:\d\d)-(\d\d:\d\d)", Story.has_hours),
    (
        rf"({_NAME}) prefers (MORNING|AFTERNOON|EVENING)(?: for (\w+))? with ({_NAME})",
        Story.prefers,
    ),
    (r"the notice is at (\S+)", Story.has_notice),
    (r"everybody shares one number", Story.share_number),
    (
        rf"set ({_NAME}): (days off|working days|daily limit|advance|status|hours) ?(.*)",
        Story.sets,
    ),
)
