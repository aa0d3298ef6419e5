"""WhatsApp channels: a folder a provider, and nothing of a provider outside its folder.

templates  our templates, as a provider is given them and holds them
fit        texts cut to WhatsApp's limits
numbers    phone numbers as E.164
rates      how fast a number may send
http       calls, and how they fail
"""
