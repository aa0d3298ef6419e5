"""The admin REST API: one module a resource, its schemas beside it (README.md).

auth           registration, sign-in, passwords
users          accounts of staff
audit          who looked at patients' data
clinics        a clinic's profile and its WhatsApp number
subscriptions  its plan and its bills
doctors        a clinic's doctors
associations   a doctor's patients
patients       a clinic's patients
exports        those patients as a file
queues         a doctor's line
line_history   what happened in it, and what patients were told
streams        its live page
tokens         bookings
desk           what the desk does for one patient beside the line's own course
visits         consultations
files          what patients sent for the doctor
prescriptions  what is prescribed in them
payments       what patients paid online
analytics      figures of a period
reports        reports, as files
whatsapp       what staff send to patients

app            puts all resources into an application
frame          what happens around every view
schemas        bodies, queries and answers
"""
