"""What a consultation leaves.

visits         the record of one consultation, its versions and notes
prescriptions  what is prescribed, and its document for the patient
follow_ups     the next visit, booked from this one
ratings        how the patient found it

Not here: calling a patient in and out (`line`).
"""
