"""The ear: what a sentence says, whatever its language, order and spelling.

text          letters, digits and single words as they are compared
lexicon       the words of all languages, and typing slips
spans         what a part of a sentence means, and which parts do not overlap
numbers       numbers of tokens and options
phones        telephone numbers
names         which words are a person's name
ages          age and gender, as they follow a name
people        persons: by name, by kinship, or who writes
figures       numbers, halves and quarters, and what they count
clocks        clock times in figures and words
times         times of the day, with what is said around them
durations     lengths of time in minutes
monthdays     days by their number: in figures, with a month, or alone
dates         days: named, counted from today, by weekday or number
meaning       what a whole message says
"""
