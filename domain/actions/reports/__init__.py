"""Numbers of days, and files made of them.

figures  a day's numbers, worked out anew and read
reports  a report: asked for, made, removed when it is old
pages    what each report says

What a figure means is in `domain.analytics`; how a file looks is in `bot/documents`.
"""
