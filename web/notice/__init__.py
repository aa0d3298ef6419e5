"""The notice of how data are used, to which the first greeting links.

views  GET /privacy
"""
