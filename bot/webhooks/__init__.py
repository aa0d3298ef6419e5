"""Webhooks: the signature is checked, and a POST is answered once its effect is stored (I4).

whatsapp  Meta's: the handshake, messages, statuses, notices
twilio    Twilio's: one message or one status a POST
bodies    reading a body, once it may be signed
handling  what both do with messages, statuses and notices
razorpay  Razorpay's: payment events
"""
