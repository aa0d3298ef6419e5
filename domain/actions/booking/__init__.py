"""A doctor's day as it is sold.

queues     which queue is meant: got, the current one, stored at the first sale
days       a day as it can be booked; where there is room
places     who waits, in which order
seats      what a token takes of its day, and gives back
holds      an unpaid slot: its advance is asked for, and its time ends
booking    selling, confirming, cancelling and rescheduling
desk       what staff book and cancel; walk-ins
tokens     tokens as they are shown
history    what happened in a queue, append-only
reminders  a word before the turn

Not here: running the line on the day (`line`).
"""
