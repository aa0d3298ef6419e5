"""What an operator sees.

logs     JSON lines that name nobody
metrics  what is counted
health   /health, /live, /metrics
"""
