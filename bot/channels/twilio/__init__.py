"""WhatsApp, and text messages, through Twilio.

What it posts to us is read by `signature` and `parse`; what we post to it is made by `compose` and
sent by `client`, `channel` and `sms`. Templates and menus are content resources that lie at Twilio
(`contents`). It repeats nothing for long, so `missed` asks what came while we were away.
"""
