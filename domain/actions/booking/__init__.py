"""A doctor's day as it is sold.

queues        which queue is meant: that of a day, the current one; stored at the first sale
days          a day as it can be booked; where there is room
places        who waits, in which order
seats         what a token takes of its day, and gives back
holds         unpaid slots: the request for the advance, and the end of their time
phone_limits  how much one phone may take
booking       selling, confirming and cancelling
rescheduling  a booking moved to another time, with its money
renaming      a booking made under a wrong name
complaints    what the visit is for, as the patient tells it
desk          what staff book and cancel; walk-ins
tokens        tokens as they are shown
history       what happened in a queue, append-only
reminders     reminders before the turn

Not here: running the line on the day (`line`).
"""
