"""A clinic's own WhatsApp sender: set, adopted, given up; and the payments inside WhatsApp."""

from __future__ import annotations

from datetime import timedelta

from domain import plans
from domain.actions.clinics.profile import NOT_VERIFIED, find_clinic, release_claim, take_claim
from domain.channel import Senders
from domain.errors import Invalid
from domain.model.clinics import Clinic, Sender
from domain.work import Work

GIVEN_UP_KEPT = timedelta(days=1)
"""How long messages that wait for a given-up sender may still be sent by it."""


def set_sender(
    work: Work, clinic_id: str, sender: str | None, access_token: str | None, senders: Senders
) -> Clinic:
    """Give a clinic a WhatsApp sender of its own, which the provider confirms to its access token.

    Without *sender* the present one gets the new token; without *access_token* the new sender is
    verified with the present token. The sender it had is given up.

    Raises:
        PlanRequired: If the plan does not include a sender of the clinic's own.
        Invalid: If a sender or token is missing, or the sender could not be verified.
        Busy: If the provider did not answer.
    """
    clinic = find_clinic(work, clinic_id)
    if access_token is None and sender is not None and sender == clinic.phone_number_id:
        return clinic
    plans.require(clinic, plans.Feature.OWN_SENDER)
    wanted, token = _sender_and_token(work, clinic, sender, access_token)
    number = senders.number_of(wanted, token)
    if number is None or wanted == work.rules.platform_sender:
        raise Invalid("whatsappPhoneNumberId", NOT_VERIFIED)
    if not take_claim(work, f"sender:{wanted}", clinic):
        raise Invalid("whatsappPhoneNumberId", NOT_VERIFIED)
    known = work.system("a sender may have been another clinic's").get(Sender, wanted)
    is_ours = known is not None and known.clinic_id == clinic_id
    work.put(
        Sender(
            version=known.version if known else 0,
            sender=wanted,
            clinic_id=clinic_id,
            number=number,
            access_token=work.seal.seal(token),
            payment_configuration=known.payment_configuration if known and is_ours else None,
            proven_at=work.now,
        )
    )
    if clinic.phone_number_id not in {None, wanted}:
        _release_sender(work, clinic)
    if number == clinic.whatsapp_number and take_claim(work, f"number:{number}", clinic):
        if clinic.routed_number is not None:
            release_claim(work, f"number:{clinic.routed_number}", clinic)
        clinic = clinic.but(routed_number=None, number_request_id=None)
    return work.put(clinic.but(phone_number_id=wanted, updated_at=work.now))


def _sender_and_token(
    work: Work, clinic: Clinic, sender: str | None, access_token: str | None
) -> tuple[str, str]:
    """Return the sender to verify and the token to verify it with; the clinic's own fill gaps.

    Raises:
        Invalid: If either is neither given nor the clinic's already.
    """
    wanted = sender or clinic.phone_number_id
    if wanted is None:
        raise Invalid("whatsappPhoneNumberId", "Is needed: this token belongs to no sender yet.")
    if access_token:
        return wanted, access_token
    present = work.get(Sender, clinic.phone_number_id or "")
    if present is None:
        raise Invalid("accessToken", "Is needed to verify the sender.")
    return wanted, work.seal.open(present.access_token)


def set_payment_configuration(work: Work, clinic_id: str, name: str | None) -> Clinic:
    """Set the payment configuration by which advances are paid inside WhatsApp; None: by links.

    It belongs to the WhatsApp account of the clinic's own sender, and must be connected there to
    the same account at the gateway as all other payments.

    Raises:
        Invalid: If the clinic has no sender of its own, or WhatsApp takes no payments here.
    """
    clinic = find_clinic(work, clinic_id)
    own = work.get(Sender, clinic.phone_number_id or "")
    if own is None:
        raise Invalid("paymentConfiguration", "Belongs to a sender of the clinic's own.")
    if name is not None and not work.rules.orders:
        raise Invalid("paymentConfiguration", "Nothing can be paid inside WhatsApp here.")
    if own.payment_configuration != name:
        work.put(own.but(payment_configuration=name))
    return clinic


def adopt_sender(work: Work, clinic: Clinic, sender: str) -> Clinic:
    """Make *sender* the clinic's own: a message to its proven number has arrived there.

    The operator of the installation runs that number for the clinic. A clinic that has another
    sender, or whose plan does not include one, keeps what it has. May be repeated.
    """
    has_other = clinic.phone_number_id is not None or sender == work.rules.platform_sender
    if has_other or not plans.allows(clinic, plans.Feature.OWN_SENDER):
        return clinic
    if not take_claim(work, f"sender:{sender}", clinic):
        return clinic
    return work.put(clinic.but(phone_number_id=sender, updated_at=work.now))


def give_up_sender(work: Work, clinic_id: str) -> Clinic:
    """Return a clinic to the platform's sender; its own one and its token vanish within a day."""
    clinic = find_clinic(work, clinic_id)
    if clinic.phone_number_id is None:
        return clinic
    _release_sender(work, clinic)
    return work.put(clinic.but(phone_number_id=None, updated_at=work.now))


def _release_sender(work: Work, clinic: Clinic) -> None:
    release_claim(work, f"sender:{clinic.phone_number_id}", clinic)
    own = work.get(Sender, clinic.phone_number_id or "")
    if own is not None:
        work.put(own.but(ttl=int((work.now + GIVEN_UP_KEPT).timestamp())))
