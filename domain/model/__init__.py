"""What things are: records, their words and their life cycles.

base           the base of all records
clinics        clinics, their staff and doctors, their senders
accounts       sessions, one-time codes, the audit log, idempotency keys
people         contacts, patients, their records at clinics and doctors
queues         a doctor's day: the queue, its seats and tokens, the line
money          requests for payment, captures and refunds
messages       messages to people
conversations  the state of conversations; which inbound messages were handled
files          pictures and documents that patients and staff send
talks          patients whom people of the clinic answer
broadcasts     one message to many, and the outcome for each
visits         consultations: records, prescriptions, notes, ratings
due            due items
figures        a doctor's day in numbers
reports        reports and their files
subscriptions  a clinic's plan, and its invoices
tickets        what opens a live page
"""
