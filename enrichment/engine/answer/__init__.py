"""What a body says: its value, and the words that tell most about a failure."""
