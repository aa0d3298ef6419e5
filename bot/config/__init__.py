"""Settings, read once from the environment.

settings      all settings in one; a wrong one ends the process
sections      the settings by subject, with their defaults
requirements  which must be set, in production and for each provider
values        how one variable is read
"""
