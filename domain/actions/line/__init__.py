"""A doctor's day as it is run.

lifecycle         start, pause, resume, emergency, close, check-in
calling           next, skip and undo, which are the moves of a line
order             called out of turn, moved back, brought forward
undoing           undo: the last call, pause, resume, close or walk-in is taken back
reopening         a line closed by mistake goes on
summary           the sums of a day, as who closes it reads them
sales             whether patients can still book the day
collections       what the desk is paid, how, and what is still due
consultations     one consultation: called in, completed or skipped
preconditions     the states a line may be in; whether a move was made on the current view
lateness          patients and doctors who say that they are late
status_changes    a token's status set by name, as the API does
fan_out           telling a change to everybody who waits
day_end           what a closed day owes: bookings cancelled, money returned
schedule_changes  changed hours and days off, over days that are sold
affected          whom such a change moves, which is asked first
zone_changes      a time zone that was wrong, over days that are sold
snapshots         the line as live pages show it
lookup            where a patient is booked, by number, name or phone
presence          whether a doctor is in
promises          what patients were told, against what happened

Not here: selling a slot (`booking`).
"""
