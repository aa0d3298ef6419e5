"""All that posts to us. Checked, and answered once it is stored (I4).

whatsapp  Meta's webhook: the handshake, messages, statuses, notices
twilio    Twilio's webhook: one message or one status a POST
handling  what both do with messages, statuses and notices
razorpay  payment events
"""
