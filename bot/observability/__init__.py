"""What an operator sees.

logs      JSON lines without anything about a person
metrics   counts and times for Prometheus
refusals  messages whose form a provider did not take
overdue   how long what should be done has waited
health    /health, /live, /metrics
"""
