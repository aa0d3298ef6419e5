"""What a process has of the outside.

clock_and_ids  the time, and new ids
redis          the bell that wakes workers, and the queue of jobs
encryption     sealed fields, and rotating their keys
"""
