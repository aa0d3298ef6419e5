"""Requests for payment, refunds, and the ledger of both.

links    the gateway's page for a payment, and when the gateway is asked about it (polling)
orders   a payment shown inside WhatsApp
refunds  a capture sent back: scheduled, followed until it ends, announced
by_hand  what a person sends back in the gateway's dashboard
ledger   where every captured paisa is; a day's totals; what the desk collected

Not here: which seat or bill a capture pays for (`settlement`).
"""
