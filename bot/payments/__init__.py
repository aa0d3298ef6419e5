"""Payment gateways: the sandbox of demo and tests, and real ones."""
