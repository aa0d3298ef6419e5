"""Contacts, patients, what a clinic knows of them, and what they agreed to.

contacts         WhatsApp accounts, found by phone or made
identify         for which patient a contact writes
associations     a clinic's record of a patient, and whose patient they are
doctor_patients  a doctor's list of patients, as the API shows it
patients         a clinic's patients, as the caller sees them
patient_changes  a patient is recorded, changed, renamed
profile          what one clinic knows of a person and their health, encrypted
directory        how a clinic or a doctor finds a patient by name or phone
consent          who wants which messages, and since when
merge            two contacts turn out to be one person
phone_changes    a new number reaches every record that shows it
phone_requests   asking for a number that WhatsApp hides
export, erasure  taking a clinic's patients away; forgetting one
audit            who looked at a patient's data

Not here: staff (`staff`), and what a consultation leaves (`visits`).
"""
