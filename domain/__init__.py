"""The rules of PulseOps.

What things are (`model`), what can be done (`actions`), what is asked of the outside (`ports`).
Knows nothing of the web, of databases, of queues of work or of templates.
"""
