"""Settings, read once from the environment.

settings  every setting with its default, and what production refuses
values    how one variable is read
"""
