"""WhatsApp channels: one folder for each provider, and nothing about a provider outside its folder.

cloud      Meta's Cloud API
twilio     Twilio, for WhatsApp and text messages
templates  our templates, as they are submitted to a provider and as it has them
fit        texts measured, and cut to WhatsApp's limits
text       a message as text alone, which every provider takes
numbers    phone numbers as E.164
fetching   files downloaded from a provider
places     places on the map
rates      how fast a number may send
http       calls to providers, and how they fail
"""
