"""A doctor's day as it is sold.

days       a day as it can be booked; which queue a command means; where there is room
seats      what a token takes of its day, and gives back
holds      an unpaid slot: its advance is asked for, and its time ends
booking    selling, confirming, cancelling and rescheduling
desk       what staff book and cancel; walk-ins
tokens     tokens as they are shown
history    what happened in a queue, append-only
reminders  a word before the turn

Not here: running the line on the day (`line`).
"""
