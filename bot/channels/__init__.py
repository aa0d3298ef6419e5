"""WhatsApp channels: a folder a provider, and nothing of a provider outside its folder."""
