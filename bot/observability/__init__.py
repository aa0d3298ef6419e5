"""What an operator sees.

logs      JSON lines without anything about a person
metrics   counts and times for Prometheus
refusals  messages whose form a provider did not take
overdue   how long what should be done has waited
probes    what is asked to see whether the product works
operator  tells the operator what has stopped working, and works again
health    /health, /live, /metrics
"""
