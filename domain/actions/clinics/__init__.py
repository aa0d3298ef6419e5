"""The clinic, its doctors, its WhatsApp number, its plan and bills.

registration   a new clinic, opened by a code to its number
profile        its name, address and days, and the number that patients write to
senders        a WhatsApp sender of its own: set, adopted, given up
doctors        added, changed, removed
working_hours  a doctor's sessions of a week, beside the plain hours
subscriptions  the plan it is on, and changing it
billing        the monthly bill: issued, past due, paid; the clinic suspended

Not here: staff and how they sign in (`staff`), captures of payments (`settlement`).
"""
