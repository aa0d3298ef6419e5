"""What an operator sees.

logs     JSON lines without anything about a person
metrics  counts and times for Prometheus
health   /health, /live, /metrics
"""
