"""What staff write to patients.

direct         one message to one patient
announcements  one message to everybody in a line
broadcasts     one message to many, expanded into messages in steps
audiences      who the recipients are, and how they are found
counts         the outcome for each recipient

Not here: notices that an event causes (`messages`, `line`).
"""
