"""Payment gateways: the sandbox of demos and tests, and Razorpay."""
