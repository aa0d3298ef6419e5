"""WhatsApp, and text messages, through Twilio.

Webhooks are read by `signature` and `parse`. Messages are made by `compose`, sent by `client` and
`channel`. Templates and menus are content resources at Twilio (`contents`). Twilio repeats webhooks
for some seconds only, so `missed` asks for the messages that came while we did not answer.
`media` fetches files. `errors` and `limits` are data.
"""
