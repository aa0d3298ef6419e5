"""What things are: records, their words and their life cycles."""
