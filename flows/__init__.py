"""Conversations on WhatsApp: how a message becomes a trigger, and the tables that answer it.

inbound        what a provider delivers, in one form
runner         one turn, one transaction
route          who wrote, and to which clinic
hearing        what a sentence says
known          what the ear must know of the clinic
replies        the message of ours that a person answers, and the words on its buttons
turn           one message being answered
table          a flow is a table of rows
patient        the patient's conversation: its table is that of proposals, booking, corrections,
               my_bookings, lateness, facts, account, safety, handover, manners, phone_number,
               files, rights and settings
understanding  what a sentence means where the conversation stands
choices        which of the choices that stand a text picks
listed         which of the choices of a list a sentence describes
references     what a sentence refers to: the same time, the same day
proposals      a wish for a booking, said in a sentence
wish           what was asked of a booking so far
booking        a doctor, a day, a time, for whom, the advance
selection      what a patient has chosen so far
limits         what one phone may not take
offers         the lists a patient chooses from
my_bookings    a patient's own bookings
lateness       patients and doctors who are late
corrections    a wrong name, and what the visit is for, told of a booking that stands
facts          what patients ask in between: fee, address, hours, is the doctor in, my refund, …
staff          the staff's conversation: its table is that of line, walk_ins, desk,
               desk_booking, lookup, questions, schedule, lateness, talks, doctor_files,
               account, handover, some of settings, and manners
line           running a line: calling, undo, how it stands
closing        ending a day: what is asked first, reopening, no more bookings
pausing        pauses and emergencies, changed while they run
announcing     words to everybody in a line, shown first
walk_ins       people whom staff add to a line
desk           commands about one patient of a line
desk_booking   staff book for a patient by phone
desk_money     what the desk was paid
lookup         all lines at a glance, and where a patient is booked
desk_words     whose line and which patient they mean
commands       what a command of staff says
schedule       days off and working hours
week           the hours of a week, as messages say them
questions      staff's sentences that are asked about, or ask
account        staff prove their number
handover       talking to the clinic's people
files          pictures and documents that patients send
doctor_files   those files, as staff ask for them
talks          the clinic's people answer
safety         what may be an emergency
machines       machines that answer the bot
manners        courtesy, complaints, and scripts that are not understood
rights         what the clinic keeps of a person: told, and erased
phone_number   the number of a person whose WhatsApp hides it
settings       help, language, stop and start
"""
