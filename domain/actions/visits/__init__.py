"""What is stored of a consultation.

visits         the record of one consultation, its edits and private notes
prescriptions  diagnoses and prescriptions; the document for the patient
files          pictures and documents: fetched, passed on, kept for the doctor
follow_ups     the next visit, booked from this one
ratings        the patient's stars

Not here: calling a patient in and out (`line`).
"""
