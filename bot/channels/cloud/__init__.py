"""Meta's WhatsApp Cloud API.

What it posts to us is read by `signature` and `parse`; what we post to it is made by `compose` and
sent by `client` and `channel`. Its `errors` and `limits` are data.
"""
