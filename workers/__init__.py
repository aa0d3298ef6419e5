"""What happens beside the web: delivery, what follows from events, and the clock."""
