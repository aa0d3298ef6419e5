"""What is asked for, what goes back, and the ledger that adds it up.

links    the gateway's page for a payment, and when the gateway is asked about it
orders   a payment shown inside WhatsApp
refunds  a capture sent back: scheduled, followed, told
ledger   where every paisa is; a day's money; what the desk collected

Not here: what a payment that arrives does to a seat or a bill (`settlement`).
"""
