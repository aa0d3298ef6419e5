"""The rules of PulseOps.

They know nothing of the web, of databases, of queues of work or of templates.

model         what is stored, and its life cycles
actions       what can be done

ports         what is asked of the outside: records, time, ids, encryption, documents, words
channel       the port to providers of WhatsApp and SMS
gateway       the port of payment gateways
media         the port to files that people send, and which are kept

work          a unit of work
transactions  the one retry loop, after conflicts
scopes        who reads
actors        who acts
permissions   what each role may do
errors        refusals, and failures of the outside
rules         settings and constants
due           what is done at an instant, or right after a commit
line_context  a queue with its clinic, doctor and unit of work

timetable     which days are open, and which slots a day has
call_order    in which order those who wait are called
closing       a close that can still be taken back
waiting       when a waiting patient's consultation is expected to start
plans         what each subscription plan allows
offers        message templates that staff may send
analytics     figures of a period
periods       the days of a period
patient_flow  arrivals, departures and waits
diagnoses     codes of ICD-10
emergencies   emergency numbers of a country
names         names of people
clinic_names  names of clinics that an operator has to look at
phones        phone numbers
passwords     passwords of staff
fair_gate     costly work by turns
networks      network addresses of one subscriber, and of one site
spreadsheets  CSV without formulas
"""
