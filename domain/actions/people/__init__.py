"""Contacts and patients: find them, record them, keep their profile and consent, erase them.

contacts         WhatsApp accounts, found by phone or added
identify         which patient is meant, by chat or by staff
associations     a clinic's record of a patient, and the doctors associated with them
preferences      what a patient prefers at a doctor's
doctor_patients  a doctor's list of patients, as the API shows it
patients         a clinic's patients, as the caller sees them
patient_changes  a patient is recorded, changed, renamed
told             age and sex as a person tells them with the name
profile          what one clinic knows of a person and their health: encrypt, show, combine
directory        find a patient by name or phone
trust            whom a new clinic on a shared number may write to
consent          which messages a person accepts
merge            two contacts of one person become one
phone_changes    propagate a new number to every record that shows it
phone_requests   request a number that WhatsApp hides
export, erasure  all patients in a file; erase one
erasure_traces   erase what messages and kept answers tell of a person
rights           what a person is told of their data, and their own erasure
rewriting        read all of a partition, rewrite records in small steps
erased_contacts  what is left of the person behind an erased record
audit            who looked at a patient's data: write it down, read it

Not here: staff (`staff`), and what a consultation leaves (`visits`).
"""
