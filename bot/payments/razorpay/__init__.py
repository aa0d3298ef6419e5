"""Razorpay: payment links, refunds, and the webhook that tells of both.

`gateway` is what the rules ask, `client` the library with time-outs and errors of ours, `notices`
what an event means, `webhook` its address, `signature` who sent it.
"""
