"""Razorpay: payment links, orders and refunds.

gateway    the port `domain.gateway.Gateway`
client     the library, with time-outs and our errors
notices    what an event of the webhook means
signature  whether Razorpay sent it

The webhook's address is in `bot.webhooks.razorpay`.
"""
