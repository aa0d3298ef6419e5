"""Payment gateways.

sandbox   for demos and tests: no money moves
razorpay  Razorpay
"""
