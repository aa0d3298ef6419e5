"""What goes over the wire: bodies, queries and answers, with their types, ranges and units."""
