"""Conversations on WhatsApp: how a message becomes a trigger, and the tables that answer it.

inbound       what a provider delivers, in one form
runner        one turn, one transaction
route         who wrote, and to which clinic
words         what people type as a whole message, in all languages
hearing       what a sentence says
replies       the message of ours that a person answers, and the words on its buttons
turn          one message being answered
table         a flow is a table of rows
patient       the patient's conversation: its table is that of booking, corrections,
              my_bookings, account, handover, phone_number and settings
booking       a doctor, a day, a time, for whom, the advance
selection     what a patient has chosen so far
offers        the lists a patient chooses from
my_bookings   a patient's own bookings
corrections   a wrong name, and what the visit is for, told of a booking that stands
staff         the staff's conversation: its table is that of line, account, handover and some of
              settings
line          running a line
commands      what a command of staff says
account       staff prove their number
handover      talking to the clinic's people
phone_number  the number of a person whose WhatsApp hides it
settings      help, language, stop and start
"""
