"""The ear: what a sentence says, whatever its language, order and spelling.

ear           what a text means: as a whole phrase, as a sentence, as a command of staff
answers       short answers to a question that stands
sentence      what the words of a sentence name, its clauses, and what it means
meaning       what a whole message says
known         what must be known of the clinic and of the moment

text          letters, digits and single words as they are compared
lexicon       the words of all languages, and typing slips
spans         what a part of a sentence means, and which parts do not overlap
rules         which words together mean what, and in which mood
wishes        what a patient wants, asks or tells
commands      what staff say: a command, or a sentence that may mean one
desk          what a command says of one patient of a line
desk_booking  for whom staff ask to book
hours         working hours, as staff write them
leave         days off, as staff write them

doctors       doctors by a part of their name, or by speciality
people        persons: by name, by kinship, or who writes
names         which words are a person's name
sounds        how a name sounds, in either script
ages          age and gender, as they follow a name
numbers       numbers of tokens and options
phones        telephone numbers
figures       numbers, halves and quarters, and what they count
clocks        clock times in figures and words
times         times of the day, with what is said around them
durations     lengths of time in minutes
monthdays     days by their number: in figures, with a month, or alone
dates         days: named, counted from today, by weekday or number
"""
