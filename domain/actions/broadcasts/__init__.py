"""What staff write to patients.

direct         one message to one patient
announcements  one message to everybody who waits in a line
broadcasts     one message to many, written out in steps
audiences      who is meant, and how they are found
counts         the outcome for each recipient

Not here: notices that an event causes (`messages`, `line`).
"""
