"""The figures of days, and reports made of them.

figures  a day's figures, computed anew and read
reports  a report: requested, made, its file removed when it is old
pages    what each report says

What a figure means is in `domain.analytics`, how a file looks in `bot/documents`.
"""
