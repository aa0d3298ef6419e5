"""Meta's WhatsApp Cloud API.

Webhooks are read by `signature`, `parse`, `notices` and `values`. Messages are made by `compose`
and `orders`, and sent by `client` and `channel`. `senders`, `payments` and `templates` ask Meta
about numbers, paid orders and templates; `media` fetches and uploads files. `errors` and `limits`
are data.
"""
