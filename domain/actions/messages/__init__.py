"""A message to a person, as a row that is committed with its cause (transactional outbox).

outbox      a message's row, its item in the outbox, the 24-hour window
notices     notices about a token; questions that an event asks
templates   what WhatsApp has approved, and what may be sent

Not here: how a row reaches a phone (`delivery`), and what staff write (`broadcasts`).
"""
