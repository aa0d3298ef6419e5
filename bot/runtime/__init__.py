"""What a process gets from its machine and from Redis.

clock_and_ids  the time, and new ids
redis          the bell that wakes workers, and the queue of jobs
encryption     encrypted fields, whose keys can be rotated
"""
