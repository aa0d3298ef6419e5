"""The clinic, its doctors, its WhatsApp number, its plan and bills.

registration   a new clinic, proven by a code
profile        what a clinic says of itself, and how it is reached
senders        a WhatsApp number of its own: set, adopted, given up
doctors        added, changed, removed
subscriptions  the plan it is on, and changing it
billing        the monthly bill: asked for, overdue, suspended, paid

Not here: staff and how they sign in (`staff`), money that arrives (`settlement`).
"""
