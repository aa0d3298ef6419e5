"""Contacts and patients: names, families, and how they come to belong to a clinic."""

from __future__ import annotations

import pytest

from domain.actions.booking import booking
from domain.actions.people.associations import associate, count_visit
from domain.actions.people.contacts import contact_by_phone, new_contact
from domain.actions.people.identify import find_or_add_patient, identify, patients_of
from domain.errors import Conflict
from domain.model.people import Association, AssociationStatus, ClinicPatient, Contact, Patient
from tests.people import MONDAY, Cast, store
from tests.stage import Stage


def test_a_phone_leads_to_one_contact(stage: Stage, cast: Cast) -> None:
    assert contact_by_phone(stage.work(), cast.asha_contact.phone or "") == cast.asha_contact
    assert contact_by_phone(stage.work(), "+919870009999") is None
    one, two = stage.work(), stage.work()
    for work in (one, two):
        new_contact(work, phone="+919870009999", wa_user_id=None, profile_name=None, verified=False)
    one.commit()
    with pytest.raises(Conflict):
        two.commit()


def test_a_family_is_introduced_one_by_one(stage: Stage, cast: Cast) -> None:
    work = stage.work()
    contact, same = find_or_add_patient(work, cast.asha_contact, "ASHA", "clinic_city")
    assert same == cast.asha
    contact, anu = find_or_add_patient(work, contact, "Anu", "clinic_city")
    work.commit()
    stored = stage.work().get(Contact, "con_asha")
    assert stored is not None
    assert [p.name for p in patients_of(stage.work(), stored, "clinic_city")] == [
        "Asha",
        "Anu",
    ]
    assert anu.contact_id == "con_asha"


def test_a_name_with_other_accents_or_a_title_is_the_same_person_but_not_a_spouse(
    stage: Stage, cast: Cast
) -> None:
    work = stage.work()
    contact, zoe = find_or_add_patient(work, cast.asha_contact, "Mrs Zoë Rao", "clinic_city")
    contact, same = find_or_add_patient(work, contact, "zoe rao", "clinic_city")
    contact, spouse = find_or_add_patient(work, contact, "Mr Zoe Rao", "clinic_city")
    assert (same.patient_id, same.name) == (zoe.patient_id, "Mrs Zoë Rao")
    assert spouse.patient_id != zoe.patient_id


def test_a_confirmed_booking_associates_and_revives(stage: Stage, cast: Cast) -> None:
    work = stage.work()
    token = booking.hold(work, cast.clinic, cast.khan, cast.asha_contact, cast.asha, MONDAY, 1)
    work.commit()
    record = stage.work().get(ClinicPatient, "clinic_city", "pat_asha")
    found = stage.work().get(Association, "doc_khan", "pat_asha")
    assert record is not None
    assert found is not None
    assert (record.name, record.opted_in_by) == ("Asha", "BOT")
    store(stage.records, found.but(status=AssociationStatus.INACTIVE))
    stage.clock.advance(seconds=1)
    work = stage.work()
    token = associate(work, cast.clinic, cast.khan, stage.token(token))
    count_visit(work, token, 1)
    work.commit()
    again = stage.work().get(Association, "doc_khan", "pat_asha")
    assert again is not None
    assert again.association_id == found.association_id
    assert (again.status, again.total_visits) == (AssociationStatus.ACTIVE, 1)
    assert stage.work().get(ClinicPatient, "clinic_sunrise", "pat_asha") is None


def test_staff_mean_the_person_by_number_and_name_and_read_the_name_they_gave(
    stage: Stage, cast: Cast
) -> None:
    work = stage.work()
    contact, meant = identify(work, "clinic_city", "+919876543021", "ASHA")
    work.commit()
    assert (contact.contact_id, meant.patient_id, meant.name) == ("con_asha", "pat_asha", "ASHA")
    kept = stage.work().get(Patient, "pat_asha")
    assert kept is not None
    assert (kept.name, kept.named_by) == (cast.asha.name, None)


def test_staff_mean_the_person_whatever_title_and_accents_they_write(
    stage: Stage, cast: Cast
) -> None:
    _, meant = identify(stage.work(), "clinic_city", "+919876543021", "Smt. Áshá")
    assert meant.patient_id == cast.asha.patient_id


def test_a_name_a_clinic_gave_is_offered_in_its_own_conversation_until_it_is_used(
    stage: Stage, cast: Cast
) -> None:
    work = stage.work()
    contact, guest = identify(work, "clinic_city", "+919876543021", "Anu")
    work.commit()
    work = stage.work()
    assert guest.patient_id in {p.patient_id for p in patients_of(work, contact, "clinic_city")}
    elsewhere = [p.name for p in patients_of(work, contact, "clinic_sunrise")]
    assert elsewhere == [cast.asha.name]
    _, named = find_or_add_patient(work, contact, "anu", "clinic_city")
    assert named.patient_id == guest.patient_id
    assert len(patients_of(work, contact, "clinic_sunrise")) == 2


def test_two_clinics_recording_one_new_number_at_once_meet_in_one_contact(
    stage: Stage, cast: Cast
) -> None:
    del cast
    one, two = stage.work(), stage.work()
    identify(one, "clinic_city", "+919870009999", "Anu")
    identify(two, "clinic_sunrise", "+919870009999", "Anu")
    one.commit()
    with pytest.raises(Conflict):
        two.commit()
    again = stage.work()
    contact, _ = identify(again, "clinic_sunrise", "+919870009999", "Anu")
    again.commit()
    assert len(contact.patient_ids) == 1


def test_a_booking_that_is_confirmed_while_its_patient_is_erased_brings_them_back(
    stage: Stage, cast: Cast
) -> None:
    work = stage.work()
    token = booking.hold(work, cast.clinic, cast.meera, cast.asha_contact, cast.asha, MONDAY, 1)
    work.commit()
    work = stage.work()
    work.delete(cast.asha)
    work.put(work.require(Contact, "con_asha").but(patient_ids=()))
    work.commit()
    stage.pay(token)
    work = stage.work()
    contact, patient = work.get(Contact, "con_asha"), work.get(Patient, "pat_asha")
    assert contact is not None
    assert patient is not None
    assert contact.patient_ids == ("pat_asha",)
    assert patient.clinic_ids == ("clinic_city",)
